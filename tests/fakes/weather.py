#!/usr/bin/python3
"""Bad weather for packets: they are lost, delayed and overtaken.

    weather.py QUEUE LOSS JITTER_MS REORDER SEED

A queue of netfilter (iptables -j NFQUEUE) is read over netlink; each packet is
dropped (LOSS in 1), or let go after 0 to JITTER_MS, and REORDER in 1 after that
much more. What is later than the next one is overtaken by it. It says "ready",
and at SIGTERM "seen N lost N reordered N". tc's netem would do, but many kernels
come without it.
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
BIND, COPY_META = 1, 1
PACKET_HEAD, VERDICT_HEAD = 1, 2
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
                                   struct.pack("!IB", 0, COPY_META)))

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
        data = self.link.recv(65536)
        while len(data) >= 16:
            size, kind = struct.unpack("=IH", data[:6])
            if kind == PACKET:
                for which, value in attributes(data[20:size]):
                    if which == PACKET_HEAD:
                        yield struct.unpack("!I", value[:4])[0]
            data = data[size + 3 & ~3:]


def main(number, loss, jitter_ms, reorder, seed):
    chance = random.Random(seed)
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
            for packet in queue.packets():
                seen += 1
                if chance.random() < loss:
                    lost += 1
                    queue.verdict(packet, DROP)
                    continue
                delay = chance.random() * jitter_ms
                if chance.random() < reorder:
                    late += 1
                    delay += jitter_ms
                heapq.heappush(waiting,
                               (time.monotonic() + delay / 1000, packet))
        while waiting and waiting[0][0] <= time.monotonic():
            queue.verdict(heapq.heappop(waiting)[1], ACCEPT)


if __name__ == "__main__":
    main(int(sys.argv[1]), float(sys.argv[2]), float(sys.argv[3]),
         float(sys.argv[4]), int(sys.argv[5]))
