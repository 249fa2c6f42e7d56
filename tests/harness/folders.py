"""Folders for a while: all below one, which goes when the process ends."""

import atexit
import os
import shutil
import tempfile

_base = None
_kept = bool(os.environ.get("KEEP"))


def make(name):
    global _base  # pylint: disable=global-statement
    if not _base:
        _base = tempfile.mkdtemp(prefix="voxbus-")
        atexit.register(_remove)
    return tempfile.mkdtemp(prefix=f"{name}-", dir=_base)


def keep():
    """Something failed: people will want to look."""
    global _kept  # pylint: disable=global-statement
    _kept = True


def _remove():
    if _kept:
        print(f"the folders of this run: {_base}")
    else:
        shutil.rmtree(_base, ignore_errors=True)
