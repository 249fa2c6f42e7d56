"""The REST API as its users meet it: by HTTP, and by the vendors' own clients."""

import base64
import json
import os
import subprocess
import threading
import queue
import urllib.error
import urllib.parse
import urllib.request

from .app import document
from .platform import ROOT
from .wait import until

SDK_FOLDER = os.path.join(os.environ.get(
    "VOXBUS_BUILD", os.path.join(ROOT, "build")), "sdk", "node_modules")


def account_of(platform):
    """AccountSid and token, as voxctl up tells where they are."""
    path = os.path.join(platform.folder, "data", "account")
    with open(path, encoding="utf-8") as file:
        words = dict(line.strip().split("=", 1) for line in file)
    return words["account_sid"], words["auth_token"]


class Api:
    """Requests by hand; 'path' is what follows the account."""

    def __init__(self, platform, base="/2010-04-01", account=None):
        self.sid, self.token = account or account_of(platform)
        self.root = f"http://127.0.0.1:{platform.api_port}"
        self.base = f"{base}/Accounts/{self.sid}"

    def ask(self, method, path, fields=None, kind=None, url=None):
        """Status, JSON and headers of the answer."""
        data = urllib.parse.urlencode(fields, doseq=True).encode() \
            if isinstance(fields, (dict, list)) else fields
        request = urllib.request.Request(
            self.root + (url or self.base + path), data, method=method)
        secret = base64.b64encode(f"{self.sid}:{self.token}".encode())
        request.add_header("Authorization", f"Basic {secret.decode()}")
        if kind:
            request.add_header("Content-Type", kind)
        try:
            with urllib.request.urlopen(request, timeout=15) as answer:
                return answer.status, json.loads(answer.read()), answer.headers
        except urllib.error.HTTPError as error:
            return error.code, json.loads(error.read()), error.headers

    def get(self, path, status=200):
        got, body, _ = self.ask("GET", path)
        assert got == status, body
        return body

    def post(self, path, fields, status):
        got, body, _ = self.ask("POST", path, fields)
        assert got == status, body
        return body

    def call(self, **fields):
        return self.post("/Calls.json", fields, 201)

    def read(self, sid):
        return self.get(f"/Calls/{sid}.json")

    def change(self, sid, **fields):
        return self.post(f"/Calls/{sid}.json", fields, 200)


# --- calls that the API starts ------------------------------------------------
PAUSE = '<Response><Pause length="60"/></Response>'


def target(phone):
    return f"{phone.uri.split(';')[0]};transport={phone.transport}"


def usual(world, phone, **more):
    return {"To": target(phone), "From": "alice", "Url": world.url("start"),
            **more}


def up(world, api, phone, text=PAUSE, **more):
    """A call that the API started, answered; and what the API said of it."""
    world.app.on(world.path("start"), document(text))
    made = api.call(**usual(world, phone, **more))
    asked = phone.incoming()
    asked.answer()
    asked.expect_ack()
    world.app.wait_for(world.path("start"))
    until(lambda: api.read(made["sid"])["status"] == "in-progress", 5,
          "it is in progress")
    return made, asked


def status_is(api, sid, wanted, seconds=10):
    until(lambda: api.read(sid)["status"] == wanted, seconds,
          lambda: f"{sid} is {wanted}; it is {api.read(sid)['status']}")


# --- the vendors' own clients ----------------------------------------------------
class Sdk:
    """A vendor's client in a process of its own; see tests/sdk/client.js."""

    def __init__(self, name, platform):
        sid, token = account_of(platform)
        self._process = subprocess.Popen(
            ["node", os.path.join(ROOT, "tests", "sdk", "client.js"), name,
             f"http://127.0.0.1:{platform.api_port}", sid, token],
            stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True,
            env={**os.environ, "NODE_PATH": SDK_FOLDER})
        self._answers = queue.Queue()
        threading.Thread(target=self._read, daemon=True).start()

    def _read(self):
        for line in self._process.stdout:
            self._answers.put(json.loads(line))

    def ask(self, do, **more):
        """What the client answers; its exception as {'error': ...}."""
        self._process.stdin.write(json.dumps({"do": do, **more}) + "\n")
        self._process.stdin.flush()
        return self._answers.get(timeout=30)

    def good(self, do, **more):
        answer = self.ask(do, **more)
        assert "ok" in answer, answer
        return answer["ok"]

    def close(self):
        self._process.stdin.close()
        try:
            self._process.wait(5)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()
