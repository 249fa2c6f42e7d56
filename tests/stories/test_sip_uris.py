"""What a document may put on the wire by its URI and attributes: parameters and
headers as they are; attacks do not get there."""

import re
import urllib.parse

import pytest

from harness.app import NO_CONTENT


# --- headers that attack ------------------------------------------------------------
ATTACKS = [
    "From=sip%3Aevil%40example.com", "from=x", "%46rom=x", "To=x", "Via=x",
    "Route=%3Csip%3Aevil%3E", "Record-Route=x", "Contact=x", "Call-ID=x",
    "CSeq=1", "Max-Forwards=0", "Content-Length=0", "Content-Type=x",
    "Authorization=x", "Proxy-Authorization=x", "P-Asserted-Identity=x",
    "Replaces=x", "Require=x", "body=x", "method=BYE",
    "X-a=1&#13;&#10;Injected: yes", "X-a=1&#13;&#10; Injected: folded",
    "X-a=1%0d%0aInjected:%20yes", "X-a=1%0aInjected:%20yes",
    "X-a=1%0dInjected:%20yes", "X-a=1%0d%0a%20Injected:%20folded",
    "X-a=1%00Injected", "X-Injected%0d%0aVia=x", "X-Injected%3a%20b=c",
    "X-a%20Injected=1", "X-Injected", "X-SignalWire-CallSid=Injected",
    "SignalWire-AccountSid=Injected",
    "X-SignalWire-ParentCallSid=Injected", "X-a=%ff%feInjected", "=Injected"]


@pytest.mark.parametrize("attack", ATTACKS)
def test_a_header_that_attacks_does_not_reach_the_wire(world, attack):
    callee = world.phone()
    world.answers(world.dial(
        callee, callerId="alice", uri=f"sip:bob@127.0.0.1:{callee.port};"
        f"transport=udp?X-Good=fine&amp;{attack}"))
    out = world.phone().call(world.platform.sip)
    asked = callee.incoming()
    asked.refuse()
    request = asked.request
    names = [name.lower() for name, _ in request.headers]
    values = " ".join(value for _, value in request.headers)
    assert "Injected" not in values and "evil" not in values
    assert not [name for name in names if "inject" in name]
    assert request.get("X-Good") == "fine"
    assert "sip:alice@" in request.get("From")
    for once in ("from", "to", "via", "call-id", "cseq", "contact",
                 "max-forwards", "content-type"):
        assert names.count(once) == 1, once
    for never in ("route", "record-route", "authorization", "replaces",
                  "proxy-authorization", "p-asserted-identity", "require",
                  "x-from", "x-via", "x-route"):
        assert never not in names
    out.established()
    out.expect_bye()
    noted = [m["code"] for m in world.record() if m["type"] == "noted"]
    assert noted == [64005]


@pytest.mark.parametrize("target", [
    "sip:bob@127.0.0.1&#13;&#10;Injected: yes",
    "sip:bob&#13;&#10;Injected: yes@127.0.0.1",
    "sip:bob@127.0.0.1;transport=udp&#10; folded",
    "sip:bob@127.0.0.1;transport=udp?X-a=" + "1" * 2048,
    "sip:" + "b" * 250 + "@127.0.0.1;transport=udp",
    "sip:bob@127.0.0.1;transport=udp;maddr=192.0.2.1",
    "sip:bob@127.0.0.1;transport=udp;method=BYE",
    "sip:bob@127.0.0.1>;tag=1", "sip:bob@127.0.0.1 SIP/2.0",
    "sip:what?@127.0.0.1", "sip:what?X-a=1@127.0.0.1"])
def test_a_uri_that_attacks_is_not_dialled(world, target):
    callee = world.phone()
    target = target.replace("127.0.0.1", f"127.0.0.1:{callee.port}")
    world.answers(world.dial(callee, uri=target))
    world.over(world.phone().call(world.platform.sip))
    world.callbacks("initiated", "failed")
    record = world.record()
    assert 13243 in world.notes(record)
    assert callee.invites() == 0


def test_line_breaks_in_attributes_do_not_reach_the_wire(world):
    callee = world.phone()
    bad = "a&#13;&#10;Injected: yes"
    world.answers(world.dial(
        callee, callerId=bad, callerName=bad,
        sip=f' username="{bad}" password="{bad}"'))
    out = world.phone().call(world.platform.sip)
    asked = callee.incoming()
    asked.refuse()
    assert "Injected" not in str(asked.request.headers)
    assert "sip:story@" in asked.request.get("From")
    out.established()
    out.expect_bye()
    assert world.notes(world.record()) >= {13214, 12200}


@pytest.mark.parametrize("caller_id", [
    "a b", "a@b", "a&quot;b", "&lt;sip:evil&gt;", "a;b", "\u00e4bc", ""])
def test_a_caller_id_of_other_characters_is_refused(world, caller_id):
    out, asked = world.dialling(callerId=caller_id)
    asked.refuse()
    assert re.search(r"<sip:story@[^>]*>", asked.request.get("From"))
    out.established()
    out.expect_bye()
    assert 13214 in world.notes(world.record())


@pytest.mark.parametrize("caller_id", ["alice", "+49.30-12_3,4", "0"])
def test_a_caller_id_is_the_user_of_from(world, caller_id):
    out, asked = world.dialling(callerId=caller_id)
    asked.refuse()
    assert f"<sip:{caller_id}@" in asked.request.get("From")
    out.established()
    out.expect_bye()
    assert not world.notes(world.record())


# --- the URI -----------------------------------------------------------------------
def test_parameters_of_the_uri_are_kept(world):
    callee = world.phone()
    world.answers(world.dial(
        callee, uri=f"sip:+1555@127.0.0.1:{callee.port};transport=udp;"
        "user=phone;x-line=2;flag"))
    out = world.phone().call(world.platform.sip)
    asked = callee.incoming()
    asked.refuse()
    assert asked.request.first == \
        f"INVITE sip:+1555@127.0.0.1:{callee.port};transport=udp;" \
        "user=phone;x-line=2;flag SIP/2.0"
    out.established()
    out.expect_bye()
    world.record()


def test_headers_of_the_uri_are_decoded_once_and_get_their_x(world):
    callee = world.phone()
    world.answers(world.dial(
        callee, uri=f"sip:bob@127.0.0.1:{callee.port};transport=udp?"
        "FROM_NUMBER=%2B1555&amp;x-low=a%2541&amp;X-Same=1&amp;x-same=2&amp;"
        "User-to-User=0a0b%3Bencoding%3Dhex&amp;X-Eq=a=b"))
    out = world.phone().call(world.platform.sip)
    request = callee.incoming()
    request.refuse()
    request = request.request
    assert request.get("X-FROM_NUMBER") == "+1555"
    assert request.get("x-low") == "a%41"
    assert request.all("X-Same") == ["2"]
    assert request.get("User-to-User") == "0a0b;encoding=hex"
    assert request.get("X-Eq") == "a=b"
    out.established()
    out.expect_bye()
    world.record()


STANDARD = {
    "Remote-Party-ID": '"Al" <sip:al@example.com>;party=calling',
    "P-Preferred-Identity": "<sip:al@example.com>",
    "P-Called-Party-ID": "<sip:desk@example.com>",
    "Reason": 'Q.850;cause=16;text="Terminated"', "Subject": "Your order",
    "Priority": "urgent", "Alert-Info": "<http://example.com/ring.wav>",
    "Call-Info": "<http://example.com/al.png>;purpose=icon"}


def test_standard_headers_that_may_pass_are_in_the_invite_as_they_are(world):
    callee = world.phone()
    world.answers(world.dial(
        callee, uri=f"sip:bob@127.0.0.1:{callee.port};transport=udp?" +
        "&amp;".join(f"{name}={urllib.parse.quote(value)}"
                     for name, value in STANDARD.items())))
    out = world.phone().call(world.platform.sip)
    request = callee.incoming()
    request.refuse()
    assert {name: request.request.all(name) for name in STANDARD} == {
        name: [value] for name, value in STANDARD.items()}
    out.established()
    out.expect_bye()
    assert not world.notes(world.record())


@pytest.mark.parametrize("name", STANDARD)
def test_a_standard_header_of_nonsense_does_not_stop_the_call(world, name):
    callee = world.phone()
    world.answers(world.dial(
        callee, uri=f"sip:bob@127.0.0.1:{callee.port};transport=udp?"
        f"{name}=%3C,%22;a b&amp;X-After=1"))
    out = world.phone().call(world.platform.sip)
    request = callee.incoming()
    request.refuse()
    assert request.request.get("X-After") == "1"
    out.established()
    out.expect_bye()
    world.record()


@pytest.mark.parametrize("length, dialled", [(254, True), (255, False)])
def test_the_uri_is_under_255_characters(world, length, dialled):
    callee = world.phone()
    end = f"@127.0.0.1:{callee.port};transport=udp"
    uri = "sip:" + "b" * (length - 4 - len(end)) + end
    limited(world, callee, uri, dialled)


@pytest.mark.parametrize("length, dialled", [(1023, True), (1024, False)])
def test_the_headers_are_under_1024_characters(world, length, dialled):
    callee = world.phone()
    uri = f"sip:bob@127.0.0.1:{callee.port};transport=udp?X-a=%41" + \
        "1" * (length - 7)
    limited(world, callee, uri, dialled)


def limited(world, callee, uri, dialled):
    world.answers(world.dial(callee, uri=uri))
    out = world.phone().call(world.platform.sip)
    if dialled:
        callee.incoming().refuse()
    out.established()
    world.action(DialCallStatus="busy" if dialled else "failed")
    out.expect_bye()
    world.app.on("/status", NO_CONTENT)
    assert (13243 in world.notes(world.record())) != dialled
