"""What documents may not reach: every spelling of it, at every place for a URL.

The table is lib/http/closed_urls.def. The application is at 127.0.0.9, which is
all that is allowed; whoever connects to any other address of this machine, at
the port that the URLs name, is counted.
"""

import ast
import os
import re
import socket
import threading
from xml.sax.saxutils import quoteattr, escape

import pytest

from harness.app import AppServer, Answer, NO_CONTENT, document
from harness.phone import Phone
from harness.platform import Platform, ROOT, ThreadResult
from harness.wait import until

APP = "127.0.0.9"
AT_ONCE = 18            # calls that are up together
FORBIDDEN, INVALID, LEFT_ALONE = 11201, 11100, 67003
# "127.1." is a name for the resolver, and here it knows none such
REFUSED = {FORBIDDEN, 11210}
ZONE = "%25"            # of an address: no URL for the interpreter
REDIRECTS = (301, 302, 303, 307, 308)
TABLE = os.path.join(ROOT, "lib", "http", "closed_urls.def")
KEPT = ("played", "noted", "fetched", "posted", "post", "call_closed")


class Listener:
    """Everybody who connects to that port, whatever the address."""

    def __init__(self):
        self._socket = socket.socket(socket.AF_INET6)
        self._socket.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_V6ONLY, 0)
        self._socket.bind(("::", 0))
        self._socket.listen(64)
        self.port = self._socket.getsockname()[1]
        self.came = []
        threading.Thread(target=self._run, daemon=True).start()

    def _run(self):
        while True:
            try:
                connection, peer = self._socket.accept()
            except OSError:
                return
            self.came.append(peer)
            connection.close()

    def close(self):
        self._socket.close()


class Application(AppServer):
    """/voice answers by the number that was called; /jump/N redirects."""

    def __init__(self):
        super().__init__(host=APP)
        self.documents, self.jumps = {}, {}

    def answer_for(self, request):
        super().answer_for(request)
        path = request.path.split("/")
        if path[1] == "jump":
            number = int(path[2])
            return Answer(REDIRECTS[number % len(REDIRECTS)], type="",
                          headers=(("Location", self.jumps[number]),))
        called = re.match(r"sip:(\w+)@", request.params.get("To", ""))
        wanted = (called.group(1), path[1]) if called else None
        return self.documents.get(wanted, NO_CONTENT)


@pytest.fixture(scope="module")
def listener():
    one = Listener()
    yield one
    one.close()


@pytest.fixture(scope="module")
def urls(listener):
    """[(URL, error)]"""
    with open(TABLE, encoding="utf-8") as file:
        rows = re.findall(r'^CLOSED\(("(?:[^"\\]|\\.)*"), (\w+)\)',
                          file.read(), re.M)
    numbers = {"ERR_URL_INVALID": INVALID,
               "ERR_HTTP_FORBIDDEN_ADDRESS": FORBIDDEN}
    assert len(rows) > 60
    return [(ast.literal_eval(text).replace("PORT", str(listener.port)),
             numbers[error]) for text, error in rows]


@pytest.fixture(scope="module")
def application():
    app = Application()
    yield app
    app.close()


@pytest.fixture(scope="module")
def closed(application):
    """A platform whose customers may reach the application alone."""
    platform = Platform(voice_url=application.url("/voice"), rtp_ports=800,
                        http_allow=f"{APP}/32", sip_source_rate=1000)
    yield platform
    platform.close()


def calls(platform, application, phone, users):
    """Calls these numbers, a few at once, to their ends; user: CallSid."""
    users, sids = list(users), {}

    def sid_of(call):
        for request in application.got():
            if request.params.get("SipCallId") == call.call_id:
                return request.params["CallSid"]
        return None

    for first in range(0, len(users), AT_ONCE):
        batch = {user: phone.call(platform.sip, user)
                 for user in users[first:first + AT_ONCE]}
        answered = []
        for call in batch.values():
            if call.final("INVITE", 30).status == 200:
                call.ack()
                answered.append(call)
        for call in answered:
            call.expect_bye(30)
        sids.update({user: sid_of(call) for user, call in batch.items()})
    return sids


def told(platform, sid):
    """The call's messages, once it is over and each webhook was attempted."""
    def done():
        kept = [m for m in platform.record(sid) if m["type"] in KEPT]
        asked = {m["hook"] for m in kept if m["type"] == "post"}
        tried = {m["hook"] for m in kept if m["type"] == "posted"}
        return kept if asked <= tried and any(
            m["type"] == "call_closed" for m in kept) else None
    return until(done, 30, f"call {sid} is over and its webhooks attempted")


def errors(record, kind):
    return {message.get("error", 0) for message in record
            if message["type"] == kind}


def test_no_place_of_a_document_leads_there(closed, application, listener,
                                            urls):
    callee, caller = Phone(), Phone()
    over = threading.Event()

    def refuse():
        while not over.is_set():
            try:
                callee.incoming(0.5).refuse()
            except AssertionError:
                pass  # nobody rings for the moment

    target = callee.uri.split(";")[0] + ";transport=udp"
    for number, (url, _) in enumerate(urls):
        here = quoteattr(url)
        application.documents[f"n{number}", "voice"] = document(
            f'<Response><Play>{escape(url)}</Play>'
            f'<Record maxLength="1" playBeep="false" action="/then" '
            f'recordingStatusCallback={here} '
            f'recordingStatusCallbackEvent="in-progress completed absent"/>'
            f'</Response>')
        application.documents[f"n{number}", "then"] = document(
            f'<Response><Dial action={here}><Sip statusCallback={here} '
            f'statusCallbackEvent="initiated completed">{target}</Sip>'
            f'</Dial></Response>')
    answering = ThreadResult(refuse)
    made = calls(closed, application, caller,
                 [f"n{number}" for number in range(len(urls))])
    for number, (url, error) in enumerate(urls):
        record = told(closed, made[f"n{number}"])
        notes = {message["code"] for message in record
                 if message["type"] == "noted"}
        if error == INVALID or ZONE in url:
            assert INVALID in notes, (url, notes)
            continue
        assert REFUSED & notes, (url, notes)
        assert REFUSED & errors(record, "fetched"), url
        assert any(m.get("error") for m in record if m["type"] == "played"), \
            url
        posted = [m for m in record if m["type"] == "posted"]
        assert len(posted) >= 4, url
        assert errors(record, "posted") <= REFUSED | {LEFT_ALONE}, url
        assert not any(m["delivered"] for m in posted), url
    over.set()
    answering.result(10)
    assert listener.came == []
    callee.close()
    caller.close()


def test_no_number_of_the_installation_leads_there(closed, application,
                                                   listener, urls):
    caller, wanted = Phone(), {}
    for number, (url, error) in enumerate(urls):
        done = closed.voxctl("config", "set", "number", f"v{number}",
                             f"voice_url={url}", status=None)
        if error == FORBIDDEN and ZONE not in url and not done.returncode:
            wanted[f"v{number}"] = url
    assert len(wanted) > 60
    placed = {user: caller.call(closed.sip, user) for user in wanted}
    for user, call in placed.items():
        assert call.final("INVITE", 30).status >= 500, wanted[user]
    reader = closed.nats()
    heard = {}
    for _, _, _, message in reader.record("vox.interpreter.*.*"):
        if message["type"] == "incoming":
            heard[message["call_sid"]] = message["to_user"]
        elif message["type"] == "fetched" and \
                heard.get(message["call_sid"]) in wanted:
            wanted.pop(heard[message["call_sid"]])
            assert message["error"] in REFUSED, message
    assert not wanted
    assert listener.came == []
    caller.close()


def test_no_redirect_leads_there(closed, application, listener, urls):
    caller = Phone()
    for number, (url, _) in enumerate(urls):
        application.jumps[number] = url.encode().decode("latin-1")
        jump = f"/jump/{number}"
        application.documents[f"r{number}", "voice"] = document(
            f"<Response><Play>{jump}</Play><Redirect>{jump}</Redirect>"
            "</Response>")
    made = calls(closed, application, caller,
                 [f"r{number}" for number in range(len(urls))])
    for number, (url, error) in enumerate(urls):
        record = told(closed, made[f"r{number}"])
        assert errors(record, "fetched") & (REFUSED | {error}), url
        assert any(m.get("error") for m in record if m["type"] == "played"), \
            url
    assert listener.came == []
    caller.close()
