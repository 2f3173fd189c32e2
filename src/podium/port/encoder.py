"""The Squeezeformer encoder for one clip without padding.

Letters in tensor names: T frames, D width.
"""

from collections.abc import Callable

import tensorflow as tf

from podium.config import Model
from podium.port.attention import Positions, RelativeAttention, RotaryAttention
from podium.port.layers import Affine, ConvModule, FeedForward, Frames, LayerNorm
from podium.port.weights import Weights

MakeAttention = Callable[[Weights, int, int], RotaryAttention | RelativeAttention]


class Block:
    """Attention, feed-forward, convolution, feed-forward; post-norms, and a learnt affine before each module."""

    def __init__(self, weights: Weights, config: Model, make_attention: MakeAttention) -> None:
        dim = config.dim
        self.attention = make_attention(weights.scope("attention"), dim, config.num_heads)
        self.ff1, self.ff2 = (FeedForward(weights.scope(name), dim) for name in ("ff1", "ff2"))
        self.conv = ConvModule(weights.scope("conv"), dim, config.kernel_size)
        names = ("attention", "ff1", "conv", "ff2")
        self.affines = [Affine(weights.scope(f"affine_{name}"), dim) for name in names]
        self.norms = [LayerNorm(weights.scope(f"norm_{name}"), dim) for name in names]

    def __call__(self, x_TD: tf.Tensor, positions: Positions, frames: Frames) -> tf.Tensor:
        """(T, D) → (T, D)."""
        modules = (
            lambda x_TD, before: self.attention(x_TD, before, positions, frames),
            self.ff1,
            lambda x_TD, before: self.conv(x_TD, before, frames),
            self.ff2,
        )
        for affine, module, norm in zip(self.affines, modules, self.norms, strict=True):
            x_TD = norm(x_TD + module(x_TD, affine))
        return x_TD


class Encoder:
    """A stack of blocks.

    Args:
        make_attention: The class of the blocks' attention.
        positions_of: What that takes as positions, for a number of frames; computed once for all blocks.
    """

    def __init__(
        self,
        weights: Weights,
        config: Model,
        make_attention: MakeAttention,
        positions_of: Callable[[tf.Tensor], Positions],
    ) -> None:
        self.positions_of = positions_of
        self.blocks = [Block(weights.scope(f"blocks.{i}"), config, make_attention) for i in range(config.num_blocks)]

    def __call__(self, x_TD: tf.Tensor, frames: Frames) -> list[tf.Tensor]:
        """(T, D) → what each block makes of it, (T, D) each; the last is the encoder's output."""
        positions = self.positions_of(frames.num_rows)
        outputs = []
        for block in self.blocks:
            x_TD = block(x_TD, positions, frames)
            outputs.append(x_TD)
        return outputs
