"""What every story is given: a platform, a web application, phones."""

import os
import re
import sys

import pytest

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))

# pylint: disable=wrong-import-position
from harness import folders  # noqa: E402
from harness.app import AppServer  # noqa: E402
from harness.bench import Bench  # noqa: E402
from harness.certificates import Authority  # noqa: E402
from harness.platform import Platform  # noqa: E402
from harness.softphone import Softphone  # noqa: E402
from harness.world import World  # noqa: E402

SANITIZER = re.compile(r"(AddressSanitizer|runtime error:|LeakSanitizer).*")
FAILED = pytest.StashKey()


def pytest_configure(config):
    config.addinivalue_line(
        "markers", "alone: measures sound moment by moment; make test runs it "
        "when nothing else does")


@pytest.hookimpl(hookwrapper=True)
def pytest_runtest_makereport(item):
    outcome = yield
    report = outcome.get_result()
    if report.failed:
        item.stash[FAILED] = True
        folders.keep()


def without_reports(*logs):
    """None of these logs holds a report of a sanitizer."""
    for log in logs:
        report = SANITIZER.search(log)
        assert not report, \
            log[max(0, report.start() - 200):report.start() + 3000]


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
    without_reports(log)


@pytest.fixture(scope="module")
def authority():
    """Whom the certificates of a module's gateway and phones are by."""
    return Authority()


@pytest.fixture(scope="module")
def gateway_certificate(authority):
    return authority.certificate()


@pytest.fixture(scope="module")
def tls_settings(authority, gateway_certificate):
    return {"tls_cert": gateway_certificate.path,
            "tls_key": gateway_certificate.key, "tls_ca": authority.path}


def platform_with(tls=False, **settings):
    """A fixture: a module's platform with these settings."""
    @pytest.fixture(scope="module")
    def platform(request, session_app):
        more = request.getfixturevalue("tls_settings") if tls else {}
        made = Platform(voice_url=session_app.url("/voice"),
                        log_level="debug", **settings, **more)
        yield made
        made.close()
    return platform


def world_of(name):
    """A fixture: a story's world on the platform that fixture 'name' makes."""
    @pytest.fixture
    def own_world(request, session_app):
        yield from told(request.node.name, session_app,
                        request.getfixturevalue(name), request.node)
    return own_world


@pytest.fixture
def opened():
    """What a story opens is closed after it, the last first."""
    things = []

    def take(thing):
        things.append(thing)
        return thing
    yield take
    for thing in reversed(things):
        thing.close()


@pytest.fixture
def bench():
    """A nats-server, and the daemons that the story starts beside it."""
    made = Bench()
    yield made
    logs = [made.log(process) for process in made.processes]
    made.close()
    without_reports(*logs)


@pytest.fixture
def softphones(opened):
    """baresips, as many as a story wants."""
    return lambda *words, **more: opened(Softphone(*words, **more))


world = world_of("shared_platform")
# A module's own, with a nats-server that may be taken away.
own_platform = platform_with(nats=True)
hard_world = world_of("own_platform")
