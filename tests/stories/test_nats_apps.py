"""An application on the bus: documents by nats:subject."""

import os
import urllib.parse
from collections import namedtuple

import pytest

from conftest import platform_with, world_of
from harness.api import Api, account_of
from harness.nats import Nats
from harness.platform import ROOT
from harness.wait import until
from test_examples import Application
from test_signed import VERIFY

BUSY = '<Response><Reject reason="busy"/></Response>'
Asked = namedtuple("Asked", "subject headers body params")

platform = platform_with(nats_apps="app.>, desk")
world = world_of("platform")


class BusApp:
    """Answers by script on the subjects of one application."""

    def __init__(self, nats_url):
        self.asked = []
        self._pages = {}
        self._nats = Nats(nats_url)

    def on(self, subject, body="", headers=(), silent=False):
        known = subject in self._pages
        self._pages[subject] = (body, headers, silent)
        if not known:
            self._nats.listen(subject, self._heard)
            self._nats.ask("$JS.API.INFO")  # the server knows it by now

    def _heard(self, subject, reply, data):
        self.asked.append(Asked(
            subject, dict(self._nats.headers), data, dict(
                urllib.parse.parse_qsl(data.decode(), True))))
        body, headers, silent = self._pages[subject]
        if not silent:
            self._nats.publish(reply, body.encode(), headers=headers)

    def got(self, subject):
        return [asked for asked in self.asked if asked.subject == subject]

    def close(self):
        self._nats.close()


@pytest.fixture
def bus(opened, world):
    return opened(BusApp(world.platform.nats_url))


def number(world, name, **urls):
    """A number whose documents come from there, once calls to it are busy."""
    world.platform.voxctl("config", "set", "number", name, *[
        f"{field}={url}" for field, url in urls.items()])

    def known():
        out = world.phone().call(world.platform.sip, name)
        return out.final("INVITE").status == 486
    until(known, 20, f"the gateway knows number {name}")
    return name


def ends_with(world, url, code, words=""):
    """A call that is led there is refused, for this reason."""
    world.answers(f"<Response><Redirect>{url}</Redirect></Response>")
    final = world.phone().call(world.platform.sip).final("INVITE")
    assert final.status >= 500
    record = world.record()
    assert code in world.notes(record)
    texts = [message.get("text", "") + message.get("error_text", "")
             for message in record if code in (message.get("code"),
                                               message.get("error"))]
    assert any(words in text for text in texts), texts


def test_a_call_is_answered_by_an_application_on_the_bus(world, bus):
    """Document, redirect, action and screening document come from there;
    references mean the last token of the subject."""
    callee = world.phone()
    sid, token = account_of(world.platform)
    bus.on("app.shop.voice", BUSY)
    shop = number(world, "700",
                  voice_url="nats:app.shop.voice?lang=de#tt=5000")
    bus.asked.clear()
    bus.on("app.shop.voice", "<Response><Redirect>next?step=2</Redirect>"
           "</Response>")
    bus.on("app.shop.next", world.dial(
        callee, action=False, events="").replace(
            "<Dial", '<Dial action="after"').replace("<Sip", '<Sip url="screen"'))
    bus.on("app.shop.screen", "<Response/>")
    bus.on("app.shop.after", "<Response><Hangup/></Response>",
           [("Content-Type", "text/xml; charset=UTF-8"), ("Status", "200")])
    out = world.phone().call(world.platform.sip, shop)
    asked = world.taken(callee, out)
    until(lambda: bus.got("app.shop.screen"), 10, "the screening document")
    world.hear_each_other(out, asked)
    asked.bye()
    out.expect_bye()
    assert [it.subject.removeprefix("app.shop.") for it in bus.asked] == \
        ["voice", "next", "screen", "after"]
    first, second, _, after = bus.asked
    assert first.params["lang"] == "de" and "step" not in first.params
    assert second.params["step"] == "2" and "lang" not in second.params
    assert after.params["DialCallStatus"] == "completed"
    for it in bus.asked:
        assert it.params["CallSid"] and it.params["AccountSid"] == sid
        assert it.headers["CallSid"] == first.params["CallSid"]
        assert it.headers["AccountSid"] == sid
        assert it.headers["Method"] == "POST"
        assert it.headers["Content-Type"].startswith(
            "application/x-www-form-urlencoded")
        url = it.headers["X-Voxbus-Signed-Url"]
        assert url.startswith(f"nats:{it.subject}") and "#" not in url
        assert VERIFY([token], it.headers["X-Voxbus-Signature"], url, "POST",
                      url, it.body)
        assert not VERIFY([token], it.headers["X-Voxbus-Signature"], url,
                          "POST", url, it.body + b"x")
    record = world.platform.finished(first.params["CallSid"])
    fetched = [message for message in record if message["type"] == "fetched"]
    assert [message["status"] for message in fetched] == [200] * 4
    assert fetched[0]["url"] == "nats:app.shop.voice?lang=de"
    trace = os.path.join(world.platform.folder, "bus.jsonl")
    with open(trace, "w", encoding="utf-8") as file:
        file.write(world.platform.voxctl(
            "export", first.params["CallSid"]).stdout)
    assert "commands identical" in world.platform.voxctl(
        "replay", trace).stdout


def test_nobody_listens_on_the_subject(world):
    ends_with(world, "nats:app.nobody", 11205, words="nobody on the bus")


def test_an_application_that_is_too_slow(world, bus):
    """tt= of the URL holds here, too."""
    bus.on("app.slow", silent=True)
    ends_with(world, "nats:app.slow#tt=300", 11200, words="within 300 ms")
    assert len(bus.got("app.slow")) == 1


def test_a_reply_that_is_too_large(world, bus):
    bus.on("app.large", "<Response>" + " " * 65536 + "</Response>")
    ends_with(world, "nats:app.large", 11750, words="larger than 65536 bytes")


@pytest.mark.parametrize("headers, code, words", [
    ([("Status", "404")], 11217, "status 404"),
    ([("Nats-Service-Error-Code", "503"),
      ("Nats-Service-Error", "we are closed")], 11217,
     "status 503: we are closed"),
    ([("Nats-Service-Error", "we are closed")], 11217, "we are closed"),
    ([("Status", "soon")], 11206, "'soon'"),
    ([("Content-Type", "image/png")], 12300, "")])
def test_a_reply_that_is_no_document(world, bus, headers, code, words):
    bus.on("app.odd", BUSY, headers)
    ends_with(world, "nats:app.odd", code, words=words)


@pytest.mark.parametrize("subject", [
    "apps.voice", "app", "desk.below", "vox.interpreter.0.CA1", "hooks.0.x",
    "dead.x", "sound.open", "_INBOX.x"])
def test_other_subjects_are_not_asked(world, bus, subject):
    bus.on(subject.replace("vox.interpreter", "apps.x"), BUSY)
    ends_with(world, f"nats:{subject}", 11201, words="VOXBUS_NATS_APPS")
    assert not bus.asked


@pytest.mark.parametrize("url", [
    "nats:$JS.API.INFO", "nats:app.*", "nats:app.&gt;", "nats:", "nats:app.",
    "nats://127.0.0.1:4222/app.voice", "nats:app.a b"])
def test_what_names_no_subject_is_no_url(world, url):
    ends_with(world, url, 11100)


def test_the_bus_is_the_fallback_of_the_web(world, bus):
    bus.on("app.fallback", BUSY)
    number(world, "701", voice_url=world.url("nothing"),
           fallback_url="nats:app.fallback")
    assert len(bus.got("app.fallback")) == 1
    assert len(world.app.got(world.path("nothing"))) == 1


def test_a_subject_may_be_named_alone(world, bus):
    bus.on("desk", BUSY)
    number(world, "702", voice_url="nats:desk")
    assert len(bus.got("desk")) == 1


def test_callbacks_and_sounds_do_not_come_from_the_bus(world, bus):
    """They are at least once, and that is for HTTP; the call goes on."""
    callee = world.phone()
    world.answers(world.dial(callee, events="").replace(
        "<Sip", '<Sip statusCallback="nats:app.events"'))
    world.carried(callee)
    assert 13610 in world.notes(world.record())
    assert not bus.asked
    path = os.path.join(world.platform.folder, "document.xml")
    with open(path, "w", encoding="utf-8") as file:
        file.write('<Response><Play>nats:app.sound</Play><Dial '
                   'action="nats:app.after"><Sip url="nats:app.screen" '
                   'statusCallback="nats:app.events">sip:a@b.example</Sip>'
                   '</Dial><Redirect>nats:app.</Redirect></Response>')
    said = world.platform.voxctl("lint", path, status=1).stdout
    assert "statusCallback='nats:app.events': callbacks go to http(s)" in said
    assert "'nats:app.sound' is no URL" in said
    assert "'nats:app.' is no URL" in said
    assert "action='nats" not in said and " url='nats" not in said


def test_the_api_takes_such_a_url_for_a_document_alone(world, bus):
    api, callee = Api(world.platform), world.phone()
    bus.on("app.out", "<Response><Hangup/></Response>")
    to = f"{callee.uri.split(';')[0]};transport=udp"
    refusal = api.post("/Calls.json", {
        "To": to, "From": "a", "Url": "nats:app.out",
        "StatusCallback": "nats:app.events"}, 400)
    assert refusal["code"] == 21609
    assert api.post("/Calls.json", {"To": to, "From": "a",
                                    "Url": "nats:app.*"}, 400)["code"] == 21205
    made = api.call(To=to, From="a", Url="nats:app.out")
    asked = callee.incoming()
    asked.answer()
    asked.expect_ack()
    asked.expect_bye()
    assert bus.got("app.out")[0].headers["CallSid"] == made["sid"]


def test_the_sample_application_on_the_bus(world, opened, monkeypatch):
    monkeypatch.setenv("NATS_URL", world.platform.nats_url)
    callee = world.phone()
    application = opened(Application(
        ["/usr/bin/python3", os.path.join(ROOT, "examples", "nats", "app.py")],
        f"{callee.uri.split(';')[0]};transport=udp"))
    world.answers("<Response><Redirect>nats:app.desk.voice</Redirect>"
                  "</Response>")
    world.carried(callee)
    until(lambda: "app.desk.after" in application.printed(), 10,
          lambda: application.printed())
    assert "app.desk.voice CallSid=CA" in application.printed()


@pytest.mark.parametrize("apps, words", [
    ("vox.>", "platform's own"), (">", "no subject"), ("*", "no subject"),
    ("app.>,$JS.>", "no subject"), ("_INBOX.>", "platform's own"),
    ("app.>,sound", "platform's own"), ("a b", "no subject")])
def test_a_fetcher_with_such_a_setting_does_not_start(world, apps, words):
    process = world.platform.another("fetcher", nats_apps=apps,
                                     instance="fe9", admin_port=0)
    assert process.wait(20) == 1
    lines = world.platform.log_lines(component="fetcher", level="error")
    assert any("VOXBUS_NATS_APPS" in line["msg"] and words in line["msg"]
               for line in lines), lines
