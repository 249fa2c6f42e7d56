"""SIPp, run with a scenario of tests/sipp."""

import csv
import glob
import os
import subprocess

from . import folders
from .ports import free_port
from .sound import tone, to_mulaw
from .wait import until

SCENARIOS = os.path.join(os.path.dirname(os.path.dirname(
    os.path.abspath(__file__))), "sipp")


class Sipp:
    """Started at once. 'target' (host:port) makes it a caller, none a callee."""

    def __init__(self, scenario, target=None, calls=1, rate=10, limit=None,
                 keys=None, options=(), service="100", transport="u1",
                 port=None, media_port=None, hold_ms=1000):
        self.folder = folders.make("sipp")
        with open(os.path.join(self.folder, "tone.ul"), "wb") as file:
            file.write(to_mulaw(tone(440, 1.0)))
        self.port = port or free_port()
        command = ["sipp", "-sf", os.path.join(SCENARIOS, scenario + ".xml"),
                   "-i", "127.0.0.1", "-mi", "127.0.0.1", "-p", str(self.port),
                   "-m", str(calls), "-t", transport, "-s", service,
                   "-nostdin", "-trace_err", "-trace_stat", "-fd", "1",
                   "-trace_counts"]
        if media_port:
            command += ["-mp", str(media_port)]
        if target:
            command += ["-r", str(rate), "-l", str(limit or calls), "-d",
                        str(hold_ms), target]
        for name, value in (keys or {}).items():
            command += ["-key", name, str(value)]
        with open(os.path.join(self.folder, "screen"), "wb") as screen:
            self._process = subprocess.Popen(
                [*command, *options], cwd=self.folder, stdout=screen,
                stderr=subprocess.STDOUT, stdin=subprocess.DEVNULL,
                env={**os.environ, "TERM": "dumb"})
        if not target:
            until(self._listens, 10, lambda: "SIPp listens: " + self.errors())

    def _listens(self):
        wanted = f":{self.port:04X} "
        for table in ("/proc/net/udp", "/proc/net/tcp"):
            with open(table, encoding="ascii") as file:
                if any(wanted in line.split(" ", 8)[-1][:40] or
                       wanted in line[:40] for line in file):
                    return True
        return self._process.poll() is not None

    @property
    def pid(self):
        return self._process.pid

    def errors(self):
        found = ""
        for path in glob.glob(os.path.join(self.folder, "*errors*")) + \
                [os.path.join(self.folder, "screen")]:
            with open(path, encoding="utf-8", errors="replace") as file:
                found += file.read()[-3000:]
        return found

    def stop(self):
        if self._process.poll() is None:
            self._process.kill()
            self._process.wait()

    def wait(self, seconds):
        """Its exit status: 0 if every call went as the scenario says."""
        try:
            return self._process.wait(seconds)
        except subprocess.TimeoutExpired:
            self.stop()
            return -1

    def succeeds(self, seconds=60):
        status = self.wait(seconds)
        assert status == 0, f"SIPp left with {status}:\n{self.errors()}"

    def statistics(self):
        """The last line of its statistics, by column."""
        paths = [path for path in glob.glob(os.path.join(self.folder, "*.csv"))
                 if "counts" not in path]
        with open(paths[0], encoding="utf-8") as file:
            rows = list(csv.DictReader(file, delimiter=";"))
        return rows[-1]

    def counted(self, column):
        return int(self.statistics()[column])
