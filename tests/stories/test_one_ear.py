"""An interpreter that runs all shards hears them by one consumer."""

import signal

import pytest
from harness.wait import until

from test_shards import SHARDS, Call, Interpreters

EVERYTHING = "vox.interpreter.>"


@pytest.fixture
def shells():
    interpreters = Interpreters()
    yield interpreters
    interpreters.close()


def ears(shells):
    """What the consumers of the record listen to."""
    answer = shells.nats.ask("$JS.API.CONSUMER.LIST.VOX", {"offset": 0})
    return sorted(found["config"]["filter_subject"]
                  for found in answer["consumers"] or [])


def each_shard():
    return sorted(f"vox.interpreter.{shard}.>" for shard in range(SHARDS))


def hears_all_by_one(shells):
    until(lambda: ears(shells) == [EVERYTHING], 10,
          lambda: f"one ear; there are {ears(shells)}")


def a_call_goes_through(shells):
    call = Call(shells)
    call.comes_in()
    shells.said(call.sid, "get")
    call.is_given_up()
    assert len(shells.said(call.sid, "call_closed")) == 1


def test_who_runs_all_shards_has_one_consumer(shells):
    shells.start("in0")
    shells.holding(in0=SHARDS)
    hears_all_by_one(shells)
    for _ in range(20):
        a_call_goes_through(shells)


def test_who_shares_them_hears_each_of_his_own(shells):
    shells.start("in0")
    hears_all_by_one(shells)
    shells.start("in1")
    shells.holding(in0=4, in1=4)
    until(lambda: ears(shells) == each_shard(), 10,
          lambda: f"an ear for each shard; there are {ears(shells)}")
    for _ in range(10):
        a_call_goes_through(shells)
    shells.kill("in1", signal.SIGTERM)
    hears_all_by_one(shells)
    a_call_goes_through(shells)


def test_no_call_misses_anything_while_ears_change(shells):
    """Calls come and go while shards do: each is told once, to its end."""
    shells.start("in0")
    hears_all_by_one(shells)
    calls = []

    def calls_begin(count):
        for _ in range(count):
            calls.append(Call(shells))
            calls[-1].comes_in()

    for _ in range(2):
        calls_begin(15)
        shells.start("in1")
        calls_begin(15)
        shells.holding(in0=4, in1=4)
        calls_begin(15)
        shells.kill("in1", signal.SIGTERM)
        calls_begin(15)
        hears_all_by_one(shells)
    for call in calls:
        call.is_given_up()
    for call in calls:
        assert len(shells.said(call.sid, "call_closed")) == 1
        assert len(shells.said(call.sid, "get")) == 1
