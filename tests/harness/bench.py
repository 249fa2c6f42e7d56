"""A nats-server and single daemons, each started and killed by hand.

For what happens between one daemon and the bus: no SIP, no interpreter. The
commands that the interpreter would send are put on the record by the story.
"""

import hashlib
import json
import os
import shutil
import subprocess
import tempfile
import time
import urllib.error
import urllib.request

from .nats import Nats
from .platform import binary
from .ports import free_port
from .wait import until

ACCOUNT, TOKEN = "AC" + "1" * 32, "0123456789abcdef0123456789abcdef"


def name_of(prefix, *words):
    """The same two letters and 32 digits for the same words."""
    text = "/".join(str(word) for word in words)
    return prefix + hashlib.md5(text.encode()).hexdigest()


def command(kind, call, number, **fields):
    root = name_of("CA", call)
    return {"type": kind, "id": name_of("ME", kind, call, number),
            "time": int(time.time() * 1000), "call_sid": root,
            "account_sid": ACCOUNT, "from": "interpreter/in0", "epoch": 1,
            "leg": root, **fields}


def post(call, number, url):
    event = ("initiated", "ringing", "answered", "completed")[number % 4]
    return command("post", call, number, hook=name_of("HK", call, number),
                   url=url, method="POST", sequence=number, event=event,
                   params=[{"name": "CallSid", "value": name_of("CA", call)},
                           {"name": "SequenceNumber", "value": str(number)}])


def get(call, number, url):
    return command("get", call, number, fetch=name_of("FE", call, number),
                   url=url, method="POST", body_max=65536, redirects_max=3,
                   connect_ms=2000, total_ms=8000,
                   params=[{"name": "CallSid", "value": name_of("CA", call)}])


class Bench:
    def __init__(self, hears=True):
        self.folder = tempfile.mkdtemp(prefix="voxbus-bench-")
        self.port, self.processes, self.heard = free_port(), [], []
        self.start_server()
        for service in ("apid", "interpreter") if hears else ():
            self.nats.listen(f"vox.{service}.>", self._hear)

    def start_server(self):
        self.server = subprocess.Popen(
            ["nats-server", "-js", "-a", "127.0.0.1", "-p", str(self.port),
             "-sd", os.path.join(self.folder, "js")],
            stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        self.nats = until(self._connect, 15, "nats-server listens")

    def _connect(self):
        try:
            return Nats(f"nats://127.0.0.1:{self.port}")
        except OSError:
            return None

    def _hear(self, _subject, _reply, data):
        self.heard.append(json.loads(data))

    def said(self, kind, **fields):
        """What daemons have said so far: one of each message id."""
        found = {}
        for message in list(self.heard):
            if message["type"] == kind and all(
                    message.get(name) == value
                    for name, value in fields.items()):
                found[message["id"]] = message
        return list(found.values())

    def put(self, service, message):
        self.nats.publish(f"vox.{service}.any.{message['call_sid']}",
                          json.dumps(message).encode())

    def waiting(self):
        """Webhooks that are not settled: on the record, or in HOOKS."""
        consumers = ["VOX.callbackd"] + [
            f"HOOKS.callbackd-{number}" for number in range(9)]
        found = [self.nats.ask(f"$JS.API.CONSUMER.INFO.{name}")
                 for name in consumers]
        return sum(info["num_pending"] + info["num_ack_pending"]
                   for info in found)

    def daemon(self, kind, **settings):
        """Started and ready; 'admin' (port) and 'log' (a path) are on it."""
        admin = free_port()
        log = os.path.join(self.folder, f"{admin}.log")
        environment = {
            "PATH": os.environ["PATH"],
            "VOXBUS_NATS_URL": f"nats://127.0.0.1:{self.port}",
            "VOXBUS_DATA_DIR": os.path.join(self.folder, "data"),
            "VOXBUS_ACCOUNT_SID": ACCOUNT, "VOXBUS_AUTH_TOKEN": TOKEN,
            "VOXBUS_HTTP_ALLOW": "127.0.0.1",
            "VOXBUS_ADMIN_PORT": str(admin),
            **{f"VOXBUS_{name.upper()}": str(value)
               for name, value in settings.items()}}
        with open(log, "w", encoding="utf-8") as file:
            process = subprocess.Popen([binary(kind)], env=environment,
                                       stderr=file)
        process.admin, process.log = admin, log
        self.processes.append(process)
        until(lambda: self._ready(process), 10, lambda: self.log(process))
        return process

    @staticmethod
    def _ready(process):
        url = f"http://127.0.0.1:{process.admin}/readyz"
        try:
            with urllib.request.urlopen(url, timeout=2) as answer:
                return json.load(answer).get("ready")
        except (urllib.error.HTTPError, OSError):
            return False

    @staticmethod
    def log(process):
        with open(process.log, encoding="utf-8") as file:
            return file.read()

    def close(self):
        self.nats.close()
        for process in [*self.processes, self.server]:
            if process.poll() is None:
                process.kill()
            process.wait()
        shutil.rmtree(self.folder, ignore_errors=True)
