"""Web applications behind TLS: HTTP/2 where they offer it, and connections that
are used again."""

import json
import os
import shutil
import subprocess

import pytest

from harness import folders
from harness.app import NO_CONTENT, AppServer, document
from harness.bench import name_of, post
from harness.phone import Phone
from harness.platform import Platform
from harness.ports import free_port
from harness.wait import until

REJECTS = "<Response><Reject/></Response>"


class Modern:
    """nghttpd: a web server that speaks HTTP/2 over TLS."""

    def __init__(self, certificate):
        folder = folders.make("http2")
        self.port, self._log = free_port(), os.path.join(folder, "log")
        for name, text in (("voice.xml", REJECTS), ("types", "text/xml xml\n")):
            with open(os.path.join(folder, name), "w",
                      encoding="utf-8") as file:
                file.write(text)
        with open(self._log, "w", encoding="utf-8") as log:
            self._process = subprocess.Popen(
                [shutil.which("nghttpd", path="/usr/sbin:/usr/bin"), "-v", "-a",
                 "127.0.0.1", "-d", folder, "--mime-types-file",
                 os.path.join(folder, "types"), str(self.port),
                 certificate.key, certificate.path],
                stdout=log, stderr=log)
        until(lambda: "listen" in self._text(), 10, self._text)

    def _text(self):
        with open(self._log, encoding="utf-8") as file:
            return file.read()

    def url(self):
        return f"https://127.0.0.1:{self.port}/voice.xml"

    def connections(self):
        return self._text().count("The negotiated protocol: h2")

    def close(self):
        self._process.terminate()
        self._process.wait(10)


@pytest.fixture(scope="module")
def platform(authority):
    made = Platform(http_ca=authority.path)
    yield made
    made.close()


def call_to(platform, phone, name, url):
    """A call to a number whose document is at 'url': what was fetched."""
    platform.voxctl("config", "set", "number", name, f"voice_url={url}")

    def asked():
        phone.call(platform.sip, name).final("INVITE")
        nats = platform.nats()
        found = [m for _, _, _, m in nats.record("vox.>")]
        sids = [m["call_sid"] for m in found
                if m["type"] == "incoming" and m["to_user"] == name]
        return [m for m in found
                if m["type"] == "fetched" and m["call_sid"] in sids]
    return until(asked, 10, "the number's document is asked for")


def tell(platform, url, number):
    """A webhook: how its attempt went."""
    nats, heard = platform.nats(), []
    nats.listen("vox.apid.>",
                lambda *words: heard.append(json.loads(words[2])))
    hook = post(f"{url}-{number}", number, url)
    nats.publish(f"vox.callbackd.any.{hook['call_sid']}",
                 json.dumps(hook).encode())
    return until(lambda: [m for m in heard if m["type"] == "posted" and
                          m["hook"] == name_of("HK", f"{url}-{number}",
                                               number)],
                 10, "the webhook is over")[0]


def test_documents_and_webhooks_go_by_http_2_over_one_connection_each(
        platform, authority, opened):
    modern = opened(Modern(authority.certificate()))
    phone = opened(Phone())
    call_to(platform, phone, "modern", modern.url())
    last = call_to(platform, phone, "modern", modern.url())[-1]
    assert (last["status"], last["http_version"]) == (200, 20)
    assert last["reused"]
    assert modern.connections() == 1
    first, second = (tell(platform, modern.url(), number)
                     for number in (0, 1))
    assert first["delivered"] and second["delivered"]
    assert not first.get("reused") and second["reused"]
    assert second["http_version"] == 20
    assert modern.connections() == 2


def test_http_1_1_over_tls_keeps_its_connection(platform, authority, opened):
    app = opened(AppServer(certificate=authority.certificate()))
    phone = opened(Phone())
    app.on("/voice", document(REJECTS))
    app.on("/status", NO_CONTENT)
    call_to(platform, phone, "plain", app.url("/voice"))
    last = call_to(platform, phone, "plain", app.url("/voice"))[-1]
    assert (last["status"], last["http_version"]) == (200, 11)
    assert last["reused"]
    tell(platform, app.url("/status"), 0)
    assert tell(platform, app.url("/status"), 1)["reused"]


def test_of_many_at_once_each_has_its_answer(platform, authority, opened):
    modern = opened(Modern(authority.certificate()))
    phone = opened(Phone())
    call_to(platform, phone, "many", modern.url())
    calls = [phone.call(platform.sip, "many") for _ in range(20)]
    assert {call.final("INVITE").status for call in calls} == {603}
    assert modern.connections() <= 21
