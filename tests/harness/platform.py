"""The platform under test: voxctl up with ports and a data folder of its own."""

import glob
import json
import os
import signal
import subprocess
import threading
import time
import urllib.error
import urllib.request

from . import folders
from .nats import Nats
from .ports import free_port, free_ports, free_rtp_ports, give_back
from .wait import until

ROOT = os.path.dirname(os.path.dirname(os.path.dirname(
    os.path.abspath(__file__))))
DAEMONS = ("fetcher", "interpreter", "sipgw", "mediad", "callbackd", "apid")
READY_SECONDS = 30
RTP_PORTS = 400


def binary(name):
    folder = os.environ.get("VOXBUS_BUILD", os.path.join(ROOT, "build"))
    return os.path.join(folder, "bin", name)


def children(pid, name=None):
    """Process ids of the children of 'pid', by name or all."""
    found = []
    for path in glob.glob("/proc/[0-9]*/stat"):
        try:
            with open(path, encoding="utf-8") as file:
                text = file.read()
        except OSError:
            continue
        command = text[text.index("(") + 1:text.rindex(")")]
        fields = text[text.rindex(")") + 2:].split()
        if int(fields[1]) == pid and fields[0] != "Z" and \
                (name is None or command == name):
            found.append(int(text.split()[0]))
    return found


class Platform:
    """Started at once; 'settings' are VOXBUS_* without the prefix.

    With nats=True a nats-server is started apart, so that it can be taken away.
    """

    def __init__(self, nats=False, rtp_ports=RTP_PORTS, **settings):
        self.folder = folders.make("platform")
        self.sip_port = free_ports(2)
        self.api_port = free_port()
        self.admin_port = free_ports(8)
        self.nats_port = free_port()
        self.rtp_port = free_rtp_ports(rtp_ports)
        self.rtp_last = self.rtp_port + rtp_ports - 1
        self.nats_url = f"nats://127.0.0.1:{self.nats_port}"
        self.sip = f"127.0.0.1:{self.sip_port}"
        self.log_path = os.path.join(self.folder, "log")
        self._nats_process = None
        self._readers = []
        self._process = None
        self.environment = {
            "PATH": os.environ["PATH"],
            "LANG": "C.UTF-8",
            **{name: value for name, value in os.environ.items()
               if name.endswith("SAN_OPTIONS")},
            **{f"VOXBUS_{name.upper()}": str(value) for name, value in {
                "nats_url": self.nats_url,
                "data_dir": os.path.join(self.folder, "data"),
                "sip_port": self.sip_port,
                "sips_port": self.sip_port + 1,
                "api_port": self.api_port,
                "admin_port": self.admin_port,
                "rtp_port_min": self.rtp_port,
                "rtp_port_max": self.rtp_last,
                "http_allow": "127.0.0.1/32",
                **settings}.items()}}
        if nats:
            self.start_nats()
        self.start()

    # --- life -----------------------------------------------------------
    def start(self):
        with open(self.log_path, "ab") as log:
            self._process = subprocess.Popen(
                [binary("voxctl"), "up"], env=self.environment,
                stdin=subprocess.DEVNULL, stdout=log, stderr=log,
                cwd=self.folder)
        try:
            until(self.is_ready, READY_SECONDS, "the platform is ready")
        except AssertionError:
            self.close()
            raise AssertionError("the platform did not start:\n" +
                                 self.log_text()[-4000:]) from None

    def is_ready(self):
        assert self._process.poll() is None, \
            f"voxctl up left with {self._process.returncode}:\n" + \
            self.log_text()[-4000:]
        return self.http_status(self.api_port, "/readyz") == 200

    @staticmethod
    def http_status(port, path):
        try:
            with urllib.request.urlopen(f"http://127.0.0.1:{port}{path}",
                                        timeout=2) as answer:
                return answer.status
        except urllib.error.HTTPError as error:
            return error.code
        except OSError:
            return 0

    def stop(self, seconds=20):
        """SIGTERM; returns the exit status and how long it took."""
        began = time.monotonic()
        self._process.send_signal(signal.SIGTERM)
        try:
            status = self._process.wait(seconds)
        except subprocess.TimeoutExpired:
            self.close()
            raise AssertionError(f"voxctl up still ran {seconds} s after "
                                 "SIGTERM") from None
        return status, time.monotonic() - began

    def close(self):
        for reader in self._readers:
            reader.close()
        self._readers = []
        if self._process and self._process.poll() is None:
            self._process.terminate()
            try:
                self._process.wait(10)
            except subprocess.TimeoutExpired:
                for pid in children(self._process.pid):
                    os.kill(pid, signal.SIGKILL)
                self._process.kill()
                self._process.wait()
        if self._nats_process:
            self.kill_nats()
        give_back(self.rtp_port, self.rtp_last - self.rtp_port + 1)

    # --- its processes --------------------------------------------------
    @property
    def pid(self):
        return self._process.pid

    def pid_of(self, daemon):
        found = children(self._process.pid, daemon)
        assert found, f"no {daemon} runs"
        return found[0]

    def signal(self, daemon, number):
        os.kill(self.pid_of(daemon), number)

    def kill(self, daemon):
        """kill -9, and waits until another one is ready in its place."""
        before = self.kill_only(daemon)
        self.wait_for_restart(daemon, before)

    def kill_only(self, daemon):
        pid = self.pid_of(daemon)
        os.kill(pid, signal.SIGKILL)
        return pid

    def wait_for_restart(self, daemon, before, seconds=15):
        port = self.admin_port + DAEMONS.index(daemon)

        def back():
            return [pid for pid in children(self.pid, daemon)
                    if pid != before] and \
                self.http_status(port, "/readyz") == 200
        until(back, seconds, f"another {daemon} is ready")

    def another(self, daemon, **settings):
        """A second process of a kind, beside those of voxctl up."""
        with open(self.log_path, "ab") as log:
            process = subprocess.Popen(
                [binary(daemon)], stdin=subprocess.DEVNULL, stdout=log,
                stderr=log, cwd=self.folder,
                env={**self.environment, **{
                    f"VOXBUS_{name.upper()}": str(value)
                    for name, value in settings.items()}})
        return process

    # --- nats-server, when it is ours ------------------------------------
    def start_nats(self):
        with open(os.path.join(self.folder, "nats.log"), "ab") as log:
            self._nats_process = subprocess.Popen(
                ["nats-server", "-a", "127.0.0.1", "-p", str(self.nats_port),
                 "-js", "-sd", os.path.join(self.folder, "nats")],
                stdin=subprocess.DEVNULL, stdout=log, stderr=log)

        def up():
            try:
                Nats(self.nats_url).close()
            except (OSError, AssertionError):
                return False
            return True
        until(up, 15, "nats-server listens")

    def kill_nats(self):
        self._nats_process.kill()
        self._nats_process.wait()

    # --- what it says -----------------------------------------------------
    def log_text(self):
        with open(self.log_path, encoding="utf-8", errors="replace") as file:
            return file.read()

    def log_lines(self, **fields):
        """Structured lines with these fields; msg= asks for words in it."""
        words = fields.pop("msg", "")
        found = []
        for line in self.log_text().splitlines():
            if not line.startswith("{"):
                continue
            try:
                entry = json.loads(line)
            except ValueError:
                continue
            if words in entry.get("msg", "") and all(
                    entry.get(name) == value
                    for name, value in fields.items()):
                found.append(entry)
        return found

    def wait_for_log(self, seconds=10, **fields):
        return until(lambda: self.log_lines(**fields), seconds,
                     lambda: f"a log line with {fields}; the last ones:\n" +
                     self.log_text()[-1500:])[-1]

    def metrics(self, daemon):
        port = self.admin_port + DAEMONS.index(daemon)
        with urllib.request.urlopen(f"http://127.0.0.1:{port}/metrics",
                                    timeout=5) as answer:
            lines = answer.read().decode().splitlines()
        return {line.rsplit(" ", 1)[0]: float(line.rsplit(" ", 1)[1])
                for line in lines if line and not line.startswith("#")}

    # --- the bus and voxctl ----------------------------------------------
    def nats(self):
        reader = Nats(self.nats_url)
        self._readers.append(reader)
        return reader

    def voxctl(self, *words, status=0, seconds=30):
        done = subprocess.run([binary("voxctl"), *words],
                              env=self.environment, capture_output=True,
                              text=True, timeout=seconds, cwd=self.folder,
                              stdin=subprocess.DEVNULL, check=False)
        if status is not None:
            assert done.returncode == status, \
                f"voxctl {' '.join(words)} left with {done.returncode}, not " \
                f"{status}:\n{done.stdout}{done.stderr}"
        return done

    def record(self, call_sid):
        """The call's messages, in order, read past voxctl."""
        reader = Nats(self.nats_url)
        try:
            return [message for _, _, _, message in
                    reader.record(f"vox.*.*.{call_sid}")]
        finally:
            reader.close()

    def finished(self, call_sid, seconds=15):
        """The complete record of a call, once it is over."""
        def over():
            messages = self.record(call_sid)
            return messages if any(message["type"] == "call_closed"
                                   for message in messages) else None
        return until(over, seconds, lambda: (
            f"call {call_sid} is over; its record: " +
            " ".join(m["type"] for m in self.record(call_sid))))


class ThreadResult(threading.Thread):
    """Runs something beside the story and hands back what it returned."""

    def __init__(self, work, *arguments):
        super().__init__(daemon=True)
        self._work, self._arguments = work, arguments
        self.value = self.error = None
        self.start()

    def run(self):
        try:
            self.value = self._work(*self._arguments)
        except BaseException as error:  # handed over to result()
            self.error = error

    def result(self, seconds):
        self.join(seconds)
        assert not self.is_alive(), f"still running after {seconds} s"
        if self.error:
            raise self.error
        return self.value
