"""Batch norm over clips of different lengths, and running statistics that are computed anew.

Letters in tensor names: B batch, T frames, D features.
"""

from collections.abc import Callable, Iterable
from contextlib import AbstractContextManager

import torch
from torch import Tensor, nn

from podium.training.learner import Batch, Learner
from podium.training.reduction import sum_over_ranks

NORM_EPSILON = 1e-5
NUM_STATISTICS_BATCHES = 50  # 3,200 clips of 64 a batch, or all of a small corpus


class MaskedBatchNorm(nn.Module):
    """Batch norm over the last dimension whose statistics leave out padding.

    In training the statistics are those of the positions where the mask is true; in evaluation the running ones. All
    positions are normalised; what becomes of pads is the caller's affair. Everything is computed in float32. If
    several processes share a batch, the statistics are those of the whole batch.

    Args:
        num_features: Size of the last dimension.
        momentum: Share of the new batch in the running statistics.
    """

    computes_statistics = True

    def __init__(self, num_features: int, momentum: float = 0.1) -> None:
        super().__init__()
        self.momentum = momentum
        self.weight = nn.Parameter(torch.ones(num_features))
        self.bias = nn.Parameter(torch.zeros(num_features))
        self.register_buffer("running_mean", torch.zeros(num_features))
        self.register_buffer("running_var", torch.ones(num_features))

    def forward(self, x_BTD: Tensor, mask_BT: Tensor) -> Tensor:
        """(B, T, num_features) → the same shape and dtype."""
        x32_BTD = x_BTD.float()
        if self.training:
            weight_BT1 = mask_BT.unsqueeze(-1).float()
            count = sum_over_ranks(weight_BT1.sum())
            mean_D = sum_over_ranks((x32_BTD * weight_BT1).sum((0, 1))) / count
            var_D = sum_over_ranks(((x32_BTD - mean_D).square() * weight_BT1).sum((0, 1))) / count
            self.update(mean_D, var_D, count)
        else:
            mean_D, var_D = self.running_mean, self.running_var
        scale_D, shift_D = self.affine(mean_D, var_D)
        return (x32_BTD * scale_D + shift_D).to(x_BTD.dtype)

    def affine(self, mean_D: Tensor, var_D: Tensor) -> tuple[Tensor, Tensor]:
        """Scale and shift that normalise what has this mean and (population) variance."""
        scale_D = self.weight * torch.rsqrt(var_D + NORM_EPSILON)
        return scale_D, self.bias - mean_D * scale_D

    @torch.no_grad()
    def update(self, mean_D: Tensor, var_D: Tensor, count: Tensor) -> None:
        """Takes a batch into the running statistics; their variance is the unbiased one."""
        self.running_mean.lerp_(mean_D, self.momentum)
        self.running_var.lerp_(var_D * (count / (count - 1).clamp(min=1)), self.momentum)


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
    learner: Learner, batches: Iterable[Batch], device: torch.device, autocast: Callable[[], AbstractContextManager]
) -> None:
    """Replaces the running statistics of all `MaskedBatchNorm` by those of ``batches``; nothing is dropped out or
    learned.

    Each norm normalises a batch by the batch's own statistics, as in training: those, and other modules that work on
    statistics, say so by ``computes_statistics``. Leaves the learner in evaluation mode. Norms of `torch.nn` keep what
    they have.
    """
    learner.eval()
    pools = {module: PooledStatistics() for module in learner.modules() if isinstance(module, MaskedBatchNorm)}
    if not pools:
        return
    for module in learner.modules():
        if getattr(module, "computes_statistics", False):
            module.training = True  # itself, not what is in it
    for norm, pool in pools.items():
        norm.update = pool.add
    try:
        for batch in batches:
            with autocast():
                learner.compute_statistics({name: tensor.to(device) for name, tensor in batch.items()})
    finally:
        for norm in pools:
            del norm.update
        learner.eval()
    for norm, pool in pools.items():
        if pool.count:
            norm.running_mean.copy_(pool.mean_D)
            norm.running_var.copy_(pool.unbiased_variance())
