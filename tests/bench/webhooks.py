#!/usr/bin/python3
"""What a webhook costs: callbackd alone with nats-server and a cheap receiver.

    webhooks.py           half a minute
    webhooks.py --tsv     name, value, in lines with tabs

The backlog is on the record before callbackd starts, so the figure is the rate at
which it catches up. "Per core" is deliveries in a second of callbackd's own CPU time.
"""

import os
import sys
import time

sys.path.insert(0, os.path.dirname(os.path.dirname(os.path.abspath(__file__))))

# pylint: disable=wrong-import-position
from harness.hookload import HookLoad, check_complete  # noqa: E402
from harness.wait import until  # noqa: E402

CATCH_UP, WAITING, IN_HAND = 20000, 10000, 2000


def figure(name, value):
    if "--tsv" in sys.argv:
        print(f"{name}\t{value:.3f}", flush=True)
    else:
        print(f"  {name:52} {value:10.0f}", flush=True)


def spool(load, count, urls):
    """Puts them on the record while there is no callbackd."""
    load.callbackd.kill()
    load.callbackd.wait()
    wanted = [(0, f"{count}-{number}", 0, urls[number % len(urls)])
              for number in range(count)]
    load.publish(wanted).join(120)
    until(lambda: load.bench.waiting() == count, 30, "all are on the record")
    return wanted


def server_cpu(load):
    with open(f"/proc/{load.bench.server.pid}/stat", encoding="utf-8") as file:
        fields = file.read().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def catch_up(load):
    wanted = spool(load, CATCH_UP, [load.good.url])
    before = server_cpu(load)
    load.start()
    began, used = time.monotonic(), load.cpu()
    until(lambda: load.bench.waiting() == 0, 120, "all are delivered")
    took, used = time.monotonic() - began, load.cpu() - used
    check_complete(wanted, load.good.arrivals())
    figure("deliveries/s, two cores shared with all", CATCH_UP / took)
    figure("deliveries/s per core of callbackd", CATCH_UP / used)
    figure("us of nats-server per delivery",
           (server_cpu(load) - before) * 1e6 / CATCH_UP)


def in_hand(load):
    load.bad.pause()
    spool(load, IN_HAND, [load.bad.url])
    load.start()
    before = load.memory("VmRSS")
    most = 0

    def seen():
        nonlocal most
        most = max(most, load.memory("VmRSS"))
        return load.bench.nats.stream_state("HOOKS")["messages"] > 1000
    until(seen, 30, "what is too much for the host was put off")
    figure("bytes of callbackd per delivery in hand", (most - before) / IN_HAND)


def waiting(load):
    load.bad.close()
    spool(load, WAITING, [load.bad.url])
    state = load.bench.nats.stream_state("HOOKS")
    load.start()
    before = load.memory("VmRSS")
    until(lambda: load.bench.nats.stream_state("HOOKS")["messages"] >=
          state["messages"] + WAITING, 60, "all wait for their next attempt")
    now = load.bench.nats.stream_state("HOOKS")
    figure("bytes on disk per waiting delivery",
           (now["bytes"] - state["bytes"]) / (now["messages"] -
                                              state["messages"]))
    figure("bytes of callbackd per waiting delivery",
           max(0, load.memory("VmRSS") - before) / WAITING)


def main():
    load = HookLoad(webhook_retry="3000,3000", webhook_rate=0)
    try:
        catch_up(load)
        in_hand(load)
    finally:
        load.close()
    load = HookLoad(webhook_retry="3000,3000")
    try:
        waiting(load)
    finally:
        load.close()


if __name__ == "__main__":
    main()
