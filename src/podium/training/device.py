"""Where a run computes, and in which precision."""

from collections.abc import Callable
from contextlib import AbstractContextManager, nullcontext

import torch

from podium.config import Training
from podium.errors import UserError


def choose_device(wish: str) -> torch.device:
    """The device of ``training.device``.

    Raises:
        UserError: A GPU is demanded and there is none.
    """
    has_gpu = torch.cuda.is_available()
    if wish == "cuda" and not has_gpu:
        raise UserError("the recipe demands a GPU (training.device: cuda) and torch sees none; set it to 'auto'")
    return torch.device("cuda" if has_gpu and wish != "cpu" else "cpu")


def make_autocast(training: Training, device: torch.device) -> Callable[[], AbstractContextManager]:
    """Enters the recipe's precision."""
    if training.precision == "fp32":
        return nullcontext
    dtype = torch.bfloat16 if training.precision == "bf16" else torch.float16
    return lambda: torch.autocast(device.type, dtype)


def prepare(training: Training, seed: int) -> None:
    """Seeds torch's own generator (initialisation, dropout) and asks for the same bits on every run."""
    if training.num_threads:
        torch.set_num_threads(training.num_threads)
    torch.manual_seed(seed)
    torch.use_deterministic_algorithms(True, warn_only=True)
