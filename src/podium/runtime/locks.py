"""Locks on files and folders. Each ends with its process, however that ends."""

import fcntl
import os
import time
from functools import partial
from pathlib import Path
from typing import IO

from podium.errors import UserError

PATIENCE_S = 30  # a training that was asked to end writes its state first
POLL_S = 0.1


def lock(handle: int | IO, waits: bool = False) -> bool:
    """Takes the lock on an open file or folder; it ends when the handle is closed.

    Args:
        waits: Until it is free; else nothing is taken from another process.

    Returns:
        Whether it was taken.

    Raises:
        OSError: The disk knows no locks, as some network's.
    """
    try:
        fcntl.flock(handle, fcntl.LOCK_EX if waits else fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True


def stay_alone(folder: Path, patience_s: float = PATIENCE_S) -> None:
    """Makes a folder for the state of a training this process's own until it ends; forked children do not prolong that.

    What a killed submitter leaves may go on training: two in one folder would take each other's files away. On a disk
    that cannot lock folders, as some network's, nothing holds them apart.

    Raises:
        UserError: Another process holds it, and did not end within ``patience_s`` seconds.
    """
    folder.mkdir(parents=True, exist_ok=True)
    handle = os.open(folder, os.O_RDONLY)
    deadline = time.monotonic() + patience_s
    while not _is_ours(handle):
        if time.monotonic() >= deadline:
            os.close(handle)
            raise UserError(f"another process trains in {folder}; let it finish or end it, then run again")
        time.sleep(POLL_S)
    os.register_at_fork(after_in_child=partial(os.close, handle))


def _is_ours(handle: int) -> bool:
    try:
        return lock(handle)
    except OSError:  # this disk knows no such locks
        return True
