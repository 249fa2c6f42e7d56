"""Calls as they should be, from INVITE to the last webhook."""

import re
import time

import pytest

from harness.app import NO_CONTENT, document
from harness.wait import holds, until


def test_caller_hears_the_callee_and_the_callee_hears_the_caller(
        world, softphones):
    callee = softphones("callee", 440)
    caller = softphones("caller", 1000, answers=False)
    world.answers(world.dial(None, uri=f"{callee.uri};transport=udp"))
    caller.talks(f"sip:100@{world.platform.sip}", callee)
    caller.ends(callee)
    world.app.wait_for(world.path("status"), CallStatus="completed")
    rang = world.app.got(world.path("status"), CallStatus="ringing")
    came = world.callbacks("initiated", *["ringing"][:len(rang)],
                           "in-progress", "completed")
    assert came[-1].params["CallDuration"].isdigit()


def test_a_call_from_its_first_invite_to_its_last_webhook(world):
    out, asked = world.up()
    world.hear_each_other(out, asked)
    media_port = out.remote_media[1]
    assert world.platform.rtp_port <= media_port <= world.platform.rtp_last
    assert out.remote_media[0] == "127.0.0.1"
    out.bye()
    out.expect_bye_done()
    asked.expect_bye()
    came = world.callbacks("initiated", "ringing", "in-progress", "completed")

    leg_sid = came[0].params["CallSid"]
    for request in came:
        asked_for = request.params
        assert request.method == "POST"
        assert asked_for["CallSid"] == leg_sid
        assert asked_for["ParentCallSid"] == world.call_sid() != leg_sid
        assert asked_for["Direction"] == "outbound-dial"
        assert asked_for["CallbackSource"] == "call-progress-events"
        assert asked_for["ApiVersion"] == "2010-04-01"
        assert asked_for["AccountSid"]
        assert re.fullmatch(r"[A-Z][a-z]{2}, \d\d [A-Z][a-z]{2} \d{4} "
                            r"\d\d:\d\d:\d\d \+0000", asked_for["Timestamp"])
        assert ("CallDuration" in asked_for) == (
            asked_for["CallStatus"] == "completed")
    first = world.app.got("/voice")[0].params
    assert first["CallStatus"] == "ringing"
    assert first["Direction"] == "inbound"
    assert "100" in first["To"]

    record = world.record()
    leg = world.leg(record)
    assert (leg["status"], leg["sip_status"]) == ("completed", 200)
    assert world.leg(record, 0)["status"] == "completed"
    assert world.notes(record) == set()
    assert len(world.app.got("/voice")) == 1
    assert any(line.get("call_sid") == world.call_sid()
               for line in world.platform.log_lines())


def test_hangup_by_the_callee_asks_for_the_action_and_runs_its_answer(world):
    caller, callee = world.phone(), world.phone()
    text = world.dial(callee)
    world.app.on(world.path("action"), document(
        "<Response><Pause length='1'/><Hangup/></Response>"))
    world.app.on("/voice", document(text))
    out, asked = world.connected(caller, callee)
    asked.bye()
    asked.expect_bye_done()
    request = world.action(DialCallStatus="completed",
                           DialSipResponseCode="200",
                           DialSipCallId=asked.call_id)
    assert request.params["CallSid"] == world.call_sid()
    assert request.params["DialCallDuration"].isdigit()
    assert request.params["DialCallSid"] == \
        world.app.wait_for(world.path("status")).params["CallSid"]
    out.expect_bye()
    world.callbacks("initiated", "ringing", "in-progress", "completed")
    assert len(world.app.got(world.path("action"))) == 1
    world.record()


def test_a_callee_who_never_answers_our_bye_keeps_nobody_waiting(world):
    """The caller goes on after 4 s; BYE is repeated as RFC 3261 17.1.2 says."""
    out, asked = world.up(timeLimit=1)
    asked.answers["BYE"] = lambda request: None
    asked.expect_bye()
    world.action(DialCallStatus="completed", DialHangupBy="voxbus",
                 DialHangupReason="timeLimit reached")
    out.expect_bye()
    until(lambda: len(asked.got("BYE")) >= 5, 10, "repeated after the end")
    leg = world.leg(world.record())
    assert (leg["status"], leg["ended_by"]) == ("completed", "local")
    assert not leg.get("error")


def test_without_an_action_the_next_verb_follows(world):
    caller, callee, second = world.phone(), world.phone(), world.phone()
    target = f"sip:b@127.0.0.1:{second.port};transport=udp"
    world.answers(world.dial(callee, action=False,
                             then=f"<Dial><Sip>{target}</Sip></Dial>"))
    out, asked = world.connected(caller, callee)
    asked.bye()
    asked.expect_bye_done()
    again = second.incoming()
    again.answer()
    again.expect_ack()
    world.hear_each_other(out, again)
    out.bye()
    again.expect_bye()
    world.callbacks("initiated", "ringing", "in-progress", "completed")
    assert len(world.leg(world.record(), 2)) > 1


def test_over_tcp_on_both_sides(world):
    caller, callee = world.phone("tcp"), world.phone("tcp")
    world.answers(world.dial(callee))
    out, asked = world.connected(caller, callee)
    assert asked.request.get("Via").startswith("SIP/2.0/TCP")
    world.hear_each_other(out, asked)
    asked.bye()
    asked.expect_bye_done()
    out.expect_bye()
    world.callbacks("initiated", "ringing", "in-progress", "completed")


def test_a_caller_over_tcp_is_still_heard_after_a_long_silence(world):
    """Nothing is said on its connection for longer than it takes to make one."""
    caller, callee = world.phone("tcp"), world.phone("tcp")
    world.answers(world.dial(callee))
    out, asked = world.connected(caller, callee)
    holds(lambda: not out.got("BYE"), 5.5, "nobody hangs up")
    out.bye()
    out.expect_bye_done()
    asked.expect_bye()


def test_alaw_alone_is_relayed(world):
    caller, callee = world.phone(), world.phone()
    world.answers(world.dial(callee, sip=' codecs="PCMA"'))
    out = caller.call(world.platform.sip, "100", codecs=("8 PCMA",))
    asked = callee.incoming()
    assert asked.remote_media[2][0] == "8"
    asked.answer(codecs=("8 PCMA",))
    out.established()
    asked.expect_ack()
    out.rtp.speak(out.remote_media, 1000, kind=8)
    until(lambda: len(asked.rtp.packets) > 20, 5, "packets at the callee")
    assert {packet[2] for packet in asked.rtp.packets[-10:]} == {8}
    out.bye()
    asked.expect_bye()
    world.callbacks("initiated", "in-progress", "completed")


def test_callbacks_come_only_for_the_events_asked_for(world):
    out, asked = world.up(events="answered completed")
    asked.bye()
    out.expect_bye()
    world.callbacks("in-progress", "completed")
    world.record()


def test_documents_and_callbacks_by_get(world):
    caller, callee = world.phone(), world.phone()
    page = world.url("second?a=1&amp;b=x%20y")
    world.app.on(world.path("second"), document(
        world.dial(callee, sip=' statusCallbackMethod="GET"', method="GET")))
    world.answers(f'<Response><Redirect method="GET">{page}</Redirect>'
                  "</Response>")
    out, asked = world.connected(caller, callee)
    asked.bye()
    out.expect_bye()
    request = world.app.wait_for(world.path("second"))
    assert request.method == "GET" and not request.body
    assert (request.params["a"], request.params["b"]) == ("1", "x y")
    assert request.params["CallSid"] == world.call_sid()
    for callback in world.callbacks("initiated", "ringing", "in-progress",
                                    "completed"):
        assert callback.method == "GET" and not callback.body
    assert world.action(DialCallStatus="completed").method == "GET"


def test_callers_number_and_name_reach_the_callee(world):
    caller, callee = world.phone(), world.phone()
    world.answers(world.dial(callee, callerId="+4930123",
                             uri=f"sip:bob@127.0.0.1:{callee.port}"
                             ";transport=udp?color=blue&amp;X-Tea=a%20b"))
    out, asked = world.connected(caller, callee)
    invite = asked.request
    assert "sip:+4930123@" in invite.get("From")
    assert invite.uri.startswith(f"sip:bob@127.0.0.1:{callee.port}")
    assert "?" not in invite.uri
    assert invite.get("X-color") == "blue"
    assert invite.get("X-Tea") == "a b"
    assert invite.get("X-SignalWire-CallSid")
    out.bye()
    asked.expect_bye()
    world.record()


def test_redirect_leads_to_the_next_document(world):
    caller, callee = world.phone(), world.phone()
    world.app.on(world.path("next"), document(world.dial(callee)))
    world.answers(f"<Response><Redirect>{world.page}next</Redirect>"
                  "<Hangup/></Response>")
    out, asked = world.connected(caller, callee)
    out.bye()
    asked.expect_bye()
    assert world.app.got(world.path("next"))[0].method == "POST"
    world.callbacks("initiated", "ringing", "in-progress", "completed")


def test_pause_keeps_the_line_open_for_its_length(world):
    out, asked = world.up(action=False, then='<Pause length="2"/><Hangup/>')
    asked.bye()
    asked.expect_bye_done()
    began = time.monotonic()
    out.expect_bye()
    assert 1.8 < time.monotonic() - began < 3.5
    record = world.record()
    assert world.leg(record, 0)["status"] == "completed"
    assert [m["timer"] for m in record if m["type"] == "timer_fired"]


def test_pause_as_first_verb_delays_the_answer(world):
    caller = world.phone()
    world.answers('<Response><Pause length="1"/><Reject/></Response>')
    began = time.monotonic()
    out = caller.call(world.platform.sip)
    out.expect(603)
    assert time.monotonic() - began > 0.9
    assert 200 not in out.statuses()
    world.record()


def test_hangup_as_first_verb_refuses_the_call(world):
    caller = world.phone()
    world.answers("<Response><Hangup/></Response>")
    out = caller.call(world.platform.sip)
    out.expect(480)
    leg = world.leg(world.record(), 0)
    assert (leg["status"], leg["sip_status"]) == ("no-answer", 480)


@pytest.mark.parametrize("reason, status, outcome", [
    ("busy", 486, "busy"), ("rejected", 603, "no-answer")])
def test_reject(world, reason, status, outcome):
    caller = world.phone()
    world.answers(f'<Response><Reject reason="{reason}"/></Response>')
    out = caller.call(world.platform.sip)
    out.expect(status)
    record = world.record()
    leg = world.leg(record, 0)
    assert (leg["status"], leg["sip_status"]) == (outcome, status)
    assert not [m for m in record if m["type"] == "answer"]


def test_a_call_is_about_thirty_messages_on_about_six_subjects(world):
    out, asked = world.up()
    asked.bye()
    out.expect_bye()
    world.callbacks("initiated", "ringing", "in-progress", "completed")
    world.record()

    def complete():
        lines = world.platform.voxctl(
            "trace", "--raw", world.call_sid()).stdout.splitlines()
        return lines if sum('"posted"' in line for line in lines) == 4 else []
    lines = until(complete, 5, "all deliveries on record")
    assert 25 <= len(lines) <= 36
    bus = world.platform.nats()
    subjects = {subject for _, _, subject, _ in
                bus.record(f"vox.*.*.{world.call_sid()}")}
    assert len(subjects) <= 8
    counted = world.platform.metrics("interpreter")
    assert not [name for name, value in counted.items()
                if "malformed" in name and value]


def test_the_trace_tells_the_call(world):
    out, asked = world.up()
    asked.bye()
    out.expect_bye()
    world.record()
    told = world.platform.voxctl("trace", world.call_sid()).stdout
    for word in ("INVITE", "POST", "180", "200", "hung up", "completed"):
        assert word in told, told
    listed = world.platform.voxctl("calls").stdout
    assert world.call_sid() in listed


def test_callbacks_may_be_answered_with_a_document(world):
    caller, callee = world.phone(), world.phone()
    text = world.dial(callee)
    world.app.on(world.path("status"), document("<Response/>"))
    world.answers(text)
    out, asked = world.connected(caller, callee)
    out.bye()
    asked.expect_bye()
    world.callbacks("initiated", "ringing", "in-progress", "completed")
    world.app.on(world.path("status"), NO_CONTENT)
