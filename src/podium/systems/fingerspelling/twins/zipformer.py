"""The twin of the Zipformer, module for module under the same names. What acts in training alone has no twin.

Letters in tensor names: T frames, D width, H heads, K width of a head, F hidden width of a feed-forward.
"""

from collections.abc import Callable

import numpy as np
import tensorflow as tf

from podium.port.convolution import depthwise
from podium.port.layers import BatchNorm, Frames, LayerNorm, Linear, or_one, silu
from podium.port.weights import Weights
from podium.systems.fingerspelling.recipe import Model, Stack
from podium.systems.fingerspelling.twins.attention import (
    Rotation,
    join_heads,
    rotary_table,
    rotate,
    rotation_of,
    split_heads,
)
from podium.systems.fingerspelling.twins.base import TWINS
from podium.systems.fingerspelling.twins.parts_reader import PartsReader

BIAS_NORM_EPSILON = 1e-8
Tables = tuple[np.ndarray, np.ndarray]


def softplus(x: tf.Tensor) -> tf.Tensor:
    """log(1 + exp(x)) that stays finite; TFLite's own is infinite above 88."""
    return tf.nn.relu(x) + tf.math.log(1 + tf.exp(-tf.abs(x)))


def swoosh_l(x: tf.Tensor) -> tf.Tensor:
    """log(1 + exp(x − 4)) − 0.08·x − 0.035."""
    return softplus(x - 4) - 0.08 * x - 0.035


def swoosh_r(x: tf.Tensor) -> tf.Tensor:
    """log(1 + exp(x − 1)) − 0.08·x − 0.313261687."""
    return softplus(x - 1) - 0.08 * x - 0.313261687


class BiasNorm:
    """x·exp(log_scale) / √mean((x − bias)²)."""

    def __init__(self, weights: Weights, dim: int) -> None:
        self.bias_D = weights.declare("bias", (dim,))
        self.log_scale_1 = weights.declare("log_scale", (1,))

    def __call__(self, x_TD: tf.Tensor) -> tf.Tensor:
        """(T, D) → (T, D)."""
        square_T1 = tf.reduce_mean(tf.square(x_TD - self.bias_D), axis=-1, keepdims=True)
        return x_TD * (tf.math.rsqrt(square_T1 + BIAS_NORM_EPSILON) * tf.exp(self.log_scale_1))


class Bypass:
    """(1 − c)·x + c·f(x); without a learnt c, f(x)."""

    def __init__(self, weights: Weights, dim: int, is_learnt: bool) -> None:
        self.scale_D = weights.declare("scale", (dim,)) if is_learnt else None

    def __call__(self, before_TD: tf.Tensor, after_TD: tf.Tensor) -> tf.Tensor:
        """(T, D) twice → (T, D)."""
        return after_TD if self.scale_D is None else before_TD + (after_TD - before_TD) * self.scale_D


class AttentionWeights:
    """Where each frame looks, per head, with rotary positions and scores that are not divided by √K."""

    def __init__(self, weights: Weights, config: Model) -> None:
        self.num_heads = config.num_heads
        width = 2 * config.num_heads * config.query_head_dim
        self.qk_proj = Linear(weights.scope("qk_proj"), config.dim, width)

    def __call__(self, x_TD: tf.Tensor, rotation: Rotation, frames: Frames) -> tf.Tensor:
        """(T, D) → (H, T, T)."""
        q_TD, k_TD = tf.split(self.qk_proj(x_TD), 2, axis=-1)
        q_HTK = rotate(split_heads(q_TD, self.num_heads), rotation)
        k_HTK = rotate(split_heads(k_TD, self.num_heads), rotation)
        return tf.nn.softmax(frames.hide(tf.matmul(q_HTK, k_HTK, transpose_b=True)))


class SelfAttention:
    """Values of all heads along a map that is given."""

    def __init__(self, weights: Weights, config: Model) -> None:
        self.num_heads = config.num_heads
        width = config.num_heads * config.value_head_dim
        self.v_proj = Linear(weights.scope("v_proj"), config.dim, width)
        self.o_proj = Linear(weights.scope("o_proj"), width, config.dim)

    def __call__(self, x_TD: tf.Tensor, p_HTT: tf.Tensor) -> tf.Tensor:
        """(T, D) → (T, D)."""
        v_HTK = split_heads(self.v_proj(x_TD), self.num_heads)
        return self.o_proj(join_heads(tf.matmul(p_HTT, v_HTK)))


class NonlinAttention:
    """Gated values read along the map of the first head alone, gated once more."""

    def __init__(self, weights: Weights, config: Model) -> None:
        width = 3 * config.dim // 4
        self.in_proj = Linear(weights.scope("in_proj"), config.dim, 3 * width)
        self.out_proj = Linear(weights.scope("out_proj"), width, config.dim)

    def __call__(self, x_TD: tf.Tensor, p_TT: tf.Tensor) -> tf.Tensor:
        """(T, D) → (T, D)."""
        s_TD, v_TD, gate_TD = tf.split(self.in_proj(x_TD), 3, axis=-1)
        return self.out_proj(tf.matmul(p_TT, v_TD * tf.tanh(s_TD)) * gate_TD)


class FeedForward:
    """Two linear layers."""

    def __init__(self, weights: Weights, config: Model, hidden: int) -> None:
        self.activation = swoosh_l if config.activation == "swoosh" else silu
        self.linear1 = Linear(weights.scope("linear1"), config.dim, hidden)
        self.linear2 = Linear(weights.scope("linear2"), hidden, config.dim)

    def __call__(self, x_TD: tf.Tensor) -> tf.Tensor:
        """(T, D) → (T, D)."""
        return self.linear2(self.activation(self.linear1(x_TD)))


class ConvModule:
    """Gated, long depthwise and pointwise convolution along time."""

    def __init__(self, weights: Weights, config: Model, kernel_size: int) -> None:
        dim = config.dim
        self.activation = swoosh_r if config.activation == "swoosh" else silu
        self.pointwise1 = Linear(weights.scope("pointwise1"), dim, 2 * dim)
        self.kernel_K1D1 = weights.declare("depthwise.weight", (dim, 1, kernel_size), "depthwise")
        has_norm = config.convolution == "batch_norm"
        self.bias_D = None if has_norm else weights.declare("depthwise.bias", (dim,))
        self.norm = BatchNorm(weights.scope("norm"), dim) if has_norm else None
        self.pointwise2 = Linear(weights.scope("pointwise2"), dim, dim)

    def __call__(self, x_TD: tf.Tensor, frames: Frames) -> tf.Tensor:
        """(T, D) → (T, D)."""
        value_TD, gate_TD = tf.split(self.pointwise1(x_TD), 2, axis=-1)
        kernel_K1D, bias_D = self.kernel_K1D1[..., 0], self.bias_D
        if self.norm is not None:
            kernel_K1D, bias_D = self.norm.folded(kernel_K1D)
        h_TD = depthwise(frames.without_pads(value_TD * tf.sigmoid(gate_TD)), kernel_K1D, bias_D, frames)
        return self.pointwise2(self.activation(h_TD))


class Block:
    """One layer: two halves of attention, convolution and feed-forward over one map, and a feed-forward before them."""

    def __init__(self, weights: Weights, config: Model, kernel_size: int) -> None:
        one = config
        self.weights = AttentionWeights(weights.scope("weights"), config)
        is_separate = one.attention == "separate"
        self.weights2 = AttentionWeights(weights.scope("weights2"), config) if is_separate else None
        self.nonlin_attention = (
            NonlinAttention(weights.scope("nonlin_attention"), config) if one.nonlin_attention else None
        )
        self.ff1, self.ff2, self.ff3 = (
            FeedForward(weights.scope(f"ff{half}"), config, round(one.ff_dim * factor))
            for half, factor in enumerate(one.ff_factors, 1)
        )
        self.attention1, self.attention2 = (SelfAttention(weights.scope(f"attention{half}"), config) for half in (1, 2))
        self.conv1, self.conv2 = (ConvModule(weights.scope(f"conv{half}"), config, kernel_size) for half in (1, 2))
        self.bypass_middle = Bypass(weights.scope("bypass_middle"), config.dim, one.bypass)
        self.bypass = Bypass(weights.scope("bypass"), config.dim, one.bypass)
        self.norm = (BiasNorm if one.norm == "bias" else LayerNorm)(weights.scope("norm"), config.dim)

    def __call__(self, x_TD: tf.Tensor, rotation: Rotation, frames: Frames) -> tf.Tensor:
        """(T, D) → (T, D)."""
        before_TD = x_TD
        p_HTT = self.weights(x_TD, rotation, frames)
        x_TD += self.ff1(x_TD)
        if self.nonlin_attention is not None:
            x_TD += self.nonlin_attention(x_TD, p_HTT[0])
        x_TD += self.attention1(x_TD, p_HTT)
        x_TD += self.conv1(x_TD, frames)
        x_TD += self.ff2(x_TD)
        x_TD = self.bypass_middle(before_TD, x_TD)
        if self.weights2 is not None:
            p_HTT = self.weights2(x_TD, rotation, frames)
        x_TD += self.attention2(x_TD, p_HTT)
        x_TD += self.conv2(x_TD, frames)
        x_TD += self.ff3(x_TD)
        return self.bypass(before_TD, self.norm(x_TD))


class FrameMixer:
    """Every ``rate`` frames as one, a learnt mean of those that there are, and back."""

    def __init__(self, weights: Weights, rate: int) -> None:
        self.rate = rate
        self.bias_R = weights.declare("bias", (rate,))

    def down(self, x_TD: tf.Tensor, frames: Frames) -> tf.Tensor:
        """(T, D) → (⌈T/rate⌉, D)."""
        num_missing = tf.math.floormod(-frames.num_rows, self.rate)
        # A column of ones beside the features adds up the weights of the frames that there are.
        counted_TD = frames.without_pads(tf.pad(x_TD, [[0, 0], [0, 1]], constant_values=1.0))
        counted_TD = tf.pad(counted_TD, [[0, num_missing], [0, 0]])
        counted_TRD = tf.reshape(counted_TD, [-1, self.rate, x_TD.shape[-1] + 1])
        sum_TD = tf.reduce_sum(counted_TRD * tf.nn.softmax(self.bias_R)[:, None], axis=1)
        return sum_TD[:, :-1] / or_one(sum_TD[:, -1:])

    def up(self, x_TD: tf.Tensor, frames: Frames) -> tf.Tensor:
        """(⌈T/rate⌉, D) → (T, D)."""
        repeated_TRD = tf.tile(x_TD[:, None], [1, self.rate, 1])
        return tf.reshape(repeated_TRD, [-1, x_TD.shape[-1]])[: frames.num_rows]


class ZipformerEncoder:
    """Stacks of layers, each at its frame rate."""

    def __init__(self, weights: Weights, config: Model, tables_MK: Tables) -> None:
        one = config
        self.tables_MK = tables_MK
        self.stacks = one.stacks or [Stack(num_layers=config.num_blocks)]
        kernel_sizes = [
            stack.kernel_size or config.kernel_size for stack in self.stacks for _ in range(stack.num_layers)
        ]
        self.blocks = [Block(weights.scope(f"blocks.{i}"), config, size) for i, size in enumerate(kernel_sizes)]
        self.mixers: dict[int, FrameMixer] = {}
        self.bypasses: dict[int, Bypass] = {}
        for index, stack in enumerate(self.stacks):
            if stack.rate > 1:
                self.mixers[index] = FrameMixer(weights.scope(f"mixers.{index}"), stack.rate)
                self.bypasses[index] = Bypass(weights.scope(f"bypasses.{index}"), config.dim, one.bypass)

    def __call__(self, x_TD: tf.Tensor, frames: Frames) -> list[tf.Tensor]:
        """(T, D) → each block's output, (frames of its stack, D), and then the encoder's (T, D)."""
        outputs = []
        blocks = iter(self.blocks)
        for index, stack in enumerate(self.stacks):
            before_TD = x_TD
            if stack.rate > 1:
                x_TD = self.mixers[index].down(x_TD, frames)
            own_frames = frames.slower(stack.rate)
            rotation = rotation_of(self.tables_MK, own_frames.num_rows)
            for _ in range(stack.num_layers):
                x_TD = next(blocks)(x_TD, rotation, own_frames)
                outputs.append(x_TD)
            if stack.rate > 1:
                x_TD = self.bypasses[index](before_TD, self.mixers[index].up(x_TD, frames))
        return [*outputs, x_TD]


@TWINS.register("zipformer")
class Zipformer(PartsReader):
    """Round 2's network with another encoder."""

    exchangeable = ("conv1.pointwise2.weight", "conv2.pointwise2.weight")
    square = "conv1.pointwise2.weight"

    def make_encoder(self, weights: Weights) -> Callable[[tf.Tensor, Frames], list[tf.Tensor]]:
        """The recipe's stacks."""
        tables_MK = rotary_table(self.max_steps, self.config.query_head_dim)
        return ZipformerEncoder(weights, self.config, tables_MK)
