"""Modules of a Zipformer layer (Yao et al. 2023), each with the part of a Squeezeformer as the other choice.

Letters in tensor names: B batch, T frames, D width, H heads, K width of a head, F hidden width of a feed-forward.
"""

import math
from collections.abc import Callable
from dataclasses import dataclass

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from podium.systems.fingerspelling.networks.attention import join_heads, rotate, split_heads
from podium.systems.fingerspelling.networks.layers import convolve_depthwise
from podium.systems.fingerspelling.networks.regularise import (
    Balancer,
    Schedule,
    Whitener,
    drop_channels,
    happens,
    keep_clips,
    limit,
)
from podium.systems.fingerspelling.recipe import Model
from podium.training.batch_norm import NORM_EPSILON, MaskedBatchNorm

BIAS_NORM_EPSILON = 1e-8  # Zipformer has none; it keeps a frame of zeros finite, here and in float16


@dataclass(frozen=True)
class Frames:
    """What all layers of one frame rate share.

    Attributes:
        mask_BT: True at valid frames.
        hidden_B11T: Added to scores: 0 at valid frames, very low at pads.
        rotation: Cosines and sines of positions, each (T, K).
        count: Batches that training has seen, for the schedules.
    """

    mask_BT: Tensor
    hidden_B11T: Tensor
    rotation: tuple[Tensor, Tensor]
    count: float


def swoosh_l(x: Tensor) -> Tensor:
    """log(1 + exp(x − 4)) − 0.08·x − 0.035: −0.0169 at 0, nearly off below; for feed-forwards."""
    return F.softplus(x - 4) - 0.08 * x - 0.035


def swoosh_r(x: Tensor) -> Tensor:
    """log(1 + exp(x − 1)) − 0.08·x − 0.313261687: 0 at 0; for convolutions."""
    return F.softplus(x - 1) - 0.08 * x - 0.313261687


def scaled_linear(inputs: int, outputs: int, scale: float) -> nn.Linear:
    """A linear layer that begins ``scale`` times as large as torch's, its bias within a tenth of ``scale``."""
    linear = nn.Linear(inputs, outputs)
    with torch.no_grad():
        linear.weight *= scale
        nn.init.uniform_(linear.bias, -0.1 * scale, 0.1 * scale)
    return linear


def doubling(first: float, factor: float = 2.0) -> Schedule:
    """From ``first`` to ``factor`` times as much by 20,000."""
    return Schedule((0, first), (20_000, factor * first))


class BiasNorm(nn.Module):
    """x·exp(log_scale) / √mean((x − bias)²): keeps the direction of x, and through the bias some of its length."""

    def __init__(self, dim: int, is_limited: bool) -> None:
        super().__init__()
        self.is_limited = is_limited
        self.bias = nn.Parameter(1e-4 * torch.randn(dim))
        self.log_scale = nn.Parameter(torch.ones(1))

    def forward(self, x_BTD: Tensor) -> Tensor:
        """(B, T, D) → the same shape, float32."""
        log_scale = self.log_scale
        if self.training and self.is_limited:
            log_scale = limit(log_scale, -1.5, 1.5)
        x_BTD = x_BTD.float()
        square_BT1 = (x_BTD - self.bias).square().mean(-1, keepdim=True)
        return x_BTD * (torch.rsqrt(square_BT1 + BIAS_NORM_EPSILON) * log_scale.exp())


class Bypass(nn.Module):
    """(1 − c)·x + c·f(x) with a learnt c per channel; in training some clips keep x.

    Args:
        p_skip: How many clips keep x, by the count of batches.
        is_learnt: False takes f(x), that is c = 1.
    """

    LEAST = Schedule((0, 0.9), (20_000, 0.2))  # of c: at first no layer may step aside

    def __init__(self, dim: int, p_skip: Schedule, is_learnt: bool, is_limited: bool) -> None:
        super().__init__()
        self.p_skip, self.is_limited = p_skip, is_limited
        self.scale = nn.Parameter(torch.full((dim,), 0.5)) if is_learnt else None

    def forward(self, before_BTD: Tensor, after_BTD: Tensor, count: float) -> Tensor:
        """(B, T, D) twice → (B, T, D)."""
        keep_B11 = keep_clips(after_BTD, self.p_skip(count)) if self.training else None
        if self.scale is None and keep_B11 is None:
            return after_BTD
        step_BTD = after_BTD - before_BTD
        if self.scale is not None:
            is_limited = self.training and self.is_limited
            step_BTD = step_BTD * (limit(self.scale, self.LEAST(count), 1.0) if is_limited else self.scale)
        return before_BTD + (step_BTD if keep_B11 is None else step_BTD * keep_B11)


class AttentionWeights(nn.Module):
    """Where each frame looks, per head, with rotary positions.

    Scores are not divided by √K: queries and keys begin K^(−1/4) times as large instead, each. So it is in Zipformer,
    whose own positions, a projected table of offsets, give way to the rotation here.
    """

    def __init__(self, config: Model) -> None:
        super().__init__()
        one = config
        self.num_heads = config.num_heads
        self.qk_proj = scaled_linear(config.dim, 2 * config.num_heads * one.query_head_dim, one.query_head_dim**-0.25)
        self.whitener = Whitener(doubling(3.0), one.whitener, config.num_heads, strength=0.025)

    def forward(self, x_BTD: Tensor, frames: Frames) -> Tensor:
        """(B, T, D) → (B, H, T, T); rows sum to 1, columns of pads are 0."""
        q_BTD, k_BTD = self.qk_proj(x_BTD).chunk(2, dim=-1)
        k_BTD = self.whitener(k_BTD, frames.mask_BT, frames.count)
        q_BHTK = rotate(split_heads(q_BTD, self.num_heads), frames.rotation)
        k_BHTK = rotate(split_heads(k_BTD, self.num_heads), frames.rotation)
        score_BHTT = q_BHTK @ k_BHTK.transpose(2, 3)
        score_BHTT = score_BHTT + frames.hidden_B11T.to(score_BHTT.dtype)
        return score_BHTT.softmax(-1, dtype=torch.float32).to(q_BTD.dtype)


class SelfAttention(nn.Module):
    """Values of all heads along a map that is given."""

    def __init__(self, config: Model) -> None:
        super().__init__()
        self.num_heads = config.num_heads
        width = config.num_heads * config.value_head_dim
        self.v_proj = nn.Linear(config.dim, width)
        self.o_proj = scaled_linear(width, config.dim, 0.05)
        self.whitener = Whitener(doubling(7.5, 3), config.whitener)

    def forward(self, x_BTD: Tensor, p_BHTT: Tensor, frames: Frames) -> Tensor:
        """(B, T, D) → (B, T, D)."""
        v_BHTK = split_heads(self.v_proj(x_BTD), self.num_heads)
        return self.whitener(self.o_proj(join_heads(p_BHTT @ v_BHTK)), frames.mask_BT, frames.count)


class NonlinAttention(nn.Module):
    """Gated values read along the map of the first head alone, gated once more."""

    def __init__(self, config: Model) -> None:
        super().__init__()
        one, width = config, 3 * config.dim // 4
        self.p_const = Schedule((0, min(1.0, 10 * one.p_const_attention)), (4000, one.p_const_attention))
        self.in_proj = nn.Linear(config.dim, 3 * width)
        self.out_proj = scaled_linear(width, config.dim, 0.05)
        share = Schedule((0, 0.25), (20_000, 0.05)), Schedule((0, 0.75), (20_000, 0.95))
        self.balancer = Balancer(share, (0.5, 5.0), one.balancer)
        self.whitener_in = Whitener(doubling(5.0), one.whitener)
        self.whitener_out = Whitener(doubling(5.0, 3), one.whitener)

    def forward(self, x_BTD: Tensor, p_BTT: Tensor, frames: Frames) -> Tensor:
        """(B, T, D) → (B, T, D)."""
        mask_BT, count = frames.mask_BT, frames.count
        s_BTD, v_BTD, gate_BTD = self.in_proj(x_BTD).chunk(3, dim=-1)
        s_BTD = self.balancer(s_BTD, mask_BT, count)
        v_BTD = self.whitener_in(v_BTD, mask_BT, count) * s_BTD.tanh()
        if self.training and happens(self.p_const(count)):
            weight_BT1 = mask_BT.unsqueeze(-1).to(v_BTD.dtype)
            read_BTD = (v_BTD * weight_BT1).sum(1, keepdim=True) / weight_BT1.sum(1, keepdim=True).clamp(min=1)
        else:
            read_BTD = p_BTT @ v_BTD
        return self.whitener_out(self.out_proj(read_BTD * gate_BTD), mask_BT, count)


class FeedForward(nn.Module):
    """Two linear layers; dropout hides channels for all frames of a clip, at first three times as many."""

    def __init__(self, config: Model, hidden: int) -> None:
        super().__init__()
        one, p = config, config.p_dropout
        self.p_dropout = Schedule((0, min(3 * p, (1 + p) / 2)), (20_000, p))
        self.activation = activation(one.activation, swoosh_l)
        self.linear1 = nn.Linear(config.dim, hidden)
        self.linear2 = scaled_linear(hidden, config.dim, 0.1)
        self.balancer = Balancer((0.3, 1.0), (0.75, 5.0), one.balancer)
        self.whitener = Whitener(doubling(7.5), one.whitener)

    def forward(self, x_BTD: Tensor, frames: Frames) -> Tensor:
        """(B, T, D) → (B, T, D)."""
        h_BTF = self.activation(self.balancer(self.linear1(x_BTD), frames.mask_BT, frames.count))
        if self.training:
            h_BTF = drop_channels(h_BTF, self.p_dropout(frames.count))
        return self.whitener(self.linear2(h_BTF), frames.mask_BT, frames.count)


def activation(name: str, swoosh: Callable[[Tensor], Tensor]) -> Callable[[Tensor], Tensor]:
    """SiLU, or the swoosh of this place."""
    return F.silu if name == "silu" else swoosh


class ConvModule(nn.Module):
    """Gated, long depthwise and pointwise convolution along time; pads are silent behind the gate."""

    def __init__(self, config: Model, kernel_size: int) -> None:
        super().__init__()
        dim, one = config.dim, config
        has_norm = one.convolution == "batch_norm"
        self.activation = activation(one.activation, swoosh_r)
        self.pointwise1 = nn.Linear(dim, 2 * dim)
        self.depthwise = nn.Conv1d(dim, dim, kernel_size, padding=kernel_size // 2, groups=dim, bias=not has_norm)
        self.norm = MaskedBatchNorm(dim) if has_norm else None
        self.pointwise2 = scaled_linear(dim, dim, 0.05)
        least_open, least_out = Schedule((0, 0.05), (8000, 0.025)), Schedule((0, 0.1), (8000, 0.05))
        self.balancer_gate = Balancer((least_open, 1.0), (1.5, Schedule((0, 5.0), (8000, 10.0))), one.balancer)
        self.balancer_out = Balancer((least_out, 1.0), (Schedule((0, 0.2), (20_000, 0.5)), 10.0), one.balancer)
        self.whitener = Whitener(doubling(7.5), one.whitener)

    def forward(self, x_BTD: Tensor, frames: Frames) -> Tensor:
        """(B, T, D) → (B, T, D)."""
        mask_BT, count = frames.mask_BT, frames.count
        value_BTD, gate_BTD = self.pointwise1(x_BTD).chunk(2, dim=-1)
        h_BTD = value_BTD * self.balancer_gate(gate_BTD, mask_BT, count).sigmoid() * mask_BT.unsqueeze(-1)
        h_BTD = convolve_depthwise(self.depthwise, h_BTD)
        if self.norm is not None:
            h_BTD = self.norm(h_BTD, mask_BT)
        h_BTD = self.whitener(self.balancer_out(h_BTD, mask_BT, count), mask_BT, count)
        return self.pointwise2(self.activation(h_BTD))


class FrameMixer(nn.Module):
    """Every ``rate`` frames as one, a learnt mean of the valid ones among them, and back."""

    def __init__(self, rate: int) -> None:
        super().__init__()
        self.rate = rate
        self.bias = nn.Parameter(torch.zeros(rate))

    def down(self, x_BTD: Tensor, mask_BT: Tensor) -> tuple[Tensor, Tensor]:
        """(B, T, D), (B, T) → (B, ⌈T/rate⌉, D), and where a group begins with a valid frame."""
        num_pads = -x_BTD.shape[1] % self.rate
        grouped_BTR = F.pad(mask_BT, (0, num_pads)).unflatten(1, (-1, self.rate))
        weight_BTR = grouped_BTR * self.bias.softmax(0)
        weight_BTR = weight_BTR / weight_BTR.sum(-1, keepdim=True).clamp(min=1e-6)
        x_BTRD = F.pad(x_BTD, (0, 0, 0, num_pads)).unflatten(1, (-1, self.rate))
        return (x_BTRD * weight_BTR.unsqueeze(-1)).sum(2), grouped_BTR[:, :, 0]

    def up(self, x_BTD: Tensor, num_frames: int) -> Tensor:
        """(B, ⌈T/rate⌉, D) → (B, T, D)."""
        return x_BTD.repeat_interleave(self.rate, dim=1)[:, :num_frames]


def norm(config: Model) -> nn.Module:
    """The norm at a layer's end."""
    if config.norm == "layer":
        return nn.LayerNorm(config.dim, eps=NORM_EPSILON)
    return BiasNorm(config.dim, is_limited=config.balancer)


def skip_of_layer(rate: int, begin: float, end: float) -> Schedule:
    """How often a whole layer is left out: half of the time until its turn to warm up comes, seldom thereafter."""
    return Schedule((begin, 0.5), (end, 0.035 * math.sqrt(rate)))
