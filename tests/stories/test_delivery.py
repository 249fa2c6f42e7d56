"""fetcher and callbackd alone with the bus: kills, order, hosts that hang.

The story puts 'get' and 'post' on the record and plays the web application.
"""

import base64
import collections
import hashlib
import hmac
import signal
import socket
import threading

import pytest

from harness.app import NO_CONTENT, Answer, AppServer, document
from harness.bench import TOKEN, get, name_of, post
from harness.wait import holds, until


@pytest.fixture
def app():
    made = AppServer()
    made.on("/status", NO_CONTENT)
    made.on("/voice", document("<Response/>"))
    yield made
    made.close()


def delivered(bench):
    return {message["hook"] for message in bench.said("posted",
                                                      delivered=True)}


def arrivals(app):
    """Numbers of each call's webhooks, in the order of their first arrival."""
    calls, numbers = collections.defaultdict(list), {}
    for request in app.got("/status"):
        number = int(request.params["SequenceNumber"])
        token = request.headers["i-twilio-idempotency-token"]
        assert numbers.setdefault(token, number) == number
        if number not in calls[request.params["CallSid"]]:
            calls[request.params["CallSid"]].append(number)
    return calls


def test_a_webhook_is_signed_and_numbered(bench, app):
    bench.daemon("callbackd")
    bench.put("callbackd", post("signed", 0, app.url("/status?x=1#rc=2")))
    request = app.wait_for("/status")
    text = app.url("/status?x=1") + "".join(
        name + value for name, value in sorted(request.params.items())
        if name != "x")
    wanted = base64.b64encode(hmac.new(TOKEN.encode(), text.encode(),
                                       hashlib.sha1).digest()).decode()
    assert request.headers["x-twilio-signature"] == wanted
    assert request.headers["x-signalwire-signature"] == wanted
    assert request.headers["x-voxbus-attempt"] == "1"
    assert request.headers["i-twilio-idempotency-token"] == \
        name_of("HK", "signed", 0)
    until(lambda: bench.waiting() == 0, 5, "the queue is empty")


def test_what_has_failed_outlives_the_record_and_a_kill(bench, app):
    victim = bench.daemon("callbackd")
    app.on("/status", Answer(500, type=""))
    for number in range(2):
        bench.put("callbackd", post("late", number, app.url("/status")))
    until(lambda: bench.nats.stream_state("HOOKS")["messages"] == 2, 5,
          "both wait in HOOKS")
    until(lambda: bench.waiting() == 2, 5, "and nowhere else")
    victim.kill()
    victim.wait()
    bench.nats.ask("$JS.API.STREAM.PURGE.VOX")
    app.on("/status", NO_CONTENT)
    bench.daemon("callbackd")
    until(lambda: len(delivered(bench)) == 2, 15, "both are delivered")
    assert sorted((request.params["SequenceNumber"],
                   request.headers["x-voxbus-attempt"])
                  for request in app.got("/status")) == \
        [("0", "1"), ("0", "2"), ("1", "1"), ("1", "2")]
    until(lambda: bench.waiting() == 0, 5, "the queue is empty")


def test_two_instances_keep_the_order_of_first_attempts(bench, app):
    bench.daemon("callbackd")
    bench.daemon("callbackd")
    for call in range(100):
        for number in range(4):
            bench.put("callbackd", post(call, number, app.url("/status")))
    until(lambda: len(delivered(bench)) == 400, 30,
          lambda: f"all delivered; were {len(delivered(bench))}")
    assert set(map(tuple, arrivals(app).values())) == {(0, 1, 2, 3)}
    assert len({m["from"] for m in bench.said("posted")}) == 2


def test_a_killed_callbackd_leaves_its_webhooks_to_the_other(bench, app):
    go = threading.Event()
    victim = bench.daemon("callbackd")
    bench.daemon("callbackd")
    app.on("/status", Answer(204, type="", after=go))
    for call in range(40):
        for number in range(3):
            bench.put("callbackd", post(call, number, app.url("/status")))
    until(lambda: len(app.got("/status")) == 16, 10, "requests are open")
    victim.kill()
    victim.wait()
    go.set()
    until(lambda: len(delivered(bench)) == 120, 40,
          lambda: f"all delivered; were {len(delivered(bench))}")
    assert set(map(tuple, arrivals(app).values())) == {(0, 1, 2)}
    until(lambda: bench.waiting() == 0, 5, "the queue is empty")


def test_a_host_that_hangs_does_not_slow_the_others(bench, app):
    bench.daemon("callbackd")
    with socket.create_server(("127.0.0.1", 0), backlog=512) as dead:
        hangs = f"http://127.0.0.1:{dead.getsockname()[1]}/x"
        for call in range(300):
            bench.put("callbackd", post(("dead", call), 0, hangs))
        until(lambda: len(bench.said("posted", error=67002)) == 300 - 8 - 64,
              6, "what is too much for the host is told")
        for call in range(100):
            bench.put("callbackd", post(call, 0, app.url("/status")))
        until(lambda: len(app.got("/status")) == 100, 2,
              "the good host got all of its own")
        until(lambda: bench.waiting() == 300, 5,
              "the others wait, and nothing but the others")


def test_a_sigterm_finishes_what_is_on_its_way_and_hands_back_the_rest(
        bench, app):
    go = threading.Event()
    first = bench.daemon("callbackd")
    app.on("/status", Answer(204, type="", after=go))
    for call in range(60):
        bench.put("callbackd", post(call, 0, app.url("/status")))
    until(lambda: len(app.got("/status")) == 8, 5, "as many as a host gets")
    first.send_signal(signal.SIGTERM)
    holds(lambda: first.poll() is None, 0.5, "it finishes")
    go.set()
    assert first.wait(5) == 0
    assert len(delivered(bench)) == 8
    bench.daemon("callbackd")
    until(lambda: len(delivered(bench)) == 60, 5, "the rest, at once")
    assert len(app.got("/status")) == 60


def test_a_killed_fetcher_leaves_its_work_to_the_next(bench, app):
    go = threading.Event()
    first = bench.daemon("fetcher")
    app.on("/voice", document("<Response/>", after=go))
    for call in range(30):
        bench.put("fetcher", get(call, 0, app.url("/voice")))
    until(lambda: len(app.got("/voice")) == 30, 5, "all are asked for")
    first.kill()
    first.wait()
    go.set()
    bench.daemon("fetcher")
    until(lambda: len(bench.said("fetched", status=200)) == 30, 10,
          lambda: f"all answered; were {len(bench.said('fetched'))}")


def test_a_repeated_get_is_answered_without_a_second_request(bench, app):
    bench.daemon("fetcher")
    command = get("again", 0, app.url("/voice"))
    bench.put("fetcher", command)
    until(lambda: bench.said("fetched"), 5, "an answer")
    before = len(bench.heard)
    bench.put("fetcher", {**command, "id": name_of("ME", "other")})
    until(lambda: bench.nats.ask(
        "$JS.API.CONSUMER.INFO.VOX.fetcher")["num_ack_pending"] == 0 and
        bench.nats.ask("$JS.API.CONSUMER.INFO.VOX.fetcher")
        ["delivered"]["consumer_seq"] == 2, 5, "it is settled")
    assert len(app.got("/voice")) == 1
    assert len(bench.said("fetched")) == 1 and len(bench.heard) >= before
