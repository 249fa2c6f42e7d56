"""The attributes of <Dial>, each as its page words it."""

import struct
import time

import pytest

from harness.app import document
from harness.wait import until


def press(call, digit, kind=101):
    """A key as RFC 4733 wants it: 100 ms, three last packets."""
    event = "0123456789*#ABCD".index(digit)
    stamp = int(time.monotonic() * 8000) & 0xFFFFFFFF
    for step in range(8):
        ends = step >= 5
        length = 160 * min(step + 1, 6)
        header = struct.pack("!BBHII", 0x80, kind | (0x80 if step == 0 else 0),
                             9000 + step, stamp, 77)
        call.rtp.send_raw(call.remote_media[:2], header + struct.pack(
            "!BBH", event, (0x80 if ends else 0) | 10, length))
        time.sleep(0.02)


def test_action_is_requested_when_the_dialled_call_ends_and_goes_on(world):
    """Relative to the document it stands in, as the seed's is."""
    caller, callee = world.phone(), world.phone()
    world.app.on("/handle_post_dial", document(
        '<Response><Pause length="1"/><Hangup/></Response>'))
    world.answers(world.fork(callee, action="/handle_post_dial"))
    out, asked = world.connected(caller, callee)
    asked.bye()
    request = world.app.wait_for("/handle_post_dial")
    assert request.method == "POST"
    assert request.params["DialCallStatus"] == "completed"
    assert request.params["CallStatus"] == "in-progress"
    out.expect_bye()


def test_method_get_for_the_action(world):
    out, asked = world.up(method="GET")
    asked.bye()
    assert world.action(DialCallStatus="completed").method == "GET"
    out.expect_bye()


def test_without_action_the_next_verb_runs(world):
    caller, callee, second = world.phone(), world.phone(), world.phone()
    world.answers(world.dial(
        callee, action=False, then=f"<Dial><Sip>{second.uri};transport=udp"
        "</Sip></Dial>"))
    out, asked = world.connected(caller, callee)
    asked.bye()
    again = second.incoming()
    again.answer()
    world.hear_each_other(out, again)
    again.bye()
    out.expect_bye()


def test_the_caller_hangs_up_and_the_action_is_still_told(world):
    out, asked = world.up()
    out.bye()
    asked.expect_bye()
    world.action(DialCallStatus="completed", DialHangupBy="caller",
                 CallStatus="completed")


def test_timeout_is_how_long_the_callee_may_ring(world):
    out, asked = world.ringing(timeout="2")
    asked.canceled(6)
    world.action(DialCallStatus="no-answer",
                 DialHangupReason="nobody answered within timeout")
    out.expect_bye()


def test_time_limit_ends_the_dialled_call(world):
    out, asked = world.up(timeLimit="2")
    began = time.monotonic()
    asked.expect_bye(6)
    assert 1 < time.monotonic() - began < 4
    world.action(DialCallStatus="completed",
                 DialHangupReason="timeLimit reached")
    out.expect_bye()


def test_hangup_on_star_ends_the_callee_and_the_caller_stays(world):
    caller, callee = world.phone(), world.phone()
    text = world.dial(callee, hangupOnStar="true")
    world.app.on(world.path("action"), document(
        '<Response><Pause length="2"/></Response>'))
    world.answers(text)
    out = caller.call(world.platform.sip, codecs=(
        "0 PCMU", "101 telephone-event"))
    asked = world.taken(callee, out)
    press(out, "5")
    press(out, "*")
    asked.expect_bye()
    world.action(DialCallStatus="completed", DialHangupBy="caller",
                 DialHangupReason="the caller pressed *")
    assert not out.got("BYE")
    out.expect_bye()


def test_a_star_without_hangup_on_star_changes_nothing(world):
    caller, callee = world.phone(), world.phone()
    world.answers(world.dial(callee))
    out = caller.call(world.platform.sip, codecs=(
        "0 PCMU", "101 telephone-event"))
    asked = world.taken(callee, out)
    press(out, "*")
    world.hear_each_other(out, asked)
    out.bye()
    asked.expect_bye()


@pytest.mark.parametrize("caller_id", ["alice", "bob", "+15551234567",
                                       "a+b-c_d.e,f"])
def test_caller_id_can_be_any_alphanumeric_string_and_plus_minus_dot_comma(
        world, caller_id):
    out, asked = world.up(callerId=caller_id)
    assert f"<sip:{caller_id}@" in asked.request.get("From")
    asked.bye()
    out.expect_bye()
    for request in world.app.got(world.path("status")):
        assert request.params["From"] == caller_id


@pytest.mark.parametrize("caller_id", ["al ice", "a&lt;b", "a;b", "a@b"])
def test_caller_id_no_whitespace_no_other_characters(world, caller_id):
    out, asked = world.up(callerId=caller_id)
    assert "<sip:story@" in asked.request.get("From")
    asked.bye()
    out.expect_bye()
    assert 13214 in world.notes(world.record())


def test_without_caller_id_the_callers_own(world):
    out, asked = world.up()
    assert asked.request.get("From").startswith('"Story" <sip:story@')
    asked.bye()
    out.expect_bye()


def test_caller_name_is_the_display_name(world):
    out, asked = world.up(callerId="bob", callerName="Bob of Sales")
    assert asked.request.get("From").startswith('"Bob of Sales" <sip:bob@')
    asked.bye()
    out.expect_bye()


@pytest.mark.parametrize("record", ["false", "do-not-record"])
def test_record_false_is_no_recording(world, record):
    out, asked = world.up(record=record)
    asked.bye()
    out.expect_bye()
    assert not [m for m in world.record() if m["type"] == "record_start"]


def late(world, **dialled):
    """A caller who is not answered before its callee is."""
    caller, callee = world.phone(), world.phone()
    world.answers(world.dial(callee, answerOnBridge="true", **dialled))
    return caller.call(world.platform.sip), callee.incoming()


def test_answer_on_bridge_the_caller_rings_until_the_callee_answers(world):
    out, asked = late(world)
    asked.ring()
    out.expect(180)
    assert not [message for message in out.got("") if message.status == 200]
    asked.answer()
    asked.expect_ack()
    out.established()
    world.hear_each_other(out, asked)
    out.bye()
    asked.expect_bye()
    world.action(DialCallStatus="completed")


@pytest.mark.parametrize("status, phrase", [
    (486, "Busy Here"), (404, "Not Found"), (603, "Decline")])
def test_answer_on_bridge_the_callees_refusal_is_the_callers(
        world, status, phrase):
    out, asked = late(world)
    asked.refuse(status, phrase)
    out.expect(status)
    world.action(DialSipResponseCode=str(status))
    world.record()


def test_answer_on_bridge_nobody_answers(world):
    out, asked = late(world, timeout="2")
    asked.ring()
    out.expect(180)
    asked.canceled(6)
    out.expect(480)
    world.action(DialCallStatus="no-answer")


def test_answer_on_bridge_the_caller_gives_up(world):
    out, asked = late(world)
    asked.ring()
    out.expect(180)
    out.cancel()
    out.expect(487)
    asked.canceled()
    world.action(DialCallStatus="canceled", CallStatus="canceled")


def test_answer_on_bridge_with_screening(world):
    out, asked = world.dialling(
        answerOnBridge="true",
        sip=world.screening('<Response><Pause length="1"/></Response>'))
    asked.ring()
    out.expect(180)
    asked.answer()
    asked.expect_ack()
    out.established()
    world.hear_each_other(out, asked)
    out.bye()
    asked.expect_bye()


def test_ring_tone_of_a_country_is_taken_and_the_caller_hears_ringing(world):
    out, asked = world.ringing(ringTone="uk")
    out.rtp.speak(out.remote_media, 1000)
    until(lambda: out.rtp.heard()[1] > 0.02, 8, "ringback at the caller")
    asked.answer()
    world.hear_each_other(out, asked)
    out.bye()
    asked.expect_bye()


def test_the_seeds_complex_dial_as_printed(world):
    """record, timeout, hangupOnStar, callerId, method, action; url, method."""
    caller, callee = world.phone(), world.phone()
    world.app.on("/handle_post_dial", document("<Response/>"))
    world.app.on("/handle_screening_on_answer", document("<Response/>"))
    world.answers(f'''<?xml version="1.0" encoding="UTF-8"?>
<Response>
    <Dial
        record="true"
        timeout="10"
        hangupOnStar="true"
        callerId="bob"
        method="POST"
        action="/handle_post_dial">
            <Sip
                method="POST"
                url="/handle_screening_on_answer">
                sip:alice@127.0.0.1:{callee.port};transport=udp?customheader=foo
            </Sip>
    </Dial>
</Response>''')
    out = caller.call(world.platform.sip)
    asked = callee.incoming()
    assert "<sip:bob@" in asked.request.get("From")
    assert asked.request.get("X-customheader") == "foo"
    asked.answer()
    asked.expect_ack()
    out.established()
    assert world.app.wait_for("/handle_screening_on_answer").params[
        "SipCallId"] == asked.call_id
    world.hear_each_other(out, asked)
    asked.bye()
    out.expect_bye()
    assert world.app.wait_for("/handle_post_dial").params[
        "DialCallStatus"] == "completed"
