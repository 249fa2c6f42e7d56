"""Calls at 20 a second while something dies every few seconds: none is lost."""

import os
import shutil
import signal
import threading

import pytest

from harness.load import Load

CALLS, RATE, HOLD_MS = 160, 20, 2000


def dies(daemon):
    def harm(load, _second):
        load.platform.kill_only(daemon)
    return harm


def hangs(load, second):
    """The two interpreters take turns in being stopped for 3.5 s."""
    turn = getattr(load, "turn", 0)
    load.turn = turn + 1
    pid = load.platform.pid_of("interpreter") if turn % 2 else second.pid
    os.kill(pid, signal.SIGSTOP)
    load.pause.wait(3.5)
    os.kill(pid, signal.SIGCONT)


@pytest.mark.parametrize("harm, every", [
    pytest.param(dies("interpreter"), 1.7, id="the interpreter dies"),
    pytest.param(dies("nats-server"), 3, id="nats-server dies"),
    pytest.param(hangs, 1.5, id="an interpreter of two hangs"),
])
def test_each_call_is_whole_and_each_callback_comes_once(harm, every):
    load = Load(rtp_ports=1200, log_level="info")
    load.pause, over = threading.Event(), threading.Event()
    second = load.platform.another("interpreter", instance="in7",
                                   admin_port=0) if harm is hangs else None

    def harmful():
        while not over.wait(every):
            harm(load, second)
    thread = threading.Thread(target=harmful)
    thread.start()
    try:
        complete, told = load.run(CALLS, rate=RATE, hold_ms=HOLD_MS)
        over.set()
        thread.join()
        assert complete == CALLS, load.errors
        assert told == CALLS
        # Only a callback whose answer was not put down in time comes again.
        assert all(len(set(got)) == 4 for got in load.callbacks().values())
        assert "replay and record differ" not in load.platform.log_text()
        assert "first event is gone" not in load.platform.log_text()
    finally:
        over.set()
        load.pause.set()
        thread.join()
        if second:
            second.terminate()
            second.wait(10)
        load.close()
        shutil.rmtree(load.platform.folder, ignore_errors=True)
