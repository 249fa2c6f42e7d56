"""A name server that says what a story wants: A, AAAA, SRV, NAPTR.

Over UDP, and over TCP what does not fit there.

    names = Dns()
    names.add("example.test", "SRV", (10, 60, 5060, "a.example.test"))
    Platform(dns_servers=names.address)
"""

import ipaddress
import socket
import struct
import threading

TYPES = {"A": 1, "AAAA": 28, "SRV": 33, "NAPTR": 35}
WORDS = {number: word for word, number in TYPES.items()}
NAME_ERROR = 3
TRUNCATED = 0x0200
UDP_MAX = 512


def encode_name(name):
    parts = [part for part in name.strip(".").split(".") if part]
    return b"".join(bytes([len(part)]) + part.encode() for part in parts) + \
        b"\0"


def text(value):
    return bytes([len(value)]) + value.encode()


def encode(kind, value):
    if kind in ("A", "AAAA"):
        return ipaddress.ip_address(value).packed
    if kind == "SRV":
        priority, weight, port, host = value
        return struct.pack("!HHH", priority, weight, port) + encode_name(host)
    order, preference, flags, service, replacement = value
    return struct.pack("!HH", order, preference) + text(flags) + \
        text(service) + text("") + encode_name(replacement)


class Dns:
    def __init__(self):
        self._listener = socket.create_server(("127.0.0.1", 0))
        port = self._listener.getsockname()[1]
        self._socket = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self._socket.bind(("127.0.0.1", port))
        self.address = f"127.0.0.1:{port}"
        self._records = {}
        self._silent = set()
        self.asked = []             # [(name, type), …]
        threading.Thread(target=self._run, daemon=True).start()
        threading.Thread(target=self._run_tcp, daemon=True).start()

    def add(self, name, kind, *values):
        self._records.setdefault((name.lower(), kind), []).extend(values)

    def silence(self, name):
        """Questions for it get no answer at all."""
        self._silent.add(name.lower())

    def close(self):
        self._socket.close()
        self._listener.close()

    def kinds(self, name):
        """What was asked of a name, each once, in order."""
        return list(dict.fromkeys(kind for asked, kind in self.asked
                                  if asked == name))

    def _run(self):
        while True:
            try:
                data, peer = self._socket.recvfrom(4096)
                answer = self._answer(data)
                if answer and len(answer) > UDP_MAX:
                    number, flags = struct.unpack("!HH", answer[:4])
                    answer = struct.pack("!HHHHHH", number, flags | TRUNCATED,
                                         1, 0, 0, 0) + data[12:]
                if answer:
                    self._socket.sendto(answer, peer)
            except OSError:
                return

    def _run_tcp(self):
        while True:
            try:
                link, _ = self._listener.accept()
                with link:
                    size = struct.unpack("!H", link.recv(2))[0]
                    answer = self._answer(link.recv(size))
                    if answer:
                        link.sendall(struct.pack("!H", len(answer)) + answer)
            except OSError:
                return

    def _answer(self, data):
        number, _flags, _count = struct.unpack("!HHH", data[:6])
        labels, at = [], 12
        while data[at]:
            labels.append(data[at + 1:at + 1 + data[at]].decode().lower())
            at += 1 + data[at]
        kind = WORDS.get(struct.unpack("!H", data[at + 1:at + 3])[0], "?")
        question, name = data[12:at + 5], ".".join(labels)
        self.asked.append((name, kind))
        if name in self._silent:
            return None
        values = self._records.get((name, kind), [])
        known = any(name == other for other, _ in self._records)
        answers = b""
        for value in values:
            rdata = encode(kind, value)
            answers += b"\xc0\x0c" + struct.pack(
                "!HHIH", TYPES[kind], 1, 60, len(rdata)) + rdata
        flags = 0x8580 | (0 if known else NAME_ERROR)
        return struct.pack("!HHHHHH", number, flags, 1, len(values), 0, 0) + \
            question + answers
