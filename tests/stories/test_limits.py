"""What an account may do outbound: calls a second, calls at once, their length,
where to; and that a refusal is told before anything is sent."""

import json
import time

import pytest

from conftest import platform_with, told
from harness.app import document
from harness.wait import until


limited_platform = platform_with(sip_out_allow="127.0.0.0/24")


@pytest.fixture
def limited(request, session_app, limited_platform):
    yield from told(request.node.name, session_app, limited_platform,
                    request.node)
    limit(limited_platform)


def account_of(platform):
    with open(platform.folder + "/data/account", encoding="utf-8") as file:
        return dict(line.strip().split("=", 1) for line in file)["account_sid"]


def limit(platform, **limits):
    """The installation's account from here on."""
    account = account_of(platform)

    def taken():
        return len(platform.log_lines(
            component="sipgw", msg=f"config account.{account} is used"))
    before = taken()
    platform.nats().publish(
        f"$KV.config.account.{account}",
        json.dumps({"account_sid": account, **limits}).encode())
    until(lambda: taken() > before, 10, "sipgw knows the limits")


def dial(world, callee, caller=None, **dialled):
    world.answers(world.dial(callee, **dialled))
    return (caller or world.phone()).call(world.platform.sip)


def refused(world, out, error):
    """The leg failed with this error, and nothing was sent."""
    request = world.app.wait_for(world.path("action"))
    assert request.params["DialCallStatus"] == "failed"
    world.over(out)
    record = world.record()
    failed = [m for m in record if m["type"] == "failed"][-1]
    assert (failed["error"], failed.get("status")) == (error, None)
    return failed


def talk(out, asked):
    asked.answer()
    asked.expect_ack()
    out.established()


def test_calls_at_once(limited):
    first, second, third = limited.phone(), limited.phone(), limited.phone()
    limit(limited.platform, calls_max=1)
    out = dial(limited, first)
    asked = first.incoming()
    talk(out, asked)
    limited.app.reset()
    other = dial(limited, second)
    refused(limited, other, 64008)
    assert not second.invites()
    # The place is free again once the first call is over.
    out.bye()
    asked.expect_bye()
    limited.app.reset()
    again = dial(limited, third)
    talk(again, third.incoming())
    again.bye()


def test_calls_a_second(limited):
    callee = limited.phone()
    limit(limited.platform, calls_per_second=2)
    limited.answers(limited.dial(callee))
    caller = limited.phone()
    outs = [caller.call(limited.platform.sip) for _ in range(5)]
    until(lambda: len(limited.app.got(limited.path("action"))) >= 3, 10,
          "three are refused")
    errors = [r.params.get("DialErrorCode")
              for r in limited.app.got(limited.path("action"))]
    assert errors == ["64008"] * 3
    assert callee.invites() == 2
    time.sleep(1.1)
    out = caller.call(limited.platform.sip)
    until(lambda: callee.invites() == 3, 10, "a second later there is room")
    for call in [*outs, out]:
        call.established()
        call.bye()


def test_the_length_of_a_call(limited):
    callee = limited.phone()
    limit(limited.platform, call_seconds_max=2)
    out = dial(limited, callee)
    asked = callee.incoming()
    began = time.monotonic()
    talk(out, asked)
    asked.expect_bye(8)
    assert 1.5 < time.monotonic() - began < 5
    out.expect_bye()
    ended = [m for m in limited.record() if m["type"] == "ended"]
    assert 64008 in [m.get("error") for m in ended]


def test_the_length_of_a_call_that_saw_a_restart(hard_world):
    world = hard_world
    callee = world.phone()
    limit(world.platform, call_seconds_max=8)
    out = dial(world, callee)
    asked = callee.incoming()
    began = time.monotonic()
    talk(out, asked)
    world.platform.kill("sipgw")
    asked.expect_bye(20)
    assert 6 < time.monotonic() - began < 12
    limit(world.platform)


@pytest.mark.parametrize("words", ["127.0.0.0/30", "localhost", "x.example, "
                                   "127.0.0.1"])
def test_a_destination_on_the_list(limited, words):
    callee = limited.phone()
    limit(limited.platform, destinations=words)
    host = "localhost" if words == "localhost" else "127.0.0.1"
    out = dial(limited, callee,
               uri=f"sip:bob@{host}:{callee.port};transport=udp")
    asked = callee.incoming()
    talk(out, asked)
    out.bye()
    asked.expect_bye()


@pytest.mark.parametrize("words", ["*.example.com", "127.0.0.2/32",
                                   "sip.example.com,192.0.2.0/24"])
def test_a_destination_that_is_not_on_the_list(limited, words):
    callee = limited.phone()
    limit(limited.platform, destinations=words)
    out = dial(limited, callee)
    failed = refused(limited, out, 64009)
    assert failed["attempts"][0]["address"] == f"127.0.0.1:{callee.port}"
    assert not callee.invites()


def test_a_suspended_account_dials_nobody(limited):
    """Its number takes no calls either: this one was up already."""
    caller, callee, other = limited.phone(), limited.phone(), limited.phone()
    page = limited.path("next")
    limited.answers(limited.dial(callee, action=False, then=""
                                 f"<Redirect>{limited.url('next')}"
                                 "</Redirect>"))
    limited.app.on(page, document(limited.dial(other)))
    out = caller.call(limited.platform.sip)
    asked = callee.incoming()
    talk(out, asked)
    limit(limited.platform, suspended=True)
    asked.bye()
    limited.action(DialCallStatus="failed", DialErrorCode="20005")
    assert not other.invites()
    limited.phone().call(limited.platform.sip).expect(403)
