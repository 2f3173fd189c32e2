"""Where a run computes, in which precision, and how it stays repeatable."""

import ctypes
import shutil
import sys
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager, nullcontext
from pathlib import Path

import torch
from torch import nn

from podium.config import Training
from podium.errors import UserError

SHARED_MEMORY = Path("/dev/shm")
BATCHES_PER_LOADER = 2  # that torch lets a loader process make ahead
# Of glibc's mallopt: from which size the heap's free end is given back, and how many blocks have maps of their own.
_TRIM_THRESHOLD, _MAX_MAPS = -1, -4


def choose_device(wish: str) -> torch.device:
    """The device of ``training.device``.

    Raises:
        UserError: A GPU is demanded and there is none.
    """
    has_gpu = torch.cuda.is_available()
    if wish == "cuda" and not has_gpu:
        raise UserError("the recipe demands a GPU (training.device: cuda) and torch sees none; set it to 'auto'")
    return torch.device("cuda" if has_gpu and wish != "cpu" else "cpu")


def device_name(device: torch.device) -> str:
    """What the device is called: "cpu", or the GPU's model."""
    return torch.cuda.get_device_name(device) if device.type == "cuda" else device.type


def make_autocast(training: Training, device: torch.device) -> Callable[[], AbstractContextManager]:
    """Enters the recipe's precision."""
    if training.precision == "fp32":
        return nullcontext
    dtype = torch.bfloat16 if training.precision == "bf16" else torch.float16
    return lambda: torch.autocast(device.type, dtype)


def prepare(training: Training, device: torch.device, seed: int) -> None:
    """Seeds torch's own generator (first weights, dropout); on a CPU also promises the same bits on every run.

    On a GPU some operations have no repeatable form, or a much slower one; there, equal seeds give like results.
    """
    if training.num_threads:
        torch.set_num_threads(training.num_threads)
    if device.type == "cpu":
        _keep_freed_memory()
    torch.manual_seed(seed)
    torch.use_deterministic_algorithms(device.type == "cpu")
    torch.utils.deterministic.fill_uninitialized_memory = False  # nothing here reads memory that it did not write


def _keep_freed_memory() -> None:
    """Lets the process keep memory that it has freed.

    By default, glibc gives large tensors back to the system as soon as they are freed, and gets the next one page by
    page: a tenth to a fifth of a step's time in networks over raw sound.
    """
    if sys.platform == "linux" and (mallopt := getattr(ctypes.CDLL(None), "mallopt", None)):  # musl has none
        mallopt(_MAX_MAPS, 0)
        mallopt(_TRIM_THRESHOLD, 2**31 - 1)


def compile_blocks(model: nn.Module) -> None:
    """Lets torch.compile fuse what stands repeatedly in the network: encoder blocks and decoder layers.

    Each kind is compiled once, when it first runs, for all its places and all clip lengths. Names of parameters stay,
    so that states and weights fit with and without.
    """
    for module in model.modules():
        if isinstance(module, nn.ModuleList):
            for block in module:
                block.compile(dynamic=True)


@contextmanager
def memory_advice(training: Training) -> Iterator[None]:
    """Turns a lack of memory, the GPU's or the machine's, into a `UserError` that names the knobs."""
    try:
        yield
    except torch.OutOfMemoryError:
        owner = "GPU's"
    except RuntimeError as error:
        if "can't allocate memory" not in str(error):  # torch has no type of its own for this on a CPU
            raise
        owner = "machine's"
    else:
        return
    raise UserError(
        f"the {owner} memory is too small for batches of {training.batch_size} clips; halve training.batch_size and"
        f" double training.accumulation (now {training.accumulation}) to keep the effective batch"
    )


def check_shared_memory(training: Training, clip_bytes: int) -> None:
    """Refuses loader processes whose batches may not fit into the memory that they share with the training.

    Without room a loader loses its batch, and the training would wait for it for ever. Containers have 64 MB unless
    they are given more.

    Args:
        clip_bytes: What the longest clip takes in a batch.

    Raises:
        UserError: There is too little.
    """
    if not training.num_workers or not SHARED_MEMORY.is_dir():
        return
    batch_mb = training.batch_size * clip_bytes / 1e6
    needed_mb = training.num_workers * BATCHES_PER_LOADER * batch_mb
    free_mb = shutil.disk_usage(SHARED_MEMORY).free / 1e6
    if free_mb < needed_mb:
        raise UserError(
            f"{SHARED_MEMORY} has {free_mb:.0f} MB free, and {training.num_workers} loader process(es) may need"
            f" {needed_mb:.0f}; give a container more (docker run --shm-size=8g), or lower training.num_workers"
        )
