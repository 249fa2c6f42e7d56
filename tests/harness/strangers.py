"""mediad alone, and somebody who sends to its ports what nobody asked for."""

import re
import socket
import struct
import threading
import time

from .bench import Bench, command, name_of
from .ports import free_rtp_ports, give_back
from .wait import until

STRANGER = "127.0.0.66"
RATE = 10000
POISON = b"\xee" * 160


class Media:
    """mediad alone with the bus; the story is the interpreter."""

    def __init__(self, ports=400, **settings):
        self.bench = Bench()
        self._ports = (free_rtp_ports(ports), ports)
        first = self._ports[0]
        self.process = self.bench.daemon(
            "mediad", rtp_port_min=first, rtp_port_max=first + ports - 1,
            media_threads=2, **settings)
        self.numbers = 0

    def say(self, kind, outcome, call, **fields):
        self.numbers += 1
        message = command(kind, call, self.numbers, **fields)
        message.pop("leg")
        before = len(self.bench.said(outcome))
        self.bench.put("mediad", message)
        until(lambda: len(self.bench.said(outcome)) > before, 10, outcome)
        return [m for m in self.bench.said(outcome)
                if m["call_sid"] == message["call_sid"]][-1]

    def open(self, call, source=None, **roles):
        """One leg for each name: the SDP that it answers."""
        more = {"source": source} if source else {}
        return self.say("leg_open", "leg_opened", call, legs=[
            {"leg": name_of("CA", call, name), "role": "answer",
             "remote": text, **more} for name, text in roles.items()])["legs"]

    def bridge(self, call):
        assert "error" not in self.say(
            "bridge", "bridged", call, a=name_of("CA", call, "a"),
            b=name_of("CA", call, "b"))

    def metric(self, name):
        with socket.create_connection(("127.0.0.1", self.process.admin)) as one:
            one.sendall(b"GET /metrics HTTP/1.0\r\n\r\n")
            text = b"".join(iter(lambda: one.recv(65536), b"")).decode()
        return sum(float(value) for value in re.findall(
            rf"^vox_{re.escape(name)} (\S+)$", text, re.M))

    def close(self):
        """Returns its log."""
        log = self.bench.log(self.process)
        self.bench.close()
        give_back(*self._ports)
        return log


class Spray:
    """Ten packets each millisecond, to all the ports that are named."""

    def __init__(self, *ports, packets=None, host=STRANGER):
        self.socket = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self.socket.bind((host, 0))
        self.socket.setblocking(False)
        self.ports, self.packets, self.sent = ports, packets, 0
        self.began = time.monotonic()
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._run, daemon=True)
        self._thread.start()

    def _packet(self):
        if self.packets:
            return self.packets[self.sent % len(self.packets)]
        # Each SSRC goes on in order, so that it could be believed.
        return struct.pack("!BBHII", 0x80, 0, self.sent & 0xffff,
                           self.sent * 160 & 0xffffffff, 0x666) + POISON

    def _run(self):
        while not self._stop.wait(0.001):
            due = self.seconds() * RATE
            while self.sent < due and not self._stop.is_set():
                port = self.ports[self.sent % len(self.ports)]
                try:
                    self.socket.sendto(self._packet(), ("127.0.0.1", port))
                except OSError:
                    pass
                self.sent += 1

    def seconds(self):
        return time.monotonic() - self.began

    def answers(self):
        """How many came back since it was asked last."""
        count = 0
        while self.received():
            count += 1
        return count

    def received(self):
        try:
            return len(self.socket.recv(2048))
        except BlockingIOError:
            return 0

    def close(self):
        self._stop.set()
        self._thread.join()
        self.socket.close()
