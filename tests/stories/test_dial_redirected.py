"""The callee's call is led away by the API: both sides go on by themselves."""

import time

from harness.api import Api
from harness.app import document


def led_away(world, child="<Response/>", after="<Response/>"):
    caller, callee = world.phone(), world.phone()
    text = world.dial(callee)
    world.app.on(world.path("child"), document(child))
    world.app.on(world.path("action"), document(after))
    world.answers(text)
    out, asked = world.connected(caller, callee)
    world.hear_each_other(out, asked)
    sid = asked.request.get("X-SignalWire-CallSid")
    assert Api(world.platform).change(
        sid, Url=world.url("child"))["sid"] == sid
    return out, asked


def test_a_redirected_child_runs_its_document_and_the_parent_its_action(
        world):
    out, asked = led_away(world)
    told = world.action(DialCallStatus="completed").params
    assert "DialCallDuration" not in told
    request = world.app.wait_for(world.path("child"))
    assert request.params["CallSid"] == told["DialCallSid"]
    assert request.params["CallStatus"] == "in-progress"
    asked.expect_bye()
    out.expect_bye()
    world.callbacks("initiated", "ringing", "in-progress", "completed")
    world.record()


def test_a_redirected_child_and_its_parent_hear_each_other_no_longer(world):
    wait = '<Response><Pause length="4"/></Response>'
    out, asked = led_away(world, wait, wait)
    world.app.wait_for(world.path("child"))
    world.action(DialCallStatus="completed")
    since = time.monotonic() + 1
    asked.expect_bye()
    out.expect_bye()
    assert not out.rtp.hears(440, since) and not asked.rtp.hears(1000, since)


def test_a_redirected_child_may_dial_itself(world):
    third = world.phone()
    out, asked = led_away(
        world, f"<Response><Dial><Sip>{third.uri};transport=udp</Sip></Dial>"
        "</Response>")
    again = third.incoming()
    again.answer()
    again.expect_ack()
    out.expect_bye()
    world.hear_each_other(asked, again, since=time.monotonic())
    again.bye()
    asked.expect_bye()
    record = world.record()
    assert world.leg(record, 2)["parent"] == world.leg(record, 1)["leg"]


def test_a_child_led_away_from_its_screening_completes_the_dial(world):
    caller, callee = world.phone(), world.phone()
    screen = world.screening('<Response><Pause length="30"/></Response>')
    world.app.on(world.path("child"), document("<Response/>"))
    world.answers(world.dial(callee, sip=screen))
    out = caller.call(world.platform.sip)
    asked = world.taken(callee, out)
    sid = world.app.wait_for(world.path("screen")).params["CallSid"]
    Api(world.platform).change(sid, Url=world.url("child"))
    world.app.wait_for(world.path("child"))
    world.action(DialCallStatus="completed", DialCallSid=sid)
    asked.expect_bye()
    out.expect_bye()
    world.record()
