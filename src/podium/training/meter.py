"""How fast a run goes and what it takes: for the log, never for the history, which must not depend on the machine."""

import resource
import sys

import torch


def peak_memory_mb(device: torch.device) -> float:
    """The most memory that the run has held so far: on its GPU, or in this process."""
    if device.type == "cuda":
        return torch.cuda.max_memory_allocated(device) / 2**20
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return peak / (2**20 if sys.platform == "darwin" else 2**10)  # macOS counts bytes, Linux kilobytes


def epoch_line(row: dict[str, float], speed: dict[str, float], epochs: int, remaining_seconds: float) -> str:
    """One epoch as one line of the log.

    Args:
        row: Of the history.
        speed: What the history does not hold.
    """
    numbers = " ".join(f"{name}={value:.4g}" for name, value in (row | speed).items() if name != "epoch")
    minutes, seconds = divmod(round(remaining_seconds), 60)
    return f"epoch={row['epoch']}/{epochs} {numbers} eta={minutes}m{seconds:02d}s"
