"""What the application is told, parameter by parameter, in each dialect."""

import re

import pytest

from harness.app import NO_CONTENT, document
from harness.platform import Platform
from harness.wait import until
from harness.world import World

RFC_2822 = r"[A-Z][a-z]{2}, \d\d [A-Z][a-z]{2} \d{4} \d\d:\d\d:\d\d \+0000"
DIALECTS = ("signalwire", "restcomm", "twilio")


@pytest.fixture(scope="module")
def platforms(session_app):
    """One of each dialect, made when it is first asked for."""
    made = {}

    def get(dialect):
        if dialect not in made:
            made[dialect] = Platform(voice_url=session_app.url("/voice"),
                                     dialect=dialect)
        return made[dialect]
    yield get
    for platform in made.values():
        platform.close()


@pytest.fixture
def world_of(request, session_app, platforms):
    worlds = []

    def make(dialect):
        session_app.reset()
        name = re.sub(r"\W+", "-", request.node.name)
        worlds.append(World(name, session_app, platforms(dialect)))
        return worlds[-1]
    yield make
    for world in worlds:
        world.close()


@pytest.mark.parametrize("dialect", DIALECTS)
def test_dial_parameters_of_a_call_that_was_answered(world_of, dialect):
    """DialSipCallId, DialSipResponseCode, DialSipHeader_ and the others."""
    world = world_of(dialect)
    out, asked = world.ringing()
    asked.answer(headers=(("X-Final", "of the 200"),))
    asked.expect_ack()
    world.hear_each_other(out, asked)
    asked.bye()
    out.expect_bye()
    told = world.action(
        DialCallStatus="completed", DialSipCallId=asked.call_id,
        DialSipResponseCode="200", DialSipResponsePhrase="OK",
        DialHangupBy="callee").params
    assert told["DialCallSid"] == world.app.wait_for(
        world.path("status")).params["CallSid"]
    assert told["DialCallDuration"].isdigit()
    assert told["DialRingDuration"].isdigit()
    wanted = None if dialect == "twilio" else "of the 200"
    assert told.get("DialSipHeader_X-Final") == wanted
    assert told.get("DialBridged") == ("true" if dialect == "twilio" else None)
    for name in ("CallSid", "AccountSid", "From", "To", "CallStatus",
                 "ApiVersion", "Direction"):
        assert told[name], name
    assert told["CallSid"] == world.call_sid()


@pytest.mark.parametrize("dialect", DIALECTS)
def test_dial_sip_header_of_a_refusal(world_of, dialect):
    """SignalWire tells those of the 200 alone, Restcomm of any final response."""
    world = world_of(dialect)
    caller, callee = world.phone(), world.phone()
    world.answers(world.dial(callee))
    out = caller.call(world.platform.sip)
    callee.incoming().refuse(486, "Busy Here", (("X-Final", "of the 486"),))
    told = world.action(
        DialCallStatus="busy", DialSipResponseCode="486",
        DialSipResponsePhrase="Busy Here", DialCallDuration="0").params
    wanted = None if dialect == "signalwire" else "of the 486"
    assert told.get("DialSipHeader_X-Final") == wanted
    out.established()
    out.expect_bye()


@pytest.mark.parametrize("dialect", DIALECTS)
def test_status_callback_parameters(world_of, dialect):
    """CallSid, CallStatus, CallDuration, Timestamp, CallbackSource,
    SequenceNumber and the standard ones."""
    world = world_of(dialect)
    caller, callee = world.phone(), world.phone()
    world.answers(world.dial(callee))
    out, asked = world.connected(caller, callee)
    asked.bye()
    out.expect_bye()
    came = world.callbacks("initiated", "ringing", "in-progress", "completed")
    sid = came[0].params["CallSid"]
    assert sid != world.call_sid()
    for number, request in enumerate(came):
        told = request.params
        assert told["CallSid"] == sid
        assert told["ParentCallSid"] == world.call_sid()
        assert told["AccountSid"] and told["From"] and told["To"]
        assert told["Direction"] == "outbound-dial"
        assert told["ApiVersion"] == (
            "2012-04-24" if dialect == "restcomm" else "2010-04-01")
        assert told["CallbackSource"] == "call-progress-events"
        assert told["SequenceNumber"] == str(number)
        assert re.fullmatch(RFC_2822, told["Timestamp"])
        assert told["CallEvent"] == (
            "initiated", "ringing", "answered", "completed")[number]
        assert ("CallDuration" in told) == (number == 3)
        assert told["SipCallId"] == asked.call_id
        assert ("Caller" in told) == (dialect == "twilio")
    last = came[3].params
    assert last["CallDuration"].isdigit()
    assert (last["SipResultCode"], last["SipInviteResultPhrase"]) == \
        ("200", "OK")
    assert last["HangupBy"] == "callee"
    assert last["RingDuration"].isdigit()
    if dialect == "restcomm":
        assert (last["From"], last["To"]) == ("story", "story")


def answered_and_hung_up(out, asked):
    asked.answer()
    asked.expect_ack()
    asked.bye()
    out.established()
    out.expect_bye()


def refused_with(status, phrase):
    def end(out, asked):
        asked.refuse(status, phrase)
        out.established()
        out.expect_bye()
    return end


def given_up(out, asked):
    out.established()
    out.bye()
    asked.canceled()


@pytest.mark.parametrize("outcome, ending", [
    ("completed", answered_and_hung_up),
    ("busy", refused_with(486, "Busy Here")),
    ("no-answer", refused_with(480, "Temporarily Unavailable")),
    ("failed", refused_with(404, "Not Found")), ("canceled", given_up)])
@pytest.mark.parametrize("dialect", DIALECTS)
def test_completed_is_sent_whatever_the_outcome_with_its_status(
        world_of, dialect, outcome, ending):
    """busy, canceled, completed, failed or no-answer: one event for them all."""
    world = world_of(dialect)
    caller, callee = world.phone(), world.phone()
    world.answers(world.dial(callee, events="completed"))
    out = caller.call(world.platform.sip)
    ending(out, callee.incoming())
    told = world.callbacks(outcome)[0].params
    assert told["CallEvent"] == "completed" and told["CallDuration"].isdigit()
    world.record()


@pytest.mark.parametrize("dialect", DIALECTS)
def test_screening_parameters(world_of, dialect):
    """SipCallId, and the X-headers of the 200, in every dialect."""
    world = world_of(dialect)
    out, asked = world.dialling(sip=world.screening("<Response/>"))
    asked.answer(headers=(("X-Room", "12"),))
    asked.expect_ack()
    out.established()
    told = world.app.wait_for(world.path("screen")).params
    assert told["SipCallId"] == asked.call_id
    assert told["SipHeader_X-Room"] == "12"
    assert told["CallStatus"] == "in-progress"
    assert told["ParentCallSid"] == world.call_sid()
    out.bye()
    asked.expect_bye()


@pytest.mark.parametrize("dialect, prefix", [
    ("signalwire", "X-SignalWire-"), ("restcomm", "X-RestComm-"),
    ("twilio", "X-Twilio-")])
def test_the_invite_carries_call_sid_account_sid_and_api_version(
        world_of, dialect, prefix):
    world = world_of(dialect)
    caller, callee = world.phone(), world.phone()
    world.answers(world.dial(callee))
    out, asked = world.connected(caller, callee)
    invite = asked.request
    told = world.app.wait_for(world.path("status")).params
    assert invite.get(f"{prefix}CallSid") == told["CallSid"]
    assert invite.get(f"{prefix}AccountSid") == told["AccountSid"]
    assert invite.get(f"{prefix}ApiVersion") == told["ApiVersion"]
    assert invite.get(f"{prefix}ParentCallSid") == world.call_sid()
    out.bye()
    later = asked.expect_bye().get(f"{prefix}CallSid")
    assert later == (told["CallSid"] if dialect == "restcomm" else "")


@pytest.mark.parametrize("dialect, transport", [
    ("signalwire", "tls"), ("restcomm", "udp"), ("twilio", "udp")])
def test_the_transport_defaults_to(world_of, dialect, transport):
    world = world_of(dialect)
    callee = world.phone()
    world.answers(world.dial(callee, uri=f"sip:bob@127.0.0.1:{callee.port}"))
    world.phone().call(world.platform.sip)
    if transport == "udp":
        callee.incoming().refuse()
        world.action(DialCallStatus="busy")
    else:
        world.action(DialCallStatus="failed")
        assert callee.invites() == 0


@pytest.mark.parametrize("end, who", [("callee", "callee"),
                                      ("caller", "caller")])
def test_who_hung_up_and_why_is_on_the_record_and_told(world_of, end, who):
    world = world_of("signalwire")
    caller, callee = world.phone(), world.phone()
    world.answers(world.dial(callee))
    out, asked = world.connected(caller, callee)
    first, second = (asked, out) if end == "callee" else (out, asked)
    first.bye()
    second.expect_bye()
    world.action(DialHangupBy=who)
    leg = world.leg(world.record())
    assert leg["parent"] == world.call_sid()
    assert leg["rang"] <= leg["answered"] <= leg["ended"]
    assert leg["ended_by"] == ("remote" if end == "callee" else "local")
    if end == "caller":
        assert leg["end_reason"] == "the other side of the call is gone"


def test_a_leg_that_cannot_be_dialled_tells_its_error(world_of):
    world = world_of("signalwire")
    world.answers(world.dial(None, uri="mailto:bob@example.com"))
    world.over(world.phone().call(world.platform.sip))
    world.action(DialCallStatus="failed", DialErrorCode="13243")
    assert world.callbacks("initiated", "failed")[1].params["ErrorCode"] == \
        "13243"
    assert world.leg(world.record())["error"] == 13243


@pytest.mark.parametrize("dialect", DIALECTS)
def test_the_document_request_has_the_standard_parameters(world_of, dialect):
    world = world_of(dialect)
    world.answers("<Response><Reject/></Response>")
    world.phone().call(world.platform.sip, headers=(("X-Tenant", "blue"),)) \
        .expect(603)
    told = world.app.wait_for("/voice").params
    for name in ("CallSid", "AccountSid", "From", "To", "ApiVersion",
                 "SipCallId"):
        assert told[name], name
    assert (told["CallStatus"], told["Direction"]) == ("ringing", "inbound")
    assert told["SipHeader_X-Tenant"] == "blue"


def test_recording_callback_is_not_sent_when_nobody_answers(world_of):
    world = world_of("signalwire")
    caller, callee = world.phone(), world.phone()
    world.app.on(world.path("recording"), NO_CONTENT)
    world.app.on(world.path("action"), document("<Response/>"))
    world.answers(world.dial(callee, record="true", recordingStatusCallback=(
        world.url("recording"))))
    out = caller.call(world.platform.sip)
    callee.incoming().refuse()
    out.established()
    out.expect_bye()
    world.record()
    assert not world.app.got(world.path("recording"))


def test_completed_tells_how_it_sounded(world_of):
    world = world_of("signalwire")
    out, asked = world.up()
    world.hear_each_other(out, asked)
    asked.bye()
    out.expect_bye()
    last = world.callbacks("initiated", "ringing", "in-progress",
                           "completed")[-1].params
    assert int(last["AudioInMediaPacketCount"]) > 5
    assert int(last["AudioOutMediaPacketCount"]) > 5
    assert last["AudioInSkipPacketCount"] == "0"
    assert last["HangupBy"] == "callee"
    world.record()


def test_completed_tells_how_many_packets_of_keys_were_sent(world_of):
    """A key by INFO, pressed for the callee: five packets, the last three times."""
    world = world_of("signalwire")
    caller, callee = world.phone(), world.phone()
    world.answers(world.dial(callee))
    out = caller.call(world.platform.sip)
    asked = callee.incoming()
    asked.answer(codecs=("0 PCMU", "101 telephone-event"))
    asked.expect_ack()
    out.established()
    world.hear_each_other(out, asked)
    out.ask("INFO", body="Signal=5\r\nDuration=100\r\n",
            kind="application/dtmf-relay")
    out.expect(200, method="INFO")
    until(lambda: sum(packet[2] == 101 for packet in asked.rtp.packets) >= 7, 5,
          "the key")
    asked.bye()
    out.expect_bye()
    last = world.callbacks("initiated", "in-progress", "completed")[-1].params
    assert last["AudioOutDtmfPacketCount"] == "7"
    assert last["AudioInDtmfPacketCount"] == "0"
    world.record()
