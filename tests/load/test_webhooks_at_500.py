"""500 webhooks a second for a minute, while another host hangs.

Once undisturbed, with the time from record to receiver; once with kill -9 of
callbackd and of nats-server. VOXBUS_LOAD_SECONDS makes it shorter.
"""

import os
import sys

import pytest

sys.path.insert(0, os.path.dirname(os.path.dirname(os.path.abspath(__file__))))

# pylint: disable=wrong-import-position
from harness.hookload import (HookLoad, check_complete,  # noqa: E402
                              check_order, delays, plan)

RATE, HANGING_RATE = 500, 50
SECONDS = int(os.environ.get("VOXBUS_LOAD_SECONDS", "60"))
P99_MAX = 0.1
MEMORY_MAX = 64 << 20
BACK_SECONDS = 240


@pytest.fixture
def load():
    made = HookLoad(webhook_retry="2,5,10,20,30,30,30,30,30,30,30,30")
    yield made
    made.close()


def run(load, *doing):
    good = plan("good", load.good.url, RATE, SECONDS)
    bad = plan("bad", load.bad.url, HANGING_RATE, SECONDS)
    load.bad.pause()
    before = load.memory("VmRSS")
    published = load.publish(good + bad)
    for number, what in enumerate(doing):
        published.join(SECONDS / (len(doing) + 1))
        print(f"after {SECONDS * (number + 1) // (len(doing) + 1)} s: "
              f"{what.__name__}", flush=True)
        what()
    published.join(SECONDS + 60)
    assert not published.is_alive()
    waiting = load.bench.waiting()
    load.bad.go_on()
    load.wait_until_delivered(BACK_SECONDS)
    print(f"callbackd: {before / 1e6:.1f} MB before, at most "
          f"{load.memory() / 1e6:.1f} MB; {waiting} waited when the other host "
          f"came back; the publisher was late by {published.late * 1e3:.0f} ms "
          "at most", flush=True)
    check_complete(good, load.good.arrivals())
    check_complete(bad, load.bad.arrivals())
    assert len(load.delivered()) == len(good) + len(bad)
    assert load.memory() < MEMORY_MAX
    return good, bad, published.late


def test_a_hanging_host_does_not_slow_another_with_500_a_second(load):
    good, bad, late = run(load)
    arrivals = load.good.arrivals()
    assert len(arrivals) == len(good)
    check_order(arrivals)
    took = delays(load.stored(), arrivals)
    p99 = took[len(took) * 99 // 100]
    print(f"{len(good)} to one host, {len(bad)} to the one that hung: none lost; "
          f"from the record to the receiver p50 {took[len(took) // 2] * 1e3:.1f}"
          f" ms, p99 {p99 * 1e3:.1f} ms, at most {took[-1] * 1e3:.1f} ms",
          flush=True)
    assert p99 < P99_MAX, \
        f"the publisher alone was late by {late * 1e3:.0f} ms at most: is the machine busy?"


def test_kills_of_callbackd_and_nats_server_lose_none_of_500_a_second(load):
    good, bad, _ = run(load, load.kill_callbackd, load.kill_nats)
    twice = len(load.good.arrivals()) - len(good)
    print(f"{len(good)} to one host, {len(bad)} to the one that hung: none lost, "
          f"{twice} came more than once", flush=True)
