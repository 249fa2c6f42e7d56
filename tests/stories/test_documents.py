"""Documents to the letter: the examples of the vendors' pages as they are printed,
what they do on the wire; slips that are mended, or not; headers that attack."""

import gzip
import hashlib
import os
import random
import re
import socket
import struct
import threading
import urllib.parse

import pytest

from conftest import platform_with, world_of
from harness import folders, sip
from harness.app import NO_CONTENT, Answer, document
from harness.certificates import Authority
from harness.phone import Phone
from harness.platform import ROOT, Platform
from harness.world import World

SEEDS = os.path.join(ROOT, "tests", "documents", "seeds")


def seed(name):
    with open(os.path.join(SEEDS, name + ".xml"), "rb") as file:
        return Answer(body=file.read())


class NameServer:
    """One name, one address: what every other question gets is nothing."""

    def __init__(self, name, address):
        self.wanted = b"".join(bytes([len(part)]) + part.encode()
                               for part in name.split(".")) + b"\0"
        self.address = socket.inet_aton(address)
        self._socket = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self._socket.bind(("127.0.0.1", 0))
        self.where = f"127.0.0.1:{self._socket.getsockname()[1]}"
        threading.Thread(target=self._run, daemon=True).start()

    def _run(self):
        while True:
            try:
                question, peer = self._socket.recvfrom(1500)
            except OSError:
                return
            end = question.index(b"\0", 12) + 5
            kind = struct.unpack("!H", question[end - 4:end - 2])[0]
            found = kind == 1 and question[12:end - 4].lower() == self.wanted
            answer = b"\xc0\x0c\0\1\0\1\0\0\0\x3c\0\4" + self.address
            self._socket.sendto(
                question[:2] + b"\x85\x80\0\1" + struct.pack("!H", found) +
                b"\0\0\0\0" + question[12:end] + answer * found, peer)

    def close(self):
        self._socket.close()


class NamedPlatform(Platform):
    """One for which example.com is a machine of ours: nothing else is changed."""

    def __init__(self, address, **settings):
        self.names = NameServer("example.com", address)
        self.address = address
        super().__init__(dns_servers=self.names.where, **settings)

    def start(self):
        hosts = os.path.join(folders.make("names"), "hosts")
        with open(hosts, "w", encoding="utf-8") as file:
            file.write(f"{self.address} example.com\n")
        self.environment["CARES_HOSTS"] = hosts
        super().start()

    def close(self):
        super().close()
        self.names.close()


def address_of_ours():
    """Ports of its own, whoever else tests at the same time."""
    return "127." + ".".join(str(random.randint(2, 250)) for _ in range(3))


@pytest.fixture(scope="module")
def restcomm(session_app):
    platform = NamedPlatform(address_of_ours(), log_level="debug",
                             voice_url=session_app.url("/voice"),
                             dialect="restcomm")
    yield platform
    platform.close()


page = world_of("restcomm")


def alice(page, transport="udp", kind=Phone):
    phone = kind(transport, user="alice", port=5060,
                 host=page.platform.address)
    page.phones.append(phone)
    return phone


def calls(page, callee, example):
    """The example runs: both ends of the call, before the answer."""
    page.app.on("/voice", seed(example))
    out = page.phone().call(page.platform.sip)
    asked = callee.incoming(20)
    asked.ring()
    out.established()
    return out, asked


def ends(out, asked):
    """Answered and hung up by the callee; the document has no more."""
    asked.answer()
    asked.expect_ack()
    asked.bye()
    out.expect_bye()


class Guarded(Phone):
    """Takes no INVITE without the right digest."""

    user_name, password = "alice", "secret"
    challenged = 0

    def _take(self, data, peer):
        text = data.decode(errors="replace")
        given = re.search(r"^Authorization: *Digest (.*)\r$", text, re.M | re.I)
        if text.startswith("INVITE ") and not self.is_right(given, text):
            message = sip.parse(data)
            message.peer = peer
            self.challenged += 1
            self.reply(message, 401, "Unauthorized", [(
                "WWW-Authenticate",
                'Digest realm="guarded", nonce="4711", algorithm=MD5, '
                'qop="auth"')], to=message.get("To") + ";tag=guard")
        elif text.startswith("ACK ") and ";tag=guard" in text:
            pass
        else:
            super()._take(data, peer)

    def is_right(self, given, text):
        if not given:
            return False
        words = {name: quoted or plain for name, quoted, plain in re.findall(
            r'(\w+)=(?:"([^"]*)"|([^\s,]+))', given.group(1))}

        def md5(value):
            return hashlib.md5(value.encode()).hexdigest()
        uri = text.split(" ", 2)[1]
        wanted = md5(":".join([
            md5(f"{self.user_name}:guarded:{self.password}"), "4711",
            words.get("nc", ""), words.get("cnonce", ""), "auth",
            md5(f"INVITE:{words.get('uri', uri)}")]))
        return words.get("username") == self.user_name and \
            words.get("response") == wanted


# --- Restcomm's page -----------------------------------------------------------
@pytest.mark.parametrize("example", [
    "restcomm-example", "restcomm-name-without-video",
    "restcomm-name-with-video"])
def test_the_examples_with_an_address(page, example):
    """sip:alice@127.0.0.1:5080, also as a name and with typographic quotes."""
    try:
        callee = page.phone(port=5080, user="alice")
    except OSError:
        pytest.skip("another one listens on port 5080")
    out, asked = calls(page, callee, example)
    assert asked.request.first.startswith("INVITE sip:alice@127.0.0.1:5080 ")
    ends(out, asked)
    notes = page.notes(page.record())
    assert (12100 in notes) == (example == "restcomm-name-with-video")
    assert 12200 not in notes


def test_the_example_with_authentication(page):
    callee = alice(page, kind=Guarded)
    out, asked = calls(page, callee, "restcomm-authentication")
    assert callee.challenged == 1
    assert "secret" not in str(asked.request.headers)
    ends(out, asked)
    page.record()


def test_the_example_with_custom_headers(page):
    """White space round the URI and a raw ampersand."""
    callee = alice(page)
    out, asked = calls(page, callee, "restcomm-custom-headers")
    assert asked.request.get("X-mycustomheader") == "tata"
    assert asked.request.get("X-myotherheader") == "toto"
    assert "?" not in asked.request.first
    ends(out, asked)
    warned = [m for m in page.record() if m["type"] == "noted"]
    assert [m["code"] for m in warned] == [12100]
    assert "line 5, column" in warned[0]["text"]


def test_the_example_with_a_transport(page):
    callee = alice(page, "tcp")
    out, asked = calls(page, callee, "restcomm-transport")
    assert "SIP/2.0/TCP" in asked.request.get("Via")
    ends(out, asked)
    page.record()


def test_the_example_of_dial_with_multiple_attributes(page):
    """record, timeout, hangupOnStar, callerId, relative action and url."""
    callee = alice(page)
    page.app.on("/handle_screening_on_answer", document("<Response/>"))
    page.app.on("/handle_post_dial", document("<Response><Hangup/></Response>"))
    out, asked = calls(page, callee, "restcomm-dial-with-multiple")
    assert "sip:bob@" in asked.request.get("From")
    assert asked.request.get("X-customheader") == "foo"
    asked.answer(headers=[("X-Desk", "7")])
    asked.expect_ack()
    screening = page.app.wait_for("/handle_screening_on_answer")
    assert screening.method == "POST"
    assert screening.params["SipCallId"] == asked.call_id
    assert screening.params["SipHeader_X-Desk"] == "7"
    page.hear_each_other(out, asked)
    asked.bye()
    action = page.app.wait_for("/handle_post_dial")
    assert action.method == "POST"
    assert action.params["DialCallStatus"] == "completed"
    assert action.params["DialSipCallId"] == asked.call_id
    assert action.params["DialSipResponseCode"] == "200"
    assert action.params["DialSipHeader_X-Desk"] == "7"
    out.expect_bye()
    page.record()


# --- SignalWire's page: TLS is the default --------------------------------------
@pytest.fixture(scope="module")
def authority():
    return Authority()


@pytest.fixture(scope="module")
def signalwire(session_app, authority):
    own = authority.certificate()
    platform = NamedPlatform(address_of_ours(), log_level="debug",
                             voice_url=session_app.url("/voice"),
                             tls_cert=own.path, tls_key=own.key,
                             tls_ca=authority.path)
    yield platform
    platform.close()


their_page = world_of("signalwire")


def at_example_com(page, authority, user, kind=Phone):
    phone = kind("tls", user=user, port=5061, host=page.platform.address,
                 certificate=authority.certificate("DNS:example.com"))
    page.phones.append(phone)
    return phone


@pytest.mark.parametrize("example", [
    "signalwire-introduction", "signalwire-dialing-to-a-sip-endpoint"])
def test_the_example_of_dialing_to_a_sip_endpoint(their_page, authority,
                                                  example):
    callee = at_example_com(their_page, authority, "alice")
    out, asked = calls(their_page, callee, example)
    assert asked.request.first == "INVITE sip:alice@example.com SIP/2.0"
    assert "SIP/2.0/TLS" in asked.request.get("Via")
    for name in ("CallSid", "AccountSid", "ApiVersion"):
        assert asked.request.get("X-SignalWire-" + name)
    ends(out, asked)
    assert not their_page.notes(their_page.record())


def test_the_example_of_dialing_with_authentication(their_page, authority):
    callee = at_example_com(their_page, authority, "bob", Guarded)
    callee.user_name, callee.password = "admin", "1234"
    out, asked = calls(their_page, callee,
                       "signalwire-dialing-with-authentication")
    assert callee.challenged == 1
    ends(out, asked)
    their_page.record()


def test_the_example_of_passing_custom_headers(their_page, authority):
    callee = at_example_com(their_page, authority, "charlie")
    out, asked = calls(their_page, callee,
                       "signalwire-passing-custom-headers")
    assert asked.request.get("X-customheader") == "foo"
    assert asked.request.get("X-othercustomheader") == "bar"
    ends(out, asked)
    assert their_page.notes(their_page.record()) == {12100}


def test_the_example_with_dial_attributes_as_printed(their_page, authority):
    """What www.example.com says nobody knows: but it is asked for."""
    callee = at_example_com(their_page, authority, "dan")
    out, asked = calls(their_page, callee,
                       "signalwire-dialing-with-dial-attributes")
    assert "sip:alice@" in asked.request.get("From")
    assert asked.request.get("X-customheader") == "foo"
    asked.answer()
    asked.expect_ack()
    asked.expect_bye(40)
    out.expect_bye(40)
    record = their_page.record()
    asked_for = [m["url"] for m in record if m["type"] == "get"]
    assert "https://www.example.com/whisper_audio" in asked_for
    assert "https://www.example.com/after_dial" in asked_for
    assert {m["event"] for m in record if m["type"] == "post"} == {
        "ringing", "answered"}


def test_the_example_with_dial_attributes(their_page, authority):
    """The same, with an application where www.example.com was."""
    page = their_page
    callee = at_example_com(page, authority, "dan")
    text = seed("signalwire-dialing-with-dial-attributes").body.decode()
    page.answers(text.replace("https://www.example.com", page.app.base))
    page.app.on("/whisper_audio", document("<Response/>"))
    page.app.on("/dial_events", NO_CONTENT)
    page.app.on("/after_dial", document("<Response/>"))
    out = page.phone().call(page.platform.sip)
    asked = callee.incoming(20)
    asked.ring()
    out.established()
    asked.answer(headers=[("X-Desk", "7")])
    asked.expect_ack()
    page.hear_each_other(out, asked)
    asked.bye()
    action = page.app.wait_for("/after_dial")
    assert action.method == "GET"
    assert action.params["DialCallStatus"] == "completed"
    assert action.params["DialSipHeader_X-Desk"] == "7"
    out.expect_bye()
    assert page.app.got("/whisper_audio")[0].method == "POST"
    record = page.record()
    page.app.wait_for("/dial_events", count=2)
    assert {r.params["CallStatus"] for r in page.app.got("/dial_events")} == \
        {"ringing", "in-progress"}
    assert "recording_stored" in {m["type"] for m in record}


# --- how documents are read --------------------------------------------------------
strict_platform = platform_with(markup_strict="yes")


@pytest.mark.parametrize("example", ["restcomm-custom-headers",
                                     "restcomm-name-with-video"])
def test_strictly_read_nothing_is_mended(session_app, strict_platform,
                                         example):
    session_app.reset()
    session_app.on("/voice", seed(example))
    world = World("strict", session_app, strict_platform)
    world.phone().call(strict_platform.sip).expect(500)
    record = world.record()
    refused = [m for m in record if m["type"] == "noted"]
    assert refused[0]["code"] == 12100 and refused[0]["level"] == "error"
    assert "column" in refused[0]["text"]
    world.close()


def test_strictly_read_a_right_document_runs(session_app, strict_platform):
    session_app.reset()
    session_app.on("/voice", document('<Response><Reject reason="busy"/>'
                                      "</Response>"))
    world = World("strict", session_app, strict_platform)
    world.phone().call(strict_platform.sip).expect(486)
    world.record()
    world.close()


BUSY = '<Response><Reject reason="busy"/></Response>'


@pytest.mark.parametrize("kind", [
    "text/xml", "application/xml; charset=utf-8", "text/html",
    "TEXT/XML;charset=\"UTF-8\"", "text/xml; charset=iso-8859-1"])
def test_content_types_of_documents(world, kind):
    world.answers(Answer(body=BUSY.encode(), type=kind))
    world.phone().call(world.platform.sip).expect(486)
    assert not world.notes(world.record())


def test_a_document_in_another_character_set(world):
    """ISO-8859-1 by its declaration: the callee sees the right name."""
    callee = world.phone()
    text = world.dial(callee, callerName="Ren\xe9")
    world.answers(Answer(
        body=b'<?xml version="1.0" encoding="ISO-8859-1"?>' +
        text.encode("iso-8859-1"), type="text/xml"))
    out = world.phone().call(world.platform.sip)
    asked = callee.incoming()
    assert 'Ren\xe9' in asked.request.get("From")
    asked.refuse()
    out.established()
    out.expect_bye()
    world.record()


def test_a_document_that_is_packed(world):
    world.answers(Answer(body=gzip.compress(BUSY.encode()),
                         headers=(("Content-Encoding", "gzip"),)))
    world.phone().call(world.platform.sip).expect(486)
    world.record()


def test_relative_urls_are_those_of_the_document_after_redirects(world):
    callee = world.phone()
    world.app.on(world.path("deep/er/page"), document(
        world.dial(callee).replace(world.url("action"), "../after?a=1")))
    world.app.on(world.path("deep/after"), document("<Response/>"))
    world.answers(Answer(302, headers=(
        ("Location", world.url("deep/er/page")),)))
    out = world.phone().call(world.platform.sip)
    callee.incoming().refuse()
    out.established()
    asked = world.app.wait_for(world.path("deep/after"))
    assert asked.params["a"] == "1"
    assert asked.params["DialCallStatus"] == "busy"
    out.expect_bye()
    world.record()


def test_typographic_quotes_are_mended_with_line_and_column(world):
    world.answers("<Response>\n  <Reject reason=\u201dbusy\u201d/></Response>")
    world.phone().call(world.platform.sip).expect(486)
    noted = [m for m in world.record() if m["type"] == "noted"]
    assert [m["code"] for m in noted] == [12100]
    assert "line 2, column 18" in noted[0]["text"], noted


# --- nouns -----------------------------------------------------------------------
def test_beside_a_sip_another_noun_is_refused_and_the_sip_is_dialled(world):
    callee = world.phone()
    text = world.dial(callee).replace("<Sip", "<Number>+4930123</Number><Sip")
    world.answers(text)
    out = world.phone().call(world.platform.sip)
    asked = callee.incoming()
    asked.refuse()
    out.established()
    world.action(DialCallStatus="busy")
    out.expect_bye()
    assert 13215 in world.notes(world.record())


@pytest.mark.parametrize("noun", [
    "<Number>+4930123</Number>", "<Client>alice</Client>", "+4930123",
    "<Conference>room</Conference>"])
def test_what_nothing_routes_is_told(world, noun):
    world.app.on(world.path("action"), document("<Response/>"))
    world.answers(f'<Response><Dial action="{world.url("action")}">{noun}'
                  "</Dial></Response>")
    out = world.phone().call(world.platform.sip)
    world.action(DialCallStatus="failed")
    out.final("INVITE")
    record = world.record()
    assert 13222 in world.notes(record)
    text = [m["text"] for m in record
            if m["type"] == "noted" and m["code"] == 13222][0]
    assert "installation" in text


def test_a_sip_uri_as_the_text_of_dial(world):
    callee = world.phone()
    world.answers(f"<Response><Dial>sip:bob@127.0.0.1:{callee.port};"
                  "transport=udp</Dial></Response>")
    out = world.phone().call(world.platform.sip)
    asked = callee.incoming()
    asked.refuse()
    out.established()
    out.expect_bye()
    world.record()


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
