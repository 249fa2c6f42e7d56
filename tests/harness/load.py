"""Many calls at once: SIPp at both ends, the cheap web application, the figures."""

import collections
import os
import subprocess

from .platform import DAEMONS, ROOT, Platform, children
from .ports import free_port
from .sipp import Sipp
from .wait import until

TICKS = os.sysconf("SC_CLK_TCK")
RTP_PORTS = 4000
EXPECTED = [("0", "initiated"), ("1", "ringing"), ("2", "in-progress"),
            ("3", "completed")]


def appserver_binary():
    folder = os.environ.get("VOXBUS_BUILD", os.path.join(ROOT, "build"))
    return os.path.join(folder, "tests", "appserver")


class Load:
    """A platform of its own, a callee's address, an application."""

    def __init__(self, rtp_ports=RTP_PORTS, **settings):
        self.app_port, self.callee_port = free_port(), free_port()
        self._app = None
        self.platform = Platform(
            rtp_ports=rtp_ports, sip_source_rate=100000, sip_backlog=5000,
            voice_url=f"http://127.0.0.1:{self.app_port}/voice", **settings)

    def close(self):
        self.stop_app()
        self.platform.close()

    def start_app(self):
        self.stop_app()
        self.log_path = os.path.join(self.platform.folder, "app.log")
        self._app = subprocess.Popen(
            [appserver_binary(), str(self.app_port),
             f"127.0.0.1:{self.callee_port}", self.log_path],
            stdin=subprocess.DEVNULL)

    def stop_app(self):
        if self._app and self._app.poll() is None:
            self._app.terminate()
            self._app.wait(5)

    def callbacks(self):
        """{leg: [(sequence, status), ...]} in the order of arrival."""
        found = collections.defaultdict(list)
        with open(self.log_path, encoding="utf-8") as file:
            for line in file:
                words = line.split()
                if len(words) == 7 and words[1] == "/status":
                    found[words[2]].append((words[4], words[5]))
        return found

    def run(self, calls, rate, hold_ms=1000, sound=False, limit=None):
        """One round. Returns (complete calls, legs with all four callbacks)."""
        self.start_app()
        kind = "speaks" if sound else "answers"
        callee = Sipp(f"uas_{kind}", calls=calls, port=self.callee_port)
        caller = Sipp("uac_" + ("speaks" if sound else "calls"),
                      self.platform.sip, calls=calls, rate=rate,
                      hold_ms=hold_ms, limit=limit)
        seconds = calls / rate + hold_ms / 1000 + 30
        try:
            caller.wait(seconds)
            callee.wait(15)
            complete = min(caller.counted("SuccessfulCall(C)"),
                           callee.counted("SuccessfulCall(C)"))
        finally:
            caller.stop()
            callee.stop()
        self.errors = caller.errors() + callee.errors()

        def legs():
            return sum(sorted(set(got)) == EXPECTED
                       for got in self.callbacks().values())
        try:
            until(lambda: legs() >= calls, 20, "all callbacks")
        except AssertionError:
            pass
        return complete, legs()

    # --- what the processes use -------------------------------------------
    def pids(self):
        """{name: pid} of the daemons, voxctl and nats-server."""
        pid = self.platform.pid
        found = {"voxctl": pid}
        for name in (*DAEMONS, "nats-server"):
            for child in children(pid, name):
                found[name] = child
        return found

    def memory(self):
        """{name: bytes of resident memory}"""
        return {name: resident(pid) for name, pid in self.pids().items()}

    def seconds_of_cpu(self):
        return {name: cpu(pid) for name, pid in self.pids().items()}

    def descriptors(self):
        return {name: len(os.listdir(f"/proc/{pid}/fd"))
                for name, pid in self.pids().items()}

    def media_sockets(self):
        """UDP ports in the range of RTP that are open now."""
        found = 0
        with open("/proc/net/udp", encoding="ascii") as file:
            for line in list(file)[1:]:
                port = int(line.split()[1].split(":")[1], 16)
                found += self.platform.rtp_port <= port <= \
                    self.platform.rtp_last
        return found


def resident(pid):
    with open(f"/proc/{pid}/smaps_rollup", encoding="ascii") as file:
        for line in file:
            if line.startswith("Rss:"):
                return int(line.split()[1]) * 1024
    return 0


def cpu(pid):
    with open(f"/proc/{pid}/stat", encoding="utf-8") as file:
        fields = file.read().rsplit(")", 1)[1].split()
    return (int(fields[11]) + int(fields[12])) / TICKS
