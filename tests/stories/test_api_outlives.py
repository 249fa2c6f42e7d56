"""Calls of the REST API, and what dies meanwhile."""

import re
import time

import pytest

from harness.api import Api, status_is, up, usual
from harness.app import NO_CONTENT, document


def test_without_a_bus_a_client_is_told_to_try_again(hard_world):
    world = hard_world
    api, phone = Api(world.platform), world.phone()
    world.app.on(world.path("start"), document("<Response/>"))
    world.platform.kill_nats()
    try:
        status, body, headers = api.ask("POST", "/Calls.json",
                                        usual(world, phone))
        assert (status, body["code"]) == (503, 66001)
        assert headers["Retry-After"] == "5"
        again, _, _ = api.ask("POST", "/Calls.json", usual(world, phone))
        assert again == 503
    finally:
        world.platform.start_nats()
    sid = re.search(r"CA[0-9a-f]{32}", body["message"]).group()
    asked = phone.incoming(30)          # it was said, and is on record late
    assert asked.request.get("X-SignalWire-CallSid") == sid
    asked.answer()
    asked.expect_ack()
    asked.expect_bye(30)
    world.platform.finished(sid, 30)


@pytest.mark.parametrize("daemon", ["interpreter", "apid"])
def test_a_call_of_the_apis_outlives_a_daemon_while_it_rings(
        hard_world, daemon):
    world = hard_world
    api, phone = Api(world.platform), world.phone()
    world.app.on(world.path("status"), NO_CONTENT)
    world.app.on(world.path("start"), document("<Response/>"))
    made = api.call(**usual(world, phone,
                            StatusCallback=world.url("status"),
                            StatusCallbackEvent=["initiated", "ringing",
                                                 "answered", "completed"]))
    asked = phone.incoming()
    asked.ring()
    world.platform.kill(daemon)
    asked.answer()
    asked.expect_ack()
    asked.expect_bye(15)
    world.callbacks("initiated", "ringing", "in-progress", "completed")
    world.platform.finished(made["sid"])
    status_is(api, made["sid"], "completed")


@pytest.mark.parametrize("daemon", ["interpreter", "mediad", "sipgw"])
def test_a_call_of_the_apis_outlives_a_daemon_while_it_is_up(
        hard_world, daemon):
    world = hard_world
    api, phone, other = Api(world.platform), world.phone(), world.phone()
    made, asked = up(world, api, phone, world.dial(other))
    child = other.incoming()
    child.answer()
    child.expect_ack()
    world.hear_each_other(asked, child)
    world.platform.kill(daemon)
    world.hear_each_other(asked, child, 15, time.monotonic())
    api.change(made["sid"], Status="completed")
    asked.expect_bye()
    child.expect_bye()
    world.platform.finished(made["sid"])


def test_a_call_of_the_apis_waits_for_nobody_after_a_start_of_sipgw(
        hard_world):
    """Commands about callers wait 4 s for an INVITE that comes again; a callee
    comes never by itself."""
    world = hard_world
    api, phone = Api(world.platform), world.phone()
    world.app.on(world.path("start"), document("<Response/>"))
    world.platform.kill("sipgw")
    made = api.call(**usual(world, phone))
    asked = phone.incoming(seconds=3)
    asked.answer()
    asked.expect_ack()
    asked.expect_bye()
    world.platform.finished(made["sid"])
