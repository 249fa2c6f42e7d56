#!/usr/bin/python3
"""What a call costs, measured with SIPp at both ends on this machine.

    bench.py              everything: about four minutes
    bench.py delay cpu    only these: live, delay, cpu, core, bus, rate
    bench.py --tsv        name, value, target, in lines with tabs

SIPp, the application and nats-server share the cores with the platform, so
figures of two machines are proportions, not times. Cores that are half idle
cost more CPU a call than busy ones, since each message has to wake somebody:
'cpu' is told at the rate that must be sustained and at twice that, where cores are
busy; 'core' once more with the platform and nats-server on one core, as the peers
were measured (docs/performance.md). Exit status 1 when a target is missed.
"""

import json
import os
import shutil
import sys
import time

sys.path.insert(0, os.path.dirname(os.path.dirname(os.path.abspath(__file__))))

# pylint: disable=wrong-import-position
from harness.load import Load  # noqa: E402
from harness.platform import DAEMONS  # noqa: E402
from harness.sipp import Sipp  # noqa: E402
from harness.wait import holds, until  # noqa: E402
from harness.wire import Wire, percentile  # noqa: E402

AT_LEAST, AT_MOST = "at least", "at most"
TARGETS = {"calls/s": (AT_LEAST, 100), "ms of CPU per call": (AT_MOST, 6),
           "at 200/s: ms of CPU per call": (AT_MOST, 6),
           "delay p50 ms": (AT_MOST, 6), "delay p99 ms": (AT_MOST, 30),
           "KiB per live call": (AT_MOST, 64),
           "% of a core, 500 idle calls": (AT_MOST, 1)}
RAMP = (50, 75, 100, 125, 150, 200, 250, 300)
RAMP_SECONDS = 8
DELAY_CALLS, DELAY_RATE = 1000, 50
CPU_SECONDS, CPU_RATE, CPU_RATE_BUSY = 10, 100, 200
LIVE_CALLS, LIVE_RATE, LIVE_MS, IDLE_SECONDS = 500, 50, 45000, 15
PARTS = ("live", "delay", "cpu", "core", "bus", "rate")


def reached(name, value):
    kind, target = TARGETS.get(name, (AT_MOST, None))
    if target is None:
        return True
    return value >= target if kind == AT_LEAST else value <= target


class Report:
    def __init__(self, tsv):
        self._tsv = tsv
        self.missed = []

    def say(self, text):
        if not self._tsv:
            print(text, flush=True)

    def figure(self, name, value, group=""):
        goal = " ".join(map(str, TARGETS.get(name, ())))
        if not reached(name, value):
            self.missed.append(name)
        if self._tsv:
            print(f"{group}{name}\t{value:.3f}\t{goal}", flush=True)
        else:
            mark = "" if reached(name, value) else ": MISSED"
            print(f"  {name:32} {value:10.2f}" +
                  (f"   ({goal}{mark})" if goal else ""), flush=True)


def pin(pid, cores):
    for thread in os.listdir(f"/proc/{pid}/task"):
        os.sched_setaffinity(int(thread), cores)


class Bench:
    def __init__(self, report):
        self.load = Load(rtp_ports=3000)
        self._report = report
        self._say, self._figure = report.say, report.figure
        self._nats_before = 0

    def close(self):
        self.load.close()
        if not os.environ.get("KEEP"):
            shutil.rmtree(self.load.platform.folder, ignore_errors=True)

    def calm(self):
        until(lambda: self.load.media_sockets() == 0, 60, "no call is left")

    def warm_up(self):
        self.load.run(100, rate=25, hold_ms=500)
        self.calm()
        self._nats_before = self.load.memory()["nats-server"]

    # --- what is measured -----------------------------------------------
    def live(self):
        """Memory and idle cost of calls that are up without a sound."""
        before = self.load.memory()
        self.load.start_app()
        callee = Sipp("uas_answers", calls=LIVE_CALLS,
                      port=self.load.callee_port)
        caller = Sipp("uac_calls", self.load.platform.sip, calls=LIVE_CALLS,
                      rate=LIVE_RATE, hold_ms=LIVE_MS)
        until(lambda: sum(len(got) == 3 for got in
                          self.load.callbacks().values()) == LIVE_CALLS,
              LIVE_CALLS / LIVE_RATE + 20, f"{LIVE_CALLS} calls are up")
        after = self.load.memory()
        self._say(f"memory of {LIVE_CALLS} live calls, KiB each:")
        used = {name: (after[name] - before[name]) / 1024 / LIVE_CALLS
                for name in after}
        for name in DAEMONS:
            self._figure(name, used[name], "KiB ")
        self._figure("KiB per live call", sum(used[n] for n in DAEMONS))
        self._idle()
        caller.wait(120)
        callee.wait(30)
        caller.stop()
        callee.stop()
        self.calm()

    def _idle(self):
        holds(lambda: True, 3, "")
        before, began = self.load.seconds_of_cpu(), time.monotonic()
        holds(lambda: True, IDLE_SECONDS, "")
        after, seconds = self.load.seconds_of_cpu(), time.monotonic() - began
        used = {name: (after[name] - before[name]) * 100 / seconds
                for name in after}
        self._say(f"{LIVE_CALLS} bridged calls without a sound, % of a core:")
        for name in (*DAEMONS, "nats-server"):
            self._figure(name, used[name], "idle ")
        self._figure("% of a core, 500 idle calls",
                     sum(used[name] for name in DAEMONS))

    def delay(self):
        wire = Wire(self.load.platform.sip_port, self.load.app_port)
        complete, _ = self.load.run(DELAY_CALLS, DELAY_RATE, hold_ms=1000)
        wire.close()
        delays = wire.delays()
        self._say(f"INVITE in to INVITE out, {complete} calls at "
                  f"{DELAY_RATE}/s ({len(delays)} timed):")
        for part in (0.5, 0.99):
            name = f"p{int(part * 100)} ms"
            self._figure(f"delay {name}", percentile(
                [whole for whole, _ in delays], part))
            self._figure(f"  of that the fetch {name}", percentile(
                [fetch for _, fetch in delays], part))
            self._figure(f"  voxbus alone {name}", percentile(
                [whole - fetch for whole, fetch in delays], part))
        self.calm()

    def _cost(self, where, total, group, rate=CPU_RATE):
        before = self.load.seconds_of_cpu()
        complete, told = self.load.run(CPU_SECONDS * rate, rate, hold_ms=1000)
        self.calm()
        after = self.load.seconds_of_cpu()
        used = {name: (after[name] - before[name]) * 1000 / max(1, complete)
                for name in after}
        self._say(f"CPU, {where}, {complete} calls at {rate}/s, {told} "
                  "with all callbacks; seconds per 1,000 calls:")
        for name in (*DAEMONS, "nats-server"):
            self._figure(name, used[name], group)
        self._figure(total, sum(used.values()))

    def cpu(self):
        self._cost("both cores", "ms of CPU per call", "CPU ")
        self._cost("both cores", "at 200/s: ms of CPU per call",
                   "at 200/s: CPU ", CPU_RATE_BUSY)

    def core(self):
        everything = set(range(os.cpu_count()))
        ours = self.load.pids().values()
        for pid in ours:
            pin(pid, {0})
        os.sched_setaffinity(0, everything - {0} or {0})
        try:
            self._cost("platform and nats-server on one core",
                       "one core: ms of CPU per call", "one core: CPU ")
        finally:
            os.sched_setaffinity(0, everything)
            for pid in ours:
                pin(pid, everything)

    def rate(self):
        self._say("highest rate with every call complete and all callbacks:")
        best = 0
        for rate in RAMP:
            calls = rate * RAMP_SECONDS
            complete, told = self.load.run(calls, rate, hold_ms=1000)
            self._say(f"  {rate:4}/s: {complete} of {calls} complete, {told} "
                      "with all callbacks")
            self.calm()
            if complete < calls or told < calls:
                break
            best = rate
        self._figure("calls/s", best)

    def bus(self):
        self.load.run(1, rate=1, hold_ms=500)
        self.calm()
        with open(self.load.log_path, encoding="utf-8") as file:
            sid = [line.split()[2] for line in file if "/voice" in line][0]
        reader = self.load.platform.nats()
        record = until(lambda: self._whole(reader, sid), 10, "the record")
        state = reader.stream_state("VOX")
        dialogs = reader.stream_state("KV_dialogs")
        calls = state["messages"] / len(record)
        self._say("one call on the bus:")
        self._figure("messages", len(record))
        self._figure("subjects", len({entry[2] for entry in record}))
        self._figure("bytes of JSON", sum(len(json.dumps(entry[3]))
                                          for entry in record))
        self._figure("bytes on record", state["bytes"] / calls)
        self._figure("keys written", dialogs["last_seq"] / calls)
        grown = self.load.memory()["nats-server"] - self._nats_before
        if calls > 1000:  # its caches and garbage are shared by them
            self._figure("nats-server bytes per finished call",
                         grown / (calls - 100))

    @staticmethod
    def _whole(reader, sid):
        record = reader.record(f"vox.*.*.{sid}")
        kinds = [entry[3]["type"] for entry in record]
        return record if "call_closed" in kinds and \
            kinds.count("posted") == 4 else None


def main():
    words = sys.argv[1:]
    report = Report("--tsv" in words)
    parts = [word for word in words if word != "--tsv"] or PARTS
    if not set(parts) <= set(PARTS):
        sys.exit(__doc__)
    bench = Bench(report)
    try:
        bench.warm_up()
        for part in parts:
            getattr(bench, part)()
    finally:
        bench.close()
    report.say("every target is reached" if not report.missed else
               "missed: " + ", ".join(report.missed))
    return 1 if report.missed else 0


if __name__ == "__main__":
    sys.exit(main())
