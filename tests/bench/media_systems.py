"""What the media benchmark measures, driven by their real commands: mediad by
leg_open and bridge on the bus, rtpengine by its ng protocol, in userspace."""

import re
import socket
import subprocess
import tempfile
import urllib.request

from harness.bench import Bench, command, name_of
from harness.wait import until
from media_phones import CODECS, phone_port, port_of, pt_of, sdp, tag_of

OURS, THEIRS = "127.0.0.2", "127.0.0.3"


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
