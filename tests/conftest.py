"""What every story is given: a platform, a web application, phones."""

import os
import re
import sys

import pytest

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))

# pylint: disable=wrong-import-position
from harness import folders  # noqa: E402
from harness.app import NO_CONTENT, AppServer, document  # noqa: E402
from harness.contract import Contract  # noqa: E402
from harness.phone import Phone  # noqa: E402
from harness.platform import Platform  # noqa: E402
from harness.wait import until  # noqa: E402

CONTRACT = Contract()
ALL_EVENTS = "initiated ringing answered completed"
SANITIZER = re.compile(r"(AddressSanitizer|runtime error:|LeakSanitizer).*")
FAILED = pytest.StashKey()


@pytest.hookimpl(hookwrapper=True)
def pytest_runtest_makereport(item):
    outcome = yield
    report = outcome.get_result()
    if report.failed:
        item.stash[FAILED] = True
        folders.keep()


class World:
    """One story's own corner: its application, its phones, its platform."""

    def __init__(self, name, app, platform):
        self.name, self.app, self.platform = name, app, platform
        self.phones = []
        self.page = f"/{name}/"

    def phone(self, transport="udp", **more):
        phone = Phone(transport, **more)
        self.phones.append(phone)
        return phone

    def url(self, page):
        """A page of this story alone: late callbacks of others do not count."""
        return self.app.url(self.page + page)

    def path(self, page):
        return self.page + page

    def answers(self, *documents):
        """What /voice answers: one document after the other."""
        self.app.on("/voice", *[text if not isinstance(text, str) else
                                document(text) for text in documents])

    def dial(self, phone, *, events=ALL_EVENTS, uri=None, then="", action=True,
             sip="", **attributes):
        """A document that dials the phone and reports to this story's pages."""
        for page in ("status", "action"):
            if not self.app.got(self.path(page)):
                self.app.on(self.path(page), NO_CONTENT if page == "status"
                            else document("<Response/>"))
        if action:
            attributes.setdefault("action", self.url("action"))
        words = "".join(f' {name}="{value}"'
                        for name, value in attributes.items())
        callback = f' statusCallback="{self.url("status")}"' \
            f' statusCallbackEvent="{events}"' if events else ""
        target = uri or f"{phone.uri.split(';')[0]};" \
            f"transport={phone.transport}"
        return f"<Response><Dial{words}><Sip{callback}{sip}>{target}</Sip>" \
            f"</Dial>{then}</Response>"

    def call_sid(self):
        """The root CallSid of the call that asked for /voice first."""
        return self.app.wait_for("/voice").params["CallSid"]

    def record(self):
        """The call's messages, once it is over; each keeps to its table."""
        messages = self.platform.finished(self.call_sid())
        wrong = [line for message in messages
                 for line in CONTRACT.complaints(message)]
        assert not wrong, wrong
        return messages

    def leg(self, record, number=1):
        """How a leg went, by the call's record: 0 the caller's, 1 the callee's."""
        closed = [message for message in record
                  if message["type"] == "call_closed"][0]
        return closed["legs"][number]

    def notes(self, record):
        return {message["code"] for message in record
                if message["type"] == "noted"}

    def callbacks(self, *words, seconds=15):
        """The callbacks came with these CallStatus, numbered without a gap."""
        def came():
            return sorted(self.app.got(self.path("status")),
                          key=lambda r: int(r.params["SequenceNumber"]))

        def shown():
            return [(r.params["SequenceNumber"], r.params["CallStatus"])
                    for r in came()]
        wanted = [(str(n), word) for n, word in enumerate(words)]
        until(lambda: shown() == wanted, seconds,
              lambda: f"callbacks {wanted}; came: {shown()}")
        return came()

    def action(self, **wanted):
        """The action was asked for once, with these parameters."""
        request = self.app.wait_for(self.path("action"))
        got = {name: request.params.get(name) for name in wanted}
        assert got == wanted
        return request

    def connected(self, caller, callee, to="100"):
        """Both ends of a call that is up."""
        out = caller.call(self.platform.sip, to)
        asked = callee.incoming()
        asked.ring()
        out.established()
        asked.answer()
        asked.expect_ack()
        sid = self.app.wait_for("/voice", SipCallId=out.call_id) \
            .params["CallSid"]
        until(lambda: any(message["type"] == "bridged" for message in
                          self.platform.record(sid)), 10, "both ends hear")
        return out, asked

    def over(self, out, seconds=20):
        """A call whose document ends at once: 200, and BYE after the ACK."""
        out.established(seconds)
        out.expect_bye(seconds)

    def hear_each_other(self, out, asked, seconds=10, since=0.0):
        """Each end speaks, each hears the other's tone."""
        out.rtp.speak(out.remote_media, 1000)
        asked.rtp.speak(asked.remote_media, 440)
        until(lambda: out.rtp.hears(440, since) and
              asked.rtp.hears(1000, since), seconds,
              lambda: f"tones; heard {out.rtp.heard(since)} and "
              f"{asked.rtp.heard(since)}")

    def close(self):
        for phone in self.phones:
            phone.close()


@pytest.fixture(scope="session")
def session_app():
    app = AppServer()
    yield app
    app.close()


@pytest.fixture(scope="session")
def shared_platform(session_app):
    """One platform for all stories that break nothing."""
    platform = Platform(voice_url=session_app.url("/voice"),
                        sip_allow="127.0.0.1/32", log_level="debug")
    yield platform
    platform.close()


@pytest.fixture(scope="module")
def own_platform(session_app):
    """A module's own, with a nats-server that may be taken away."""
    platform = Platform(nats=True, voice_url=session_app.url("/voice"),
                        log_level="debug")
    yield platform
    platform.close()


def told(name, app, platform, node):
    """The world of one story; afterwards, what no story may leave behind."""
    app.reset()
    before = len(platform.log_text())
    world = World(re.sub(r"\W+", "-", name.removeprefix("test_")), app,
                  platform)
    yield world
    world.close()
    log = platform.log_text()[before:]
    if node.stash.get(FAILED, False):
        print("--- the platform's log during this story:\n" + log[-6000:])
        print("--- the application was asked:")
        for asked in app.got():
            print("   ", asked.method, asked.path, asked.params)
    report = SANITIZER.search(log)
    assert not report, log[max(0, report.start() - 200):report.start() + 3000]


@pytest.fixture
def world(request, session_app, shared_platform):
    yield from told(request.node.name, session_app, shared_platform,
                    request.node)


@pytest.fixture
def hard_world(request, session_app, own_platform):
    yield from told(request.node.name, session_app, own_platform,
                    request.node)
