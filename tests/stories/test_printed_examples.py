"""The examples of the vendors' pages as they are printed: what they do on the
wire."""

import pytest

from conftest import world_of
from harness import digest, sip
from harness.app import NO_CONTENT, document, seed
from harness.names import NamedPlatform, address_of_ours
from harness.phone import Phone


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
        message = sip.parse(data) if data.startswith(b"INVITE ") else None
        if message and not self.is_right(message):
            message.peer = peer
            self.challenged += 1
            self.reply(message, 401, "Unauthorized", [(
                "WWW-Authenticate",
                'Digest realm="guarded", nonce="4711", algorithm=MD5, '
                'qop="auth"')], to=message.get("To") + ";tag=guard")
        elif data.startswith(b"ACK ") and b";tag=guard" in data:
            pass
        else:
            super()._take(data, peer)

    def is_right(self, message):
        given = message.get("Authorization")
        words = digest.parse(given) if given else {}
        return (words.get("realm"), words.get("nonce")) == \
            ("guarded", "4711") and digest.is_right(
                message, "Authorization", self.user_name, self.password)


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
def signalwire(session_app, tls_settings):
    platform = NamedPlatform(address_of_ours(), log_level="debug",
                             voice_url=session_app.url("/voice"),
                             **tls_settings)
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
    assert [r.params["CallStatus"] for r in page.app.got("/dial_events")] == \
        ["ringing", "in-progress"]
    assert "recording_stored" in {m["type"] for m in record}
