"""The Squeezeformer encoder for one clip without padding.

Letters in tensor names: T frames, D width.
"""

from collections.abc import Callable
from dataclasses import dataclass

import tensorflow as tf

from podium.port.convolution import ConvModule
from podium.port.layers import Affine, FeedForward, Frames, Kernels, LayerNorm, as_rows, standardise
from podium.port.weights import Weights
from podium.systems.fingerspelling.recipe import Model
from podium.systems.fingerspelling.twins.attention import Positions, RelativeAttention, RotaryAttention

MakeAttention = Callable[[Weights, int, int], RotaryAttention | RelativeAttention]


@dataclass(frozen=True)
class Stream:
    """rows·scale + bias, of which the rows alone are computed: what reads them takes the rest into its own weights."""

    rows_TD: tf.Tensor
    affine: Affine

    def value(self) -> tf.Tensor:
        """(T, D)."""
        return as_rows(self.rows_TD * self.affine.scale_D + self.affine.bias_D, False)


class Block:
    """Attention, feed-forward, convolution, feed-forward; post-norms, and a learnt affine before each module."""

    def __init__(self, weights: Weights, config: Model, make_attention: MakeAttention) -> None:
        dim = config.dim
        self.attention = make_attention(weights.scope("attention"), dim, config.num_heads)
        self.ff1, self.ff2 = (FeedForward(weights.scope(name), dim) for name in ("ff1", "ff2"))
        self.conv = ConvModule(weights.scope("conv"), dim, config.kernel_size)
        names = ("attention", "ff1", "conv", "ff2")
        self.affines = [Affine.declare(weights.scope(f"affine_{name}"), dim) for name in names]
        self.norms = [LayerNorm(weights.scope(f"norm_{name}"), dim) for name in names]

    def __call__(self, x: Stream, positions: Positions, frames: Frames) -> Stream:
        """(T, D) → (T, D)."""
        modules = (
            lambda *stream: self.attention(*stream, positions, frames),
            self.ff1,
            lambda *stream: self.conv(*stream, frames),
            self.ff2,
        )
        for affine, module, norm in zip(self.affines, modules, self.norms, strict=True):
            h_TD = module(x.rows_TD, affine.after(x.affine), x.affine.bias_D)
            x = Stream(standardise(x.rows_TD * x.affine.scale_D + h_TD), norm.affine)
        return x


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
        # TFLite's own kernels are quick at products of two axes alone.
        rows_TD = as_rows(x_TD, frames.kernels is Kernels.XNNPACK)
        x, outputs = Stream(rows_TD, Affine(tf.ones(x_TD.shape[-1]), tf.zeros(x_TD.shape[-1]))), []
        for block in self.blocks:
            x = block(x, positions, frames)
            outputs.append(x.value())
        return outputs
