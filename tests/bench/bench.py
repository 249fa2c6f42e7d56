#!/usr/bin/python3
"""What a call costs, measured with SIPp at both ends on this machine.

    bench.py                 everything: about five minutes
    bench.py delay cpu       only these: delay, cpu, core, memory, idle, bus, rate
    bench.py --tsv           lines of name, value, target, tab between them

SIPp, the application and nats-server share the cores with the platform, so
figures of two machines are proportions, not times. Two cores that are half idle
cost more CPU a call than busy ones, since each message wakes somebody: 'cpu' is
therefore told at the rate that must be sustained, 'core' with the platform and
nats-server on one core, as the peers of docs/performance.md were measured. Exit
status 1 when a target is missed.
"""

import json
import os
import sys
import time

sys.path.insert(0, os.path.dirname(os.path.dirname(os.path.abspath(__file__))))

# pylint: disable=wrong-import-position
from harness.load import Load  # noqa: E402
from harness.platform import DAEMONS  # noqa: E402
from harness.sipp import Sipp  # noqa: E402
from harness.wait import holds, until  # noqa: E402
from harness.wire import Wire, percentile  # noqa: E402

TARGETS = {"calls/s": (100, "at least"), "ms of CPU per call": (6, "at most"),
           "one core: calls/s complete": (100, "at least"),
           "delay p50 ms": (6, "at most"), "delay p99 ms": (30, "at most"),
           "KiB per live call": (64, "at most"),
           "% of a core, 500 idle calls": (1, "at most")}
RAMP = (50, 75, 100, 125, 150, 200, 250, 300)
RAMP_SECONDS = 8
DELAY_CALLS, DELAY_RATE = 1000, 50
CPU_CALLS, CPU_RATE = 1000, 100
LIVE_LOW, LIVE_HIGH = 200, 500
IDLE_CALLS, IDLE_SECONDS = 500, 15


class Bench:
    def __init__(self, tsv):
        self.load = Load(rtp_ports=4000)
        self.figures = {}
        self.tsv = tsv

    def say(self, text):
        if not self.tsv:
            print(text, flush=True)

    def figure(self, name, value):
        self.figures[name] = value
        target = TARGETS.get(name)
        good = not target or (value >= target[0] if target[1] == "at least"
                              else value <= target[0])
        goal = f"   ({target[1]} {target[0]}{'' if good else ': MISSED'})" \
            if target else ""
        print(f"  {name:32} {value:10.2f}{goal}", flush=True)

    def missed(self):
        return [name for name, value in self.figures.items()
                if name in TARGETS and
                (value < TARGETS[name][0] if TARGETS[name][1] == "at least"
                 else value > TARGETS[name][0])]

    def calm(self):
        until(lambda: self.load.media_sockets() == 0, 60, "no call is left")

    def warm_up(self):
        self.load.run(100, rate=25, hold_ms=500)
        self.calm()

    # --- what is measured -----------------------------------------------
    def delay(self):
        wire = Wire(self.load.platform.sip_port, self.load.app_port)
        complete, _ = self.load.run(DELAY_CALLS, DELAY_RATE, hold_ms=1000)
        wire.close()
        delays = wire.delays()
        print(f"added post-dial delay, {complete} calls at {DELAY_RATE}/s "
              f"({len(delays)} timed):")
        for part in (0.5, 0.99):
            name = f"p{int(part * 100)}"
            self.figure(f"delay {name} ms",
                        percentile([whole for whole, _ in delays], part))
            self.figure(f"  of that the fetch {name} ms",
                        percentile([fetch for _, fetch in delays], part))
            self.figure(f"  voxbus alone {name} ms",
                        percentile([whole - fetch for whole, fetch in delays],
                                   part))
        self.calm()

    def cpu(self):
        before = self.load.seconds_of_cpu()
        complete, told = self.load.run(CPU_CALLS, CPU_RATE, hold_ms=1000)
        self.calm()
        after = self.load.seconds_of_cpu()
        used = {name: after[name] - before[name] for name in after}
        print(f"CPU, {complete} calls at {CPU_RATE}/s, {told} with all "
              "callbacks; seconds per 1,000 calls:")
        for name in (*DAEMONS, "nats-server", "voxctl"):
            self.figure(name, used[name] * 1000 / max(1, complete))
        self.figure("ms of CPU per call",
                    sum(used.values()) * 1000 / max(1, complete))

    def rate(self):
        print("highest rate with every call complete and all callbacks:")
        best = 0
        for rate in RAMP:
            calls = rate * RAMP_SECONDS
            complete, told = self.load.run(calls, rate, hold_ms=1000)
            print(f"  {rate:4}/s: {complete} of {calls} complete, {told} with "
                  "all callbacks", flush=True)
            self.calm()
            if complete < calls or told < calls:
                break
            best = rate
        self.figure("calls/s", best)

    def live(self, count, hold_ms):
        """Holds that many calls; returns the two SIPp."""
        self.load.start_app()
        callee = Sipp("uas_answers", calls=count, port=self.load.callee_port)
        caller = Sipp("uac_calls", self.load.platform.sip, calls=count,
                      rate=50, hold_ms=hold_ms)
        until(lambda: len(self.load.callbacks()) == count and
              sum(len(got) == 3 for got in self.load.callbacks().values())
              == count, count / 50 + 30, f"{count} calls are up")
        return caller, callee

    def end(self, caller, callee):
        caller.wait(120)
        callee.wait(30)
        caller.stop()
        callee.stop()
        self.calm()

    def memory(self):
        """Between 200 and 500 live calls, each state after a fresh start."""
        ends = self.live(LIVE_LOW, 15000)
        low = self.load.memory()
        self.end(*ends)
        ends = self.live(LIVE_HIGH, 20000)
        high = self.load.memory()
        self.end(*ends)
        print(f"memory per live call, from {LIVE_LOW} to {LIVE_HIGH}, KiB:")
        calls = (LIVE_HIGH - LIVE_LOW) * 1024
        for name in DAEMONS:
            self.figure(name + " KiB", (high[name] - low[name]) / calls)
        self.figure("KiB per live call",
                    sum(high[name] - low[name] for name in DAEMONS) / calls)

    def idle(self):
        caller, callee = self.live(IDLE_CALLS, 45000)
        holds(lambda: True, 2, "")
        before, began = self.load.seconds_of_cpu(), time.monotonic()
        holds(lambda: True, IDLE_SECONDS, "")
        after, seconds = self.load.seconds_of_cpu(), time.monotonic() - began
        self.end(caller, callee)
        print(f"{IDLE_CALLS} bridged calls without a sound, % of a core:")
        for name in DAEMONS:
            self.figure(name + " %", (after[name] - before[name]) * 100 /
                        seconds)
        self.figure("% of a core, 500 idle calls", sum(
            after[name] - before[name] for name in DAEMONS) * 100 / seconds)

    def bus(self):
        self.load.run(1, rate=1, hold_ms=500)
        self.calm()
        memory = self.load.memory()["nats-server"]
        with open(self.load.log_path, encoding="utf-8") as file:
            sid = [line.split()[2] for line in file if "/voice" in line][0]
        reader = self.load.platform.nats()
        record = until(lambda: self.whole(reader, sid), 10, "the record")
        print("one call on the bus:")
        self.figure("messages", len(record))
        self.figure("subjects", len({entry[2] for entry in record}))
        self.figure("bytes of JSON", sum(len(json.dumps(entry[3]))
                                         for entry in record))
        state = reader.stream_state("VOX")
        self.figure("MB of nats-server now", memory / 1e6)
        self.figure("messages on record now", state["messages"])

    @staticmethod
    def whole(reader, sid):
        record = reader.record(f"vox.*.*.{sid}")
        kinds = [entry[3]["type"] for entry in record]
        return record if "call_closed" in kinds and \
            kinds.count("posted") == 4 else None


PARTS = ("delay", "cpu", "memory", "idle", "bus", "rate")


def main():
    bench = Bench()
    try:
        bench.warm_up()
        for part in sys.argv[1:] or PARTS:
            getattr(bench, part)()
    finally:
        bench.load.close()
    missed = bench.missed()
    print("every target is reached" if not missed else
          "missed: " + ", ".join(missed))
    return 1 if missed else 0


if __name__ == "__main__":
    sys.exit(main())
