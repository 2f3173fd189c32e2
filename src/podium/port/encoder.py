"""The Squeezeformer encoder for one clip without padding.

Letters in tensor names: T frames, D width.
"""

from collections.abc import Callable

import tensorflow as tf

from podium.config import Model
from podium.port.layers import Affine, ConvModule, FeedForward, LayerNorm
from podium.port.weights import Weights

Layer = Callable[[tf.Tensor], tf.Tensor]


class Block:
    """Attention, feed-forward, convolution, feed-forward; post-norms, and a learnt affine before each module."""

    def __init__(self, weights: Weights, config: Model, make_attention: Callable[[Weights], Layer]) -> None:
        dim = config.dim
        self.modules: list[tuple[Affine, Layer, LayerNorm]] = []
        for name, module in (
            ("attention", make_attention(weights.scope("attention"))),
            ("ff1", FeedForward(weights.scope("ff1"), dim)),
            ("conv", ConvModule(weights.scope("conv"), dim, config.kernel_size)),
            ("ff2", FeedForward(weights.scope("ff2"), dim)),
        ):
            affine = Affine(weights.scope(f"affine_{name}"), dim)
            self.modules.append((affine, module, LayerNorm(weights.scope(f"norm_{name}"), dim)))

    def __call__(self, x_TD: tf.Tensor) -> tf.Tensor:
        """(T, D) → (T, D)."""
        for affine, module, norm in self.modules:
            x_TD = norm(x_TD + module(affine(x_TD)))
        return x_TD


class Encoder:
    """A stack of blocks.

    Args:
        make_attention: Builds the attention of one block from its weights.
    """

    def __init__(self, weights: Weights, config: Model, make_attention: Callable[[Weights], Layer]) -> None:
        self.blocks = [Block(weights.scope(f"blocks.{i}"), config, make_attention) for i in range(config.num_blocks)]

    def __call__(self, x_TD: tf.Tensor) -> list[tf.Tensor]:
        """(T, D) → what each block makes of it, (T, D) each; the last is the encoder's output."""
        outputs = []
        for block in self.blocks:
            x_TD = block(x_TD)
            outputs.append(x_TD)
        return outputs
