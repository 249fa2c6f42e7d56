"""<Sip url="...">: a document that runs on the callee's end first."""

import threading

from harness.app import Answer, document
from harness.wait import until


def begin(world, text, method="", **dialled):
    """The caller, and the callee's answered call, which is screened."""
    out, asked = world.ringing(sip=world.screening(text) + method, **dialled)
    asked.answer(headers=(("X-Room", "12"), ("X-Floor", "3")))
    asked.expect_ack()
    return out, asked


def test_url_runs_after_the_answer_and_the_parties_are_connected_when_it_ends(
        world):
    out, asked = begin(world, "<Response/>")
    request = world.app.wait_for(world.path("screen"))
    assert request.method == "POST"
    world.hear_each_other(out, asked)
    asked.bye()
    out.expect_bye()
    world.action(DialCallStatus="completed")
    world.callbacks("initiated", "ringing", "in-progress", "completed")


def test_the_request_has_the_standard_parameters_sip_call_id_and_sip_headers(
        world):
    out, asked = begin(world, "<Response/>")
    asked_for = world.app.wait_for(world.path("screen")).params
    assert asked_for["SipCallId"] == asked.call_id
    assert asked_for["SipHeader_X-Room"] == "12"
    assert asked_for["SipHeader_X-Floor"] == "3"
    assert asked_for["CallStatus"] == "in-progress"
    assert asked_for["Direction"] == "outbound-dial"
    assert asked_for["ParentCallSid"] == world.call_sid()
    assert asked_for["CallSid"] != world.call_sid()
    assert asked_for["AccountSid"] and asked_for["ApiVersion"]
    assert asked_for["From"] and asked_for["To"]
    out.bye()
    asked.expect_bye()


def test_method_get(world):
    out, asked = begin(world, "<Response/>", ' method="GET"')
    request = world.app.wait_for(world.path("screen"))
    assert request.method == "GET" and request.params["SipCallId"]
    out.bye()
    asked.expect_bye()


def test_the_caller_continues_to_hear_ringing_while_the_document_executes(
        world):
    go = threading.Event()
    out, asked = begin(world, document("<Response/>", after=go))
    world.app.wait_for(world.path("screen"))
    out.rtp.speak(out.remote_media, 1000)
    until(lambda: out.rtp.heard()[1] > 0.02, 8, "ringback at the caller")
    assert 350 < out.rtp.heard()[0] < 500
    go.set()
    world.hear_each_other(out, asked)
    out.bye()
    asked.expect_bye()


def test_pause_and_redirect_may_stand_in_it(world):
    out, asked = begin(world, '<Response><Pause length="1"/>'
                       "<Redirect>accept</Redirect></Response>")
    world.app.on(world.path("accept"), document("<Response/>"))
    world.app.wait_for(world.path("accept"))
    world.hear_each_other(out, asked)
    out.bye()
    asked.expect_bye()


def declined(world, out, asked):
    asked.expect_bye()
    world.action(DialCallStatus="no-answer", DialDeclined="true",
                 DialSipResponseCode="200")
    out.expect_bye()
    world.callbacks("initiated", "ringing", "in-progress", "completed")


def test_hangup_declines(world):
    declined(world, *begin(world, "<Response><Hangup/></Response>"))


def test_reject_declines(world):
    declined(world, *begin(world, "<Response><Reject/></Response>"))


def test_the_callee_hangs_up_in_it(world):
    out, asked = begin(world, '<Response><Pause length="20"/></Response>')
    world.app.wait_for(world.path("screen"))
    asked.bye()
    world.action(DialCallStatus="no-answer")
    out.expect_bye()


def test_dial_is_not_allowed_in_it(world):
    other = world.phone()
    out, asked = begin(world, f"<Response><Dial><Sip>{other.uri};transport=udp"
                       "</Sip></Dial></Response>")
    world.hear_each_other(out, asked)
    out.bye()
    asked.expect_bye()
    assert 13215 in world.notes(world.record())
    assert other.invites() == 0


def test_a_screening_document_that_cannot_be_had_declines(world):
    out, asked = begin(world, Answer(500, b"sorry", "text/plain"))
    asked.expect_bye()
    world.action(DialCallStatus="no-answer", DialDeclined="true")
    out.expect_bye()
    assert 11217 in world.notes(world.record())


def test_the_caller_hangs_up_meanwhile(world):
    out, asked = begin(world, '<Response><Pause length="20"/></Response>')
    world.app.wait_for(world.path("screen"))
    out.bye()
    asked.expect_bye()
    world.callbacks("initiated", "ringing", "in-progress", "completed")


def test_interpreter_dies_while_the_document_is_awaited(hard_world):
    world, go = hard_world, threading.Event()
    out, asked = begin(world, document("<Response/>", after=go))
    world.app.wait_for(world.path("screen"))
    world.platform.kill("interpreter")
    go.set()
    world.hear_each_other(out, asked, 20)
    out.bye()
    asked.expect_bye()
