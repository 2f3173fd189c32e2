"""Starts a command as several processes that train one network together, each on a leased GPU of its own.

They get torchrun's environment, so that torchrun can start the same command in their place. Why not torchrun itself:
an error of the user stays one line and keeps its exit code, and the leases live exactly as long as the processes.
"""

import ctypes
import os
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import IO

from podium.runtime.gpu import Lease
from podium.runtime.signals import asked_to_end

GRACE_S = 30  # for the others, once one has failed: those that wait for it never end
POLL_S = 0.1


def launch(command: list[str], lease: Lease) -> int:
    """Runs the command once per GPU and waits for all.

    The first process speaks on stderr; of the others only one that fails by itself is heard. SIGTERM and Ctrl-C are
    passed on.

    Returns:
        0, or the exit code of the first one that failed, 128 + n after signal n as in a shell.
    """
    shared = {
        "WORLD_SIZE": str(len(lease.devices)), "MASTER_ADDR": "127.0.0.1", "MASTER_PORT": str(_free_port()),
    }  # fmt: skip
    processes, voices = [], []
    for rank, (device, lock) in enumerate(zip(lease.devices, lease.locks, strict=True)):
        own = {"RANK": str(rank), "LOCAL_RANK": str(rank), "CUDA_VISIBLE_DEVICES": device}
        voices.append(tempfile.TemporaryFile("w+") if rank else None)
        processes.append(
            subprocess.Popen(
                command,
                env=os.environ | shared | own,
                stderr=voices[-1],
                pass_fds=[lock.fileno()],
            )
        )
    with _passing_signals_on(processes):
        failed = _wait(processes)
    if failed is None:
        return 0
    code = processes[failed].returncode
    if processes[0].returncode != code:  # else the first one has said it already
        _repeat(voices[failed])
    return code if code > 0 else 128 - code


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def end_with_parent() -> None:
    """For a launched process: who started it is killed, so it is asked to end as well."""
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(1, signal.SIGTERM)  # PR_SET_PDEATHSIG


@contextmanager
def _passing_signals_on(processes: list[subprocess.Popen]) -> Iterator[None]:
    def pass_on(number: int, _frame: object) -> None:
        for process in processes:
            if process.poll() is None:
                process.send_signal(number)

    with asked_to_end(pass_on):
        yield


def _wait(processes: list[subprocess.Popen]) -> int | None:
    """Until all have ended; the number of the first that failed."""
    failed, deadline = None, float("inf")
    while any(process.poll() is None for process in processes):
        codes = [process.returncode for process in processes]
        if failed is None and any(codes):
            failed = next(number for number, code in enumerate(codes) if code)
            deadline = time.monotonic() + GRACE_S
        if time.monotonic() > deadline:
            for process in processes:
                process.kill()
        time.sleep(POLL_S)
    if failed is None:
        failed = next((number for number, process in enumerate(processes) if process.returncode), None)
    return failed


def _repeat(voice: IO[str] | None) -> None:
    if voice is not None:
        voice.seek(0)
        shutil.copyfileobj(voice, sys.stderr)
