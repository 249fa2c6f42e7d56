"""A short load: 100 calls at 20 a second; make load tells of 3,000."""

from harness.load import Load
from harness.wait import until


def test_a_hundred_calls_at_twenty_a_second_are_complete():
    load = Load(rtp_ports=1000)
    try:
        complete, told = load.run(100, rate=20, hold_ms=2000, sound=True)
        assert complete == 100, load.errors
        assert told == 100
        assert all(got == sorted(got) for got in load.callbacks().values())
        until(lambda: load.media_sockets() == 0, 60,
              "all media ports are closed")
    finally:
        load.close()
