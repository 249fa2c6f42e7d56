"""How a callee can fail, and who is told what."""

import threading

import pytest

from harness.app import document
from harness.ports import free_port
from harness.wait import holds, until


@pytest.mark.parametrize("status, phrase, outcome", [
    (486, "Busy Here", "busy"),
    (600, "Busy Everywhere", "busy"),
    (480, "Temporarily Unavailable", "no-answer"),
    (404, "Not Found", "failed"),
    (503, "Service Unavailable", "failed")])
def test_callee_refuses(world, status, phrase, outcome):
    out, asked = world.dialling()
    asked.refuse(status, phrase)
    asked.expect_ack()
    world.callbacks("initiated", outcome)
    world.action(DialCallStatus=outcome, DialSipResponseCode=str(status),
                 DialSipCallId=asked.call_id)
    out.established()
    out.expect_bye()
    record = world.record()
    leg = world.leg(record)
    assert (leg["status"], leg["sip_status"]) == (outcome, status)
    assert "answered" not in leg


def test_callee_is_busy_and_the_action_offers_another_phone(world):
    caller, callee, second = world.phone(), world.phone(), world.phone()
    text = world.dial(callee)
    target = f"sip:b@127.0.0.1:{second.port};transport=udp"
    world.app.on(world.path("action"), document(
        f"<Response><Dial><Sip>{target}</Sip></Dial></Response>"))
    world.answers(text)
    out = caller.call(world.platform.sip)
    asked = callee.incoming()
    asked.refuse()
    out.established()
    again = second.incoming()
    again.answer()
    world.hear_each_other(out, again)
    again.bye()
    out.expect_bye()
    world.callbacks("initiated", "busy")


def test_nobody_answers_in_time(world):
    out, asked = world.ringing(timeout="5")
    asked.canceled(9)
    world.callbacks("initiated", "ringing", "no-answer")
    world.action(DialCallStatus="no-answer", DialSipResponseCode="487")
    out.expect_bye()
    leg = world.leg(world.record())
    assert (leg["status"], leg["sip_status"]) == ("no-answer", 487)
    rang = [when for when, message in asked.history
            if message.method == "CANCEL"][0] - asked.history[0][0]
    assert 4.5 < rang < 7


def test_the_caller_hears_ringback_while_the_callee_rings(world):
    caller, callee = world.phone(), world.phone()
    world.answers(world.dial(callee))
    out = caller.call(world.platform.sip)
    asked = callee.incoming()
    asked.ring()
    out.established()
    out.rtp.speak(out.remote_media, 1000)
    until(lambda: out.rtp.heard()[1] > 0.02, 6, "ringback at the caller")
    hertz, _ = out.rtp.heard()
    assert 350 < hertz < 500
    out.bye()
    asked.canceled()
    world.record()


def test_caller_gives_up_while_it_rings(world):
    out, asked = world.ringing()
    out.bye()
    out.expect_bye_done()
    asked.canceled()
    world.callbacks("initiated", "ringing", "canceled")
    assert world.leg(world.record())["status"] == "canceled"


def test_caller_gives_up_before_there_is_a_document(world):
    caller = world.phone()
    go = threading.Event()
    world.app.on("/voice", document("<Response><Hangup/></Response>",
                                    after=go))
    out = caller.call(world.platform.sip)
    world.call_sid()
    out.cancel()
    out.expect(487)
    go.set()
    record = world.record()
    leg = world.leg(record, 0)
    assert (leg["status"], leg["sip_status"]) == ("canceled", 487)
    assert not [m for m in record if m["type"] == "answer"]


def test_callee_answers_at_the_moment_of_the_cancel(world):
    """A late 200 is acknowledged and ended: no ghost call."""
    out, asked = world.ringing()
    out.bye()
    asked.expect_request("CANCEL")
    asked.answer()
    asked.expect_ack()
    asked.expect_bye()
    came = world.callbacks("initiated", "ringing", "canceled")
    assert came[-1].params["SipResultCode"] == "200"
    world.action(DialCallStatus="canceled", DialSipResponseCode="200")
    leg = world.leg(world.record())
    assert (leg["status"], leg["sip_status"]) == ("canceled", 200)


def test_bye_crosses_bye(world):
    out, asked = world.up()
    out.bye()
    asked.bye()
    out.expect_bye_done()
    # 481 where the platform's own BYE was answered before this one came.
    assert asked.final("BYE").status in (200, 481)
    world.callbacks("initiated", "ringing", "in-progress", "completed")
    world.record()


def test_a_second_ack_changes_nothing(world):
    out, asked = world.up()
    out.ack()
    out.ack()
    world.hear_each_other(out, asked)
    holds(lambda: not asked.got("BYE") and not out.got("BYE"), 0.5,
          "the call is up")
    out.bye()
    asked.expect_bye()
    world.callbacks("initiated", "ringing", "in-progress", "completed")
    record = world.record()
    assert len([m for m in record if m["type"] == "confirmed"]) == 1


def test_a_caller_that_never_acknowledges_is_hung_up(world):
    out, asked = world.dialling(timeout="60")
    asked.ring()
    out.expect(200)
    out.expect_bye(40)
    asked.canceled()
    record = world.record()
    assert world.leg(record, 0)["ended_by"] == "error"
    assert 64010 in {m.get("error") for m in record if m["type"] == "ended"}


def test_nobody_listens_where_the_document_leads(world):
    caller = world.phone()
    world.answers(world.dial(None, timeout="5", uri=(
        f"sip:nobody@127.0.0.1:{free_port()};transport=udp")))
    out = caller.call(world.platform.sip)
    out.established()
    out.expect_bye(15)
    request = world.app.wait_for(world.path("action"))
    assert request.params["DialCallStatus"] in ("failed", "no-answer")
    world.callbacks("initiated", request.params["DialCallStatus"])


def test_tcp_is_refused_by_the_target(world):
    caller, nobody = world.phone(), free_port()
    world.answers(world.dial(None, uri=(
        f"sip:nobody@127.0.0.1:{nobody};transport=tcp")))
    out = caller.call(world.platform.sip)
    out.established()
    out.expect_bye(15)
    world.callbacks("initiated", "failed")
    world.action(DialCallStatus="failed")
    record = world.record()
    assert 64003 in {m.get("error") for m in record if m["type"] == "failed"}
    assert [m["text"] for m in record
            if m["type"] == "noted" and m["code"] == 64003] == [
        f"127.0.0.1:{nobody} over tcp: SIP target not reachable. Check that "
        "the phone listens at that address and transport."]
