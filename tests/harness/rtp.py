"""An RTP end: speaks a tone, listens, and tells from where."""

import random
import socket
import struct
import threading
import time

from .ports import free_port
from .sound import from_mulaw, measure, to_mulaw, tone

FRAME = 160
FRAME_SECONDS = 0.02


class Rtp:
    def __init__(self, host="127.0.0.1", port=None):
        self._socket = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self.port = port or free_port()
        self._socket.bind((host, self.port))
        self.packets = []            # (time, source, payload type, seq, payload)
        self._speaking = None
        threading.Thread(target=self._listen, daemon=True).start()

    def close(self):
        self.be_silent()
        try:
            self._socket.shutdown(socket.SHUT_RDWR)
        except OSError:
            pass
        self._socket.close()

    def _listen(self):
        while True:
            try:
                data, source = self._socket.recvfrom(2048)
            except OSError:
                return
            data = self.unwrap(data)
            if len(data) < 12:
                if self._socket.fileno() < 0:
                    return
                continue
            _, kind, number = struct.unpack("!BBH", data[:4])
            self.packets.append((time.monotonic(), source, kind & 127, number,
                                 data[12:]))

    def speak(self, to, hertz=440, kind=0):
        """Sends the tone to (host, port) until told otherwise."""
        self.be_silent()
        stop = threading.Event()
        self._speaking = (stop, threading.Thread(
            target=self._speak, args=(stop, to[:2], hertz, kind), daemon=True))
        self._speaking[1].start()

    # What SRTP does to a packet, on its way out and in; b"": not for us.
    def wrap(self, data):
        return data

    def unwrap(self, data):
        return data

    def be_silent(self):
        if self._speaking:
            self._speaking[0].set()
            self._speaking[1].join()
            self._speaking = None

    def _speak(self, stop, to, hertz, kind):
        second = to_mulaw(tone(hertz, 1.0))
        source, number = random.getrandbits(32), random.getrandbits(16)
        began, count = time.monotonic(), 0
        while not stop.wait(max(0, began + count * FRAME_SECONDS -
                                time.monotonic())):
            at = count * FRAME % len(second)
            head = struct.pack("!BBHII", 0x80, kind,
                               (number + count) & 0xffff, count * FRAME, source)
            try:
                self._socket.sendto(
                    self.wrap(head + second[at:at + FRAME]), to)
            except OSError:
                pass
            count += 1

    def send(self, to, payload, kind=0, number=0, source=1):
        self._socket.sendto(struct.pack("!BBHII", 0x80, kind, number & 0xffff,
                                        number * FRAME & 0xffffffff, source) +
                            payload, to[:2])

    def send_raw(self, to, data):
        self._socket.sendto(data, to[:2])

    def heard(self, since=0.0):
        """(hertz, level) of what came in after a time of time.monotonic()."""
        payload = b"".join(packet[4] for packet in list(self.packets)
                           if packet[0] >= since)
        return measure(from_mulaw(payload))

    def hears(self, hertz, since=0.0):
        """The tone is heard, within 2 %, loud enough."""
        got, level = self.heard(since)
        return abs(got - hertz) <= 0.02 * hertz and level > 0.05
