"""One run on several processes, each with a GPU of its own and a share of every batch.

All hold the same weights at every step: what a batch means (losses, batch norm, gradients) is summed over the
processes, and the first one writes the files. torchrun or `launch` start them and tell them their numbers in the
environment. Gradients are exchanged once per optimiser step, where torch's own wrapper would do so per micro-batch.
"""

import os
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from typing import Any

import torch
import torch.distributed as dist

from podium.data.sampler import BucketSampler
from podium.errors import UserError
from podium.training.reduction import num_ranks

SEED_STRIDE = 1_000_003  # between the ranks' random draws


@contextmanager
def joined(device: torch.device) -> Iterator[None]:
    """Joins the other processes of the run, if the environment names any."""
    if int(os.environ.get("WORLD_SIZE", 1)) == 1:
        yield
        return
    missing = [name for name in ("RANK", "MASTER_ADDR", "MASTER_PORT") if name not in os.environ]
    if missing:
        raise UserError(f"WORLD_SIZE is set and {' and '.join(missing)} not; start with --gpus or with torchrun")
    # Decisions of the loop travel on the CPU, so that they never wait for a GPU's queue.
    dist.init_process_group("gloo" if device.type == "cpu" else f"cpu:gloo,{device.type}:nccl")
    try:
        yield
    finally:
        dist.destroy_process_group()


def rank() -> int:
    """Number of this process, from 0; the first one writes."""
    return dist.get_rank() if num_ranks() > 1 else 0


class Shares:
    """This rank's keys of every batch, every n-th one.

    A batch of fewer clips than ranks, the last of an epoch, is everybody's: its losses and gradients stay what they
    are; in pooled statistics it counts once per rank.

    Args:
        sampler: Of the whole batches.
    """

    def __init__(self, sampler: BucketSampler) -> None:
        self.whole = sampler

    def set_epoch(self, epoch: int, start: int = 0) -> None:
        """As `BucketSampler.set_epoch`."""
        self.whole.set_epoch(epoch, start)

    def __len__(self) -> int:
        return len(self.whole)

    def __iter__(self) -> Iterator[list[tuple[int, int]]]:
        for keys in self.whole:
            yield keys[rank() :: num_ranks()] if len(keys) >= num_ranks() else keys


def average_gradients(parameters: Iterable[torch.nn.Parameter]) -> None:
    """Gives every rank the mean of all ranks' gradients, in one exchange."""
    if num_ranks() == 1:
        return
    gradients = [parameter.grad for parameter in parameters if parameter.grad is not None]
    flat = torch.cat([gradient.flatten() for gradient in gradients])
    dist.all_reduce(flat)
    flat /= num_ranks()
    for gradient, part in zip(gradients, flat.split([one.numel() for one in gradients]), strict=True):
        gradient.copy_(part.view_as(gradient))


def mean_over_ranks(x: torch.Tensor) -> torch.Tensor:
    """The mean of every rank's ``x``, without a gradient."""
    if num_ranks() == 1:
        return x
    x = x.detach().clone()
    dist.all_reduce(x)
    return x / num_ranks()


def largest(numbers: list[int]) -> list[int]:
    """The largest of every rank's numbers, one by one."""
    if num_ranks() == 1:
        return numbers
    shared = torch.tensor(numbers)
    dist.all_reduce(shared, dist.ReduceOp.MAX)
    return shared.tolist()


def gathered(value: Any) -> list[Any]:
    """Every rank's value, by rank; tensors must lie on the CPU."""
    if num_ranks() == 1:
        return [value]
    values = [None] * num_ranks()
    dist.all_gather_object(values, value)
    return values
