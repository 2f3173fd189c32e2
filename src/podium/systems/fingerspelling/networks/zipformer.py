"""A Zipformer encoder (Yao et al. 2023) between the front ends and the decoders of round 2.

Letters in tensor names: B batch, T frames, D width, H heads.
"""

import torch
from torch import Tensor, nn

from podium.systems.fingerspelling.networks.attention import hide, rotary_table
from podium.systems.fingerspelling.networks.parts_reader import PartsReader
from podium.systems.fingerspelling.networks.registry import MODELS
from podium.systems.fingerspelling.networks.regularise import Balancer, Schedule, Whitener, keep_clips
from podium.systems.fingerspelling.networks.zipformer_layers import (
    AttentionWeights,
    Bypass,
    ConvModule,
    FeedForward,
    FrameMixer,
    Frames,
    NonlinAttention,
    SelfAttention,
    doubling,
    norm,
    skip_of_layer,
)
from podium.systems.fingerspelling.recipe import Model, Stack

WARMUP_COUNT = 4000  # by then every layer takes part
NEVER = Schedule((0, 0.0))


class Block(nn.Module):
    """One layer: two halves of attention, convolution and feed-forward over one map, and a feed-forward before them.

    Args:
        p_skip: How often a clip leaves the whole layer out, by the count of batches.
    """

    P_SKIP_ATTENTION = P_SKIP_CONV = Schedule((0, 0.2), (4000, 0.05), (16_000, 0))
    P_SKIP_FF = Schedule((0, 0.1), (4000, 0.01), (50_000, 0))
    P_SKIP_MIDDLE = Schedule((0, 0.5), (4000, 0.02))

    def __init__(self, config: Model, kernel_size: int, p_skip: Schedule) -> None:
        super().__init__()
        one = config
        self.is_skipping = one.layer_skip
        self.weights = AttentionWeights(config)
        self.weights2 = AttentionWeights(config) if one.attention == "separate" else None
        self.nonlin_attention = NonlinAttention(config) if one.nonlin_attention else None
        for half, factor in enumerate(one.ff_factors, 1):
            self.add_module(f"ff{half}", FeedForward(config, round(one.ff_dim * factor)))
        for half in (1, 2):
            self.add_module(f"attention{half}", SelfAttention(config))
            self.add_module(f"conv{half}", ConvModule(config, kernel_size))
        p_skip_middle = self.P_SKIP_MIDDLE if one.layer_skip else NEVER
        self.bypass_middle = Bypass(config.dim, p_skip_middle, one.bypass, one.balancer)
        self.bypass = Bypass(config.dim, p_skip if one.layer_skip else NEVER, one.bypass, one.balancer)
        self.norm = norm(config)
        self.balancer_norm = Balancer((0.45, 0.55), (0.2, 4.0), one.balancer)
        self.balancer = Balancer((0.45, 0.55), (0.1, 4.0), one.balancer)
        self.whitener = Whitener(doubling(4.0, 3), one.whitener)

    def forward(self, x_BTD: Tensor, frames: Frames) -> Tensor:
        """(B, T, D) → (B, T, D), float32; rows of pads hold something finite without meaning."""
        before_BTD = x_BTD
        mask_BT, count = frames.mask_BT, frames.count
        p_BHTT = self.weights(x_BTD, frames)
        keep_attention = self._keep(x_BTD, self.P_SKIP_ATTENTION, count)
        x_BTD = x_BTD + self.ff1(x_BTD, frames)
        if self.nonlin_attention is not None:
            x_BTD = add(x_BTD, self.nonlin_attention(x_BTD, p_BHTT[:, 0], frames), keep_attention)
        x_BTD = add(x_BTD, self.attention1(x_BTD, p_BHTT, frames), keep_attention)
        x_BTD = add(x_BTD, self.conv1(x_BTD, frames), self._keep(x_BTD, self.P_SKIP_CONV, count))
        x_BTD = add(x_BTD, self.ff2(x_BTD, frames), self._keep(x_BTD, self.P_SKIP_FF, count))
        x_BTD = self.bypass_middle(before_BTD, x_BTD, count)
        if self.weights2 is not None:
            p_BHTT = self.weights2(x_BTD, frames)
        x_BTD = add(x_BTD, self.attention2(x_BTD, p_BHTT, frames), keep_attention)
        x_BTD = add(x_BTD, self.conv2(x_BTD, frames), self._keep(x_BTD, self.P_SKIP_CONV, count))
        x_BTD = add(x_BTD, self.ff3(x_BTD, frames), self._keep(x_BTD, self.P_SKIP_FF, count))
        x_BTD = self.norm(self.balancer_norm(x_BTD, mask_BT, count))
        x_BTD = self.bypass(before_BTD, x_BTD, count)
        return self.whitener(self.balancer(x_BTD, mask_BT, count), mask_BT, count)

    def _keep(self, x_BTD: Tensor, p_skip: Schedule, count: float) -> Tensor | None:
        return keep_clips(x_BTD, p_skip(count)) if self.training and self.is_skipping else None


def add(x_BTD: Tensor, step_BTD: Tensor, keep_B11: Tensor | None) -> Tensor:
    """x + step, the step only for clips that keep it."""
    return x_BTD + (step_BTD if keep_B11 is None else step_BTD * keep_B11)


class ZipformerEncoder(nn.Module):
    """Stacks of layers, each at its frame rate, and how far training has come.

    A stack below the full rate works on means of neighbouring frames; a bypass mixes what it makes with what came in.
    """

    def __init__(self, config: Model) -> None:
        super().__init__()
        one = config
        self.stacks = one.stacks or [Stack(num_layers=config.num_blocks)]
        self.query_head_dim = one.query_head_dim
        self.schedule_step = one.schedule_step
        blocks = []
        for index, stack in enumerate(self.stacks):
            # Each stack has its share of the warm-up, and each layer its share of that.
            share = WARMUP_COUNT / (len(self.stacks) + 1)
            for layer in range(stack.num_layers):
                begin = share * (index + 1 + layer / stack.num_layers)
                p_skip = skip_of_layer(stack.rate, begin, begin + share / stack.num_layers)
                blocks.append(Block(config, stack.kernel_size or config.kernel_size, p_skip))
        self.blocks = nn.ModuleList(blocks)
        rates = {str(index): stack.rate for index, stack in enumerate(self.stacks) if stack.rate > 1}
        self.mixers = nn.ModuleDict({index: FrameMixer(rate) for index, rate in rates.items()})
        p_skip = Block.P_SKIP_MIDDLE if one.layer_skip else NEVER
        self.bypasses = nn.ModuleDict({index: Bypass(config.dim, p_skip, one.bypass, one.balancer) for index in rates})
        # Part of the state from which a run goes on; training alone looks at it. The number beside it spares each step
        # the wait for the GPU.
        self.register_buffer("num_batches", torch.zeros(1, dtype=torch.int64))
        self._num_batches = 0

    def _load_from_state_dict(self, *arguments: object) -> None:
        super()._load_from_state_dict(*arguments)
        self._num_batches = int(self.num_batches)

    def forward(self, x_BTD: Tensor, mask_BT: Tensor) -> Tensor:
        """(B, T, D) → (B, T, D), float32; rows of pads hold something finite without meaning."""
        count = self._num_batches * self.schedule_step
        if self.training:
            self._num_batches += 1
            self.num_batches += 1
        blocks = iter(self.blocks)
        x_BTD = x_BTD.float()
        for index, stack in enumerate(self.stacks):
            before_BTD, mask_of_stack_BT = x_BTD, mask_BT
            if stack.rate > 1:
                x_BTD, mask_of_stack_BT = self.mixers[str(index)].down(x_BTD, mask_BT)
            frames = Frames(
                mask_of_stack_BT,
                hide(mask_of_stack_BT[:, None, None]),
                rotary_table(x_BTD.shape[1], self.query_head_dim, x_BTD.device),
                count,
            )
            for _ in range(stack.num_layers):
                x_BTD = next(blocks)(x_BTD, frames)
            if stack.rate > 1:
                x_BTD = self.mixers[str(index)].up(x_BTD, before_BTD.shape[1])
                x_BTD = self.bypasses[str(index)](before_BTD, x_BTD, count)
        return x_BTD


@MODELS.register("zipformer")
class Zipformer(PartsReader):
    """Round 2's network with another encoder."""

    def make_encoder(self, config: Model) -> ZipformerEncoder:
        """The recipe's stacks."""
        return ZipformerEncoder(config)
