"""What the application is told, parameter by parameter, in each dialect."""

import re

import pytest

from conftest import told as told_by
from harness.api import Api
from harness.app import NO_CONTENT, document
from harness.platform import Platform
from harness.wait import until

DIALECTS = ("signalwire", "restcomm", "twilio")


@pytest.fixture(scope="module", params=DIALECTS)
def platform_of(request, session_app):
    platform = Platform(voice_url=session_app.url("/voice"),
                        dialect=request.param, log_level="debug")
    platform.dialect = request.param
    yield platform
    platform.close()


@pytest.fixture
def told(request, session_app, platform_of):
    for world in told_by(request.node.name, session_app, platform_of,
                         request.node):
        world.dialect = platform_of.dialect
        yield world


STANDARD = {"CallSid", "AccountSid", "From", "To", "CallStatus", "ApiVersion",
            "Direction"}
OF_DOCUMENTS = {
    "signalwire": STANDARD | {"SipCallId", "SipSourceIp"},
    "restcomm": STANDARD | {"SipCallId", "SipSourceIp", "CallerName"},
    "twilio": STANDARD | {"SipCallId", "SipSourceIp", "Caller", "Called",
                          "SipDomain"}}
OF_A_DIAL = {"DialCallStatus", "DialCallSid", "DialCallDuration",
             "DialRingDuration", "DialSipCallId", "DialSipResponseCode",
             "DialSipResponsePhrase", "DialHangupBy"}
PROGRESS = STANDARD | {"ParentCallSid", "CallEvent", "CallEventNumber",
                       "Timestamp", "TimestampIso", "CallbackSource",
                       "SequenceNumber", "SipCallId"}
ALSO = {"signalwire": set(), "restcomm": {"CallerName"},
        "twilio": {"Caller", "Called"}}
AT_THE_END = {"CallDuration", "RingDuration", "SipResultCode",
              "SipInviteResultPhrase", "HangupBy"}


OF_A_RECORDING = {"RecordingUrl", "RecordingSid", "RecordingDuration"}


def lacks(request, names):
    return names - set(request.params)


def test_every_parameter_of_a_dialect(told):
    """A call from a phone to a phone; the callee hangs up."""
    caller, callee = told.phone(), told.phone()
    told.answers(told.dial(
        callee, uri=f"sip:bob@127.0.0.1:{callee.port};transport=udp"))
    out, asked = told.connected(caller, callee)
    asked.bye()
    asked.expect_bye_done()
    action = told.action(DialCallStatus="completed", DialHangupBy="callee",
                         DialSipResponseCode="200",
                         DialSipResponsePhrase="OK",
                         DialSipCallId=asked.call_id)
    out.expect_bye()
    record = told.record()
    first = told.app.got("/voice")[0]
    dialect = told.dialect
    assert not lacks(first, OF_DOCUMENTS[dialect])
    assert not lacks(action, OF_DOCUMENTS[dialect] | OF_A_DIAL)
    assert ("DialBridged" in action.params) == (dialect == "twilio")
    if dialect == "twilio":
        assert action.params["DialBridged"] == "true"
        assert first.params["Caller"] == first.params["From"]
        assert first.params["Called"] == first.params["To"]
        assert first.params["SipDomain"] == "127.0.0.1"
    if dialect == "restcomm":
        assert first.params["CallerName"] == "Story"
        assert first.params["From"] == "story"
        assert first.params["To"] == "100"
    else:
        assert first.params["From"].startswith("sip:story@127.0.0.1")
    assert first.params["SipCallId"] == out.call_id
    assert first.params["SipSourceIp"] == "127.0.0.1"
    for other in DIALECTS:
        unknown = OF_DOCUMENTS[other] - OF_DOCUMENTS[dialect]
        assert not unknown & set(first.params)
    assert action.params["DialCallSid"] == told.leg(record)["leg"]
    came = told.callbacks("initiated", "ringing", "in-progress", "completed")
    assert [r.params["CallEvent"] for r in came] == [
        "initiated", "ringing", "answered", "completed"]
    for request in came:
        assert not lacks(request, PROGRESS | ALSO[dialect])
        assert request.params["SipCallId"] == asked.call_id
        assert request.params["Direction"] == "outbound-dial"
        assert request.params["CallbackSource"] == "call-progress-events"
        assert re.fullmatch(
            r"(Mon|Tue|Wed|Thu|Fri|Sat|Sun), \d\d [A-Z][a-z]{2} \d{4} "
            r"\d\d:\d\d:\d\d \+0000", request.params["Timestamp"])
    for name in ("SequenceNumber", "CallEventNumber"):
        assert [r.params[name] for r in came] == ["0", "1", "2", "3"]
    last = came[-1]
    assert not lacks(last, AT_THE_END)
    assert last.params["HangupBy"] == "callee"
    assert (last.params["SipResultCode"],
            last.params["SipInviteResultPhrase"]) == ("200", "OK")
    assert ("HangupDirection" in last.params) == (dialect == "signalwire")
    for early in came[:-1]:
        assert not {"CallDuration", "HangupBy", "HangupReason"} & \
            set(early.params)
    assert last.params["CallStatus"] == "completed"
    assert came[2].params["CallStatus"] == "in-progress"


def test_every_parameter_of_a_leg_that_was_refused(told):
    callee = told.phone()
    told.answers(told.dial(
        callee, uri=f"sip:bob@127.0.0.1:{callee.port};transport=udp"))
    out = told.phone().call(told.platform.sip)
    asked = callee.incoming()
    asked.refuse(486, "Busy Here", [("X-Why", "lunch"), ("Y-Why", "no")])
    out.established()
    action = told.action(DialCallStatus="busy", DialSipResponseCode="486",
                         DialSipResponsePhrase="Busy Here",
                         DialCallDuration="0")
    out.expect_bye()
    told.record()
    # SignalWire's are those of the 200; the others' of the final response.
    assert action.params.get("DialSipHeader_X-Why") == (
        None if told.dialect == "signalwire" else "lunch")
    assert "DialSipHeader_Y-Why" not in action.params
    last = told.app.wait_for(told.path("status"), SequenceNumber="1")
    assert last.params["CallStatus"] == "busy"
    assert last.params["SipResultCode"] == "486"
    assert last.params["SipInviteResultPhrase"] == "Busy Here"
    assert last.params["CallDuration"] == "0"


def test_headers_of_the_200_reach_the_action(told):
    caller, callee = told.phone(), told.phone()
    told.answers(told.dial(
        callee, uri=f"sip:bob@127.0.0.1:{callee.port};transport=udp"))
    out = caller.call(told.platform.sip)
    asked = callee.incoming()
    asked.ring()
    out.established()
    asked.answer(headers=[("X-Desk", "7"), ("x-low", "a, b")])
    asked.expect_ack()
    asked.bye()
    action = told.action(DialCallStatus="completed")
    out.expect_bye()
    told.record()
    sent = told.dialect != "twilio"
    assert action.params.get("DialSipHeader_X-Desk") == ("7" if sent else None)
    assert action.params.get("DialSipHeader_x-low") == \
        ("a, b" if sent else None)


@pytest.mark.parametrize("who", ["callee", "platform"])
def test_headers_of_the_end_reach_the_action_by_twilios_rules(told, who):
    """Of the callee's BYE, or of its 200 to ours."""
    caller, callee = told.phone(), told.phone()
    told.answers(told.dial(
        callee, uri=f"sip:bob@127.0.0.1:{callee.port};transport=udp",
        timeLimit="1" if who == "platform" else "60"))
    out, asked = told.connected(caller, callee)
    said = [("X-Why", "lunch"), ("Y-Why", "no")]
    asked.answers["BYE"] = lambda request: asked.reply(
        request, 200, "OK", said)
    if who == "callee":
        asked.ask("BYE", said)
    else:
        asked.expect_bye()
    action = told.action(DialCallStatus="completed")
    out.expect_bye()
    told.record()
    assert action.params.get("DialSipHeader_X-Why") == (
        "lunch" if told.dialect == "twilio" else None)
    assert "DialSipHeader_Y-Why" not in action.params


def test_headers_of_the_callers_invite_reach_the_document(told):
    told.answers("<Response><Reject/></Response>")
    out = told.phone().call(told.platform.sip, headers=[
        ("X-Ticket", "42"), ("User-to-User", "0a;encoding=hex"),
        ("P-Asserted-Identity", "<sip:x@y>")])
    out.expect(603)
    first = told.app.wait_for("/voice")
    assert first.params["SipHeader_X-Ticket"] == "42"
    assert first.params["SipHeader_User-to-User"] == "0a;encoding=hex"
    assert "SipHeader_P-Asserted-Identity" not in first.params
    told.record()


def test_ids_are_in_the_invite_and_restcomms_in_ack_and_bye_too(told):
    """CallSid, AccountSid and API version, by the dialect's names."""
    prefix, version = {"signalwire": ("X-SignalWire-", "2010-04-01"),
                       "restcomm": ("X-RestComm-", "2012-04-24"),
                       "twilio": ("X-Twilio-", "2010-04-01")}[told.dialect]
    caller, callee = told.phone(), told.phone()
    told.answers(told.dial(
        callee, uri=f"sip:bob@127.0.0.1:{callee.port};transport=udp"))
    out, asked = told.connected(caller, callee)
    out.bye()
    bye = asked.expect_bye()
    record = told.record()
    invite, ack = asked.request, asked.got("ACK")[0]
    assert invite.get(prefix + "CallSid") == told.leg(record)["leg"]
    assert invite.get(prefix + "AccountSid") == \
        told.app.got("/voice")[0].params["AccountSid"]
    assert invite.get(prefix + "ApiVersion") == version
    for later in (ack, bye):
        for name in ("CallSid", "AccountSid", "ApiVersion"):
            assert later.get(prefix + name) == (
                invite.get(prefix + name) if told.dialect == "restcomm"
                else "")


def test_restcomms_ids_are_in_cancel_too(told):
    out, asked = told.phone(), told.phone()
    told.answers(told.dial(
        asked, uri=f"sip:bob@127.0.0.1:{asked.port};transport=udp"))
    out = out.call(told.platform.sip)
    leg = asked.incoming()
    leg.ring()
    out.established()
    out.bye()
    cancel = leg.expect_request("CANCEL")
    leg.refuse(487, "Request Terminated")
    prefixed = [name for name, _ in cancel.headers if name.startswith("X-")]
    assert prefixed == (["X-RestComm-CallSid", "X-RestComm-AccountSid",
                         "X-RestComm-ApiVersion"]
                        if told.dialect == "restcomm" else [])
    told.record()


def test_the_winner_of_two_is_told_and_the_loser_has_its_reason(told):
    caller, one, other = told.phone(), told.phone(), told.phone()
    uri = "sip:bob@127.0.0.1:{};transport=udp"
    text = told.dial(one, uri=uri.format(one.port))
    second = f'<Sip statusCallback="{told.url("lost")}">' + \
        uri.format(other.port) + "</Sip></Dial>"
    told.app.on(told.path("lost"), document(""))
    told.answers(text.replace("</Dial>", second))
    out = caller.call(told.platform.sip)
    winner, loser = one.incoming(), other.incoming()
    loser.ring()
    winner.answer()
    winner.expect_ack()
    cancel = loser.expect_request("CANCEL")
    assert cancel.get("Reason") == \
        'SIP;cause=200;text="Call completed elsewhere"'
    loser.refuse(487, "Request Terminated")
    lost = told.app.wait_for(told.path("lost"))
    assert lost.params["CallStatus"] == "canceled"
    assert lost.params["HangupReason"] == "another callee accepted"
    out.established()
    winner.bye()
    told.action(DialCallStatus="completed", DialSipCallId=winner.call_id)
    out.expect_bye()
    told.record()


def test_a_declined_screening_is_told_to_the_action(told):
    callee = told.phone()
    told.app.on(told.path("screen"), document("<Response><Hangup/></Response>"))
    told.answers(told.dial(
        callee, uri=f"sip:bob@127.0.0.1:{callee.port};transport=udp",
        sip=f' url="{told.url("screen")}" method="GET"'))
    out = told.phone().call(told.platform.sip)
    asked = callee.incoming()
    asked.answer(headers=[("X-Desk", "7")])
    asked.expect_ack()
    asked.expect_bye()
    screening = told.app.wait_for(told.path("screen"))
    assert screening.method == "GET"
    assert not lacks(screening, STANDARD | {"SipCallId", "ParentCallSid"})
    assert screening.params["SipCallId"] == asked.call_id
    assert screening.params["SipHeader_X-Desk"] == "7"
    assert screening.params["ParentCallSid"] == told.call_sid()
    told.action(DialCallStatus="no-answer", DialDeclined="true")
    out.established()
    out.expect_bye()
    told.record()


def test_refer_url_by_get(told):
    """What the two parameters of a transfer are, and that referMethod counts."""
    told.app.on(told.path("refer"), document("<Response><Hangup/></Response>"))
    caller, callee = told.phone(), told.phone()
    told.answers(told.dial(
        callee, uri=f"sip:bob@127.0.0.1:{callee.port};transport=udp",
        referUrl=told.url("refer"), referMethod="GET"))
    out, asked = told.connected(caller, callee)
    asked.ask("REFER", [("Refer-To", "<sip:carol@example.com>")])
    asked.expect(202, method="REFER")
    request = told.app.wait_for(told.path("refer"))
    assert request.method == "GET"
    assert request.params["CallSid"] == told.call_sid()
    target = "ReferTarget" if told.dialect == "restcomm" \
        else "ReferTransferTarget"
    assert request.params[target] == "sip:carol@example.com"
    out.expect_bye()
    told.record()


@pytest.mark.parametrize("country, hertz", [("de", 425), ("il", 400)])
def test_ring_tone_is_the_one_of_the_country(told, country, hertz):
    """At home it would be 440 and 480 Hz."""
    out, asked = told.phone(), told.phone()
    told.answers(told.dial(
        asked, uri=f"sip:bob@127.0.0.1:{asked.port};transport=udp",
        ringTone=country))
    out = out.call(told.platform.sip)
    callee = asked.incoming()
    callee.ring()
    out.established()
    out.rtp.speak(out.remote_media, 1000)
    until(lambda: abs(out.rtp.heard()[0] - hertz) <= 10 and
          out.rtp.heard()[1] > 0.02, 8,
          lambda: f"the country's tone; heard {out.rtp.heard()}")
    out.bye()
    callee.expect_request("CANCEL")
    callee.refuse(487, "Request Terminated")
    told.record()


def recorded(told, callee):
    """A document that dials and records, and tells the recording's end."""
    told.app.on(told.path("recording"), NO_CONTENT)
    return told.dial(
        callee, uri=f"sip:bob@127.0.0.1:{callee.port};transport=udp",
        record="true", recordingStatusCallback=told.url("recording"))


def check_recording(told, last):
    """'completed' says of the recording what its own callback says."""
    ended = told.app.wait_for(told.path("recording"),
                              RecordingStatus="completed").params
    for name in OF_A_RECORDING:
        assert last.params[name] == ended[name], name
    assert last.params["RecordingSid"] in last.params["RecordingUrl"]
    assert re.fullmatch(r"\d+\.\d" if told.dialect == "restcomm" else r"\d+",
                        last.params["RecordingDuration"])


def test_completed_tells_the_recording_of_the_leg_that_was_recorded(told):
    """Restcomm never tells it to a dialled leg."""
    caller, callee = told.phone(), told.phone()
    told.answers(recorded(told, callee))
    out, asked = told.connected(caller, callee)
    told.hear_each_other(out, asked)
    asked.bye()
    out.expect_bye()
    *before, last = told.callbacks("initiated", "ringing", "in-progress",
                                   "completed")
    record = told.record()
    for request in before:
        assert not OF_A_RECORDING & set(request.params)
    if told.dialect == "restcomm":
        assert not OF_A_RECORDING & set(last.params)
        return
    check_recording(told, last)
    done = [m for m in record if m["type"] == "recording_done"][0]
    assert float(last.params["RecordingDuration"]) == pytest.approx(
        done["duration_ms"] / 1000, abs=0.51)


def test_restcomms_recording_is_told_to_a_call_that_the_api_began(told):
    """The others tell it to the dialled leg, however its call began."""
    api, begun, callee = Api(told.platform), told.phone(), told.phone()
    told.app.on(told.path("start"), document(recorded(told, callee)))
    told.app.on(told.path("root"), NO_CONTENT)
    api.call(To=f"{begun.uri.split(';')[0]};transport=udp", From="alice",
             Url=told.url("start"), StatusCallback=told.url("root"))
    out = begun.incoming()
    out.answer()
    out.expect_ack()
    asked = callee.incoming()
    asked.answer()
    asked.expect_ack()
    told.hear_each_other(out, asked)
    out.bye()
    asked.expect_bye()
    leg = told.app.wait_for(told.path("status"), CallEvent="completed")
    root = told.app.wait_for(told.path("root"), CallEvent="completed")
    assert root.params["Direction"] == "outbound-api"
    has, lacking = (root, leg) if told.dialect == "restcomm" else (leg, root)
    check_recording(told, has)
    assert not OF_A_RECORDING & set(lacking.params)
