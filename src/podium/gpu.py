"""Leasing a GPU: Snakemake counts GPUs but never names them, so each job takes a free one by a file lock."""

import fcntl
import os
import subprocess
from pathlib import Path
from typing import IO

from podium.errors import UserError


def visible_devices() -> list[str]:
    """GPUs that this process may use: those of CUDA_VISIBLE_DEVICES where it is set, else all that nvidia-smi lists."""
    outer = os.environ.get("CUDA_VISIBLE_DEVICES")
    if outer is not None:
        return [device.strip() for device in outer.split(",") if device.strip()]
    try:
        listing = subprocess.run(["nvidia-smi", "--list-gpus"], capture_output=True, text=True, check=True).stdout
    except (OSError, subprocess.CalledProcessError):
        return []
    return [str(index) for index, line in enumerate(listing.splitlines()) if line.startswith("GPU")]


def lease_gpu(folder: Path) -> IO | None:
    """Takes the first free GPU and makes it the only visible one. To be called before torch is imported.

    The lock ends with the process, however it ends; there is nothing to clean up after a crash.

    Args:
        folder: Where the lock files lie; jobs that share it share the GPUs.

    Returns:
        The open lock, to be kept for as long as the GPU is used; None on a machine without GPUs.

    Raises:
        UserError: All GPUs are taken.
    """
    devices = visible_devices()
    if not devices:
        return None
    folder.mkdir(parents=True, exist_ok=True)
    for device in devices:
        lock = open(folder / f"gpu-{device.replace('/', '_')}.lock", "w")
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            lock.close()
            continue
        os.environ["CUDA_VISIBLE_DEVICES"] = device
        return lock
    raise UserError(f"all {len(devices)} GPUs are taken by other jobs; run with --resources gpu={len(devices)} or wait")
