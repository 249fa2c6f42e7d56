"""sipgw, where calls meet its death and the corners of SIP."""

import pytest

from harness.wait import until


@pytest.fixture
def world(hard_world):
    return hard_world


def test_nobody_is_told_of_each_dialog_that_sipgw_writes(world):
    """It went on watching its bucket: five deliveries a call to no end."""
    bus = world.platform.nats()
    until(lambda: bus.stream_state("KV_dialogs")["consumer_count"] == 0, 5,
          "nobody watches the dialogs")
