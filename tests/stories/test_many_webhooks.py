"""A hundred webhooks a second while another host hangs, for ten seconds.

Counts, order, numbers and tokens; how long it takes is measured by make
load-webhooks.
"""

import pytest

from harness.hookload import HookLoad, check_complete, check_order, plan

pytestmark = pytest.mark.alone  # a receiver without a core looks like one that hangs
RATE, HANGING_RATE, SECONDS = 100, 20, 10


@pytest.fixture
def load():
    made = HookLoad(webhook_retry="1,2,3,4,5,5,5,5,5,5")
    yield made
    made.close()


def run(load, *doing):
    """Publishes all, and does these things in the middle of it."""
    good = plan("good", load.good.url, RATE, SECONDS)
    bad = plan("bad", load.bad.url, HANGING_RATE, SECONDS)
    load.bad.pause()
    published = load.publish(good + bad)
    for number, what in enumerate(doing):
        published.join(SECONDS * (number + 1) / (len(doing) + 1))
        what()
    published.join(60)
    assert not published.is_alive()
    load.bad.go_on()
    load.wait_until_delivered(60)
    check_complete(good, load.good.arrivals())
    check_complete(bad, load.bad.arrivals())
    return good, bad


def test_while_a_host_hangs_the_other_gets_each_webhook_once_and_in_order(load):
    good, bad = run(load)
    arrivals = load.good.arrivals()
    assert len(arrivals) == len(good)
    check_order(arrivals)
    assert len(load.delivered()) == len(good) + len(bad)


def test_kills_of_callbackd_and_nats_server_lose_no_webhook(load):
    good, bad = run(load, load.kill_callbackd, load.kill_nats)
    assert len(load.delivered()) == len(good) + len(bad)
