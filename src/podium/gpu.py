"""Leasing a GPU: Snakemake counts GPUs but never names them, so each job takes a free one by a file lock."""

import fcntl
import os
import subprocess
import tempfile
from pathlib import Path
from typing import IO

from podium.errors import UserError


def visible_devices() -> list[str]:
    """GPUs that this process may use: those of CUDA_VISIBLE_DEVICES where it is set, else all that nvidia-smi lists."""
    outer = os.environ.get("CUDA_VISIBLE_DEVICES")
    if outer is not None:
        names = [name.strip() for name in outer.split(",")]
        return [name for name in names if name and not name.startswith("-")]  # "" and "-1" hide all GPUs
    try:
        listing = subprocess.run(["nvidia-smi", "--list-gpus"], capture_output=True, text=True, check=True).stdout
    except (OSError, subprocess.CalledProcessError):
        return []
    return [str(index) for index, line in enumerate(line for line in listing.splitlines() if line.startswith("GPU"))]


def lease_gpu(folder: Path | None = None) -> IO | None:
    """Takes the first free GPU and makes it the only visible one. To be called before torch is imported.

    The lock ends with the process, however it ends; there is nothing to clean up after a crash.

    Args:
        folder: Where the lock files lie; jobs that share it share the GPUs. By default one folder per user and machine.

    Returns:
        The open lock, to be kept for as long as the GPU is used; None on a machine without GPUs.

    Raises:
        UserError: All GPUs are taken.
    """
    devices = visible_devices()
    if not devices:
        return None
    if folder is None:
        folder = Path(tempfile.gettempdir(), f"podium-gpu-{os.getuid()}")
    folder.mkdir(parents=True, exist_ok=True)
    # Slurm may number the GPUs of every allocation from 0 on: the same name is then another GPU.
    allocation = os.environ.get("SLURM_JOB_ID", "none")
    for device in devices:
        lock = open(folder / f"slurm-{allocation}-gpu-{device.replace('/', '_')}.lock", "w")
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            lock.close()
            continue
        os.environ["CUDA_VISIBLE_DEVICES"] = device
        return lock
    raise UserError(
        f"all {len(devices)} GPU(s) are taken by other jobs; wait, or run with --resources gpu={len(devices)}"
    )
