"""mediad and fetcher alone, told what to do over the bus as the interpreter would."""

import json
import os
import queue
import subprocess
import time
import urllib.request
import uuid

from . import folders
from .nats import Nats
from .platform import binary
from .ports import free_port, free_rtp_ports, give_back
from .rtp import Rtp
from .wait import until

RTP_PORTS = 100
TARGETS = {"mediad": "vox.mediad.any"}


class MediaRoom:
    """Started at once; 'settings' are VOXBUS_* without the prefix."""

    def __init__(self, **settings):
        self.folder = folders.make("mediaroom")
        self.nats_port = free_port()
        self.ports = {name: free_port() for name in ("mediad", "fetcher")}
        self.rtp_port = free_rtp_ports(RTP_PORTS)
        self.log_path = os.path.join(self.folder, "log")
        self.environment = {
            "PATH": os.environ["PATH"], "LANG": "C.UTF-8",
            **{name: value for name, value in os.environ.items()
               if name.endswith("SAN_OPTIONS")},
            **{f"VOXBUS_{name.upper()}": str(value) for name, value in {
                "nats_url": f"nats://127.0.0.1:{self.nats_port}",
                "data_dir": os.path.join(self.folder, "data"),
                "rtp_port_min": self.rtp_port,
                "rtp_port_max": self.rtp_port + RTP_PORTS - 1,
                "http_allow": "127.0.0.1/32",
                "log_level": "debug", **settings}.items()}}
        self._log = open(self.log_path, "ab")
        self._processes = {"nats": self._start(
            ["nats-server", "-a", "127.0.0.1", "-p", str(self.nats_port),
             "-js", "-sd", os.path.join(self.folder, "nats")])}
        self.nats = until(self._connect, 15, "nats-server listens")
        for name in self.ports:
            self.start(name)
        for name in self.ports:
            self.wait_for(name)
        self._events = queue.Queue()
        self.nats.listen("vox.interpreter.>", lambda _s, _r, data:
                         self._events.put(json.loads(data)))
        self._kept = []

    def _connect(self):
        try:
            return Nats(f"nats://127.0.0.1:{self.nats_port}")
        except (OSError, AssertionError):
            return None

    def _start(self, words, **more):
        return subprocess.Popen(
            words, stdin=subprocess.DEVNULL, stdout=self._log,
            stderr=self._log, cwd=self.folder,
            env={**self.environment, **more})

    def start(self, name):
        self._processes[name] = self._start(
            [binary(name)], VOXBUS_ADMIN_PORT=str(self.ports[name]))

    def wait_for(self, name):
        def ready():
            try:
                with urllib.request.urlopen(
                        f"http://127.0.0.1:{self.ports[name]}/readyz",
                        timeout=2) as answer:
                    return answer.status == 200
            except OSError:
                return False
        until(ready, 20, lambda: f"{name} is ready\n" + self.log_text())

    def kill(self, name):
        self._processes[name].kill()
        self._processes[name].wait()

    def pid_of(self, name):
        return self._processes[name].pid

    def close(self):
        self.nats.close()
        for process in reversed(self._processes.values()):
            process.terminate()
        for process in self._processes.values():
            try:
                process.wait(10)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()
        self._log.close()
        give_back(self.rtp_port, RTP_PORTS)

    def log_text(self):
        with open(self.log_path, encoding="utf-8", errors="replace") as file:
            return file.read()

    def metrics(self, name):
        with urllib.request.urlopen(
                f"http://127.0.0.1:{self.ports[name]}/metrics",
                timeout=5) as answer:
            lines = answer.read().decode().splitlines()
        return {line.rsplit(" ", 1)[0]: float(line.rsplit(" ", 1)[1])
                for line in lines if line and not line.startswith("#")}

    # --- messages ---------------------------------------------------------
    def say(self, kind, call, **fields):
        message = {"type": kind, "id": "CM" + uuid.uuid4().hex,
                   "time": int(time.time() * 1000), "call_sid": call,
                   "account_sid": "AC" + 32 * "1",
                   "from": "interpreter/in0", "epoch": 1, **fields}
        self.nats.publish(f"vox.mediad.any.{call}",
                          json.dumps(message).encode())

    def hear(self, kind, seconds=10, **fields):
        """The next event of this kind that has these fields."""
        deadline = time.monotonic() + seconds

        def fits(event):
            return event["type"] == kind and all(
                event.get(name) == value for name, value in fields.items())
        for event in self._kept:
            if fits(event):
                self._kept.remove(event)
                return event
        while True:
            left = deadline - time.monotonic()
            assert left > 0, f"no {kind} {fields} came; but " + \
                str(self._kept[-3:]) + "\n" + self.log_text()[-3000:]
            try:
                event = self._events.get(timeout=left)
            except queue.Empty:
                continue
            if fits(event):
                return event
            self._kept.append(event)

    def leg(self, **more):
        return self.legs(1, **more)[0]

    def legs(self, count, **more):
        """Of one call: phones that made an offer each."""
        call = "CA" + uuid.uuid4().hex
        legs = [Leg(self, call, call if n == 0 else "CA" + uuid.uuid4().hex,
                    **more) for n in range(count)]
        self.say("leg_open", call, legs=[
            {"leg": leg.name, "role": "answer", "remote": leg.offer}
            for leg in legs])
        opened = self.hear("leg_opened", call_sid=call)
        for leg, made in zip(legs, opened["legs"]):
            leg.sdp = made["sdp"]
        return legs


class Leg:
    """A phone with PCMU, and its leg."""

    def __init__(self, room, call, name, events=True):
        self.room, self.call, self.name = room, call, name
        self.sdp = ""
        self.rtp = Rtp()
        attributes = "a=rtpmap:101 telephone-event/8000\r\n" if events else ""
        kinds = "0 101" if events else "0"
        self.offer = (
            "v=0\r\no=- 1 1 IN IP4 127.0.0.1\r\ns=-\r\n"
            "c=IN IP4 127.0.0.1\r\nt=0 0\r\n"
            f"m=audio {self.rtp.port} RTP/AVP {kinds}\r\n{attributes}")

    @property
    def port(self):
        """mediad's, where the phone sends."""
        return int(self.sdp.split("m=audio ")[1].split()[0])

    def play(self, *items, **more):
        """Returns the name of the prompt."""
        name = "PL" + uuid.uuid4().hex
        self.room.say("play", self.call, leg=self.name, play=name,
                      items=list(items), **more)
        return name

    def stop(self, name):
        self.room.say("play_stop", self.call, leg=self.name, play=name)

    def played(self, name, seconds=10):
        return self.room.hear("played", seconds, play=name)

    def hears(self, hertz, since=0.0):
        return self.rtp.hears(hertz, since)

    def close(self):
        self.room.say("leg_close", self.call, legs=[{"leg": self.name}])
        self.rtp.close()
