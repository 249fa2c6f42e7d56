"""A hundred webhooks a second while another host hangs, for ten seconds.

Counts, order, numbers and tokens; how long it takes is measured by make
load-webhooks.
"""

import pytest

from harness.hookload import HookLoad, check_order

pytestmark = pytest.mark.alone  # a receiver without a core looks like one that hangs
RATE, HANGING_RATE, SECONDS = 100, 20, 10


@pytest.fixture
def load(opened):
    return opened(HookLoad(webhook_retry="1,2,3,4,5,5,5,5,5,5"))


def run(load, *doing):
    ran = load.run(RATE, HANGING_RATE, SECONDS, *doing, stored=60, back=60)
    load.check(ran)
    return ran


def test_while_a_host_hangs_the_other_gets_each_webhook_once_and_in_order(load):
    ran = run(load)
    arrivals = load.good.arrivals()
    assert len(arrivals) == len(ran.good)
    check_order(arrivals)


def test_kills_of_callbackd_and_nats_server_lose_no_webhook(load):
    run(load, load.kill_callbackd, load.kill_nats)
