"""Free ports, from a range that neither the kernel nor the platform hands out."""

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
_random = random.Random(os.getpid() ^ int.from_bytes(os.urandom(4), "big"))
_given = set()
_choosing = threading.Lock()  # softphones are made by the dozen, in threads


def _is_free(port):
    for kind in (socket.SOCK_STREAM, socket.SOCK_DGRAM):
        with socket.socket(socket.AF_INET, kind) as probe:
            try:
                probe.bind(("127.0.0.1", port))
            except OSError:
                return False
    return True


def _part(lowest, highest):
    share = (highest - lowest) // _WORKERS // 2 * 2
    return lowest + _WORKER * share, lowest + (_WORKER + 1) * share


def free_ports(count, lowest=LOWEST, highest=HIGHEST):
    """The first of 'count' neighbouring ports (even) that nobody has."""
    with _choosing:
        return _choose(count, lowest, highest)


def _choose(count, lowest, highest):
    for low, high in (_part(lowest, highest), (lowest, highest)):
        for _ in range(1000):
            first = _random.randrange(low, max(low + 2, high - count), 2)
            ports = range(first, first + count)
            if not _given.intersection(ports) and all(map(_is_free, ports)):
                _given.update(ports)
                return first
        _given.clear()  # most of them have long been closed
    raise RuntimeError(f"no {count} free ports between {lowest} and {highest}")


def free_rtp_ports(count):
    return free_ports(count, RTP_LOWEST, RTP_HIGHEST)


def give_back(first, count):
    """For blocks: whoever had it has ended."""
    _given.difference_update(range(first, first + count))


def free_port():
    return free_ports(2)
