"""Become one supervised program: hold the data folder's lock, wait for the queue, then exec.

    python -I -S hold.py LOCK HOST:PORT|- NOTE|- COMMAND…

The supervisor closes inherited files, so each program takes a share of the lock itself; an
orphan is then noticed by the next start. NOTE is a file that remembers the process group
between restarts. Standard library only: it runs at every restart.
"""

import contextlib
import ctypes
import fcntl
import os
import signal
import socket
import sys
import time
from collections.abc import Sequence

PR_SET_PDEATHSIG = 1  # linux/prctl.h
PATIENCE_SECONDS = 30


def main(arguments: Sequence[str]) -> None:
    lock, address, note, *command = arguments
    die_with_parent()
    hold(lock)
    if note != "-":
        end_leftovers(note)
    if address != "-":
        wait_for(address)
    os.execvp(command[0], command)  # noqa: S606


def die_with_parent(with_signal: int = signal.SIGTERM) -> None:
    """Ask Linux to end this process when its parent ends, even by SIGKILL. No-op elsewhere."""
    if sys.platform == "linux":
        ctypes.CDLL(None, use_errno=True).prctl(PR_SET_PDEATHSIG, with_signal, 0, 0, 0)


def hold(lock: str) -> None:
    handle = os.open(lock, os.O_RDWR | os.O_CREAT, 0o600)
    fcntl.flock(handle, fcntl.LOCK_SH)
    os.set_inheritable(handle, True)


def end_leftovers(note: str) -> None:
    """End what the program's last run left: a server killed at once leaves its workers, which
    would go on answering with the old code."""
    with open(note, "a+") as remembered:
        remembered.seek(0)
        group = remembered.read()
        remembered.truncate(0)
        remembered.write(str(os.getpgrp()))
    if group:
        with contextlib.suppress(ProcessLookupError, PermissionError):
            os.killpg(int(group), signal.SIGKILL)


def wait_for(address: str) -> None:
    """Wait until something listens there; after the patience is over the program may complain."""
    host, _, port = address.rpartition(":")
    deadline = time.monotonic() + PATIENCE_SECONDS
    while time.monotonic() < deadline:
        try:
            socket.create_connection((host, int(port)), timeout=1).close()
        except OSError:
            time.sleep(0.05)
        else:
            return


if __name__ == "__main__":
    main(sys.argv[1:])
