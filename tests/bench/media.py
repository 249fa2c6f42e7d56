#!/usr/bin/python3
"""What media costs: streams per core, delay and loss, beside Debian's rtpengine.

    media.py                      everything: some ten minutes
    media.py relay opus           only these: relay, g722, opus, g729, srtp
    media.py strangers            what 10,000 packets/s of a stranger's cost
    media.py --only=mediad        without rtpengine (or --only=rtpengine)
    media.py --tsv                name and value, in lines with tabs

A call is two streams at 20 ms each way of it. The system under test has one core
to itself (mediad: one worker), our generator (streams.c) the other; both are
driven by their real commands: mediad by leg_open and bridge on the bus,
rtpengine by its ng protocol, in userspace. Loads rise until a step fails: more
than 0.1 % lost (transcoded: 1 %), or, where payloads come back untouched, a p99 of
added delay of 2 ms and more. A step is tried twice: others may use the machine.
"""

import base64
import contextlib
import ctypes
import json
import math
import os
import re
import shutil
import socket
import statistics
import struct
import subprocess
import sys
import tempfile
import time
import urllib.request

sys.path.insert(0, os.path.dirname(os.path.dirname(os.path.abspath(__file__))))

# pylint: disable=wrong-import-position
from harness.bench import Bench, command, name_of  # noqa: E402
from harness.platform import binary  # noqa: E402
from harness.wait import until  # noqa: E402

BUILD = os.path.dirname(os.path.dirname(binary("mediad")))
GENERATOR = os.path.join(BUILD, "tests", "streams")
CODECS_ALONE = os.path.join(BUILD, "tests", "codecs")
OURS, THEIRS, PHONES = "127.0.0.2", "127.0.0.3", "127.0.0.4"
SOCKETS, FIRST_PORT = 16, 40000
WARM, SECONDS, TRIES = 3, 4, 2
ROUNDS = 5
FIRST_CALLS = 10
KEY = bytes(range(30))
LINE = "AES_CM_128_HMAC_SHA1_80 inline:"
PEER_CORE, OWN_CORE = 0, 1
TICK = os.sysconf("SC_CLK_TCK")

#        name    calls of each step
STEPS = {"relay": (250, 500, 750, 1000, 1250, 1500, 1750, 2000),
         "g722": (100, 200, 300, 400, 500, 600, 700),
         "opus": (30, 60, 90, 120, 150, 180),
         "g729": (60, 120, 180, 240, 300),
         "srtp": (200, 300, 400, 500, 600, 800, 1000)}
CODECS = {"relay": ("PCMU", 0, 160), "srtp": ("PCMU", 0, 160),
          "g722": ("G722", 9, 160), "opus": ("OPUS", None, 960),
          "g729": ("G729", 18, 160)}
RTPMAP = {"PCMU": "PCMU/8000", "G722": "G722/8000", "OPUS": "opus/48000/2",
          "G729": "G729/8000"}
UNTOUCHED = ("relay", "srtp")

# 10,000 datagrams a second to calls with SRTP on one side: 200 at 20 ms each.
BESIEGED, BESIEGERS, SIEGE_SECONDS = 200, 200, 10
STRANGER = "127.0.0.66"
SIEGES = {"SRTP of a stranger": (b"\x80\x00" + bytes(10), 170, False),
          "DTLS hellos of a stranger":
              (b"\x16\xfe\xfd" + bytes(8) + b"\x00\xc8\x01", 200, False),
          "RTCP of 4 bytes": (b"\x80\xc9\x00\x01", 0, False),
          "SRTP with the peer's address": (b"\x80\x00" + bytes(10), 170, True)}


# --- payloads ---------------------------------------------------------------
def speech(rate, seconds):
    """No speech, but as uneven: tones that come and go, with noise."""
    seed, out = 12345, []
    for i in range(rate * seconds):
        at = i / rate
        seed = (seed * 1103515245 + 12345) & 0x7fffffff
        loud = max(0, math.sin(2 * math.pi * 1.7 * at)) * 6000
        out.append(int(loud * (math.sin(2 * math.pi * 210 * at) +
                               .6 * math.sin(2 * math.pi * 730 * at) +
                               .3 * math.sin(2 * math.pi * 2150 * at)) / 2 +
                       (seed >> 16) % 200 - 100))
    return out


def ulaw(sample):
    size = min(abs(sample) + 132, 32767)
    segment = size.bit_length() - 8
    return ~((0x80 if sample < 0 else 0) | segment << 4 |
             (size >> (segment + 3)) & 0xf) & 0xff


def opus_frames():
    library = ctypes.CDLL("libopus.so.0")
    library.opus_encoder_create.restype = ctypes.c_void_p
    encoder = library.opus_encoder_create(16000, 1, 2048, None)
    pcm, out = speech(16000, 4), []
    for at in range(0, len(pcm), 320):
        data = ctypes.create_string_buffer(400)
        size = library.opus_encode(
            ctypes.c_void_p(encoder), (ctypes.c_int16 * 320)(*pcm[at:at + 320]),
            320, data, 400)
        out.append(data.raw[:size])
    return out


def frames_of(codec):
    if codec == "OPUS":
        return opus_frames()
    data = bytes(map(ulaw, speech(8000, 4)))
    size = {"PCMU": 160, "G722": 160, "G729": 20}[codec]
    if codec == "G729":  # any bits are a frame
        data = os.urandom(200 * 20)
    return [data[at:at + size] for at in range(0, len(data), size)]


def write_frames(folder, codec):
    path = os.path.join(folder, codec)
    with open(path, "wb") as file:
        for frame in frames_of(codec):
            file.write(struct.pack(">H", len(frame)) + frame)
    return path


# --- what phones say ----------------------------------------------------------
# Every phone offers events; one without them is listened to, for keys in its
# sound, which would be measured here as if it were the codec's.
EVENTS = {"OPUS": "telephone-event/48000"}


def sdp(port, codec, pt, tag=None):
    lines = ["v=0", f"o=- 1 1 IN IP4 {PHONES}", "s=-", f"c=IN IP4 {PHONES}",
             "t=0 0", f"m=audio {port} RTP/{'S' if tag else ''}AVP {pt} 101",
             f"a=rtpmap:{pt} {RTPMAP[codec]}",
             f"a=rtpmap:101 {EVENTS.get(codec, 'telephone-event/8000')}",
             "a=ptime:20"]
    if tag:
        lines.append(f"a=crypto:{tag} {LINE}{base64.b64encode(KEY).decode()}")
    return "\r\n".join(lines) + "\r\n"


def tag_of(text):
    """Of the suite that our phones speak; None: it is not offered."""
    found = re.search(rf"^a=crypto:(\d+) {LINE}", text, re.M)
    return found and found.group(1)


def port_of(text):
    return int(re.search(r"^m=audio (\d+)", text, re.M).group(1))


def pt_of(text, codec):
    found = re.search(rf"^a=rtpmap:(\d+) {codec}/", text, re.M | re.I)
    return int(found.group(1)) if found else CODECS[codec.lower()][1]


def phone_port(call, side):
    return FIRST_PORT + 2 * (call % (SOCKETS // 2)) + side


# --- codecs alone -------------------------------------------------------------
@contextlib.contextmanager
def as_measured():
    """On the core of the systems under test, while the other one is as busy as
    it is with our generator: two cores may be one, or share its speed."""
    before = os.sched_getaffinity(0)
    with subprocess.Popen([sys.executable, "-c", "while True: pass"],
                          preexec_fn=lambda: (os.sched_setaffinity(
                              0, {OWN_CORE}), ahead())) as neighbour:
        pin(os.getpid(), PEER_CORE)
        try:
            yield
        finally:
            neighbour.kill()
            os.sched_setscheduler(0, os.SCHED_OTHER, os.sched_param(0))
            os.sched_setaffinity(0, before)


def timed(rounds, run):
    """Microseconds of one call of 'run': the middle one of nine tries."""
    def once():
        began = time.thread_time()
        for number in range(rounds):
            run(number)
        return (time.thread_time() - began) * 1e6 / rounds
    with as_measured():
        return sorted(once() for _ in range(9))[4]


def bare_pcmu():
    """Our own code, so by our own program."""
    with as_measured():
        lines = subprocess.run([CODECS_ALONE], stdout=subprocess.PIPE, text=True,
                               check=True).stdout.splitlines()
    row = next(line.split("\t") for line in lines if line.startswith("PCMU\t8000"))
    return float(row[2]), float(row[3])


def bare_g722():
    lib = ctypes.CDLL("libspandsp.so.2")
    for name in ("g722_encode_init", "g722_decode_init"):
        getattr(lib, name).restype = ctypes.c_void_p
    encoder = ctypes.c_void_p(lib.g722_encode_init(None, 64000, 2))
    decoder = ctypes.c_void_p(lib.g722_decode_init(None, 64000, 2))
    lib.g722_encode_init(encoder, 64000, 1)  # 8 kHz, as PCMU's side has it
    lib.g722_decode_init(decoder, 64000, 1)
    # Frame after frame, as a call has it: one again and again would be learnt.
    sound = speech(8000, 4)
    frames = [(ctypes.c_int16 * 160)(*sound[at:at + 160])
              for at in range(0, len(sound), 160)]
    packets = [ctypes.create_string_buffer(200) for _ in frames]
    pcm = (ctypes.c_int16 * 160)()
    return (timed(3000, lambda number: lib.g722_encode(
                encoder, packets[number % 200], frames[number % 200], 160)),
            timed(3000, lambda number: lib.g722_decode(
                decoder, pcm, packets[number % 200], 160)))


def bare_opus(rate):
    """At complexity 5, as mediad is when nobody says otherwise."""
    lib = ctypes.CDLL("libopus.so.0")
    for name in ("opus_encoder_create", "opus_decoder_create"):
        getattr(lib, name).restype = ctypes.c_void_p
    encoder = ctypes.c_void_p(lib.opus_encoder_create(rate, 1, 2048, None))
    decoder = ctypes.c_void_p(lib.opus_decoder_create(rate, 1, None))
    lib.opus_encoder_ctl(encoder, 4010, 5)
    sound, size = speech(rate, 4), rate // 50
    frames = [(ctypes.c_int16 * size)(*sound[at:at + size])
              for at in range(0, len(sound), size)]
    data, out = ctypes.create_string_buffer(1276), (ctypes.c_int16 * size)()
    encode = timed(1000, lambda number: lib.opus_encode(
        encoder, frames[number % 200], size, data, 1276))
    packets = opus_frames()
    return encode, timed(1000, lambda number: lib.opus_decode(
        decoder, packets[number % 200], len(packets[number % 200]), out, size,
        0))


def bare_g729():
    lib = ctypes.CDLL("libbcg729.so.0")
    for name in ("initBcg729EncoderChannel", "initBcg729DecoderChannel"):
        getattr(lib, name).restype = ctypes.c_void_p
    encoder = ctypes.c_void_p(lib.initBcg729EncoderChannel(0))
    decoder = ctypes.c_void_p(lib.initBcg729DecoderChannel())
    sound = speech(8000, 4)
    frames = [(ctypes.c_int16 * 80)(*sound[at:at + 80])
              for at in range(0, len(sound), 80)]
    data, size = ctypes.create_string_buffer(10), ctypes.c_uint8()
    out = (ctypes.c_int16 * 80)()
    return (2 * timed(2000, lambda number: lib.bcg729Encoder(
                encoder, frames[number % 400], data, ctypes.byref(size))),
            2 * timed(2000, lambda _: lib.bcg729Decoder(
                decoder, data, 10, 0, 0, 0, out)))


# Beside G.711 Opus works at 8 kHz.
BARE = {"g722": {"g722": bare_g722}, "g729": {"g729": bare_g729},
        "opus": {"opus at 8 kHz": lambda: bare_opus(8000),
                 "opus at 16 kHz": lambda: bare_opus(16000)}}
NARROW = {"g722": "g722", "g729": "g729", "opus": "opus at 8 kHz"}


# --- the systems --------------------------------------------------------------
class Mediad:
    name, host = "mediad", OURS

    def __init__(self):
        self.bench = Bench()
        self.process = self.bench.daemon(
            "mediad", rtp_host=OURS, rtp_port_min=20000, rtp_port_max=45000,
            rtp_timeout=0, media_threads=1,
            srtp_keys="always")
        self.pid = self.process.pid

    def _all_said(self, kind, count):
        until(lambda: sum(m["type"] == kind for m in self.bench.heard) >= count,
              60, lambda: f"{count} {kind}; {self.bench.log(self.process)[-900:]}")
        return {m["call_sid"]: m for m in self.bench.heard if m["type"] == kind}

    def open(self, numbers, part):
        """[(port that A sends to, port that B sends to, B's payload type)]"""
        codec, secure = CODECS[part][0], part == "srtp"
        count = numbers[-1] + 1  # of those before, too
        for call in numbers:
            callee = {"leg": name_of("CA", call, "b"), "role": "offer",
                      "codecs": codec}
            if secure:
                callee["secure"] = "sdes"
            self.put("leg_open", call, legs=[
                {"leg": name_of("CA", call, "a"), "role": "answer",
                 "remote": sdp(phone_port(call, 0), "PCMU", 0)}, callee])
        opened, ports = self._all_said("leg_opened", count), []
        for call in numbers:
            legs = opened[name_of("CA", call)]["legs"]
            assert all("sdp" in leg for leg in legs), legs
            pt = pt_of(legs[1]["sdp"], codec)
            ports.append((port_of(legs[0]["sdp"]), port_of(legs[1]["sdp"]), pt))
            self.put("bridge", call, a=legs[0]["leg"], b=legs[1]["leg"],
                     answer_leg=legs[1]["leg"],
                     answer=sdp(phone_port(call, 1), codec, pt,
                                tag_of(legs[1]["sdp"])))
        wrong = [m for m in self._all_said("bridged", count).values()
                 if m.get("error")]
        assert not wrong, wrong[0]
        return ports

    def refused(self):
        """Packets of strangers', forged ones, and too many of them."""
        url = f"http://127.0.0.1:{self.process.admin}/metrics"
        with urllib.request.urlopen(url, timeout=5) as answer:
            return sum(float(line.split()[-1]) for line in
                       answer.read().decode().splitlines()
                       if re.match(r"vox_(rtp|rtcp)_packets_refused", line))

    def put(self, kind, call, **fields):
        message = command(kind, call, 0, **fields)
        message.pop("leg")
        self.bench.put("mediad", message)

    def close(self):
        self.bench.close()


def bencode(value):
    if isinstance(value, dict):
        return b"d" + b"".join(bencode(k) + bencode(v)
                               for k, v in sorted(value.items())) + b"e"
    if isinstance(value, (list, tuple)):
        return b"l" + b"".join(map(bencode, value)) + b"e"
    if isinstance(value, int):
        return b"i%de" % value
    data = value if isinstance(value, bytes) else value.encode()
    return b"%d:%s" % (len(data), data)


def bdecode(data, at=0):
    if data[at:at + 1] in (b"d", b"l"):
        items, kind, at = [], data[at:at + 1], at + 1
        while data[at:at + 1] != b"e":
            item, at = bdecode(data, at)
            items.append(item)
        if kind == b"d":
            return dict(zip(items[::2], items[1::2])), at + 1
        return items, at + 1
    if data[at:at + 1] == b"i":
        end = data.index(b"e", at)
        return int(data[at + 1:end]), end + 1
    colon = data.index(b":", at)
    size = int(data[at:colon])
    return data[colon + 1:colon + 1 + size].decode(), colon + 1 + size


class Rtpengine:
    name, host = "rtpengine", THEIRS
    refused = None

    def __init__(self):
        self.asking = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self.asking.settimeout(5)
        self.asking.connect((THEIRS, 22222))
        self.cookies = 0
        self.log = tempfile.TemporaryFile()
        self.process = subprocess.Popen(
            ["rtpengine", "--foreground", "--log-stderr", "--log-level=3",
             "--config-file=none", "--table=-1", f"--interface={THEIRS}",
             f"--listen-ng={THEIRS}:22222", "--port-min=20000",
             "--port-max=45000", "--num-threads=1", "--timeout=3600",
             "--delete-delay=0"], stderr=self.log, stdout=self.log)
        self.pid = self.process.pid
        until(self._is_there, 10, "rtpengine answers")

    def _is_there(self):
        try:
            return self.ask(command="ping").get("result") == "pong"
        except OSError:
            return False

    def ask(self, **fields):
        self.cookies += 1
        cookie = str(self.cookies).encode()
        fields = {name.replace("_", "-"): value
                  for name, value in fields.items()}
        self.asking.send(cookie + b" " + bencode(fields))
        while True:
            number, _, data = self.asking.recv(65535).partition(b" ")
            if number == cookie:
                return bdecode(data)[0]

    def open(self, numbers, part):
        codec, secure, ports = CODECS[part][0], part == "srtp", []
        for call in numbers:
            more = {}
            if secure:
                more = {"transport_protocol": "RTP/SAVP", "DTLS": "off",
                        "SDES": ["only-AES_CM_128_HMAC_SHA1_80"]}
            elif codec != "PCMU":
                more = {"codec": {"transcode": [
                    "opus" if codec == "OPUS" else codec]}}
            offer = self.ask(command="offer", call_id=f"call-{call}",
                             from_tag="a", ICE="remove",
                             sdp=sdp(phone_port(call, 0), "PCMU", 0), **more)
            pt = pt_of(offer["sdp"], codec)
            answer = self.ask(command="answer", call_id=f"call-{call}",
                              from_tag="a", to_tag="b", ICE="remove",
                              sdp=sdp(phone_port(call, 1), codec, pt,
                                      tag_of(offer["sdp"])),
                              **({"transport_protocol": "RTP/AVP"}
                                 if secure else {}))
            ports.append((port_of(answer["sdp"]), port_of(offer["sdp"]), pt))
        return ports

    def close(self):
        self.process.kill()
        self.process.wait()
        self.asking.close()


SYSTEMS = {"mediad": Mediad, "rtpengine": Rtpengine}


# --- measuring ----------------------------------------------------------------
def pin(pid, core):
    """To one core, in front of whatever else runs there."""
    for thread in map(int, os.listdir(f"/proc/{pid}/task")):
        os.sched_setaffinity(thread, {core})
        ahead(thread)


def ahead(thread=0):
    try:
        os.sched_setscheduler(thread, os.SCHED_RR, os.sched_param(10))
    except PermissionError:
        pass  # then on a quiet machine only


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
        report.siege(system, kind, quiet, loud)


class Report:
    def __init__(self, tsv):
        self.tsv, self.best = tsv, {}

    def bare(self, part, encode, decode):
        """A packet of a call is either encoded or decoded."""
        if self.tsv:
            print(f"{part} bare encode us\t{encode:.1f}\n"
                  f"{part} bare decode us\t{decode:.1f}", flush=True)
        else:
            print(f"= {part} alone: encode {encode:.1f}, decode {decode:.1f}, "
                  f"a packet {(encode + decode) / 2:.1f} us", flush=True)

    def divided(self, name, us, packets, codecs):
        """Of a packet's time: what it takes to relay it, what both codecs take
        alone, and the rest, which is transcoding's."""
        rest = us - packets - codecs
        if self.tsv:
            print(f"{name} packets us\t{packets:.2f}\n"
                  f"{name} codecs us\t{codecs:.2f}\n"
                  f"{name} transcoding over codecs\t"
                  f"{(us - packets) / codecs:.2f}", flush=True)
        else:
            print(f"= {name}: {us:.1f} us a packet = {packets:.1f} relayed + "
                  f"{codecs:.1f} both codecs alone + {rest:.1f} the rest "
                  f"(nothing is resampled): transcoding takes "
                  f"{(us - packets) / codecs:.2f} times its codecs", flush=True)

    def step(self, system, part, calls, result, good):
        if not self.tsv:
            print(f"  {system.name:9} {part:6} {calls:5} calls: "
                  f"{100 * result['core']:5.1f} % of the core, "
                  f"{result['us']:5.2f} us a packet, lost "
                  f"{100 * result['lost']:6.3f} %, delay p50 "
                  f"{result['p50_ms']:.2f} p99 {result['p99_ms']:.2f} p99.9 "
                  f"{result['p999_ms']:.2f} ms, own lateness p99 "
                  f"{result['own_p99_ms']:.2f}"
                  f"{'' if good else ': FAILED'}", flush=True)

    def siege(self, system, kind, quiet, loud):
        more = 100 * (loud["core"] / quiet["core"] - 1)
        if self.tsv:
            print(f"{system.name} {kind}: CPU %\t{more:.1f}\n"
                  f"{system.name} {kind}: lost %\t{100 * loud['lost']:.3f}",
                  flush=True)
        else:
            print(f"= {system.name}: {BESIEGED} calls and 10,000/s of {kind}: "
                  f"{100 * quiet['core']:.1f} -> {100 * loud['core']:.1f} % of "
                  f"the core ({more:+.0f} %), lost {100 * loud['lost']:.3f} %, "
                  f"delay p99 {quiet['p99_ms']:.2f} -> {loud['p99_ms']:.2f} ms",
                  flush=True)

    def result(self, system, part, best, each):
        calls, result = best or (0, {"us": 0, "p99_ms": 0})
        self.best[system.name, part] = calls
        name = f"{system.name} {part}"
        if self.tsv:
            print(f"{name} calls per core\t{calls}\n"
                  f"{name} us per packet\t{result['us']:.2f}\n"
                  f"{name} KiB per call\t{each:.1f}", flush=True)
        else:
            print(f"= {name}: {calls} calls ({2 * calls} streams) on one "
                  f"core, {each:.1f} KiB a call", flush=True)


def main(words):
    only = [w.partition("=")[2] for w in words if w.startswith("--only=")]
    steps = [w.partition("=")[2] for w in words if w.startswith("--steps=")]
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
                    best = climb(system, part,
                                 tuple(map(int, steps[0].split(",")))
                                 if steps else STEPS[part], folder, report)
                finally:
                    system.close()
                if best and part in NARROW and name == "mediad":
                    report.divided(f"{name} {part}", *divide(
                        system_class, part, best[0] * 3 // 4, folder))
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
