"""A redirect to somebody else takes no secrets along, and never leaves https."""

import pytest

from harness.app import Answer, AppServer, NO_CONTENT, document
from harness.phone import Phone
from harness.platform import Platform

GOOD = document('<Response><Reject reason="busy"/></Response>')
SECRETS = ("authorization", "cookie")


def moved(to, status=302, headers=()):
    return Answer(status, type="", headers=(("Location", to), *headers))


@pytest.fixture(scope="module")
def secure(authority):
    app = AppServer(certificate=authority.certificate())
    yield app
    app.close()


@pytest.fixture(scope="module")
def other(authority):
    """Another origin: the same machine, another port."""
    app = AppServer(certificate=authority.certificate())
    yield app
    app.close()


@pytest.fixture(scope="module")
def plain():
    app = AppServer()
    yield app
    app.close()


@pytest.fixture(scope="module")
def trusting(authority, secure):
    """A platform that knows the story's CA; its number's URL has userinfo."""
    url = secure.url("/voice").replace("https://", "https://user:pass@")
    platform = Platform(voice_url=url, http_ca=authority.path)
    yield platform
    platform.close()


def outcome(platform, app):
    """What became of a call to the number: its final status and its record."""
    phone = Phone()
    try:
        call = phone.call(platform.sip)
        status = call.final("INVITE").status
        sid = app.wait_for("/voice", SipCallId=call.call_id).params["CallSid"]
        return status, platform.finished(sid)
    finally:
        phone.close()


def fetched(record):
    return [message for message in record if message["type"] == "fetched"][-1]


@pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
def test_https_never_leads_to_http(trusting, secure, plain, status):
    plain.on("/voice", GOOD)
    secure.on("/voice", moved(plain.url("/voice"), status))
    refused, record = outcome(trusting, secure)
    assert refused >= 500
    answer = fetched(record)
    assert answer["error"] == 11251
    assert answer["status"] == status
    assert plain.got() == []


def test_https_leads_to_https_without_credentials_and_cookies(trusting,
                                                              secure, other):
    other.on("/elsewhere", GOOD)
    secure.on("/voice", moved(
        other.url("/elsewhere").replace("127.0.0.1", "localhost"), 307,
        (("Set-Cookie", "id=secret; Path=/"),)))
    busy, record = outcome(trusting, secure)
    assert busy == 486
    first, second = secure.got("/voice")[-1], other.wait_for("/elsewhere")
    assert first.headers["authorization"].startswith("Basic ")
    assert second.params["CallSid"] == first.params["CallSid"]
    assert not any(name in second.headers for name in SECRETS)
    answer = fetched(record)
    assert answer["redirects"] == 1
    assert answer["tls_ms"] >= answer.get("connect_ms", 0)


def test_the_same_host_by_https_keeps_them(trusting, secure):
    secure.on("/next", GOOD)
    secure.on("/voice", moved("/next", 307,
                              (("Set-Cookie", "id=secret; Path=/"),)))
    busy, record = outcome(trusting, secure)
    assert busy == 486
    again = secure.wait_for("/next")
    assert again.headers["authorization"].startswith("Basic ")
    assert again.headers["cookie"] == "id=secret"
    answer = fetched(record)
    assert "Authorization: ***" in answer["sent"]
    assert "pass" not in answer["sent"] + answer["headers"] + answer["url"]


def test_sounds_and_callbacks_do_not_leave_https_either(trusting, secure,
                                                        plain):
    callee = Phone()
    uri = callee.uri.split(";")[0] + ";transport=udp"
    plain.on("/sound", NO_CONTENT)
    secure.on("/away", moved(plain.url("/sound")))
    secure.on("/voice", document(
        f'<Response><Play>/away</Play><Dial action="/done"><Sip '
        f'statusCallback="/away" statusCallbackEvent="completed">{uri}</Sip>'
        f'</Dial></Response>'))
    secure.on("/done", document("<Response/>"))
    phone = Phone()
    call = phone.call(trusting.sip)
    call.established()
    callee.incoming().refuse()
    call.expect_bye()
    sid = secure.wait_for("/voice", SipCallId=call.call_id).params["CallSid"]
    secure.wait_for("/away", CallStatus="busy")
    record = trusting.finished(sid)
    played = [m for m in record if m["type"] == "played"]
    assert any("https to http" in m.get("error_text", "") for m in played)
    assert plain.got() == []
    callee.close()
    phone.close()
