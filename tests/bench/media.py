#!/usr/bin/python3
"""What media costs: streams per core, delay and loss, beside Debian's rtpengine.

    media.py                      everything: some ten minutes
    media.py relay opus           only these: relay, g722, opus, g729, srtp
    media.py strangers            what 10,000 packets/s of a stranger's cost
    media.py --only=mediad        without rtpengine (or --only=rtpengine)
    media.py --tsv                name and value, in lines with tabs

A call is two streams at 20 ms each way of it. The system under test has one core
to itself (mediad: one worker), our generator (streams.c) the other; both are
driven by their real commands (media_systems.py). Loads rise until a step fails:
more than 0.1 % lost (transcoded: 1 %), or, where payloads come back untouched, a
p99 of added delay of 2 ms and more. A step is tried twice: others may use the
machine.
"""

import json
import os
import re
import shutil
import statistics
import struct
import subprocess
import sys
import tempfile
import time

sys.path.insert(0, os.path.dirname(os.path.dirname(os.path.abspath(__file__))))

# pylint: disable=wrong-import-position
from cores import OWN_CORE, PEER_CORE, ahead, pin  # noqa: E402
from harness.platform import binary  # noqa: E402
from media_codecs import BARE, NARROW, bare_pcmu  # noqa: E402
from media_phones import (CODECS, FIRST_PORT, KEY, PHONES,  # noqa: E402
                          SOCKETS, phone_port, write_frames)
from media_report import Report  # noqa: E402
from media_systems import SYSTEMS  # noqa: E402

GENERATOR = os.path.join(os.path.dirname(os.path.dirname(binary("mediad"))),
                         "tests", "streams")
WARM, SECONDS, TRIES = 3, 4, 2
ROUNDS = 5
FIRST_CALLS = 10
TICK = os.sysconf("SC_CLK_TCK")

#        name    calls of each step
STEPS = {"relay": (250, 500, 750, 1000, 1250, 1500, 1750, 2000),
         "g722": (100, 200, 300, 400, 500, 600, 700),
         "opus": (30, 60, 90, 120, 150, 180),
         "g729": (60, 120, 180, 240, 300),
         "srtp": (200, 300, 400, 500, 600, 800, 1000)}
UNTOUCHED = ("relay", "srtp")

# 10,000 datagrams a second to calls with SRTP on one side: 200 at 20 ms each.
BESIEGED, BESIEGERS, SIEGE_SECONDS = 200, 200, 10
STRANGER = "127.0.0.66"
SIEGES = {"SRTP of a stranger": (b"\x80\x00" + bytes(10), 170, False),
          "DTLS hellos of a stranger":
              (b"\x16\xfe\xfd" + bytes(8) + b"\x00\xc8\x01", 200, False),
          "RTCP of 4 bytes": (b"\x80\xc9\x00\x01", 0, False),
          "SRTP with the peer's address": (b"\x80\x00" + bytes(10), 170, True)}


# --- measuring ----------------------------------------------------------------
def cpu_of(pid):
    with open(f"/proc/{pid}/stat", encoding="ascii") as file:
        words = file.read().rpartition(")")[2].split()
    return (int(words[11]) + int(words[12])) / TICK


def memory_of(pid):
    """KiB of its own: what it shares is divided among those who run just now."""
    with open(f"/proc/{pid}/smaps_rollup", encoding="ascii") as file:
        return int(re.search(r"^Pss_Anon:\s+(\d+)", file.read(), re.M).group(1))


def generate(system, part, ports, folder, seconds=SECONDS, more=()):
    codec, _, step = CODECS[part]
    lines = [f"socket {PHONES} {FIRST_PORT + i}" for i in range(SOCKETS)]
    lines += [f"frames {write_frames(folder, 'PCMU')}",
              f"frames {write_frames(folder, codec)}"]
    for call, (to_a, to_b, pt) in enumerate(ports):
        first = phone_port(call, 0) - FIRST_PORT
        key = f" {KEY.hex()}" if part == "srtp" else ""
        lines += [f"stream {first} {system.host} {to_a} 0 0 160",
                  f"stream {first + 1} {system.host} {to_b} 1 {pt} {step}{key}"]
    lines += more
    # Neighbours share a socket, and so a system call of the generator's.
    lines.sort(key=lambda line: int(line.split()[1])
               if line.startswith(("stream", "raw")) else -1)
    lines.append(f"run {WARM} {seconds}")
    with subprocess.Popen([GENERATOR], stdin=subprocess.PIPE, text=True,
                          stdout=subprocess.PIPE, stderr=subprocess.PIPE,
                          preexec_fn=lambda: (os.sched_setaffinity(
                              0, {OWN_CORE}), ahead())) as process:
        process.stdin.write("\n".join(lines) + "\n")
        process.stdin.close()
        while process.stderr.readline() not in ("measuring\n", ""):
            pass
        began, cpu = time.monotonic(), cpu_of(system.pid)
        process.stderr.readline()
        cpu, took = cpu_of(system.pid) - cpu, time.monotonic() - began
        result = json.loads(process.stdout.read())
    result["core"] = cpu / took
    result["us"] = cpu * 1e6 / max(1, result["heard"])
    result["lost"] = 1 - result["heard"] / max(1, result["sent"])
    return result


def is_good(part, result):
    if part not in UNTOUCHED:  # negative: what had been kept waiting before
        return abs(result["lost"]) < .01
    return result["lost"] < .001 and result["p99_ms"] < 2


def climb(system, part, steps, folder, report):
    """What a call takes of memory is what another one takes: the first ones bring
    libraries, stacks and buffers with them."""
    ports = system.open(range(FIRST_CALLS), part)
    pin(system.pid, PEER_CORE)
    generate(system, part, ports, folder, 1)
    best, before = None, memory_of(system.pid)
    for calls in steps:
        while len(ports) < calls:  # a few at a time, as calls come
            ports += system.open(range(len(ports), min(
                len(ports) + FIRST_CALLS, calls)), part)
        for _ in range(TRIES):
            result = generate(system, part, ports, folder)
            good = is_good(part, result)
            report.step(system, part, calls, result, good)
            if good:
                break
        if not good:
            break
        best = (calls, result)
    each = (memory_of(system.pid) - before) / (len(ports) - FIRST_CALLS)
    report.result(system, part, best, each)
    return best


def packet_us(system_class, part, calls, folder):
    system = system_class()
    try:
        ports = system.open(range(calls), part)
        pin(system.pid, PEER_CORE)
        return generate(system, part, ports, folder)["us"]
    finally:
        system.close()


def codecs_us(part):
    """A packet is decoded from one codec, and encoded into the other."""
    return sum(sum(bare()) / 2 for bare in
               (BARE[part][NARROW[part]], bare_pcmu))


def divide(system_class, part, calls, folder):
    """What a transcoded packet takes, a relayed one, and both codecs alone: in
    turn, and the middle one of each, for within minutes a machine's speed
    changes by a third where it has neighbours."""
    rounds = [(packet_us(system_class, part, calls, folder),
               packet_us(system_class, "relay", calls, folder),
               codecs_us(part)) for _ in range(ROUNDS)]
    return [statistics.median(each) for each in zip(*rounds)]


# --- strangers ------------------------------------------------------------------
def siege(kind, system, ports, folder):
    """Lines for the generator; its own socket is the one behind the phones'."""
    head, size, forged = SIEGES[kind]
    path = os.path.join(folder, "siege")
    with open(path, "wb") as file:
        for _ in range(100):
            file.write(struct.pack(">H", len(head) + size) + head +
                       os.urandom(size))
    lines = [f"socket {STRANGER} {FIRST_PORT}", f"frames {path}"]
    for number in range(BESIEGERS):
        call = number % len(ports)
        at = phone_port(call, 1) - FIRST_PORT if forged else SOCKETS
        lines.append(f"raw {at} {system.host} {ports[call][1]} 2")
    return lines


def besiege(system, folder, report):
    ports = system.open(range(BESIEGED), "srtp")
    pin(system.pid, PEER_CORE)
    generate(system, "srtp", ports, folder, 1)
    for kind in SIEGES:
        quiet = generate(system, "srtp", ports, folder, SIEGE_SECONDS)
        before = system.refused and system.refused()
        loud = generate(system, "srtp", ports, folder, SIEGE_SECONDS,
                        siege(kind, system, ports, folder))
        assert not system.refused or system.refused() - before > \
            0.9 * 50 * BESIEGERS * SIEGE_SECONDS, "they did not come"
        report.siege(system, kind, BESIEGED, quiet, loud)


def steps_of(words):
    """What --steps=100,200 says; None: it is not there."""
    for word in words:
        if word.startswith("--steps="):
            steps = tuple(map(int, word.partition("=")[2].split(",")))
            if min(steps) <= FIRST_CALLS:
                sys.exit(f"{word}: each must be over {FIRST_CALLS}, as many "
                         "calls are open before the first step")
            return steps
    return None


def main(words):
    only = [w.partition("=")[2] for w in words if w.startswith("--only=")]
    steps = steps_of(words)
    parts = [w for w in words if not w.startswith("--")] or [*STEPS, "strangers"]
    report = Report("--tsv" in words)
    if not shutil.which("rtpengine") and not only:
        only = ["mediad"]
        print("  rtpengine is not installed: mediad alone", flush=True)
    with tempfile.TemporaryDirectory() as folder:
        for part in parts:
            for name, bare in BARE.get(part, {}).items():
                report.bare(name, *bare())
            for name, system_class in SYSTEMS.items():
                if only and name not in only:
                    continue
                system = system_class()
                try:
                    if part == "strangers":
                        besiege(system, folder, report)
                        continue
                    best = climb(system, part, steps or STEPS[part], folder,
                                 report)
                finally:
                    system.close()
                if best and part in NARROW and name == "mediad":
                    report.divided(f"{name} {part}", *divide(
                        system_class, part, best[0] * 3 // 4, folder))
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
