"""Web servers that are gone, slow, wrong or hostile: what becomes of a document
that is asked of them, of the call, and of a webhook for them.

One table. All its calls and webhooks run side by side, once, on one platform;
each row is a story of its own. A name that is bound anew between two requests
is in lib/http/guard_test.c, whose name server is the test's.
"""

import dataclasses
import json
import re

import pytest

from harness.app import AppServer, document
from harness.badserver import (BadServer, answer, closes_at_once, drips,
                               endless_body, endless_headers, hangs, packed,
                               resets, says, slow)
from harness.bench import name_of, post
from harness.certificates import Authority
from harness.contract import Contract
from harness.phone import Phone
from harness.platform import Platform
from harness.ports import free_port
from harness.wait import until

FALLBACK_MS = 16000      # after the first request
MEMORY_MB = 10
SLACK_MS = 900           # of a busy machine
GONE = object()          # a port where nobody listens
CONTRACT = Contract()
BIG = answer(b"<Response>" + b" " * (10 << 20) + b"</Response>")


@dataclasses.dataclass
class Row:
    """'document' and 'hook': error (0: none), and ms that it may take.

    'tries' are the document's; a webhook's come later, by its schedule.
    """
    name: str
    act: object
    document: tuple
    hook: tuple
    tries: int = 1
    fragment: str = ""
    dialect: str = "signalwire"
    server: dict = dataclasses.field(default_factory=dict)


def moved(to):
    return answer(b"", "302 Found", Location=to)


ROWS = [
    Row("refuses", GONE, (11205, 1000), (11205, 1000), tries=2),
    Row("accepts nothing", None, (11205, 11000), (11205, 11000), tries=2,
        server={"backlog": 0}),
    Row("accepts and hangs", hangs, (11200, 10000), (11200, 15000)),
    Row("hangs before TLS", hangs, (11220, 10500), (11220, 10500),
        tries=2, server={"read": False, "scheme": "https"}),
    Row("is slow by 14 s", slow(14), (0, 14500), (0, 14500),
        dialect="twilio"),
    Row("is slow by 16 s", slow(16), (11200, 15000), (11200, 15000),
        dialect="twilio"),
    Row("is slower than its URL allows", hangs, (11200, 500),
        (11200, 500), fragment="#rt=500"),
    Row("drips a byte a second", drips, (11200, 15000), (11200, 15000)),
    Row("has endless headers", endless_headers, (11206, 2000),
        (11206, 2000)),
    Row("has an endless body", endless_body, (11750, 2000), (0, 2000)),
    Row("has 10 MB", says(BIG), (11750, 2000), (0, 2000)),
    Row("is packed a thousandfold", says(packed()), (11750, 2000),
        (0, 2000)),
    Row("is packed twice", says(packed(2)), (11206, 2000),
        (11206, 2000)),
    Row("redirects in a circle", says(moved("/voice")), (11215, 2000),
        (11215, 2000)),
    Row("redirects to what is closed",
        says(moved("http://127.0.0.2:9/")), (11201, 2000),
        (11215, 2000)),
    Row("redirects to no web address", says(moved("file:///etc/passwd")),
        (11100, 2000), (11215, 2000)),
    Row("redirects from https to http",
        says(moved("http://127.0.0.1:1/")), (11251, 2000), (11215, 2000),
        server={"certificate": "trusted"}),
    Row("is shorter than it says", says(answer(length=900)),
        (11206, 2000), (0, 2000)),
    Row("closes after its headers", says(answer(b"", length=30)),
        (11206, 2000), (0, 2000)),
    Row("closes without an answer", closes_at_once, (11205, 2000),
        (11205, 2000)),
    Row("resets the connection", resets, (11205, 2000), (11205, 2000)),
    Row("speaks no HTTP", says(b"220 mail.example ESMTP\r\n"),
        (11206, 2000), (11206, 2000)),
    Row("speaks no TLS", says(answer()), (11220, 2000), (11220, 2000),
        tries=2, server={"read": False, "scheme": "https"}),
    Row("has a certificate for others", says(answer()), (11220, 2000),
        (11220, 2000), tries=2,
        server={"certificate": "others"}),
    Row("has an expired certificate", says(answer()), (11220, 2000),
        (11220, 2000), tries=2,
        server={"certificate": "expired"}),
    Row("has a certificate of its own", says(answer()), (11220, 2000),
        (11220, 2000), tries=2,
        server={"certificate": "own"}),
    Row("has a certificate of the operator's CA", says(answer()),
        (0, 2000), (0, 2000), server={"certificate": "trusted"}),
    Row("answers 204", says(answer(b"", "204 No Content", Content_Type="")),
        (12100, 2000), (0, 2000)),
    Row("answers 404", says(answer(b"", "404 Not Found")), (11217, 2000),
        (11217, 2000)),
    Row("answers 500", says(answer(b"", "500 Oops")), (11217, 2000),
        (11217, 2000)),
    Row("answers 500, then 200",
        says(answer(b"", "500 Oops"), answer(), answer(b"", "500 Oops"),
             answer()), (0, 2000), (0, 2000), tries=2,
        fragment="#rc=1&rp=5xx"),
    Row("has another type", says(answer(Content_Type="image/png")),
        (12300, 2000), (0, 2000)),
    Row("has no XML", says(answer(b"Hello")), (12100, 2000), (0, 2000)),
]


class Told:
    """Everything that happened, and the servers that it happened with."""

    def __init__(self):
        self.authority = Authority()
        self.certificates = {
            "trusted": self.authority.certificate(),
            "others": self.authority.certificate("DNS:other.example"),
            "expired": self.authority.certificate(begins=-9, ends=-1),
            "own": Authority("Own CA").certificate()}
        self.app, self.phone = AppServer(), Phone()
        self.servers = []
        self.urls = {row.name: self._serve(row) for row in ROWS}
        self.hook_urls = {row.name: self._serve(row) for row in ROWS}
        self.platform = Platform(voice_url=self.app.url("/voice"),
                                 http_ca=self.authority.path)
        self._configure()
        self.resident_kb = self._memory("VmRSS")
        self._run()

    def close(self):
        self.platform.close()
        for server in [*self.servers, self.app, self.phone]:
            server.close()

    def _serve(self, row):
        """A server of the row's own: the URL that leads there."""
        if row.act is GONE:
            return f"http://127.0.0.1:{free_port()}/voice"
        more = dict(row.server)
        scheme = more.pop("scheme", None)
        certificate = more.pop("certificate", None)
        server = BadServer(row.act, self.certificates.get(certificate), **more)
        self.servers.append(server)
        if not row.act:
            server.fill()
        return server.url(scheme=scheme) + row.fragment

    def _configure(self):
        """Each row has a number; all are in force once the last one is."""
        rejected = document("<Response><Reject/></Response>")
        for row in ROWS:
            self.platform.voxctl(
                "config", "set", "number", row.name.replace(" ", "-"),
                f"voice_url={self.urls[row.name]}",
                f"fallback_url={self.app.url('/fallback')}",
                f"dialect={row.dialect}")
        self.platform.voxctl("config", "set", "number", "last",
                             f"voice_url={self.app.url('/last')}")
        self.app.on("/fallback", rejected)
        self.app.on("/last", rejected)

        def last():
            self.phone.call(self.platform.sip, "last").final("INVITE")
            return self.app.got("/last")
        until(last, 10, "the last number is known")

    def _memory(self, what):
        path = f"/proc/{self.platform.pid_of('fetcher')}/status"
        with open(path, encoding="utf-8") as file:
            return int(re.search(rf"{what}:\s+(\d+) kB", file.read())[1])

    def _run(self):
        nats, posted, calls = self.platform.nats(), {}, []

        def hear(_subject, _reply, data):
            message = json.loads(data)
            if message["type"] == "posted":
                posted.setdefault(message["hook"], message)
        nats.listen("vox.apid.>", hear)
        for row in ROWS:
            calls.append(self.phone.call(self.platform.sip,
                                         row.name.replace(" ", "-")))
            hook = post(row.name, 0, self.hook_urls[row.name])
            nats.publish(f"vox.callbackd.any.{hook['call_sid']}",
                         json.dumps(hook).encode())
        for call in calls:
            call.final("INVITE", 60)
        until(lambda: len(posted) == len(ROWS), 30,
              lambda: f"{len(ROWS)} first attempts; {len(posted)} came")
        self.posted = posted
        self.peak_kb = self._memory("VmHWM")
        self.records = {}
        for _, _, _, message in nats.record("vox.>"):
            self.records.setdefault(message["call_sid"], []).append(message)

    def document(self, row):
        """The row's call: what was asked for, answered, and noted."""
        for messages in self.records.values():
            first = messages[0]
            if first["type"] == "incoming" and \
                    first["to_user"] == row.name.replace(" ", "-"):
                assert not [line for message in messages
                            for line in CONTRACT.complaints(message)]
                return [[m for m in messages if m["type"] == kind]
                        for kind in ("get", "fetched", "noted")]
        raise AssertionError(f"there was no call for {row.name}")


@pytest.fixture(scope="module")
def told():
    made = Told()
    yield made
    made.close()


EACH = pytest.mark.parametrize("row", ROWS, ids=[row.name for row in ROWS])


def params(get):
    return {param["name"]: param.get("value") for param in get["params"]}


@EACH
def test_a_document_of_a_server_that(told, row):
    gets, fetched, noted = told.document(row)
    error, bound_ms = row.document
    assert fetched[0].get("total_ms", 0) <= bound_ms + SLACK_MS
    assert fetched[0].get("attempts") == row.tries
    if not error:
        assert len(gets) == 1 and not noted
        return
    assert error == noted[0]["code"]
    assert fetched[0].get("error") in (error, None)
    assert [get["url"].rsplit("/", 1)[1] for get in gets][1:] == ["fallback"]
    assert gets[1]["time"] - gets[0]["time"] <= FALLBACK_MS
    assert params(gets[1])["ErrorCode"] == str(error)
    assert params(gets[1])["ErrorUrl"] == fetched[0]["url"]
    assert not fetched[1].get("error")


@EACH
def test_a_webhook_for_a_server_that(told, row):
    error, bound_ms = row.hook
    posted = told.posted[name_of("HK", row.name, 0)]
    assert posted.get("error", 0) == error, posted
    assert posted["delivered"] == (error == 0)
    assert posted.get("total_ms", 0) <= bound_ms + SLACK_MS


def test_all_of_them_at_once_cost_the_fetcher_little_memory(told):
    with open(f"/proc/{told.platform.pid_of('fetcher')}/maps",
              encoding="utf-8") as file:
        if "libasan" in file.read():
            pytest.skip("a sanitizer takes memory of its own")
    grown_mb = (told.peak_kb - told.resident_kb) / 1024
    print(f"{grown_mb:.1f} MB")
    assert grown_mb <= MEMORY_MB
