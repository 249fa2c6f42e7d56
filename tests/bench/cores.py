"""Which core is whose: what is measured has one to itself."""

import os

PEER_CORE, OWN_CORE = 0, 1


def pin(pid, core):
    """To one core, in front of whatever else runs there."""
    for thread in map(int, os.listdir(f"/proc/{pid}/task")):
        os.sched_setaffinity(thread, {core})
        ahead(thread)


def ahead(thread=0):
    try:
        os.sched_setscheduler(thread, os.SCHED_RR, os.sched_param(10))
    except PermissionError:
        pass  # then on a quiet machine only
