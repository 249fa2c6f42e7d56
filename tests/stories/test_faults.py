"""What dies, hangs or goes away, and what becomes of the calls."""

import json
import signal
import threading
import time

import pytest

from harness.app import NO_CONTENT, Answer, document
from harness.wait import holds, until

REJECT = '<Response><Reject reason="busy"/></Response>'
DAEMONS_BUT_MEDIAD = ("fetcher", "interpreter", "sipgw", "callbackd", "apid")


@pytest.fixture
def world(hard_world):
    return hard_world


def end_of_call(world, out, asked, *statuses):
    """The call that went through it all ends as any other."""
    asked.bye()
    asked.expect_bye_done(15)
    out.expect_bye(15)
    came = world.callbacks(*(statuses or (
        "initiated", "ringing", "in-progress", "completed")), seconds=30)
    record = world.record()
    assert world.leg(record)["status"] == "completed"
    return came, record


def once_each(record):
    """No command took effect twice: one outcome for each leg and hook."""
    dialled = {m["leg"] for m in record if m["type"] == "dial"}
    assert len(dialled) == 1
    numbers = {}
    for message in record:
        if message["type"] == "post":
            numbers.setdefault(message["sequence"], set()).add(
                (message["hook"], message["event"]))
    assert all(len(hooks) == 1 for hooks in numbers.values()), numbers


def test_interpreter_dies_while_it_rings(world):
    caller, callee = world.phone(), world.phone()
    world.answers(world.dial(callee))
    out = caller.call(world.platform.sip)
    asked = callee.incoming()
    asked.ring()
    out.established()
    world.app.wait_for(world.path("status"), CallStatus="ringing")
    world.platform.kill("interpreter")
    asked.answer()
    asked.expect_ack()
    world.hear_each_other(out, asked)
    _, record = end_of_call(world, out, asked)
    once_each(record)
    assert callee.invites() == 1


def test_interpreter_dies_while_the_callee_answers(world):
    out, asked = world.ringing()
    before = world.platform.kill_only("interpreter")
    asked.answer()
    world.platform.wait_for_restart("interpreter", before)
    asked.expect_ack()
    world.hear_each_other(out, asked)
    _, record = end_of_call(world, out, asked)
    once_each(record)


def test_interpreter_dies_while_the_call_is_up(world):
    out, asked = world.up()
    world.hear_each_other(out, asked)
    before = world.platform.kill_only("interpreter")
    since = time.monotonic()
    world.hear_each_other(out, asked, since=since)
    world.platform.wait_for_restart("interpreter", before)
    _, record = end_of_call(world, out, asked)
    once_each(record)


def test_interpreter_dies_and_the_call_ends_meanwhile(world):
    out, asked = world.up()
    before = world.platform.kill_only("interpreter")
    asked.bye()
    asked.expect_bye_done()
    world.platform.wait_for_restart("interpreter", before)
    out.expect_bye(15)
    world.callbacks("initiated", "ringing", "in-progress", "completed",
                    seconds=30)
    once_each(world.record())


def test_interpreter_dies_while_a_document_is_fetched(world):
    caller, go = world.phone(), threading.Event()
    world.answers(document(REJECT, after=go))
    out = caller.call(world.platform.sip)
    world.call_sid()
    before = world.platform.kill_only("interpreter")
    go.set()
    world.platform.wait_for_restart("interpreter", before)
    out.expect(486, 15)
    assert len(world.app.got("/voice")) == 1
    world.record()


def test_interpreter_dies_while_a_timer_runs(world):
    caller = world.phone()
    world.answers('<Response><Pause length="3"/><Reject/></Response>')
    out = caller.call(world.platform.sip)
    world.call_sid()
    began = time.monotonic()
    world.platform.kill("interpreter")
    out.expect(603, 15)
    assert 2.5 < time.monotonic() - began < 8
    world.record()


def test_an_interpreter_that_hangs_is_taken_over_and_comes_back(world):
    """SIGSTOP for 10 s, another takes over; continued, it does no harm."""
    caller, callee = world.phone(), world.phone()
    world.answers(world.dial(callee))
    out = caller.call(world.platform.sip)
    asked = callee.incoming()
    asked.ring()
    out.established()
    second = world.platform.another("interpreter", instance="in7", admin_port=0)
    try:
        world.platform.signal("interpreter", signal.SIGSTOP)
        stopped = time.monotonic()
        asked.answer()
        asked.expect_ack(10)
        world.hear_each_other(out, asked, 15)
        world.app.wait_for(world.path("status"), 15, CallStatus="in-progress")
        until(lambda: time.monotonic() - stopped > 10, 11, "10 s")
        world.platform.signal("interpreter", signal.SIGCONT)
        caller2 = world.phone()
        more = caller2.call(world.platform.sip)
        again = callee.incoming()
        again.ring()
        more.established()
        again.answer()
        again.expect_ack()
        again.bye()
        _, record = end_of_call_of_two(world, out, asked)
        once_each(record)
        assert callee.invites() == 2
    finally:
        try:
            world.platform.signal("interpreter", signal.SIGCONT)
        except AssertionError:
            pass
        second.terminate()
        second.wait(10)
    until(lambda: world.platform.is_ready(), 15, "all is well again")


def end_of_call_of_two(world, out, asked):
    """Two calls share this story's pages: look at the first one's alone."""
    asked.bye()
    out.expect_bye(15)
    sid = world.call_sid()

    def numbers():
        got = world.app.got(world.path("status"), ParentCallSid=sid)
        return sorted((int(r.params["SequenceNumber"]), r.params["CallStatus"])
                      for r in got)
    wanted = [(0, "initiated"), (1, "ringing"), (2, "in-progress"),
              (3, "completed")]
    until(lambda: numbers() == wanted, 20,
          lambda: f"{wanted}; came {numbers()}")
    return numbers(), world.record()


def test_callbackd_dies_with_work_waiting(world):
    caller, callee, go = world.phone(), world.phone(), threading.Event()
    text = world.dial(callee)
    world.app.on(world.path("status"), Answer(204, type="", after=go))
    world.answers(text)
    out, asked = world.connected(caller, callee)
    world.app.wait_for(world.path("status"))
    before = world.platform.kill_only("callbackd")
    world.app.on(world.path("status"), NO_CONTENT)
    asked.bye()
    out.expect_bye()
    go.set()
    world.platform.wait_for_restart("callbackd", before)
    wanted = {"0": "initiated", "1": "ringing", "2": "in-progress",
              "3": "completed"}

    def came():
        return {r.params["SequenceNumber"]: r.params["CallStatus"]
                for r in world.app.got(world.path("status"))}
    until(lambda: came() == wanted, 60, lambda: f"{wanted}; came {came()}")
    once_each(world.record())


def test_fetcher_dies_while_it_fetches(world):
    caller, go = world.phone(), threading.Event()
    world.answers(document(REJECT, after=go), REJECT)
    out = caller.call(world.platform.sip)
    world.call_sid()
    world.platform.kill("fetcher")
    out.expect(486, 90)
    go.set()
    assert len(world.app.got("/voice")) == 2
    assert len({r.params["CallSid"] for r in world.app.got("/voice")}) == 1
    world.record()


@pytest.mark.parametrize("who", ["callee", "caller"])
def test_sipgw_dies_while_the_call_is_up_and_a_bye_still_ends_it(world, who):
    caller, callee = world.phone(), world.phone()
    world.answers(world.dial(callee))
    out, asked = world.connected(caller, callee)
    world.hear_each_other(out, asked)
    world.platform.kill("sipgw")
    world.hear_each_other(out, asked, since=time.monotonic())
    first, other = (asked, out) if who == "callee" else (out, asked)
    first.bye()
    first.expect_bye_done(15)
    other.expect_bye(15)
    world.callbacks("initiated", "ringing", "in-progress", "completed")
    once_each(world.record())
    bus = world.platform.nats()
    until(lambda: bus.stream_state("KV_dialogs")["messages"] == 0, 5,
          "nothing is left of the dialogs, not even marks")


def test_a_dialog_whose_record_cannot_be_used_ends_its_call(world):
    out, asked = world.up()
    bus = world.platform.nats()
    for _, _, subject, dialog in bus.record("$KV.dialogs.>", "KV_dialogs"):
        if not dialog.get("inbound"):
            bus.publish(subject, json.dumps(
                {**dialog, "source": "nowhere"}).encode())
    world.platform.kill("sipgw")
    out.expect_bye(15)
    world.callbacks("initiated", "ringing", "in-progress", "completed")
    ended = [m for m in world.record() if m["type"] == "ended"]
    assert ended[0]["error"] == 64011  # no longer known


def test_sipgw_dies_over_tcp_and_a_bye_still_ends_the_call(world):
    caller, callee = world.phone("tcp"), world.phone("tcp")
    world.answers(world.dial(callee))
    out, asked = world.connected(caller, callee)
    world.platform.kill("sipgw")
    asked.bye()
    asked.expect_bye_done(15)
    out.expect_bye(15)
    world.callbacks("initiated", "ringing", "in-progress", "completed")


def test_sipgw_dies_while_a_bye_is_on_its_way(world):
    out, asked = world.up()
    before = world.platform.kill_only("sipgw")
    asked.bye()
    world.platform.wait_for_restart("sipgw", before)
    asked.expect_bye_done(15)
    out.expect_bye(15)
    world.callbacks("initiated", "ringing", "in-progress", "completed")


def test_an_invite_repeated_after_a_restart_of_sipgw_is_the_same_call(world):
    caller, go = world.phone(), threading.Event()
    world.answers(document(REJECT, after=go))
    out = caller.call(world.platform.sip)
    sid = world.call_sid()
    world.platform.kill("sipgw")
    out.send_invite()
    go.set()
    out.expect(486, 15)
    assert {r.params["CallSid"] for r in world.app.got("/voice")} == {sid}
    record = world.record()
    assert len({m["id"] for m in record if m["type"] == "incoming"}) == 1


def test_sipgw_dies_while_the_callee_rings(world):
    """The INVITE goes out again with its branch: the phone rings once."""
    caller, callee = world.phone(), world.phone()
    world.answers(world.dial(callee))
    out = caller.call(world.platform.sip)
    asked = callee.incoming()
    asked.ring()
    out.established()
    world.platform.kill("sipgw")
    asked.answer()
    asked.expect_ack(15)
    world.hear_each_other(out, asked)
    _, record = end_of_call(world, out, asked)
    once_each(record)
    assert callee.invites() == 1


def test_mediad_dies_and_sound_is_back_on_the_same_ports(world):
    out, asked = world.up()
    world.hear_each_other(out, asked)
    world.platform.kill_only("mediad")
    killed = time.monotonic()
    until(lambda: out.rtp.packets[-1][0] > killed + 0.3 and
          asked.rtp.packets[-1][0] > killed + 0.3, 10, "sound is back")
    for end in (out, asked):
        times = [packet[0] for packet in list(end.rtp.packets)
                 if packet[0] > killed - 0.5]
        gap = max(b - a for a, b in zip(times, times[1:]))
        assert gap < 1.0, f"{gap:.2f} s without sound"
    since = time.monotonic()
    world.hear_each_other(out, asked, since=since)
    assert {packet[1] for packet in out.rtp.packets} == \
        {(out.remote_media[0], out.remote_media[1])}
    end_of_call(world, out, asked)


def test_mediad_dies_while_the_callee_rings(world):
    out, asked = world.ringing()
    world.platform.kill("mediad")
    asked.answer()
    asked.expect_ack()
    world.hear_each_other(out, asked)
    end_of_call(world, out, asked)


def test_apid_dies_and_nobody_notices(world):
    out, asked = world.up()
    world.platform.kill("apid")
    end_of_call(world, out, asked)


def test_nats_is_gone_for_ten_seconds_while_calls_ring_and_are_up(world):
    caller, callee = world.phone(), world.phone()
    caller2, callee2 = world.phone(), world.phone()
    world.answers(world.dial(callee), world.dial(callee2, events=""))
    out, asked = world.connected(caller, callee)
    world.hear_each_other(out, asked)
    ringing = caller2.call(world.platform.sip)
    asked2 = callee2.incoming()
    asked2.ring()
    ringing.established()

    world.platform.kill_nats()
    gone = time.monotonic()
    asked2.answer()
    asked.bye()
    asked.expect_bye_done()
    refused = world.phone()
    until(lambda: time.monotonic() - gone > 3, 4, "3 s")
    late = refused.call(world.platform.sip)
    assert late.expect(503).get("Retry-After")
    until(lambda: time.monotonic() - gone > 10, 11, "10 s")
    world.platform.start_nats()

    out.expect_bye(20)
    asked2.expect_ack(20)
    world.hear_each_other(ringing, asked2, 15)
    world.callbacks("initiated", "ringing", "in-progress", "completed",
                    seconds=30)
    once_each(world.record())
    ringing.bye()
    ringing.expect_bye_done()
    asked2.expect_bye()
    until(world.platform.is_ready, 10, "all is well again")


def test_nats_is_gone_while_the_callee_answers(world):
    out, asked = world.ringing()
    world.platform.kill_nats()
    asked.answer()
    holds(lambda: not asked.got("BYE"), 1.5, "the call is not ended")
    world.platform.start_nats()
    asked.expect_ack(20)
    world.hear_each_other(out, asked, 15)
    end_of_call(world, out, asked)


def test_a_webhook_that_answers_500_is_tried_again(world):
    caller, callee = world.phone(), world.phone()
    text = world.dial(callee)
    world.app.on(world.path("status"), Answer(500), Answer(500), NO_CONTENT)
    world.answers(text)
    out, asked = world.connected(caller, callee)
    asked.bye()
    out.expect_bye()

    def came():
        return sorted((int(r.params["SequenceNumber"]), r.params["CallStatus"])
                      for r in world.app.got(world.path("status")))
    wanted = {(0, "initiated"), (1, "ringing"), (2, "in-progress"),
              (3, "completed")}
    until(lambda: set(came()) == wanted and len(came()) == 6, 90,
          lambda: f"all four, two of them twice; came {came()}")
    firsts = []
    for request in world.app.got(world.path("status")):
        number = request.params["SequenceNumber"]
        if number not in firsts:
            firsts.append(number)
    assert firsts == ["0", "1", "2", "3"]
    until(lambda: len([m for m in world.platform.record(world.call_sid())
                       if m["type"] == "posted"]) == 6, 10,
          "each attempt is on record")
    posted = [m for m in world.platform.record(world.call_sid())
              if m["type"] == "posted"]
    assert sorted(m["status"] for m in posted) == [204] * 4 + [500] * 2


def test_a_webhook_that_hangs_does_not_hold_others_up_for_long(world):
    caller, callee, go = world.phone(), world.phone(), threading.Event()
    text = world.dial(callee)
    world.app.on(world.path("status"), Answer(204, type="", after=go),
                 NO_CONTENT)
    world.answers(text)
    out, asked = world.connected(caller, callee)
    try:
        asked.bye()
        out.expect_bye()
        world.app.wait_for(world.path("status"), 40, CallStatus="completed")
    finally:
        go.set()
    world.record()


@pytest.mark.parametrize("daemon", DAEMONS_BUT_MEDIAD)
def test_calls_go_through_right_after_a_restart(world, daemon):
    world.platform.kill(daemon)
    out, asked = world.up()
    end_of_call(world, out, asked)
