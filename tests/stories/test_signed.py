"""X-Voxbus-Signature, as the code of examples/signed verifies it."""

import base64
import hashlib
import hmac
import importlib.util
import os
import re
import time
import urllib.error
import urllib.request

import pytest

from harness.api import Api, account_of
from harness.app import NO_CONTENT, Answer, document
from harness.platform import ROOT
from harness.sound import tone, write_wav
from harness.wait import until
from test_examples import Application

SIGNED = os.path.join(ROOT, "examples", "signed")
SHOP = "AC" + "51" * 16
BUSY = '<Response><Reject reason="busy"/></Response>'


def load_verify():
    spec = importlib.util.spec_from_file_location(
        "verify", os.path.join(SIGNED, "verify.py"))
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module.verify


VERIFY = load_verify()


def path_of(request):
    return request.path + ("?" + request.query if request.query else "")


def stamped_by(request, *keys, **more):
    return VERIFY(keys, request.headers.get("x-voxbus-signature"),
                  request.headers.get("x-voxbus-signed-url"), request.method,
                  path_of(request), request.body, **more)


def twilio_by(request, key):
    """The first signature of all, by a token: of a form."""
    text = request.headers["x-voxbus-signed-url"] + "".join(
        name + value for name, value in sorted(request.params.items())
        if request.method == "POST")
    digest = hmac.new(key.encode(), text.encode(), hashlib.sha1).digest()
    return request.headers["x-twilio-signature"] == \
        base64.b64encode(digest).decode()


def ask(application, path, body, **headers):
    """The status that the application answers such a request with."""
    request = urllib.request.Request(
        f"http://127.0.0.1:{application.port}{path}", body, method="POST")
    for name, value in headers.items():
        request.add_header(name.replace("_", "-"), value)
    try:
        with urllib.request.urlopen(request, timeout=10) as answer:
            return answer.status
    except urllib.error.HTTPError as error:
        return error.code


@pytest.fixture(params=[["/usr/bin/python3", "app.py"], ["node", "app.mjs"]],
                ids=lambda command: command[1])
def application(request, opened, world, monkeypatch):
    _, token = account_of(world.platform)
    monkeypatch.setenv("KEYS", token)
    program, script = request.param
    return opened(Application([program, os.path.join(SIGNED, script)], ""))


def test_an_application_answers_voxbus_and_nobody_else(world, application):
    """The sample verifies what reaches it directly; what was altered on its
    way, or is five minutes old, gets 403."""
    world.platform.voxctl(
        "config", "set", "number", "5151",
        f"voice_url=http://127.0.0.1:{application.port}/voice?x=%20y")
    until(lambda: world.phone().call(world.platform.sip, "5151").final(
        "INVITE").status == 486, 20, "the number's application rejects it")
    world.platform.voxctl("config", "rm", "number", "5151")
    assert "POST /voice is signed" in application.printed()
    assert "refused" not in application.printed()

    _, token = account_of(world.platform)
    url, body = "https://app.example.com/voice?a=1", b"CallSid=CA1"

    def status(when, path="/voice?a=1", sent=body, key=token):
        text = f"{when}\nPOST\n{url}\n".encode() + body
        signature = hmac.new(key.encode(), text, hashlib.sha256).hexdigest()
        return ask(application, path, sent, X_Voxbus_Signed_Url=url,
                   X_Voxbus_Signature=f"t={when},v1={signature}")
    now = int(time.time())
    assert status(now) == 200  # behind a proxy with another name and scheme
    assert status(now, sent=b"CallSid=CA2") == 403
    assert status(now, path="/voice?a=2") == 403
    assert status(now, key="another") == 403
    assert status(now - 400) == 403
    assert status(now + 400) == 403
    assert ask(application, "/voice?a=1", body) == 403


def test_all_that_an_application_is_asked_is_signed(world, tmp_path):
    """Documents by GET and POST, action, callbacks of calls and recordings;
    not so the sound that <Play> fetches: that may be anybody's server."""
    _, token = account_of(world.platform)
    callee = world.phone()
    path = tmp_path / "sound.wav"
    write_wav(str(path), tone(440, 0.1))
    world.app.on(world.path("sound.wav"),
                 Answer(body=path.read_bytes(), type="audio/wav"))
    world.app.on(world.path("recording"), NO_CONTENT)
    world.app.on(world.path("action"), document("<Response/>"))
    world.app.on(world.path("next"), document(world.dial(
        callee, record="record-from-answer",
        recordingStatusCallback=world.url("recording"),
        recordingStatusCallbackEvent="completed absent")))
    world.answers(f'<Response><Play>{world.url("sound.wav")}</Play>'
                  f'<Redirect method="GET">{world.url("next?a=b")}</Redirect>'
                  '</Response>')
    out = world.phone().call(world.platform.sip)
    asked = world.taken(callee, out)
    world.hear_each_other(out, asked)
    asked.bye()
    world.callbacks("initiated", "in-progress", "completed")
    world.app.wait_for(world.path("recording"))
    signed = [request for request in world.app.got()
              if request.path != world.path("sound.wav")]
    assert {request.path.removeprefix(world.page) for request in signed} >= \
        {"/voice", "next", "action", "status", "recording"}
    for request in signed:
        assert stamped_by(request, token), request
        assert not stamped_by(request, "another"), request
        assert not stamped_by(request, token, now=time.time() + 400), request
        assert twilio_by(request, token), request
        assert request.headers["x-signalwire-signature"] == \
            request.headers["x-twilio-signature"]
    fetched = world.app.got(world.path("sound.wav"))
    assert fetched and not [name for name in fetched[0].headers
                            if "signature" in name or "signed" in name]


def test_an_accounts_token_is_replaced_without_a_refused_request(world):
    """Two tokens for a while: both are good for the API, the first one signs
    for the vendors' SDKs, both sign for who verifies X-Voxbus-Signature."""
    def config(*words):
        return world.platform.voxctl("config", "set", *words).stdout

    def made(name, *words):
        return re.search(rf"^{name} (\w+)$", config("account", SHOP, *words),
                         re.M).group(1)

    def request(*keys):
        """The first call's whose request is signed by these, and no others."""
        def asked():
            world.phone().call(world.platform.sip, "5252").final("INVITE")
            found = world.app.got(world.path("shop"))[-1:]
            return found if found and all(stamped_by(found[0], key) == (
                key in keys) for key in known) else None
        return until(asked, 20, f"a request signed by {len(keys)}")[0]

    def may_use_api(token):
        api = Api(world.platform, account=(SHOP, token))
        return api.ask("GET", "/Calls.json")[0] == 200

    known = []

    world.app.on(world.path("shop"), document(BUSY))
    first = made("token", "token=new")
    known.append(first)
    config("number", "5252", f"voice_url={world.url('shop')}",
           f"account_sid={SHOP}")
    assert twilio_by(request(first), first)

    second = made("secondary_token", "secondary_token=new")
    known.append(second)
    asked = request(first, second)
    assert twilio_by(asked, first) and not twilio_by(asked, second)
    until(lambda: may_use_api(second), 20, "the API takes the second token")
    assert may_use_api(first)

    config("account", SHOP, "token=secondary")
    assert twilio_by(request(second), second)
    until(lambda: not may_use_api(first), 20, "the API takes it alone")
    assert may_use_api(second)
    for kind, name in (("number", "5252"), ("account", SHOP)):
        world.platform.voxctl("config", "rm", kind, name)
