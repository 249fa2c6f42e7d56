#!/usr/bin/python3
"""Bad weather for packets: they are lost, delayed and overtaken.

    weather.py QUEUE LOSS JITTER_MS REORDER SEED

A queue of netfilter (iptables -j NFQUEUE) is read over netlink; each packet is
dropped (LOSS in 1), or let go after 0 to JITTER_MS, and REORDER in 1 after that
much more. What is later than the next one is overtaken by it. It says "ready",
and at SIGTERM "seen N lost N reordered N". tc's netem would do, but many kernels
come without it.

Each stream (packets to one port, RTP and RTCP apart) has dice of its own, so
that the n-th packet of a codec meets the same fate in every run with one SEED,
whatever else is on its way.
"""

import heapq
import random
import select
import signal
import socket
import struct
import sys
import time

NETLINK_NETFILTER = 12
QUEUE = 3 << 8               # subsystem
PACKET, VERDICT, CONFIG = QUEUE, QUEUE | 1, QUEUE | 2
NLM_F_REQUEST, NLM_F_ACK, NLMSG_ERROR = 1, 4, 2
CFG_CMD, CFG_PARAMS = 1, 2
BIND, COPY_PACKET = 1, 2
HEADERS = 60 + 8 + 12         # of IPv4, UDP and RTP, at most
PACKET_HEAD, VERDICT_HEAD, PAYLOAD = 1, 2, 10
DROP, ACCEPT = 0, 1


def attribute(kind, data):
    size = 4 + len(data)
    return struct.pack("=HH", size, kind) + data + bytes(-size % 4)


def attributes(data):
    while len(data) >= 4:
        size, kind = struct.unpack("=HH", data[:4])
        if size < 4:
            return
        yield kind & 0x3fff, data[4:size]
        data = data[size + 3 & ~3:]


class Queue:
    def __init__(self, number):
        self.number = number
        self.link = socket.socket(socket.AF_NETLINK, socket.SOCK_RAW,
                                  NETLINK_NETFILTER)
        self.link.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 1 << 20)
        self.link.bind((0, 0))
        self.ask(CONFIG, attribute(CFG_CMD, struct.pack("!BBH", BIND, 0,
                                                        socket.AF_INET)))
        self.ask(CONFIG, attribute(CFG_PARAMS,
                                   struct.pack("!IB", HEADERS, COPY_PACKET)))

    def say(self, kind, body, flags=NLM_F_REQUEST):
        message = struct.pack("!BBH", socket.AF_UNSPEC, 0, self.number) + body
        self.link.send(struct.pack("=IHHII", 16 + len(message), kind, flags,
                                   0, 0) + message)

    def ask(self, kind, body):
        self.say(kind, body, NLM_F_REQUEST | NLM_F_ACK)
        answer = self.link.recv(65536)
        kind, = struct.unpack("=H", answer[4:6])
        error, = struct.unpack("=i", answer[16:20])
        if kind != NLMSG_ERROR or error:
            sys.exit(f"netfilter's queue: error {-error}")

    def verdict(self, packet, verdict):
        self.say(VERDICT, attribute(VERDICT_HEAD,
                                    struct.pack("!II", verdict, packet)))

    def packets(self):
        """(netfilter's number of it, its first bytes) of each that came."""
        data = self.link.recv(65536)
        while len(data) >= 16:
            size, kind = struct.unpack("=IH", data[:6])
            if kind == PACKET:
                told = dict(attributes(data[20:size]))
                yield struct.unpack("!I", told[PACKET_HEAD][:4])[0], \
                    told.get(PAYLOAD, b"")
            data = data[size + 3 & ~3:]


class Dice:
    """One for each stream."""

    def __init__(self, seed):
        self.seed, self.streams = seed, {}

    def of(self, packet):
        udp = packet[(packet[0] & 15) * 4:] if packet else b""
        if len(udp) < 10:
            return self.streams.setdefault(None, random.Random(self.seed))
        port, kind = struct.unpack("!H", udp[2:4])[0], udp[9] & 0x7f
        rtcp = 64 <= kind < 96              # RFC 5761, section 4
        if (port, rtcp) not in self.streams:
            self.streams[port, rtcp] = random.Random(f"{self.seed} {kind}")
        return self.streams[port, rtcp]


def main(number, loss, jitter_ms, reorder, seed):
    dice = Dice(seed)
    queue, waiting = Queue(number), []
    seen = lost = late = 0

    def leave(*_):
        print(f"seen {seen} lost {lost} reordered {late}", flush=True)
        sys.exit(0)
    signal.signal(signal.SIGTERM, leave)
    print("ready", flush=True)
    while True:
        wait = waiting[0][0] - time.monotonic() if waiting else None
        ready = wait is None or wait > 0
        if ready and select.select([queue.link], [], [], wait)[0]:
            for packet, head in queue.packets():
                chance = dice.of(head).random
                gone, slow, slower = chance(), chance(), chance()
                seen += 1
                if gone < loss:
                    lost += 1
                    queue.verdict(packet, DROP)
                    continue
                delay = slow * jitter_ms
                if slower < reorder:
                    late += 1
                    delay += jitter_ms
                heapq.heappush(waiting,
                               (time.monotonic() + delay / 1000, packet))
        while waiting and waiting[0][0] <= time.monotonic():
            queue.verdict(heapq.heappop(waiting)[1], ACCEPT)


if __name__ == "__main__":
    main(int(sys.argv[1]), float(sys.argv[2]), float(sys.argv[3]),
         float(sys.argv[4]), int(sys.argv[5]))
