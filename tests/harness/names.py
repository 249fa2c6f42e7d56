"""A platform for which example.com is a machine of ours: the vendors' pages dial
it."""

import os
import random
import socket
import struct
import threading

from . import folders
from .platform import Platform


class NameServer:
    """One name, one address: what every other question gets is nothing."""

    def __init__(self, name, address):
        self.wanted = b"".join(bytes([len(part)]) + part.encode()
                               for part in name.split(".")) + b"\0"
        self.address = socket.inet_aton(address)
        self._socket = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self._socket.bind(("127.0.0.1", 0))
        self.where = f"127.0.0.1:{self._socket.getsockname()[1]}"
        threading.Thread(target=self._run, daemon=True).start()

    def _run(self):
        while True:
            try:
                question, peer = self._socket.recvfrom(1500)
            except OSError:
                return
            end = question.index(b"\0", 12) + 5
            kind = struct.unpack("!H", question[end - 4:end - 2])[0]
            found = kind == 1 and question[12:end - 4].lower() == self.wanted
            answer = b"\xc0\x0c\0\1\0\1\0\0\0\x3c\0\4" + self.address
            self._socket.sendto(
                question[:2] + b"\x85\x80\0\1" + struct.pack("!H", found) +
                b"\0\0\0\0" + question[12:end] + answer * found, peer)

    def close(self):
        self._socket.close()


class NamedPlatform(Platform):
    """One for which example.com is a machine of ours: nothing else is changed."""

    def __init__(self, address, **settings):
        self.names = NameServer("example.com", address)
        self.address = address
        super().__init__(dns_servers=self.names.where, **settings)

    def start(self):
        hosts = os.path.join(folders.make("names"), "hosts")
        with open(hosts, "w", encoding="utf-8") as file:
            file.write(f"{self.address} example.com\n")
        self.environment["CARES_HOSTS"] = hosts
        super().start()

    def close(self):
        super().close()
        self.names.close()


def address_of_ours():
    """Ports of its own, whoever else tests at the same time."""
    return "127." + ".".join(str(random.randint(2, 250)) for _ in range(3))
