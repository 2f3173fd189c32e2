"""Leasing GPUs: Snakemake counts GPUs but never names them, so each job takes free ones by file locks."""

import logging
import os
import subprocess
import tempfile
import time
from dataclasses import dataclass
from itertools import takewhile
from pathlib import Path
from typing import IO

from podium.errors import UserError
from podium.runtime.locks import lock

log = logging.getLogger(__name__)

PATIENCE_S = 30  # the processes of a killed job hold their GPUs until they have written their state
POLL_S = 0.1


@dataclass
class Lease:
    """GPUs that are this process's own while ``locks`` are open, here or in a process that has inherited them."""

    devices: list[str]
    locks: list[IO]

    def close(self) -> None:
        """Gives the GPUs back."""
        for held in self.locks:
            held.close()


def visible_devices() -> list[str]:
    """GPUs that this process may use: those of CUDA_VISIBLE_DEVICES if it is set, else all that nvidia-smi lists."""
    outer = os.environ.get("CUDA_VISIBLE_DEVICES")
    if outer is not None:
        names = (name.strip() for name in outer.split(","))
        return list(takewhile(lambda name: name and not name.startswith("-"), names))  # CUDA stops reading there too
    try:
        listing = subprocess.run(["nvidia-smi", "--list-gpus"], capture_output=True, text=True, check=True).stdout
    except (OSError, subprocess.CalledProcessError):
        return []
    return [str(index) for index, line in enumerate(line for line in listing.splitlines() if line.startswith("GPU"))]


def lease_gpus(num_gpus: int = 1, folder: Path | None = None, patience_s: float = PATIENCE_S) -> Lease | None:
    """Takes the first free GPUs and makes them the only visible ones. To be called before torch is imported.

    The locks end with the process, however it ends; there is nothing to clean up after a crash. Forked children, such
    as loader processes, do not prolong them.

    Args:
        num_gpus: All of them are taken, or none.
        folder: Where the lock files lie; jobs that share it share the GPUs. By default one folder per user and machine.
        patience_s: How long to wait for GPUs that are not free yet.

    Returns:
        To be kept for as long as the GPUs are used; None on a machine without GPUs, if one is asked for.

    Raises:
        UserError: There are too few, or too few are free.
    """
    devices = visible_devices()
    if not devices and num_gpus == 1:
        return None
    if num_gpus > len(devices):
        raise UserError(f"{num_gpus} GPUs are asked for and {len(devices)} are visible; ask for fewer")
    if folder is None:
        folder = Path(tempfile.gettempdir(), f"podium-gpu-{os.getuid()}")
    folder.mkdir(parents=True, exist_ok=True)
    # Slurm's CUDA_VISIBLE_DEVICES are nobody else's, and numbered from 0 on in every job: a lock is then the job's own.
    # If Slurm gives no GPUs, all jobs of the machine share them, as without Slurm.
    is_given = "CUDA_VISIBLE_DEVICES" in os.environ
    prefix = f"slurm-{os.environ.get('SLURM_JOB_ID', 'none') if is_given else 'none'}"
    deadline = time.monotonic() + patience_s
    while len((lease := _free(devices, num_gpus, folder / prefix)).devices) < num_gpus:
        if time.monotonic() >= deadline:
            num_taken = len(devices) - len(lease.devices)
            raise UserError(
                f"{num_taken} of {len(devices)} GPU(s) are taken by other jobs and {num_gpus} asked for; wait, or run"
                f" with --resources gpu={len(devices)}"
            )
        time.sleep(POLL_S)
    os.register_at_fork(after_in_child=lease.close)
    os.environ["CUDA_VISIBLE_DEVICES"] = ",".join(lease.devices)
    log.info("gpu=%s", ",".join(lease.devices))
    return lease


def _free(devices: list[str], num_gpus: int, prefix: Path) -> Lease:
    """The first free ones; if they are too few, they are given back at once."""
    lease = Lease([], [])
    with open(f"{prefix}.lock", "w") as turn:
        lock(turn, waits=True)  # one chooser at a time: two could otherwise each take half of what both need
        for device in devices:
            held = _try_lock(Path(f"{prefix}-gpu-{device.replace('/', '_')}.lock"))
            if held is not None:
                lease.devices.append(device)
                lease.locks.append(held)
            if len(lease.devices) == num_gpus:
                return lease
        lease.close()
    return lease


def _try_lock(path: Path) -> IO | None:
    handle = open(path, "w")
    if lock(handle):
        return handle
    handle.close()
    return None
