"""Webhooks that fail: schedules, one host's trouble, and what is given up.

The story puts 'post' on the record and plays the web application.
"""

import json
import os
import re
import shutil
import socket
import subprocess
import threading
import time
import urllib.request

import pytest

from harness.app import NO_CONTENT, Answer, AppServer
from harness.bench import ACCOUNT, name_of, post
from harness.platform import binary
from harness.ports import free_port
from harness.wait import until

FAILS = Answer(500, type="")


@pytest.fixture
def app():
    made = AppServer()
    made.on("/status", NO_CONTENT)
    yield made
    made.close()


def metric(process, name):
    url = f"http://127.0.0.1:{process.admin}/metrics"
    with urllib.request.urlopen(url, timeout=5) as answer:
        text = answer.read().decode()
    found = re.search(rf"^vox_{re.escape(name)} (-?\d+)$", text, re.M)
    return int(found[1]) if found else 0


def letters(bench):
    """What lies in DEAD."""
    if not bench.nats.stream_state("DEAD")["messages"]:
        return []
    return [entry[3] for entry in bench.nats.record("dead.>", "DEAD")]


def put(bench, call, number, url):
    bench.put("callbackd", post(call, number, url))


# --- schedules -------------------------------------------------------------
def test_what_is_given_up_lies_in_dead_with_each_attempt(bench, app):
    callbackd = bench.daemon("callbackd", webhook_retry="1,1")
    app.on("/status", FAILS)
    put(bench, "dead", 3, app.url("/status"))   # after a wait for 0 to 2
    until(lambda: letters(bench), 30, "a letter")
    letter, = letters(bench)
    requests = app.got("/status")
    assert [request.headers["x-voxbus-attempt"] for request in requests] == \
        ["1", "2", "3"]
    assert {request.headers["i-twilio-idempotency-token"]
            for request in requests} == {letter["hook"]}
    assert [(attempt["number"], attempt["status"], attempt["error"])
            for attempt in letter["tries"]] == [(1, 500, 11217),
                                                (2, 500, 11217),
                                                (3, 500, 11217)]
    assert letter["error"] == 67001 and "attempt 3" in letter["error_text"]
    assert letter["sequence"] == 3 and letter["event"] == "completed"
    assert [m["given_up"] for m in bench.said("posted", attempt=3)] == [True]
    until(lambda: bench.waiting() == 0, 5, "nothing waits any more")
    until(lambda: metric(callbackd, "webhooks_dead") == 1, 12,
          "the metric counts it")


def test_the_schedule_twilio_gives_up_after_one_more_connection(bench):
    bench.daemon("callbackd", webhook_retry="twilio")
    put(bench, "once", 0, f"http://127.0.0.1:{free_port()}/status")
    until(lambda: letters(bench), 10, "a letter")
    attempt, = letters(bench)[0]["tries"]
    assert attempt["error"] == 11205 and attempt["requests"] == 2


def test_an_account_may_have_a_schedule_of_its_own(bench, app):
    callbackd = bench.daemon("callbackd")
    for text in ("1", "5 minutes"):
        bench.nats.publish(f"$KV.config.account.{ACCOUNT}", json.dumps(
            {"account_sid": ACCOUNT, "webhook_retry": text}).encode())
        before = len(bench.said("posted"))
        app.on("/status", FAILS, NO_CONTENT)
        until(lambda: bench.nats.ask("$JS.API.STREAM.MSG.GET.KV_config", {
            "last_by_subj": f"$KV.config.account.{ACCOUNT}"})["message"], 5,
            "it is stored")
        put(bench, text, 0, app.url("/status"))
        until(lambda: len(bench.said("posted")) > before, 5, "it failed")
        if text == "1":
            until(lambda: bench.said("posted", delivered=True), 5, "again")
    assert [m["retry_ms"] // 1000 < 2 for m in bench.said(
        "posted", delivered=False)] == [True, False]
    assert "5 minutes" in bench.log(callbackd)


def test_the_urls_rc_and_rp_try_again_at_once(bench, app):
    bench.daemon("callbackd")
    app.on("/status", FAILS, FAILS, NO_CONTENT)
    put(bench, "at once", 0, app.url("/status#rc=2&rp=5xx"))
    until(lambda: bench.said("posted", delivered=True), 10, "delivered")
    requests = app.got("/status")
    assert len(requests) == 3
    assert len({request.headers["i-twilio-idempotency-token"]
                for request in requests}) == 1
    assert not bench.said("posted", delivered=False)


def test_a_wrong_schedule_is_refused_at_the_start(bench):
    answer = subprocess.run(
        [binary("callbackd")], timeout=20, check=False,
        capture_output=True, text=True, env={
            "PATH": os.environ["PATH"],
            "VOXBUS_NATS_URL": f"nats://127.0.0.1:{bench.port}",
            "VOXBUS_DATA_DIR": os.path.join(bench.folder, "data"),
            "VOXBUS_ADMIN_PORT": "0", "VOXBUS_WEBHOOK_RETRY": "5,x"})
    assert answer.returncode != 0
    assert "VOXBUS_WEBHOOK_RETRY" in answer.stderr and "5,x" in answer.stderr


def test_a_receiver_that_asks_for_time_gets_it(bench, app):
    bench.daemon("callbackd", webhook_retry="1")
    app.on("/status", Answer(503, type="", headers=(("Retry-After", "3"),)),
           NO_CONTENT)
    put(bench, "later", 0, app.url("/status"))
    until(lambda: bench.said("posted", delivered=True), 10, "delivered")
    failed, = bench.said("posted", delivered=False)
    assert failed["retry_ms"] == 3000
    first, second = app.got("/status")
    assert second.time - first.time > 2.7


# --- hosts -------------------------------------------------------------------
def test_a_host_that_fails_twenty_times_is_left_alone(bench, app):
    callbackd = bench.daemon("callbackd", webhook_retry="60")
    with socket.create_server(("127.0.0.1", 0), backlog=1) as server:
        refused = f"http://127.0.0.1:{server.getsockname()[1]}/x"
    for call in range(40):
        put(bench, ("dead", call), 0, refused)
    until(lambda: len(bench.said("posted")) == 40, 10, "all are told")
    tried = len(bench.said("posted", error=11205))
    assert 20 <= tried < 20 + 8
    left_alone = bench.said("posted", error=67003)
    assert len(left_alone) == 40 - tried
    assert min(m["retry_ms"] for m in left_alone) >= 30000 * 0.9
    assert metric(callbackd, 'webhook_hosts{state="open"}') == 1
    assert metric(callbackd, 'webhooks_not_tried_total{why="open"}') == \
        len(left_alone)
    put(bench, "alive", 0, app.url("/status"))
    until(lambda: len(app.got("/status")) == 1, 5, "another host gets its own")


def test_fifty_silent_hosts_do_not_hold_up_the_others(bench, app):
    bench.daemon("callbackd")
    silent = [socket.create_server(("127.0.0.1", 0), backlog=128)
              for _ in range(50)]
    try:
        for call in range(2500):  # more than are in hand at once
            port = silent[call % 50].getsockname()[1]
            put(bench, ("silent", call), 0, f"http://127.0.0.1:{port}/x")
        for call in range(50):
            put(bench, call, 0, app.url("/status"))
        until(lambda: len(app.got("/status")) == 50, 60,
              "the good host got its own")
        until(lambda: len(bench.said("posted", delivered=True)) == 50, 5,
              "told as delivered")
        assert len(bench.said("posted", delivered=True, attempt=1)) == 50
    finally:
        for server in silent:
            server.close()


def test_many_thousands_that_wait_hold_up_nobody(bench, app):
    """More than the queue's consumer keeps in sight."""
    callbackd = bench.daemon("callbackd", webhook_retry="1")
    due = int(time.time() * 1000) + 600000
    for call in range(12000):
        message = post(("far", call), 0, app.url("/far"))
        message.update(type="retry", tried=3, step=3, due=due)
        bench.nats.publish(f"hooks.3.{message['call_sid']}",
                           json.dumps(message).encode())
    until(lambda: bench.nats.ask("$JS.API.CONSUMER.INFO.HOOKS.callbackd-3")
          ["num_ack_pending"] == 10000, 30, "the first ones are looked at")
    app.on("/status", FAILS, NO_CONTENT)
    put(bench, "near", 0, app.url("/status"))
    until(lambda: bench.said("posted", delivered=True), 10,
          "another customer's second attempt")
    assert not app.got("/far")
    assert metric(callbackd, "webhooks_in_hand") <= 1


class Babbler(threading.Thread):
    """Answers 200 and a body that does not end."""

    def __init__(self):
        super().__init__(daemon=True)
        self._server = socket.create_server(("127.0.0.1", 0))
        self.url = f"http://127.0.0.1:{self._server.getsockname()[1]}/x"
        self.sent = 0
        self.start()

    def run(self):
        connection, _ = self._server.accept()
        connection.recv(65536)
        try:
            connection.sendall(b"HTTP/1.1 200 OK\r\n"
                               b"Content-Type: text/plain\r\n\r\n")
            while True:
                self.sent += connection.send(b"blah blah " * 1000)
        except OSError:
            self._server.close()


def test_a_body_without_end_is_neither_read_nor_logged(bench):
    callbackd = bench.daemon("callbackd", log_level="debug")
    babbler = Babbler()
    put(bench, "babble", 0, babbler.url)
    until(lambda: bench.said("posted", delivered=True), 5, "delivered")
    babbler.join(5)
    assert not babbler.is_alive(), "the connection was closed"
    assert babbler.sent < 16 << 20  # what kernels hold between them
    assert "blah" not in bench.log(callbackd)
    assert "blah" not in json.dumps(bench.heard)


# --- the record ----------------------------------------------------------------
def test_who_starts_after_the_record_was_forgotten_says_so(bench):
    first = bench.daemon("callbackd")
    until(lambda: bench.nats.ask("$JS.API.STREAM.MSG.GET.KV_config", {
        "last_by_subj": "$KV.config.webhooks_read"}).get("message"), 5,
        "the note of when the record was read")
    assert "67004" not in bench.log(first)
    first.kill()
    first.wait()
    long_ago = int((time.time() - 80 * 3600) * 1000)
    bench.nats.publish("$KV.config.webhooks_read", str(long_ago).encode())
    second = bench.daemon("callbackd")
    until(lambda: "67004" in bench.log(second), 5, "it is told")
    assert "VOXBUS_RECORD_HOURS=72" in bench.log(second)
    assert metric(second, "webhooks_record_gaps_total") == 1


# --- a nats-server that remembers too much ------------------------------------------
def test_what_nats_server_brings_back_is_taken_out_of_the_queue(bench, app):
    callbackd = bench.daemon("callbackd", webhook_retry="2")
    app.on("/status", FAILS)
    put(bench, "back", 0, app.url("/status"))
    until(lambda: bench.nats.stream_state("HOOKS")["messages"] == 1, 5,
          "it waits in HOOKS")
    messages = os.path.join(bench.folder, "js", "jetstream", "$G", "streams",
                            "HOOKS", "msgs")
    shutil.copytree(messages, bench.folder + "/before")
    app.on("/status", NO_CONTENT)
    until(lambda: bench.said("posted", delivered=True), 10, "delivered")
    until(lambda: bench.waiting() == 0, 5, "settled")
    asked = len(app.got("/status"))
    callbackd.kill()
    callbackd.wait()
    bench.server.terminate()
    bench.server.wait()
    bench.nats.close()
    shutil.rmtree(messages)
    shutil.move(bench.folder + "/before", messages)
    bench.start_server()
    assert bench.nats.stream_state("HOOKS")["messages"] == 1
    second = bench.daemon("callbackd")
    until(lambda: bench.nats.stream_state("HOOKS")["messages"] == 0, 15,
          "it is taken out")
    assert len(app.got("/status")) == asked
    until(lambda: metric(second, "webhooks_orphans_total") == 1, 5, "counted")


# --- voxctl webhooks --------------------------------------------------------------
def voxctl(bench, *words, command="webhooks"):
    return subprocess.run(
        [binary("voxctl"), command, *words], timeout=60, check=False,
        capture_output=True, text=True, env={
            "PATH": os.environ["PATH"], "LC_ALL": "C.UTF-8",
            "VOXBUS_NATS_URL": f"nats://127.0.0.1:{bench.port}"})


def listed(bench, *words):
    answer = voxctl(bench, "ls", "--json", *words)
    assert answer.returncode == 0, answer.stderr
    return [entry["message"] for entry in json.loads(answer.stdout)]


@pytest.fixture
def given_up(bench, app):
    """Two calls with two webhooks each, to two hosts, all given up."""
    bench.daemon("callbackd", webhook_retry="1")
    app.on("/status", FAILS)
    for call in ("one", "two"):
        put(bench, call, 0, app.url("/status"))
        put(bench, call, 3, app.url("/status").replace("127.0.0.1",
                                                       "localhost"))
    until(lambda: len(letters(bench)) == 4, 15, "four letters")


@pytest.mark.usefixtures("given_up")
def test_voxctl_lists_and_shows_what_was_given_up(bench, app):
    assert len(listed(bench)) == 4
    assert len(listed(bench, "--limit", "3")) == 3
    one = listed(bench, "--call", name_of("CA", "one"))
    assert [m["sequence"] for m in sorted(
        one, key=lambda m: m["sequence"])] == [0, 3]
    assert {m["event"] for m in listed(bench, "--event", "completed")} == \
        {"completed"}
    assert len(listed(bench, "--host", "localhost")) == 2
    assert not listed(bench, "--host", "127.0.0.3")
    table = voxctl(bench, "ls").stdout.splitlines()
    assert len(table) == 5 and table[0].startswith("WEBHOOK")
    assert app.url("/status") in "".join(table)
    hook = name_of("HK", "one", 3)
    shown = voxctl(bench, "show", hook[:20])
    assert shown.returncode == 0
    assert f"{hook}  #3 completed of {name_of('CA', 'one')}" in shown.stdout
    assert re.search(r"^ +1  .* 500 .* 11217 ", shown.stdout, re.M)
    assert re.search(r"^ +2  .* 500 .* 11217 ", shown.stdout, re.M)
    assert "SequenceNumber=3" in shown.stdout
    assert voxctl(bench, "show", "HK").returncode == 2
    assert voxctl(bench, "show", "HKnone").returncode == 1
    for words, said in (
            (["ls", "--limit", "0"], "--limit is a number from 1 to"),
            (["ls", "--limit"], "--limit what?"),
            (["ls", "--wating"], "there is no option --wating"),
            (["redeliver", "--limit", "1"], "does not take --limit"),
            (["ls", "--host", "127.0.0.3"], "--host and --event name")):
        assert said in voxctl(bench, *words).stderr


@pytest.mark.usefixtures("given_up")
def test_voxctl_delivers_again_what_was_given_up(bench, app):
    app.on("/status", NO_CONTENT)
    app.reset()
    app.on("/status", NO_CONTENT)
    old = name_of("HK", "one", 0)
    answer = voxctl(bench, "redeliver", old)
    assert answer.returncode == 0, answer.stderr
    fresh = re.fullmatch(rf"{old} is delivered again as (HK\w{{32}})\n",
                         answer.stdout)[1]
    request = app.wait_for("/status")
    assert request.headers["i-twilio-idempotency-token"] == fresh != old
    assert request.headers["x-voxbus-attempt"] == "1"
    assert request.params["SequenceNumber"] == "0"
    assert request.params["CallSid"] == name_of("CA", "one")
    until(lambda: bench.said("posted", hook=fresh, delivered=True), 5,
          "it is on the record")
    assert [m["again_of"] for m in bench.said("posted", hook=fresh)] == [old]
    told = voxctl(bench, "--width", "400", name_of("CA", "one"),
                  command="trace").stdout
    assert re.search(r"#0 \w+ \(redelivered\): 204 in ", told)
    assert len(re.findall(r"#[03] \w+: 500 in .*, attempt 2 \[67001 Webhook "
                          r"given up\] given up after attempt 2: .*status 500$",
                          told, re.M)) == 2
    assert len(listed(bench)) == 3
    answer = voxctl(bench, "redeliver", "--host", "localhost")
    assert answer.stdout.count("is delivered again as") == 2
    until(lambda: len(app.got("/status")) == 3, 5, "all of that host")
    left, = listed(bench)
    assert left["hook"] == name_of("HK", "two", 0)
    assert voxctl(bench, "redeliver").returncode == 2
    assert voxctl(bench, "redeliver", "--host", "127.0.0.9").returncode == 1


def test_voxctl_lists_what_waits_for_its_next_attempt(bench, app):
    bench.daemon("callbackd")
    app.on("/status", FAILS)
    put(bench, "waits", 0, app.url("/status"))
    put(bench, "waits too", 0, app.url("/status#tt=900"))
    until(lambda: bench.nats.stream_state("HOOKS")["messages"] == 2, 5,
          "two wait")
    waiting, = listed(bench, "--waiting", "--call", name_of("CA", "waits"))
    assert waiting["tries"][0]["status"] == 500
    assert waiting["due"] > time.time() * 1000
    assert len(listed(bench, "--waiting")) == 2
    assert "NEXT (UTC)" in voxctl(bench, "ls", "--waiting").stdout
    assert "next attempt" in voxctl(bench, "show",
                                    name_of("HK", "waits", 0)).stdout
    answer = voxctl(bench, "redeliver", name_of("HK", "waits", 0))
    assert answer.returncode == 1 and "it waits" in answer.stderr
    assert not listed(bench)
