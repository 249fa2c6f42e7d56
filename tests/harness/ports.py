"""Free ports, from ranges that neither the kernel nor the platform hands out.

Each range is walked from a place of chance, so that a port comes again only
after all the others have had their turn: what was given may be bound later, or
be let go and bound anew.
"""

import os
import random
import socket
import threading

LOWEST, HIGHEST = 10000, 19900
# Platforms take whole blocks for RTP, from a range apart.
RTP_LOWEST, RTP_HIGHEST = 20000, 32700
# Stories that run side by side (pytest -n) look in parts of their own.
_WORKER = int(os.environ.get("PYTEST_XDIST_WORKER", "gw0").removeprefix("gw"))
_WORKERS = int(os.environ.get("PYTEST_XDIST_WORKER_COUNT", "1"))


def _is_free(port):
    for kind in (socket.SOCK_STREAM, socket.SOCK_DGRAM):
        with socket.socket(socket.AF_INET, kind) as probe:
            try:
                probe.bind(("127.0.0.1", port))
            except OSError:
                return False
    return True


class Range:
    """This process's part of a range of ports."""

    def __init__(self, lowest, highest):
        share = (highest - lowest) // _WORKERS // 2 * 2
        self._lowest = lowest + _WORKER * share
        self._highest = self._lowest + share
        self._next = random.Random(os.urandom(8)).randrange(
            self._lowest, self._highest, 2)
        self._held = set()
        self._choosing = threading.Lock()  # phones are made in threads too

    def take(self, count, hold=False):
        """The first of 'count' neighbours (even) that nobody has.

        What is held is not given again until it is given back: its ports are
        bound one by one, later.
        """
        with self._choosing:
            wrapped = False
            while True:
                first = self._next
                if first + count > self._highest:
                    if wrapped:
                        raise RuntimeError(
                            f"no {count} free ports between {self._lowest} "
                            f"and {self._highest}")
                    wrapped, self._next = True, self._lowest
                    continue
                ports = range(first, first + count)
                if not self._held.intersection(ports) and \
                        all(map(_is_free, ports)):
                    self._next = first + (count + 1) // 2 * 2
                    if hold:
                        self._held.update(ports)
                    return first
                self._next += 2

    def give_back(self, first, count):
        with self._choosing:
            self._held.difference_update(range(first, first + count))


_PORTS, _BLOCKS = Range(LOWEST, HIGHEST), Range(RTP_LOWEST, RTP_HIGHEST)


def free_port():
    return _PORTS.take(2)


def free_ports(count):
    return _PORTS.take(count)


def free_rtp_ports(count):
    """To be given back by whoever has ended."""
    return _BLOCKS.take(count, hold=True)


def give_back(first, count):
    _BLOCKS.give_back(first, count)
