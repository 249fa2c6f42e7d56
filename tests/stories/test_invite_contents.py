"""What stands in the requests that voxbus sends to a callee."""

import json
import re
import uuid

import pytest

from conftest import told
from harness.platform import Platform
from harness.wait import until

NIL = "0" * 32
PREFIXES = {"signalwire": "X-SignalWire-", "restcomm": "X-RestComm-",
            "twilio": "X-Twilio-"}
VERSIONS = {"signalwire": "2010-04-01", "restcomm": "2012-04-24",
            "twilio": "2010-04-01"}


@pytest.fixture(scope="module", params=list(PREFIXES))
def dialect(request, session_app):
    platform = Platform(voice_url=session_app.url("/voice"),
                        dialect=request.param, log_level="debug")
    yield request.param, platform
    platform.close()


@pytest.fixture
def spoken(request, session_app, dialect):
    yield from told(request.node.name, session_app, dialect[1], request.node)


def talk(asked):
    """The caller has his 200 already: he hears ringing."""
    asked.answer()
    return asked.expect_ack()


def names_of(world, message, dialect):
    """The platform's own headers of a message."""
    prefix = PREFIXES[dialect]
    return {name: message.get(prefix + name) for name in
            ("CallSid", "AccountSid", "ApiVersion", "ParentCallSid")
            if message.get(prefix + name)}


def test_who_calls_is_in_the_invite_and_stays(spoken, dialect):
    """CallSid, AccountSid and API version; Restcomm's on ACK and BYE too."""
    word, _ = dialect
    out, asked = spoken.ringing()
    root = spoken.call_sid()
    ack = talk(asked)
    out.bye()
    bye = asked.expect_bye()
    record = spoken.record()
    leg = spoken.leg(record)["leg"]
    account = spoken.app.got("/voice")[0].params["AccountSid"]
    own = {"CallSid": leg, "AccountSid": account, "ApiVersion": VERSIONS[word]}
    assert names_of(spoken, asked.request, word) == {
        **own, "ParentCallSid": root}
    stays = own if word == "restcomm" else {}
    assert names_of(spoken, ack, word) == stays
    assert names_of(spoken, bye, word) == stays


def test_who_calls_is_in_the_cancel(spoken, dialect):
    word, _ = dialect
    out, asked = spoken.ringing()
    out.bye()
    cancel = asked.expect_request("CANCEL")
    asked.refuse(487, "Request Terminated")
    own = names_of(spoken, asked.request, word)
    own.pop("ParentCallSid")
    assert names_of(spoken, cancel, word) == (own if word == "restcomm" else {})


def test_headers_of_the_dialog_after_a_restart(spoken, dialect):
    word, platform = dialect
    out, asked = spoken.up()
    platform.kill("sipgw")
    out.bye()
    bye = asked.expect_bye(20)
    own = names_of(spoken, asked.request, word)
    own.pop("ParentCallSid")
    assert names_of(spoken, bye, word) == (own if word == "restcomm" else {})
    assert bye.get("Session-ID").split(";")[0] == \
        asked.request.get("Session-ID").split(";")[0]


@pytest.mark.parametrize("name, shown", [
    ("Ann Lee", '"Ann Lee"'), ("Ann &quot;A&quot; Lee", r'"Ann \"A\" Lee"'),
    ("Zoë", '"Zoë"'), ("a\\b", r'"a\\b"')])
def test_caller_id_and_name_are_the_from(world, name, shown):
    out, asked = world.dialling(callerId="+49-30_1.2,3", callerName=name)
    from_header = asked.request.get("From")
    assert re.fullmatch(re.escape(shown) +
                        r" <sip:\+49-30_1\.2,3@127\.0\.0\.1>;tag=\S+",
                        from_header), from_header
    for absent in ("P-Asserted-Identity", "P-Preferred-Identity", "Diversion",
                   "Remote-Party-ID"):
        assert not asked.request.get(absent)
    talk(asked)
    out.established()
    out.bye()


def test_user_agent_names_product_and_version(world):
    out, asked = world.ringing()
    assert re.fullmatch(r"voxbus/\d+\.\d+\.\d+",
                        asked.request.get("User-Agent"))
    talk(asked)
    out.bye()


# --- Session-ID (RFC 7989) ----------------------------------------------------

def halves(message):
    found = re.fullmatch(r"([0-9a-f]{32});remote=([0-9a-f]{32})",
                         message.get("Session-ID"))
    assert found, message.get("Session-ID")
    return found.groups()


def test_session_id_of_both_sides(world):
    """Ours is one for the call; theirs is learned from what they send."""
    caller, callee = world.phone(), world.phone()
    world.answers(world.dial(callee))
    theirs, answer = uuid.uuid4().hex, uuid.uuid4().hex
    out = caller.call(world.platform.sip,
                      headers=[("Session-ID", f"{theirs};remote={NIL}")])
    asked = callee.incoming()
    ours, remote = halves(asked.request)
    assert remote == NIL
    assert ours[12] == "5" and ours[16] in "89ab"
    asked.answer(headers=[("Session-ID", f"{answer};remote={ours}")])
    assert halves(asked.expect_ack()) == (ours, answer)
    accepted = out.established()
    assert halves(accepted) == (ours, theirs)
    asked.bye()
    asked.expect_bye_done()
    assert halves(out.expect_bye()) == (ours, theirs)


def test_session_id_of_a_refusal(world):
    world.answers('<Response><Reject reason="busy"/></Response>')
    theirs = uuid.uuid4().hex
    out = world.phone().call(world.platform.sip,
                             headers=[("Session-ID", theirs)])
    assert halves(out.expect(486))[1] == theirs


@pytest.mark.parametrize("method, body, kind, headers, status", [
    ("INFO", "Signal=5", "application/dtmf-relay", (), 200),
    ("INFO", "", "text/plain", (), 200),
    ("INFO", "x", "text/plain", (), 415),
    ("INFO", "x", "text/plain", (("Info-Package", "foo"),), 469),
    ("OPTIONS", "", "text/plain", (), 200),
    ("REFER", "", "text/plain", (("Refer-To", "<sip:a@b>"),), 202),
    ("REFER", "", "text/plain", (), 400),
    ("MESSAGE", "hello", "text/plain", (), 405)])
def test_session_id_of_each_answer_inside_a_dialog(
        world, method, body, kind, headers, status):
    out, asked = world.up()
    ours, _ = halves(asked.request)
    theirs = uuid.uuid4().hex
    asked.ask(method, [*headers, ("Session-ID", f"{theirs};remote={ours}")],
              body, kind)
    answer = asked.final(method)
    assert answer.status == status
    assert halves(answer) == (ours, theirs)
    out.bye()
    asked.expect_bye()


@pytest.mark.parametrize("method, status", [
    ("OPTIONS", 200), ("INFO", 481), ("MESSAGE", 405)])
def test_session_id_of_an_answer_to_what_belongs_to_no_call(
        world, method, status):
    theirs = uuid.uuid4().hex
    answer = world.phone().outside(world.platform.sip, method, [
        ("Session-ID", theirs)]).final(method)
    assert answer.status == status
    ours, remote = halves(answer)
    assert remote == theirs and ours != NIL


@pytest.mark.parametrize("value", ["", "x", "0" * 32, "a" * 2000,
                                   "ab30317f1a784dc48ff824d0d3715d86 "
                                   "<script>;remote=;;"])
def test_a_session_id_that_is_none(world, value):
    world.answers('<Response><Reject reason="busy"/></Response>')
    out = world.phone().call(world.platform.sip,
                             headers=[("Session-ID", value)])
    ours, remote = halves(out.expect(486))
    assert remote in (NIL, value[:32])
    assert ours != NIL


# --- headers that must not get out ------------------------------------------

EVIL = [
    ("X-A", "1\r\nX-Evil: 1"), ("X-A", "1\nX-Evil: 1"), ("X-A", "1\r X-Evil"),
    ("X-A\r\nX-Evil", "1"), ("X-A: 1\r\nX-Evil", "1"), ("X-A ", "1"),
    ("X-Ä", "1"), ("X-", "1"), ("", "1"), ("X-A", "1\x00X-Evil: 1"),
    ("From", "<sip:evil@x>"), ("Via", "SIP/2.0/UDP evil"),
    ("Route", "<sip:evil;lr>"), ("v", "SIP/2.0/UDP evil"), ("m", "<sip:evil>"),
    ("Call-ID", "evil"), ("CSeq", "1 evil"), ("Contact", "<sip:evil>"),
    ("Content-Length", "0"), ("Content-Type", "evil/evil"),
    ("Max-Forwards", "0"), ("Require", "evil"), ("Proxy-Require", "evil"),
    ("Authorization", "Digest evil"), ("P-Asserted-Identity", "<sip:evil@x>"),
    ("Session-ID", "evil"), ("Record-Route", "<sip:evil>"),
    ("To", "<sip:evil@x>"), ("Replaces", "evil"), ("Identity", "evil")]


def test_evil_headers_of_a_command_never_reach_the_wire(world):
    """sipgw trusts no command: whatever wrote this one, names and values are
    checked again."""
    callee = world.phone()
    out, asked = world.up()
    dial = [m for m in world.platform.record(world.call_sid())
            if m["type"] == "dial"][0]
    sid = world.call_sid()
    bus = world.platform.nats()
    rang = []
    for number, (name, value) in enumerate(EVIL):
        leg = "CA" + f"{number:032x}"
        command = {**dial, "id": f"evil-{uuid.uuid4().hex}", "leg": leg,
                   "sip_call_id": f"evil-{number}-{leg}",
                   "uri": callee.uri + ";transport=udp",
                   "dialog_headers": 2,
                   "headers": [{"name": name, "value": value},
                               {"name": "X-Good", "value": "here"}]}
        bus.publish(f"vox.sipgw.gw0.{sid}", json.dumps(command).encode())
    # The bus's own rules refuse some of them: those do not ring at all.
    until(lambda: callee.invites() >= len(EVIL) - 4, 15,
          lambda: f"they ring; {callee.invites()} did")
    for _ in range(callee.invites()):
        rang.append(callee.incoming())
    for call in rang:
        text = call.request.encode().decode(errors="replace").lower()
        head = text.split("call-id:")[0] + text.split("cseq:")[1]
        assert "evil" not in head, text
        assert call.request.get("X-Good") == "here"
        assert len(call.request.all("From")) == 1
        assert len(call.request.all("Via")) == 1
        assert call.request.body.startswith(b"v=0")
        call.refuse(486)
    out.bye()
    asked.expect_bye()
