"""1,000 calls at 20 a second, with sound both ways and four callbacks each.

Three rounds; memory after the third is that after the second, and nothing is
left open. VOXBUS_LOAD_CALLS makes it smaller.
"""

import os
import sys

import pytest

sys.path.insert(0, os.path.dirname(os.path.dirname(os.path.abspath(__file__))))

# pylint: disable=wrong-import-position
from harness.load import Load  # noqa: E402
from harness.wait import holds, until  # noqa: E402

CALLS = int(os.environ.get("VOXBUS_LOAD_CALLS", "1000"))
SETTLE_SECONDS = 40


@pytest.fixture
def load():
    made = Load()
    yield made
    made.close()


def one_round(load, number):
    complete, told = load.run(CALLS, rate=20, hold_ms=5000, sound=True)
    print(f"round {number}: {complete} of {CALLS} calls complete, {told} with "
          "callbacks 0,1,2,3", flush=True)
    assert complete == CALLS, load.errors
    assert told == CALLS


def settled(load):
    until(lambda: load.media_sockets() == 0, 60, "all media ports are closed")
    holds(load.platform.is_ready, SETTLE_SECONDS, "the platform is ready")
    return load.memory()


def test_three_rounds_of_calls_leave_nothing_behind(load):
    one_round(load, 1)
    before = load.descriptors()
    one_round(load, 2)
    second = settled(load)
    one_round(load, 3)
    third = settled(load)
    for name in sorted(third):
        if name != "nats-server":
            print(f"{name:12} {second[name] / 1e6:6.1f} MB after the second, "
                  f"{third[name] / 1e6:6.1f} after the third round")
    print(f"nats-server  {(third['nats-server'] - second['nats-server']) / CALLS:.0f}"
          " bytes per finished call")
    grown = [name for name in third if name != "nats-server" and
             third[name] > 1.05 * second[name]]
    assert not grown, grown
    after = load.descriptors()
    assert {name: count for name, count in after.items()
            if count > before[name] + 2} == {}
    packets = heard(load)
    assert packets, "no packets were relayed"


def heard(load):
    counted = load.platform.metrics("mediad")
    return sum(value for name, value in counted.items()
               if "packets" in name and "refused" not in name)
