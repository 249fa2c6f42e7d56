"""Interpreters alone with the record: who runs which shard, and from where.

Nothing else of the platform runs here: the stories themselves say what sipgw and
mediad would say, and read what the interpreter answers.
"""

import hashlib
import json
import os
import signal
import subprocess
import tempfile
import time
import shutil
import urllib.request

import pytest

from harness.nats import Nats
from harness.platform import binary
from harness.ports import free_port
from harness.wait import holds, until

SHARDS = 8
GATEWAY = "gw0"
OFFER = ("v=0\r\no=- 1 1 IN IP4 127.0.0.1\r\ns=-\r\nc=IN IP4 127.0.0.1\r\n"
         "t=0 0\r\nm=audio 9 RTP/AVP 0\r\n")
NAMES = iter(range(1, 1000))


class Interpreters:
    def __init__(self):
        self.folder = tempfile.mkdtemp(prefix="voxbus-story-")
        self.port = free_port()
        self.log_path = os.path.join(self.folder, "log")
        self.running = {}
        with open(os.path.join(self.folder, "nats.log"), "ab") as log:
            self._server = subprocess.Popen(
                ["nats-server", "-a", "127.0.0.1", "-p", str(self.port), "-js",
                 "-sd", os.path.join(self.folder, "nats")],
                stdin=subprocess.DEVNULL, stdout=log, stderr=log)
        self.nats = until(self._connect, 15, "nats-server listens")

    def _connect(self):
        try:
            return Nats(f"nats://127.0.0.1:{self.port}")
        except (OSError, AssertionError):
            return None

    def start(self, name):
        admin = free_port()
        with open(self.log_path, "ab") as log:
            process = subprocess.Popen(
                [binary("interpreter")], stdin=subprocess.DEVNULL, stdout=log,
                stderr=log, cwd=self.folder, env={
                    "PATH": os.environ["PATH"],
                    **{key: value for key, value in os.environ.items()
                       if key.endswith("SAN_OPTIONS")},
                    "VOXBUS_NATS_URL": f"nats://127.0.0.1:{self.port}",
                    "VOXBUS_DATA_DIR": os.path.join(self.folder, "data"),
                    "VOXBUS_INSTANCE": name, "VOXBUS_LOG_LEVEL": "debug",
                    "VOXBUS_ADMIN_PORT": str(admin)})
        self.running[name] = (process, admin)

    def kill(self, name, number=signal.SIGKILL):
        process, _ = self.running.pop(name)
        if number != signal.SIGKILL:
            # Before it, not after: one that comes while the leak check stops
            # the process takes that stop away, and the check waits for ever.
            process.send_signal(signal.SIGCONT)
        process.send_signal(number)  # does nothing if it has ended
        process.wait(10)

    def metric(self, name, metric):
        try:
            with urllib.request.urlopen(
                    f"http://127.0.0.1:{self.running[name][1]}/metrics",
                    timeout=5) as answer:
                text = answer.read().decode()
        except OSError:
            return -1
        for line in text.splitlines():
            if line.rsplit(" ", 1)[0] == metric:
                return int(line.rsplit(" ", 1)[1])
        return 0

    def held(self, name):
        return self.metric(name, "vox_shards_held")

    def holding(self, seconds=10, **wanted):
        """in0=4, in1=4: waits until each holds so many shards."""
        def counts():
            return {name: self.held(name) for name in wanted}
        until(lambda: counts() == wanted, seconds,
              lambda: f"{wanted}; they hold {counts()}")

    def log_text(self):
        with open(self.log_path, encoding="utf-8", errors="replace") as file:
            return file.read()

    def close(self):
        for name in list(self.running):
            self.kill(name, signal.SIGTERM)
        self.nats.close()
        self._server.kill()
        self._server.wait()
        text = self.log_text()
        shutil.rmtree(self.folder, ignore_errors=True)
        assert "Sanitizer" not in text and "runtime error" not in text, text

    # --- the record -----------------------------------------------------
    def put(self, subject, message, identity):
        """Publishes as the suite does, and waits for the acknowledgement."""
        data = json.dumps(message).encode()
        head = f"NATS/1.0\r\nNats-Msg-Id: {identity}\r\n\r\n".encode()
        acks = []
        inbox = f"_INBOX.story{next(NAMES)}"
        number = self.nats.listen(inbox, lambda _s, _r, text:
                                  acks.append(json.loads(text)))
        self.nats._send(f"HPUB {subject} {inbox} {len(head)} "
                        f"{len(head) + len(data)}\r\n".encode() + head + data +
                        b"\r\n")
        until(lambda: acks, 5, f"{subject} is acknowledged")
        self.nats.unlisten(number)
        assert "error" not in acks[0], acks[0]
        return acks[0]["seq"]

    def said(self, sid, kind, count=1, seconds=10):
        """Messages of that type about the call, once there are so many."""
        found = []

        def enough():
            found[:] = [entry[3] for entry in self.nats.record("vox.>")
                        if entry[3]["call_sid"] == sid and
                        entry[3]["type"] == kind]
            return len(found) >= count
        until(enough, seconds, lambda: f"{count} '{kind}' of {sid}; there are "
              f"{found}; {self.log_text()[-2000:]}")
        return found


@pytest.fixture
def shells():
    interpreters = Interpreters()
    yield interpreters
    interpreters.close()


def derived(prefix, root, number):
    """id_derive() of lib/base/id.c."""
    words = f"{prefix}/{root}/{number}".encode()
    return prefix + hashlib.sha256(words).hexdigest()[:32]


def shard_of(sid):
    """id_shard() of lib/base/id.c."""
    value = 2166136261
    for letter in sid.encode():
        value = ((value ^ letter) * 16777619) & 0xffffffff
    value ^= value >> 15
    return value % SHARDS


class Call:
    def __init__(self, shells):
        self.shells = shells
        self.sid = derived("CA", f"story {os.getpid()}", next(NAMES))
        self.count = 0

    def event(self, kind, **fields):
        self.count += 1
        identity = derived("SG", self.sid, self.count)
        return self.shells.put(
            f"vox.interpreter.{shard_of(self.sid)}.{self.sid}",
            {"type": kind, "id": identity, "time": int(time.time() * 1000),
             "call_sid": self.sid, "account_sid": "AC" + "0" * 32,
             "from": f"sipgw/{GATEWAY}", "epoch": 0, **fields}, identity)

    def comes_in(self):
        return self.event(
            "incoming", leg=self.sid, gateway=GATEWAY, from_user="a",
            from_uri="sip:a@127.0.0.1", to_user="b",
            to_uri="sip:b@127.0.0.1", sip_call_id="x@story",
            source_ip="127.0.0.1", transport="udp", offer=OFFER,
            voice_url="http://127.0.0.1:1/voice", voice_method="POST",
            dialect="signalwire", logic=1)

    def is_given_up(self):
        """The caller leaves; what was asked for is answered all the same."""
        self.event("ended", leg=self.sid, by="remote", status=487)
        return self.event("fetched", fetch=derived("FE", self.sid, 0),
                          status=404, url="http://127.0.0.1:1/voice")


def lease(shells, number, **fields):
    """Writes a shard's lease as an interpreter that gave it away left it."""
    shells.put(f"$KV.leases.shard.{number}",
               {"instance": "in9", "boot": "BT" + "9" * 32, "epoch": 7,
                "released": True, **fields}, f"lease {next(NAMES)}")


def test_shards_are_shared_and_come_back(shells):
    shells.start("in0")
    shells.holding(in0=SHARDS)
    shells.start("in1")
    shells.holding(in0=4, in1=4)
    shells.start("in2")
    until(lambda: sorted(map(shells.held, ("in0", "in1", "in2"))) == [2, 3, 3],
          15, "three share eight")
    shells.kill("in2", signal.SIGTERM)
    shells.holding(in0=4, in1=4)
    shells.kill("in1")  # on this machine: no lease has to run out
    began = time.monotonic()
    shells.holding(in0=SHARDS)
    assert time.monotonic() - began < 2
    assert shells.metric("in0", "vox_shards_lost_total") == 0


def test_an_interpreter_that_ends_hands_its_shards_over_at_once(shells):
    shells.start("in0")
    shells.start("in1")
    shells.holding(in0=4, in1=4)
    began = time.monotonic()
    shells.kill("in0", signal.SIGTERM)
    shells.holding(in1=SHARDS)
    assert time.monotonic() - began < 2


def test_an_interpreter_that_was_stopped_stops_before_it_says_anything(shells):
    shells.start("in0")
    shells.holding(in0=SHARDS)
    shells.running["in0"][0].send_signal(signal.SIGSTOP)
    shells.start("in1")
    shells.holding(in1=SHARDS)
    call = Call(shells)
    call.comes_in()
    get = shells.said(call.sid, "get")[0]
    assert get["from"] == "interpreter/in1"
    shells.running["in0"][0].send_signal(signal.SIGCONT)
    # It lost its name as well as its shards, or shares them again.
    holds(lambda: len(shells.said(call.sid, "get")) == 1, 3, "one 'get'")
    assert shells.said(call.sid, "get")[0]["from"] == "interpreter/in1"


def test_a_call_is_rebuilt_from_first_and_said_again_from_floor(shells):
    shells.start("in0")
    shells.holding(in0=SHARDS)
    call = Call(shells)
    call.comes_in()
    first = shells.said(call.sid, "get")[0]
    shells.kill("in0")
    call.is_given_up()
    shells.start("in0")
    closed = shells.said(call.sid, "call_closed")[0]
    assert closed["status"] == "canceled"
    assert closed["epoch"] > first["epoch"]
    assert shells.metric("in0", "vox_shards_lost_total") == 0
    # What was said before was not said twice on the record.
    assert len(shells.said(call.sid, "get")) == 1


def test_an_older_call_is_read_by_its_name(shells):
    shells.start("in0")
    shells.holding(in0=SHARDS)
    shells.kill("in0", signal.SIGTERM)
    call = Call(shells)
    last = call.comes_in()
    lease(shells, shard_of(call.sid), first=last + 1, floor=last,
          older=[{"call_sid": call.sid}])
    shells.start("in0")
    shells.holding(in0=SHARDS)
    until(lambda: shells.metric("in0", "vox_calls") == 1, 5, "it is read")
    call.is_given_up()
    shells.said(call.sid, "call_closed")
    # Its 'get' was acknowledged in its earlier life: floor says so.
    assert not [entry for entry in shells.nats.record("vox.fetcher.>")]
    until(lambda: shells.metric("in0", "vox_calls") == 0, 5, "it is freed")


def test_a_call_whose_first_event_is_gone_is_hung_up(shells):
    shells.start("in0")
    shells.holding(in0=SHARDS)
    shells.kill("in0", signal.SIGTERM)
    call = Call(shells)
    last = call.event("confirmed", leg=call.sid)
    lease(shells, shard_of(call.sid), first=last + 1, floor=last,
          older=[{"call_sid": call.sid}])
    shells.start("in0")
    assert shells.said(call.sid, "hangup")[0]["leg"] == call.sid
    assert shells.said(call.sid, "noted")[0]["code"] == 66004


def test_what_has_its_outcome_is_not_said_again(shells):
    """Whoever heard it may have forgotten: the callee would ring once more."""
    shells.start("in0")
    shells.holding(in0=SHARDS)
    shells.kill("in0", signal.SIGTERM)
    call = Call(shells)
    callee = derived("CA", call.sid, 1)
    first = call.comes_in()
    call.event("fetched", fetch=derived("FE", call.sid, 0), status=200,
               url="http://127.0.0.1:1/voice", content_type="text/xml",
               body="<Response><Dial><Sip>sip:b@127.0.0.1;transport=udp</Sip>"
               "</Dial></Response>")
    call.event("leg_opened", mediad="md0", boot="BT" + "1" * 32,
               legs=[{"leg": call.sid, "sdp": OFFER},
                     {"leg": callee, "sdp": OFFER}])
    call.event("confirmed", leg=call.sid)
    call.event("failed", leg=callee, status=486, phrase="Busy Here")
    lease(shells, shard_of(call.sid), first=first, floor=first - 1)
    shells.start("in0")
    shells.said(call.sid, "hangup")
    said = [entry[3]["type"] for entry in shells.nats.record("vox.sipgw.>") +
            shells.nats.record("vox.mediad.>")]
    assert said == ["hangup"]
    assert shells.said(call.sid, "get")  # nobody else keeps what it asks for


def test_what_is_said_again_keeps_the_order_of_the_events(shells):
    shells.start("in0")
    shells.holding(in0=SHARDS)
    shells.kill("in0", signal.SIGTERM)
    old, young = Call(shells), Call(shells)
    while shard_of(young.sid) != shard_of(old.sid):
        young = Call(shells)
    floor = old.comes_in()
    young.comes_in()
    old.event("fetched", fetch=derived("FE", old.sid, 0), status=200,
              url="http://127.0.0.1:1/voice", content_type="text/xml",
              body="<Response><Reject/></Response>")
    lease(shells, shard_of(old.sid), first=floor + 1, floor=floor,
          older=[{"call_sid": old.sid}])
    shells.start("in0")
    shells.said(young.sid, "get")
    shells.said(old.sid, "reject")
    said = [entry[3]["type"] for entry in shells.nats.record("vox.>")
            if entry[3]["from"] == "interpreter/in0"]
    assert said == ["get", "reject"]


def test_where_replay_and_record_differ_the_record_stands(shells):
    shells.start("in0")
    shells.holding(in0=SHARDS)
    one, other = Call(shells), Call(shells)
    one.comes_in()
    get = shells.said(one.sid, "get")[0]
    shells.kill("in0", signal.SIGTERM)
    # Another build would have asked for another page.
    other.comes_in()
    recorded = {**get, "call_sid": other.sid, "leg": other.sid,
                "id": derived("CM", other.sid, 0),
                "url": "http://127.0.0.1:1/other"}
    shells.put(f"vox.fetcher.any.{other.sid}", recorded, recorded["id"])
    shells.start("in0")
    until(lambda: shells.metric(
        "in0", 'vox_replay_commands_total{result="differs"}') == 1, 10,
        "the difference is counted")
    assert "replay and record differ in get" in shells.log_text()
    gets = shells.said(other.sid, "get")
    assert [each["url"] for each in gets] == ["http://127.0.0.1:1/other"]


def test_a_timer_that_came_due_while_nobody_ran_fires_once(shells):
    shells.start("in0")
    shells.holding(in0=SHARDS)
    call = Call(shells)
    call.comes_in()
    get = shells.said(call.sid, "get")[0]
    text = '<Response><Pause length="1"/><Reject/></Response>'
    call.event("fetched", fetch=get["fetch"], status=200,
               url="http://127.0.0.1:1/voice", content_type="text/xml",
               body=text)
    shells.kill("in0")
    time.sleep(1.5)  # the pause passes meanwhile
    shells.start("in0")
    shells.said(call.sid, "reject")
    assert len(shells.said(call.sid, "timer_fired")) == 1
