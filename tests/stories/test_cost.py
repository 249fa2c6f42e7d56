"""What a call may cost: how often somebody is woken for it, and by what."""

from harness.platform import DAEMONS, children


def slack(pid):
    with open(f"/proc/{pid}/timerslack_ns", encoding="ascii") as file:
        return int(file.read())


def test_nats_server_s_monitor_thread_is_woken_late_and_no_daemon(
        shared_platform):
    (server,) = children(shared_platform.pid, "nats-server")
    assert slack(server) == 250000
    for name in DAEMONS:
        for daemon in children(shared_platform.pid, name):
            assert slack(daemon) == slack("self")
