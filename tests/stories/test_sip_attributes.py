"""The attributes of <Sip>, each as its page words it."""

import re

import pytest

from harness.app import NO_CONTENT
from harness import sip


def dial(world, attributes, **dialled):
    """The callee's INVITE of a document whose <Sip> has these attributes."""
    caller, callee = world.phone(), world.phone()
    world.answers(world.dial(callee, sip=f" {attributes}", **dialled))
    return caller.call(world.platform.sip), callee.incoming()


def finish(out, asked):
    """The callee hangs up: a caller's BYE could overtake the word of its 200."""
    asked.answer()
    asked.expect_ack()
    out.established()
    asked.bye()
    out.expect_bye()


BESIDE = ("telephone-event/8000", "telephone-event/48000", "CN/8000")


def payloads(asked):
    """What is offered, in order, by the words of rtpmap."""
    text = asked.request.text
    names = dict(re.findall(r"a=rtpmap:(\d+) (\S+)", text))
    return [names[kind] for kind in sip.media_of(text)[2]
            if names[kind] not in BESIDE]


@pytest.mark.parametrize("codecs, offered", [
    ("PCMA", ["PCMA/8000"]),
    ("PCMA,PCMU", ["PCMA/8000", "PCMU/8000"]),
    ("PCMU,PCMA", ["PCMU/8000", "PCMA/8000"]),
    ("PCMU,OPUS,G722", ["PCMU/8000", "opus/48000/2", "G722/8000"]),
    ("G722,opus,G729,PCMA,PCMU",
     ["G722/8000", "opus/48000/2", "G729/8000", "PCMA/8000", "PCMU/8000"]),
    ("PCMA,G729", ["PCMA/8000", "G729/8000"])])
def test_codecs_are_offered_in_the_order_specified(world, codecs, offered):
    out, asked = dial(world, f'codecs="{codecs}"')
    assert payloads(asked) == offered
    asked.answer(("8 PCMA",) if "PCMA/8000" in offered else ("0 PCMU",))
    asked.expect_ack()
    out.established()
    out.bye()
    asked.expect_bye()


def test_codecs_default_is_pcmu_pcma(world):
    out, asked = dial(world, "")
    assert payloads(asked) == ["PCMU/8000", "PCMA/8000"]
    finish(out, asked)


@pytest.mark.parametrize("attribute", ["", ' sessionTimeout="0"'])
def test_session_timeout_0_or_unset_is_600(world, attribute):
    out, asked = dial(world, attribute)
    assert asked.request.get("Session-Expires").split(";")[0] == "600"
    finish(out, asked)


def test_session_timeout_is_the_session_expires_header(world):
    out, asked = dial(world, 'sessionTimeout="1200"')
    assert asked.request.get("Session-Expires").split(";")[0] == "1200"
    finish(out, asked)


EVENTS = ["initiated", "ringing", "answered", "completed"]


@pytest.mark.parametrize("words, events", [
    ("initiated", ["initiated"]), ("answered completed",
                                   ["answered", "completed"]),
    ("ringing", ["ringing"])])
def test_status_callback_event_several_are_separated_by_a_space(
        world, words, events):
    out, asked = world.up(events=words)
    asked.bye()
    out.expect_bye()
    world.record()
    world.app.wait_for(world.path("status"), count=len(events))
    came = sorted(world.app.got(world.path("status")),
                  key=lambda r: int(r.params["SequenceNumber"]))
    assert [r.params["CallEvent"] for r in came] == events
    assert [r.params["SequenceNumber"] for r in came] == \
        [str(n) for n in range(len(events))]
    assert [r.params["CallEventNumber"] for r in came] == \
        [str(EVENTS.index(event)) for event in events]


def test_status_callback_without_events_sends_completed(world):
    caller, callee = world.phone(), world.phone()
    world.app.on(world.path("status"), NO_CONTENT)
    world.answers(world.dial(
        callee, events="", sip=f' statusCallback="{world.url("status")}"'))
    out, asked = world.connected(caller, callee)
    asked.bye()
    out.expect_bye()
    assert world.callbacks("completed")[0].params["CallEvent"] == "completed"


def test_status_callback_method_get(world):
    out, asked = dial(world, 'statusCallbackMethod="GET"')
    finish(out, asked)
    came = world.callbacks("initiated", "in-progress", "completed")
    assert {request.method for request in came} == {"GET"}


def test_username_and_password_answer_the_callees_challenge(world):
    out, asked = dial(world, 'username="alice" password="secret"')
    asked.refuse(401, "Unauthorized", ((
        "WWW-Authenticate",
        'Digest realm="pbx", nonce="abc", algorithm=MD5'),))
    again = asked.expect_request("INVITE")
    given = again.get("Authorization")
    assert 'username="alice"' in given and 'realm="pbx"' in given
    assert re.search(r'response="[0-9a-f]{32}"', given)
    assert "secret" not in str(again.encode())
    out.established()
    out.bye()


def test_name_is_the_sip_uri_when_video_is_nested(world):
    """Restcomm's Video example, with quotes as they should be."""
    caller, callee = world.phone(), world.phone()
    uri = f"sip:alice@127.0.0.1:{callee.port};transport=udp"
    world.answers(f'<Response><Dial><Sip name="{uri}">'
                  '<Video enable="true"></Video></Sip></Dial></Response>')
    out = caller.call(world.platform.sip)
    asked = callee.incoming()
    assert str(asked.request).startswith(
        f"INVITE sip:alice@127.0.0.1:{callee.port}")
    assert "m=video" not in asked.request.text
    finish(out, asked)
    assert not world.notes(world.record()) & {12200, 13750}
