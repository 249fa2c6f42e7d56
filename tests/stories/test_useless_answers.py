"""Callees whose 200 carries an SDP that is no use: they alone are hung up."""

import pytest

from harness.app import document
from harness.wait import holds, until

REFUSED = "v=0\r\no=- 1 1 IN IP4 127.0.0.1\r\ns=-\r\n" \
    "c=IN IP4 127.0.0.1\r\nt=0 0\r\nm=audio 0 RTP/AVP 0\r\n"
STRANGE = "v=0\r\no=- 1 1 IN IP4 127.0.0.1\r\ns=-\r\n" \
    "c=IN IP4 127.0.0.1\r\nt=0 0\r\nm=audio 4000 RTP/AVP 96\r\n" \
    "a=rtpmap:96 WHISPER/8000\r\n"
MALFORMED = "v=0\r\nm=audio\r\n"
USELESS = pytest.mark.parametrize("sdp, error", [
    (REFUSED, 65002), (STRANGE, 65002), (MALFORMED, 65001)])


def hung_up(asked):
    asked.expect_ack()
    asked.expect_bye()


@USELESS
def test_a_useless_answer_does_not_win_and_the_others_ring_on(
        world, sdp, error):
    caller, phones = world.phone(), [world.phone() for _ in range(3)]
    world.answers(world.fork(*phones))
    out = caller.call(world.platform.sip)
    first, second, third = [phone.incoming() for phone in phones]
    second.ring()
    out.established()
    first.answer(sdp=sdp)
    hung_up(first)
    holds(lambda: not second.got("CANCEL") and not third.got("CANCEL")
          and not out.got("BYE"), 0.5, "the others ring on")
    second.answer()
    second.expect_ack()
    third.canceled()
    world.hear_each_other(out, second)
    out.bye()
    second.expect_bye()
    world.action(DialCallStatus="completed", DialSipCallId=second.call_id)
    record = world.record()
    loser = world.leg(record, 1)
    assert (loser["status"], loser["error"]) == ("failed", error)
    last = world.fork_callbacks(0, "initiated", "in-progress", "failed")[-1]
    assert last.params["ErrorCode"] == str(error)


@USELESS
def test_with_answer_on_bridge_a_useless_answer_does_not_answer_the_caller(
        world, sdp, error):
    caller, callee = world.phone(), world.phone()
    world.answers(world.dial(callee, answerOnBridge="true"))
    out = caller.call(world.platform.sip)
    asked = callee.incoming()
    asked.ring()
    asked.answer(sdp=sdp)
    hung_up(asked)
    assert out.expect(480)
    assert 200 not in out.statuses()
    world.action(DialCallStatus="failed", DialErrorCode=str(error),
                 DialSipResponseCode="200")
    assert world.leg(world.record(), 0)["status"] != "completed"


def test_sequential_tries_the_next_after_a_useless_answer(world):
    caller, phones = world.phone(), [world.phone() for _ in range(2)]
    world.answers(world.fork(*phones, sequential="true"))
    out = caller.call(world.platform.sip)
    first = phones[0].incoming()
    out.established()
    first.answer(sdp=REFUSED)
    hung_up(first)
    second = phones[1].incoming()
    second.answer()
    second.expect_ack()
    world.hear_each_other(out, second)
    second.bye()
    out.expect_bye()
    world.action(DialCallStatus="completed", DialSipCallId=second.call_id)


def test_a_screened_callee_with_a_useless_answer_is_hung_up_alone(world):
    caller, phones = world.phone(), [world.phone() for _ in range(2)]
    screen = world.screening('<Response><Pause length="5"/></Response>')
    world.answers(world.fork(*phones, sip={0: screen},
                             answerOnBridge="true"))
    out = caller.call(world.platform.sip)
    first, second = [phone.incoming() for phone in phones]
    first.answer(sdp=REFUSED)
    hung_up(first)
    assert 200 not in out.statuses()
    second.answer()
    second.expect_ack()
    out.established()
    world.hear_each_other(out, second)
    out.bye()
    second.expect_bye()


# --- who is in progress since when -------------------------------------------------

def test_a_caller_whose_ack_is_late_is_in_progress(world):
    caller, callee = world.phone(), world.phone()
    world.answers(world.dial(callee))
    out = caller.call(world.platform.sip)
    asked = callee.incoming()
    until(lambda: 200 in out.statuses(), 5, "the caller's 200")
    asked.refuse()
    world.action(CallStatus="in-progress", DialCallStatus="busy")
    out.established()
    out.expect_bye()
