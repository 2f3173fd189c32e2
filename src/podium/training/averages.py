"""The network that is validated and saved: the trained one, or a moving average of its weights; with the running
statistics of its batch norms as training has left them, or computed anew.
"""

from collections.abc import Callable, Iterable
from contextlib import AbstractContextManager

import torch
from torch import Tensor
from torch.optim.swa_utils import AveragedModel, get_ema_multi_avg_fn

from podium.systems.fingerspelling.networks.base import Batch, SignReader
from podium.systems.fingerspelling.networks.layers import FrontEnd, MaskedBatchNorm

NUM_STATISTICS_BATCHES = 50  # 3,200 clips of the 1st-place solution's batches, or all of a small corpus


def make_average(model: torch.nn.Module, decay: float) -> AveragedModel:
    """An exponential moving average of weights and buffers, to be updated after every optimiser step.

    Running statistics are averaged like weights: they belong to the weights of their moment, and the 1st-place
    solution's nearly follow single batches. Early on the average forgets faster, (1 + n) / (10 + n) after n steps, so
    that a short run does not end on its first weights. Counters are copied.
    """

    def average(averages: list[Tensor], values: list[Tensor], _: Tensor) -> None:
        if not averages[0].is_floating_point():
            torch._foreach_copy_(averages, values)
            return
        num_steps = int(averaged.n_averaged)  # on the CPU: reading it waits for nothing
        get_ema_multi_avg_fn(min(decay, (1 + num_steps) / (10 + num_steps)))(averages, values, _)

    averaged = AveragedModel(model, multi_avg_fn=average, use_buffers=True)
    return averaged


class PooledStatistics:
    """Mean and variance over several batches, as if they were one."""

    def __init__(self) -> None:
        self.count, self.mean_D, self.squares_D = 0.0, 0.0, 0.0

    def add(self, mean_D: Tensor, var_D: Tensor, count: Tensor) -> None:
        """Takes a batch of ``count`` positions with this mean and population variance."""
        mean_D, var_D, count = mean_D.double(), var_D.double(), float(count)
        self.count += count
        delta_D = mean_D - self.mean_D
        self.mean_D = self.mean_D + delta_D * (count / self.count)
        self.squares_D = self.squares_D + count * (var_D + delta_D.square() * (1 - count / self.count))

    def unbiased_variance(self) -> Tensor:
        """Over all positions so far."""
        return self.squares_D / max(self.count - 1, 1)


@torch.no_grad()
def recompute_statistics(
    model: SignReader,
    batches: Iterable[Batch],
    device: torch.device,
    autocast: Callable[[], AbstractContextManager],
) -> None:
    """Replaces the running statistics of all batch norms by those of ``batches``; nothing is dropped out or learned.

    Each norm normalises a batch by the batch's own statistics, as in training. Leaves the network in evaluation mode.
    """
    model.eval()
    pools = {module: PooledStatistics() for module in model.modules() if isinstance(module, MaskedBatchNorm)}
    for module in model.modules():
        if isinstance(module, (MaskedBatchNorm, FrontEnd)):
            module.training = True  # itself, not what is in it
    for norm, pool in pools.items():
        norm.update = pool.add
    try:
        for batch in batches:
            with autocast():
                model.encode(batch["x_BTLC"].to(device), batch["mask_BT"].to(device))
    finally:
        for norm in pools:
            del norm.update
        model.eval()
    for norm, pool in pools.items():
        norm.running_mean.copy_(pool.mean_D)
        norm.running_var.copy_(pool.unbiased_variance())
