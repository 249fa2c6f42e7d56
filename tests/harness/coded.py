"""An RTP end that speaks any codec: a tone, made and measured by tests/fakes/coder.c.
"""

import array
import os
import random
import struct
import subprocess
import threading
import time

from . import sip, sound
from .platform import binary
from .srtp import SecureRtp

CODER = os.path.join(os.path.dirname(os.path.dirname(binary("mediad"))),
                     "tests", "coder")
#         rtpmap, payload type, samples of RTP's clock in a millisecond,
#         rate of coder's sound
CODECS = {"PCMU": ("PCMU/8000", 0, 8, 8000),
          "PCMA": ("PCMA/8000", 8, 8, 8000),
          "G722": ("G722/8000", 9, 8, 16000),
          "OPUS": ("opus/48000/2", 111, 48, 16000),
          "G729": ("G729/8000", 18, 8, 8000)}
NOISE = 13


def encoded(codec, hertz, ms=20, seconds=10, loss=0.0):
    """Payloads of a tone, for a network with so much loss."""
    data = subprocess.run(
        [CODER, "encode", codec, str(ms), str(hertz), str(seconds),
         str(round(100 * loss))], check=True, capture_output=True).stdout
    frames, at = [], 0
    while at < len(data):
        size = struct.unpack("!H", data[at:at + 2])[0]
        frames.append(data[at + 3:at + 3 + size])
        at += 3 + size
    return frames


def decoded(codec, payloads):
    """Samples of (payload, whether it is comfort noise)."""
    data = b"".join(struct.pack("!HB", len(payload), noise) + payload
                    for payload, noise in payloads)
    return array.array("h", subprocess.run(
        [CODER, "decode", codec], check=True, input=data,
        capture_output=True).stdout).tolist()


class CodedRtp(SecureRtp):
    """It says what it is given, packet by packet, in the numbers of its codec."""

    def __init__(self, codec, ms=20, **more):
        self.codec, self.ms = codec, ms
        self.said = []
        super().__init__(**more)

    def sdp(self, secure=False, more=()):
        """Its codec alone; 'more' are words as sip.offer() wants them."""
        rtpmap, kind = CODECS[self.codec][:2]
        text = sip.offer(self.port, (f"{kind} {rtpmap}", *more))
        text = text.replace("a=ptime:20", f"a=ptime:{self.ms}")
        if secure:
            text = text.replace("RTP/AVP", "RTP/SAVP") + self.line()
        return text

    def say(self, to, payloads, kind=None):
        """From now on, once, as if spoken; 'kind' is a payload type.

        Instead of a payload: (payload type, payload), or None where nothing is
        sent.
        """
        self.be_silent()
        kind = CODECS[self.codec][1] if kind is None else kind
        stop = threading.Event()
        self._speaking = (stop, threading.Thread(
            target=self._say, args=(stop, to[:2], payloads, kind), daemon=True))
        self._speaking[1].start()

    def spoken(self, seconds=30):
        """Returns when all that it was to say is said."""
        self._speaking[1].join(seconds)
        assert not self._speaking[1].is_alive(), "it still speaks"

    def _say(self, stop, to, payloads, kind):
        step = CODECS[self.codec][2] * self.ms
        source, number = random.getrandbits(32), random.getrandbits(16)
        began = time.monotonic()
        for count, entry in enumerate([*payloads, None]):
            if stop.wait(max(0, began + count * self.ms / 1000 -
                             time.monotonic())):
                return
            if entry is None:
                continue
            what, payload = entry if isinstance(entry, tuple) else (kind, entry)
            head = struct.pack("!BBHII", 0x80, what, number & 0xffff,
                               count * step, source)
            number += 1
            self.said.append(payload)
            try:
                self._socket.sendto(self.wrap(head + payload), to)
            except OSError:
                return

    def heard_samples(self, kind=None):
        """What came in its codec, in the order of its sequence numbers."""
        kind = CODECS[self.codec][1] if kind is None else kind
        packets = [packet for packet in list(self.packets)
                   if packet[2] in (kind, NOISE)]
        if not packets:
            return []
        first = packets[0][3]
        packets.sort(key=lambda packet: (packet[3] - first) & 0xffff)
        return decoded(self.codec, [(packet[4], packet[2] == NOISE)
                                    for packet in packets])

    def steadily(self, kind=None):
        """(hertz, dB) as sound.steady() has them."""
        return sound.steady(self.heard_samples(kind), CODECS[self.codec][3])
