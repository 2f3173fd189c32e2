"""Means and sums over all processes (ranks) that train one network together, each on its share of every batch.

A run of one process has no process group: everything here is then the identity, to the bit.
"""

import torch.distributed as dist
from torch import Tensor
from torch.distributed.nn.functional import all_reduce


def num_ranks() -> int:
    """Processes of this run."""
    return dist.get_world_size() if dist.is_available() and dist.is_initialized() else 1


def sum_over_ranks(x: Tensor) -> Tensor:
    """The sum of every rank's ``x``; gradients flow back to all of them."""
    return all_reduce(x) if num_ranks() > 1 else x


def part_of_mean(mean: Tensor, count: Tensor) -> Tensor:
    """What this rank adds to a mean over the whole batch: the mean of all ranks' parts is that mean.

    Args:
        mean: Of this rank's share; it may have a gradient.
        count: Things that ``mean`` is taken over, such as clips or labels; ranks may differ in it.
    """
    if num_ranks() == 1:
        return mean
    return mean * (count * (num_ranks() / sum_over_ranks(count.float())))
