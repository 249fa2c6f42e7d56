"""Waiting for conditions, with a deadline; nothing here sleeps for luck."""

import time

POLL_SECONDS = 0.02


def until(condition, seconds, what):
    """Returns the condition's first true value; fails with 'what' when late.

    'what' may be a function, so that the message can show the last state.
    """
    deadline = time.monotonic() + seconds
    while True:
        value = condition()
        if value:
            return value
        if time.monotonic() > deadline:
            text = what() if callable(what) else what
            raise AssertionError(f"not within {seconds} s: {text}")
        time.sleep(POLL_SECONDS)


def holds(condition, seconds, what):
    """The condition stays true for that long: for what must *not* happen."""
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        assert condition(), f"no longer true: {what}"
        time.sleep(POLL_SECONDS)
