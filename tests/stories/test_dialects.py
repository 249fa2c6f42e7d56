"""The same call by another vendor's rules, and numbers asked for by GET."""

import threading

import pytest

from harness.app import document
from harness.platform import Platform
from harness.world import World


@pytest.fixture
def world_of(session_app):
    made = []

    def make(name, **settings):
        session_app.reset()
        platform = Platform(voice_url=session_app.url("/voice") + "?app=7",
                            **settings)
        made.append(World(name, session_app, platform))
        return made[-1]
    yield make
    for world in made:
        world.close()
        world.platform.close()


@pytest.mark.parametrize("dialect, version, header", [
    ("restcomm", "2012-04-24", "X-RestComm-CallSid"),
    ("twilio", "2010-04-01", "X-Twilio-CallSid")])
def test_a_call_by_the_rules_of(world_of, dialect, version, header):
    world = world_of(dialect, dialect=dialect, voice_method="GET")
    caller, callee = world.phone(), world.phone()
    world.answers(world.dial(callee,
                             uri=f"sip:bob@127.0.0.1:{callee.port}"))
    out, asked = world.connected(caller, callee)
    assert asked.request.get(header)
    first = world.app.got("/voice")[0]
    assert first.method == "GET" and first.params["app"] == "7"
    assert first.params["CallSid"] == world.call_sid()
    asked.bye()
    out.expect_bye()
    came = world.callbacks("initiated", "ringing", "in-progress", "completed")
    for request in came:
        if "ApiVersion" in request.params:
            assert request.params["ApiVersion"] == version
    if dialect == "restcomm":
        assert came[0].params["To"] == "bob"
    world.action(DialCallStatus="completed")
    world.record()


def test_more_calls_than_may_wait_for_their_document_get_503(world_of):
    """The backlog bears four; those four are answered once the application is."""
    world = world_of("backlog", sip_backlog=4)
    go = threading.Event()
    world.answers(document('<Response><Reject reason="busy"/></Response>',
                           after=go))
    caller = world.phone()
    waiting = [caller.call(world.platform.sip) for _ in range(4)]
    world.app.wait_for("/voice", count=4)
    late = caller.call(world.platform.sip)
    assert int(late.expect(503).get("Retry-After")) > 0
    go.set()
    for call in waiting:
        call.expect(486)
    caller.call(world.platform.sip).expect(486)
