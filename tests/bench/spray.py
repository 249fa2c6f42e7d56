#!/usr/bin/python3
"""A stranger's RTP, 10,000 packets/s for 10 s, at both ports of a call.

From another address than anybody of the call has: from the moment that the
ports are known, before the callee has answered, through the time of learning
and the talk; with and without SRTP. The stranger must hear nothing; of what it
sends at most five packets may be heard, none with SRTP; the tones of both sides
must come through without a loss and as loud as before. Tells mediad's CPU, too.
The exit status is 1 if a bound is missed.

The same, shorter and gentler, is a story (test_media_strangers.py).
"""

import json
import math
import os
import subprocess
import sys
import tempfile
import time

sys.path.insert(0, os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))

# pylint: disable=wrong-import-position
from cores import OWN_CORE, PEER_CORE, ahead, pin  # noqa: E402
from harness.bench import Bench, command, name_of  # noqa: E402
from harness.load import cpu  # noqa: E402
from harness.platform import binary  # noqa: E402
from harness.rtp import Rtp  # noqa: E402
from harness.sip import media_of, offer  # noqa: E402
from harness.srtp import SecureRtp  # noqa: E402
from harness.wait import holds, until  # noqa: E402

GENERATOR = os.path.join(os.path.dirname(os.path.dirname(binary("mediad"))),
                         "tests", "streams")
STRANGER, SOCKETS = "127.0.0.66", 16
RATE, SECONDS, QUIET = 10000, 10, 4
STREAMS = RATE // 50            # a stream is 50 packets/s
TONES = 440, 523
POISON = b"\xee" * 160
LOUDER_DB, LOST = 1, 0.001


class Call:
    """Two phones, and mediad between them, driven by its commands."""

    def __init__(self, bench, name, secure):
        self.bench, self.name = bench, name
        self.phones = [SecureRtp() if secure else Rtp() for _ in TONES]
        also = {"secure": "sdes"} if secure else {}
        legs = self._say("leg_open", "leg_opened", legs=[
            {"leg": name_of("CA", name, "a"), "role": "answer",
             "remote": self._sdp(0, secure), **also},
            {"leg": name_of("CA", name, "b"), "role": "offer",
             "codecs": "PCMU", **also}])["legs"]
        assert all("sdp" in leg for leg in legs), legs
        self.sdps = [leg["sdp"] for leg in legs]
        self.ports = [media_of(sdp)[1] for sdp in self.sdps]

    def _sdp(self, side, secure, tag=1):
        text = offer(self.phones[side].port, ("0 PCMU",))
        if secure:
            text = text.replace("RTP/AVP", "RTP/SAVP") + \
                self.phones[side].line(tag)
        return text

    def _say(self, kind, outcome, **fields):
        message = command(kind, self.name, 0, **fields)
        message.pop("leg")
        self.bench.put("mediad", message)
        return until(lambda: [m for m in self.bench.said(outcome) if
                              m["call_sid"] == message["call_sid"]], 10,
                     outcome)[-1]

    def connect(self, secure):
        tags = [phone.take(sdp) for phone, sdp in
                zip(self.phones, self.sdps)] if secure else (0, 0)
        assert "error" not in self._say(
            "bridge", "bridged", a=name_of("CA", self.name, "a"),
            b=name_of("CA", self.name, "b"),
            answer_leg=name_of("CA", self.name, "b"),
            answer=self._sdp(1, secure, tags[1]))

    def talk(self):
        for phone, port, hertz in zip(self.phones, self.ports, TONES):
            phone.speak(("127.0.0.1", port), hertz)

    def poison(self):
        return sum(packet[4] == POISON for phone in self.phones
                   for packet in list(phone.packets))

    def quality(self, since, end):
        """For each phone: what it hears, how loud, what share is missing."""
        for phone, hertz in zip(self.phones, reversed(TONES)):
            got = [packet for packet in list(phone.packets)
                   if since <= packet[0] < end]
            numbers = [packet[3] for packet in got]
            due = (numbers[-1] - numbers[0] & 0xffff) + 1
            heard = Heard(got)
            yield (abs(heard.hertz - hertz) <= 0.01 * hertz, heard.level,
                   1 - len(set(numbers)) / due)

    def close(self):
        for phone in self.phones:
            phone.close()


class Heard(Rtp):
    """The packets of another one, measured."""

    def __init__(self, packets):  # pylint: disable=super-init-not-called
        self.packets = packets
        self.hertz, self.level = self.heard()


def stranger(folder, ports, host="127.0.0.1"):
    path = os.path.join(folder, "poison")
    with open(path, "wb") as file:
        file.write(len(POISON).to_bytes(2, "big") + POISON)
    lines = [f"socket {STRANGER} {41000 + n}" for n in range(SOCKETS)]
    lines.append(f"frames {path}")
    # A step of 320: its payloads are left as they are.
    lines += [f"stream {n * SOCKETS // STREAMS} {host} {ports[n % 2]} 0 0 320"
              for n in range(STREAMS)]
    lines.append(f"run 0 {SECONDS}")
    process = subprocess.Popen([GENERATOR], stdin=subprocess.PIPE, text=True,
                               stdout=subprocess.PIPE,
                               stderr=subprocess.DEVNULL,
                               preexec_fn=lambda: (os.sched_setaffinity(
                                   0, {OWN_CORE}), ahead()))
    process.stdin.write("\n".join(lines) + "\n")
    process.stdin.close()
    return process


def share(process, began, before):
    return 100 * (cpu(process.pid) - before) / (time.monotonic() - began)


def run(secure):
    """One call that is sprayed; returns the lines of what was missed."""
    with tempfile.TemporaryDirectory() as folder:
        bench = Bench()
        process = bench.daemon("mediad", rtp_port_min=20000, rtp_port_max=20999,
                               media_threads=1, srtp_keys="always")
        pin(process.pid, PEER_CORE)
        call = Call(bench, "sprayed", secure)
        try:
            began, before = time.monotonic(), cpu(process.pid)
            spray = stranger(folder, call.ports)
            holds(lambda: True, 1, "the callee rings")
            call.connect(secure)
            holds(lambda: True, 0.5, "nobody speaks yet")
            call.talk()
            spray.wait()
            sprayed = share(process, began, before)
            talked = began + 2, time.monotonic() - 0.2
            result = json.loads(spray.stdout.read())
            began, before = time.monotonic(), cpu(process.pid)
            holds(lambda: True, QUIET, "they talk on")
            quiet = share(process, began, before)
            return report(call, secure, result, sprayed, quiet, talked,
                          (began + 0.2, time.monotonic()))
        finally:
            call.close()
            bench.close()


def report(call, secure, result, sprayed, quiet, talked, alone):
    name = "SRTP" if secure else "RTP"
    during, after = list(call.quality(*talked)), list(call.quality(*alone))
    lost = max(row[2] for row in during)
    louder = max(abs(20 * math.log10(a[1] / b[1]))
                 for a, b in zip(during, after))
    print(f"= {name}: {result['sent'] / SECONDS:,.0f} packets/s for {SECONDS} s; "
          f"the stranger hears {result['heard']}, {call.poison()} of its "
          f"packets are heard; of the talk {100 * lost:.3f} % are lost, "
          f"{louder:.2f} dB off; mediad takes {sprayed:.1f} % of a core, "
          f"{quiet:.1f} without", flush=True)
    bounds = {
        "10,000 packets/s": result["sent"] >= 0.98 * RATE * SECONDS,
        "the stranger hears nothing": result["heard"] == 0,
        "what is injected": call.poison() <= (0 if secure else 5),
        "the tones": all(row[0] for row in during + after),
        "losses": lost <= LOST,
        "loudness": louder < LOUDER_DB,
    }
    return [f"{name}: {words}" for words, kept in bounds.items() if not kept]


def main():
    missed = run(False) + run(True)
    for words in missed:
        print(f"  MISSED: {words}", flush=True)
    return 1 if missed else 0


if __name__ == "__main__":
    sys.exit(main())
