"""What acts in training alone: schedules, parts left out clip by clip, and gradients that nudge.

The modules here are identities going forward; what they do, they do to the gradient that comes back. They hold no
weights and leave no trace in an exported network. After Zipformer (Yao et al. 2023).

Whether a batch is nudged at all is drawn from torch's generator on the host, so that no GPU has to be waited for.

Letters in tensor names: B batch, T frames, D width, G groups, K channels of a group.
"""

import math

import numpy as np
import torch
from torch import Tensor, nn
from torch.autograd.function import once_differentiable

TINY = 1e-20


class Schedule:
    """A value that follows the count of batches: linear between points (count, value), constant outside."""

    def __init__(self, *points: tuple[float, float]) -> None:
        self.counts, self.values = zip(*points, strict=True)

    def __call__(self, count: float) -> float:
        """The value at ``count``."""
        return float(np.interp(count, self.counts, self.values))


def happens(p: float) -> bool:
    """True with probability ``p``."""
    return p > 0 and float(torch.rand(())) < p


def keep_clips(x_BTD: Tensor, p_skip: float) -> Tensor | None:
    """(B, 1, 1) of 0, for clips that leave a module out, and 1; None when all stay. Not rescaled."""
    if p_skip == 0:
        return None
    return (torch.rand(len(x_BTD), 1, 1, device=x_BTD.device) >= p_skip).to(x_BTD.dtype)


def drop_channels(x_BTD: Tensor, p: float) -> Tensor:
    """Dropout whose choice is the same for all frames of a clip."""
    if p == 0:
        return x_BTD
    is_kept_B1D = torch.rand(x_BTD.shape[0], 1, x_BTD.shape[2], device=x_BTD.device) >= p
    return x_BTD * (is_kept_B1D * (1 / (1 - p))).to(x_BTD.dtype)


class _Limit(torch.autograd.Function):
    @staticmethod
    def forward(ctx, value: Tensor, low: float, high: float) -> Tensor:
        ctx.save_for_backward(value)
        ctx.range = low, high
        return value.view_as(value)

    @staticmethod
    @once_differentiable
    def backward(ctx, gradient: Tensor) -> tuple[Tensor, None, None]:
        (value,), (low, high) = ctx.saved_tensors, ctx.range
        # A step goes against the gradient: a positive one lowers the value.
        leaves = (value < low) & (gradient > 0) | (value > high) & (gradient < 0)
        return torch.where(leaves, -gradient, gradient), None, None


def limit(value: Tensor, low: float, high: float) -> Tensor:
    """Turns the gradient of numbers outside [low, high] back inwards, six times of ten."""
    return _Limit.apply(value, low, high) if happens(0.6) else value


class _Balance(torch.autograd.Function):
    @staticmethod
    def forward(ctx, x_BTD: Tensor, mask_BT: Tensor, bounds: tuple[float, float, float, float]) -> Tensor:
        ctx.save_for_backward(x_BTD, mask_BT)
        ctx.bounds = bounds
        return x_BTD.view_as(x_BTD)

    @staticmethod
    @once_differentiable
    def backward(ctx, gradient_BTD: Tensor) -> tuple[Tensor, None, None]:
        x_BTD, mask_BT = ctx.saved_tensors
        nudge_BTD = balance_direction(x_BTD.float(), mask_BT, *ctx.bounds)
        nudge_BTD *= gradient_BTD.abs() * Balancer.STRENGTH
        return gradient_BTD + nudge_BTD.to(gradient_BTD.dtype), None, None


def balance_direction(
    x_BTD: Tensor, mask_BT: Tensor, mean_low: float, mean_high: float, rms_low: float, rms_high: float
) -> Tensor:
    """Gradient of how far channels are out of range, of root mean square 1 per channel; 0 for channels in range.

    Out of range is |m − clip(m)| + |ln(clip(r)/r)| with m mean/deviation and r the root mean square of a channel over
    the valid frames. Its gradient is a linear function of x, channel by channel.
    """
    weight_BT1 = mask_BT.unsqueeze(-1).to(x_BTD.dtype)
    count = weight_BT1.sum().clamp(min=1)
    weighted_BTD = x_BTD * weight_BT1
    mean_D = weighted_BTD.sum((0, 1)) / count
    square_D = ((weighted_BTD * x_BTD).sum((0, 1)) / count).clamp(min=TINY)
    deviation_D = torch.maximum(square_D - mean_D.square(), 1e-8 * square_D).sqrt()
    ratio_D, rms_D = mean_D / deviation_D, square_D.sqrt()
    side_mean_D = (ratio_D - ratio_D.clamp(mean_low, mean_high)).sign()
    side_rms_D = (rms_D - rms_D.clamp(rms_low, rms_high)).sign()
    # Both derivatives times count · deviation; the scale goes in the next step.
    slope_D = (side_rms_D * deviation_D.square() / square_D - side_mean_D * ratio_D) / deviation_D
    offset_D = side_mean_D * (1 + ratio_D.square())
    size_D = (slope_D.square() * square_D + 2 * slope_D * offset_D * mean_D + offset_D.square()).clamp(min=0).sqrt()
    size_D = size_D.clamp(min=TINY)
    return (x_BTD * (slope_D / size_D) + offset_D / size_D) * weight_BT1


Bound = float | Schedule


class Balancer(nn.Module):
    """Nudges channels whose share of positive values or whose size is out of range.

    Args:
        positive: Least and largest share of positive values.
        magnitude: Least and largest mean of |x|.
        is_on: False makes it do nothing.
    """

    STRENGTH = 0.04  # of the nudge, relative to the gradient
    PROBABILITY = Schedule((0, 0.5), (8000, 0.125))

    def __init__(self, positive: tuple[Bound, Bound], magnitude: tuple[Bound, Bound], is_on: bool) -> None:
        super().__init__()
        self.positive, self.magnitude, self.is_on = positive, magnitude, is_on

    def forward(self, x_BTD: Tensor, mask_BT: Tensor, count: float) -> Tensor:
        """``x_BTD``."""
        if not (self.training and self.is_on and happens(self.PROBABILITY(count))):
            return x_BTD
        means = (mean_of_share(_at(bound, count)) for bound in self.positive)
        sizes = (math.sqrt(math.pi / 2) * _at(bound, count) for bound in self.magnitude)
        return _Balance.apply(x_BTD, mask_BT, (*means, *sizes))


def _at(bound: Bound, count: float) -> float:
    return bound(count) if isinstance(bound, Schedule) else bound


def mean_of_share(share: float) -> float:
    """Mean/deviation at which about this share of (nearly normal) values is positive; endless at 0 and 1."""
    if not 0 < share < 1:
        return math.copysign(math.inf, share - 0.5)
    return 0.81395 * math.atanh(2 * share - 1)


class _Whiten(torch.autograd.Function):
    @staticmethod
    def forward(ctx, x_BTD: Tensor, mask_BT: Tensor, num_groups: int, most: float, strength: float) -> Tensor:
        ctx.save_for_backward(x_BTD, mask_BT)
        ctx.settings = num_groups, most, strength
        return x_BTD.view_as(x_BTD)

    @staticmethod
    @once_differentiable
    def backward(ctx, gradient_BTD: Tensor) -> tuple[Tensor, None, None, None, None]:
        (x_BTD, mask_BT), (num_groups, most, strength) = ctx.saved_tensors, ctx.settings
        metric, direction_BTD = whiteness(x_BTD.float(), mask_BT, num_groups)
        size = strength * gradient_BTD.float().norm() / (direction_BTD.norm() + TINY)
        nudge_BTD = direction_BTD * torch.where(metric >= most, size, 0.0)
        return gradient_BTD + nudge_BTD.to(gradient_BTD.dtype), None, None, None, None


def whiteness(x_BTD: Tensor, mask_BT: Tensor, num_groups: int) -> tuple[Tensor, Tensor]:
    """How alike channels are: mean square of the covariance's eigenvalues over the square of their mean.

    Returns:
        1.0 for channels that are uncorrelated and of one size, at most the channels of a group; and its gradient, but
        for a positive factor, (B, T, D).
    """
    weight_BT1 = mask_BT.unsqueeze(-1).to(x_BTD.dtype)
    count = weight_BT1.sum().clamp(min=1)
    centred_BTD = (x_BTD - (x_BTD * weight_BT1).sum((0, 1)) / count) * weight_BT1
    centred_GNK = centred_BTD.flatten(0, 1).unflatten(-1, (num_groups, -1)).transpose(0, 1)
    covariance_GKK = centred_GNK.transpose(1, 2) @ centred_GNK / count
    trace = covariance_GKK.diagonal(dim1=1, dim2=2).sum().clamp(min=TINY)
    squares = covariance_GKK.square().sum()
    direction_GNK = centred_GNK @ covariance_GKK - centred_GNK * (squares / trace)
    return squares / trace * x_BTD.shape[-1] / trace, direction_GNK.transpose(0, 1).reshape(x_BTD.shape)


class Whitener(nn.Module):
    """Nudges channels apart if a few directions hold too much of the variance.

    Every fourth batch is looked at, by chance; Zipformer looks at every fortieth while the last look found nothing.

    Args:
        most: What `whiteness` may come to.
        num_groups: Channels of different groups may be alike.
        strength: Of the nudge, relative to the gradient.
    """

    PROBABILITY = 0.25

    def __init__(self, most: Schedule, is_on: bool, num_groups: int = 1, strength: float = 0.01) -> None:
        super().__init__()
        self.most, self.is_on, self.num_groups, self.strength = most, is_on, num_groups, strength

    def forward(self, x_BTD: Tensor, mask_BT: Tensor, count: float) -> Tensor:
        """``x_BTD``."""
        if not (self.training and self.is_on and happens(self.PROBABILITY)):
            return x_BTD
        return _Whiten.apply(x_BTD, mask_BT, self.num_groups, self.most(count), self.strength)
