"""The transformer of isolated signs in TensorFlow, for one clip without padding: what goes into the file.

The graph is made for TFLite's fast kernels: norms are taken into the kernels behind them, the class token is the first
row of a table that is added to all frames at once, queries and keys are turned by two products with tables, and the
last block computes the class token alone.

Letters in tensor names: T frames, S tokens (class token, then frames), F features, D width, H heads, K width of a head,
J two numbers a head (its query, its key), V signs.
"""

from collections.abc import Mapping, Sequence
from functools import cached_property
from typing import Any

import numpy as np
import tensorflow as tf

from podium.export.graph import Function
from podium.port.layers import NORM_EPSILON, BatchNorm, Linear, silu
from podium.port.twin import Fault, Twin
from podium.port.weights import Weights
from podium.systems.signs.limits import check_size
from podium.systems.signs.vocabulary import OUTPUT, SIGNS
from podium.systems.signs_llama.assembling import check_members
from podium.systems.signs_llama.graph import Rotation, SignGraph, Tokens
from podium.systems.signs_llama.preparation import num_features
from podium.systems.signs_llama.recipe import Model, Recipe

__all__ = ["SignTwin", "assemble", "make"]


class SignTwin(Twin):
    """One network."""

    faults = [
        Fault("swapped", ("stem_norm.bias", "stem_norm.running_mean"), "stem"),
        Fault("transposed", ("blocks.0.attention.out.weight",), "blocks.0.attention"),
        Fault("swapped", ("head_norm.bias", "head_norm.running_mean"), "head_norm"),
    ]

    def build(self) -> None:
        """Declares the parameters."""
        config, weights = self.recipe.model, self.weights
        self.max_frames = self.recipe.data.max_frames
        self.num_features = num_features(self.recipe.data.choices)
        self.stem = Linear(weights.scope("stem"), self.num_features, config.dim)
        self.stem_norm = BatchNorm(weights.scope("stem_norm"), config.dim)
        self.positions_TD = weights.declare("positions.weight", (self.max_frames, config.dim))
        self.class_token_1D = weights.declare("class_token.weight", (1, config.dim))
        self.blocks = [Block(weights.scope(f"blocks.{index}"), config) for index in range(config.num_blocks)]
        self.gain_D = weights.declare("norm.weight", (config.dim,))
        self.head_norm = BatchNorm(weights.scope("head_norm"), config.dim)
        self.head = Linear(weights.scope("head"), config.dim, len(SIGNS))
        self.rotary_tables = rotary_tables(self.max_frames + 1, config.head_dim)

    @cached_property
    def inside(self) -> Function:
        """All stages of a clip (T, F); see `podium.systems.signs_llama.learner`."""

        def stages(x: tf.Tensor) -> dict[str, tf.Tensor]:
            num_tokens = tf.shape(x)[0] + 1
            return self.stages(Tokens(tf.pad(x, [[1, 0], [0, 0]]), num_tokens, self.rotation(num_tokens)))

        signature = [tf.TensorSpec([None, self.num_features], tf.float32)]
        return tf.function(stages, input_signature=signature, autograph=False)

    def rotation(self, num_tokens: tf.Tensor) -> Rotation:
        """Of so many tokens, for `rotated`; the same for all members of a size."""
        cosine, sine = (tf.constant(table)[:num_tokens] for table in self.rotary_tables)
        return tf.concat([cosine, cosine], axis=1), tf.concat([-1.0 * sine, sine], axis=1)

    def stages(self, tokens: Tokens, in_bytes: bool = False) -> dict[str, tf.Tensor]:
        """What is computed of a clip.

        Args:
            in_bytes: The table of positions is rounded to int8, with a scale per channel.
        """
        kernel_FD, bias_D = self.stem_norm.folded(self.stem.kernel_IO)
        bias_D += self.stem.bias_O * self.stem_norm.weight * tf.math.rsqrt(self.stem_norm.var + NORM_EPSILON)
        table_SD = tf.concat([self.class_token_1D - bias_D, self.positions_TD], axis=0)
        h_SD = tf.matmul(tokens.x_SF, kernel_FD) + bias_D
        seen = {"stem": h_SD[1:]}
        h_SD += rows_in_bytes(table_SD, tokens.number) if in_bytes else table_SD[: tokens.number]
        for index, block in enumerate(self.blocks):
            is_last = index == len(self.blocks) - 1
            added_SD, h_SD = block(h_SD, tokens, only_first=is_last)
            seen |= {f"blocks.{index}.attention": added_SD, f"blocks.{index}": h_SD}
        h_1D = normalised(h_SD)
        seen["norm"] = h_1D * self.gain_D
        scale_D = self.head_norm.weight * tf.math.rsqrt(self.head_norm.var + NORM_EPSILON)
        shift_D = self.head_norm.bias - self.head_norm.mean * scale_D
        seen["head_norm"] = seen["norm"] * scale_D + shift_D
        kernel_DV = (self.gain_D * scale_D)[:, None] * self.head.kernel_IO
        bias_V = self.head.bias_O + tf.matmul(shift_D[None], self.head.kernel_IO)[0]
        seen[OUTPUT] = (tf.matmul(h_1D, kernel_DV) + bias_V)[0]
        return seen


class Block:
    """Attention, then a gated feed-forward; each behind a norm, and added."""

    def __init__(self, weights: Weights, config: Model) -> None:
        dim, self.num_heads = config.dim, config.num_heads
        self.attention_gain_D = weights.declare("attention_norm.weight", (dim,))
        self.query_key_value = Linear(weights.scope("attention.query_key_value"), dim, 3 * dim, bias=False)
        self.out = Linear(weights.scope("attention.out"), dim, dim)
        self.feed_forward_gain_D = weights.declare("feed_forward_norm.weight", (dim,))
        self.gate_up = Linear(weights.scope("feed_forward.gate_up"), dim, 2 * config.hidden_dim, bias=False)
        self.down = Linear(weights.scope("feed_forward.down"), config.hidden_dim, dim, bias=False)

    def __call__(self, x_SD: tf.Tensor, tokens: Tokens, only_first: bool) -> tuple[tf.Tensor, tf.Tensor]:
        """What attention adds, and what leaves the block, of all tokens or of the first one."""
        added_SD = self.attend(normalised(x_SD), tokens, only_first)
        x_SD = (x_SD[:1] if only_first else x_SD) + added_SD
        gate_DE, up_DE = tf.split(self.feed_forward_gain_D[:, None] * self.gate_up.kernel_IO, 2, axis=1)
        n_SD = normalised(x_SD)
        hidden_SE = silu(tf.matmul(n_SD, gate_DE)) * tf.matmul(n_SD, up_DE)
        return added_SD, x_SD + tf.matmul(hidden_SE, self.down.kernel_IO)

    def attend(self, x_SD: tf.Tensor, tokens: Tokens, only_first: bool) -> tf.Tensor:
        """(S, D) → what attention adds to it."""
        dim, heads = x_SD.shape[1], self.num_heads
        head_dim = dim // heads
        kernel_DO = self.attention_gain_D[:, None] * self.query_key_value.kernel_IO
        query_DD, key_DD, value_DD = tf.split(kernel_DO, 3, axis=1)
        halves = np.arange(dim).reshape(heads, head_dim // 2, 2).transpose(0, 2, 1).ravel()
        query_DD, key_DD = (tf.gather(one, halves, axis=1) for one in (query_DD * head_dim**-0.5, key_DD))
        if only_first:
            q_HSK = split_heads(tf.matmul(x_SD[:1], query_DD), heads)  # at place 0 nothing is turned
            k_HSK = rotated(split_heads(tf.matmul(x_SD, key_DD), heads), tokens.rotation)
        else:
            both_SE = tf.matmul(x_SD, tf.concat([query_DD, key_DD], axis=1))
            q_HSK, k_HSK = tf.split(rotated(split_heads(both_SE, 2 * heads), tokens.rotation), 2)
        v_HSK = split_heads(tf.matmul(x_SD, value_DD), heads)
        score_HSS = tf.matmul(q_HSK, k_HSK, transpose_b=True)
        weight_HSS = tf.nn.softmax(score_HSS if tokens.hidden_S is None else score_HSS + tokens.hidden_S)
        context_SHK = tf.transpose(tf.matmul(weight_HSS, v_HSK), [1, 0, 2])
        return self.out(tf.reshape(context_SHK, [-1, dim]))


def normalised(x_SD: tf.Tensor) -> tf.Tensor:
    """x over the root of its mean square."""
    return x_SD * tf.math.rsqrt(tf.reduce_mean(x_SD * x_SD, axis=-1, keepdims=True) + NORM_EPSILON)


def split_heads(x_SD: tf.Tensor, num_heads: int) -> tf.Tensor:
    """(S, D) → (H, S, K)."""
    return tf.transpose(tf.reshape(x_SD, [-1, num_heads, x_SD.shape[-1] // num_heads]), [1, 0, 2])


def rotary_tables(num_tokens: int, head_dim: int) -> tuple[np.ndarray, np.ndarray]:
    """Cosines and sines (S, K/2) float32 of the angles.

    Torch turns neighbouring channels; here they stand half a head apart, which the kernels before take in.
    """
    frequency = 10000.0 ** (-np.arange(0, head_dim, 2) / head_dim)
    angle = np.outer(np.arange(num_tokens), frequency)
    return np.cos(angle).astype(np.float32), np.sin(angle).astype(np.float32)


def rows_in_bytes(table_SD: tf.Tensor, num_rows: tf.Tensor) -> tf.Tensor:
    """The first rows of a table that the file holds in int8."""
    scale_1D = tf.reduce_max(tf.abs(table_SD), axis=0, keepdims=True) / 127.0
    rounded_SD = tf.cast(tf.round(table_SD / scale_1D), tf.int8)
    return tf.cast(rounded_SD[:num_rows], tf.float32) * scale_1D


def rotated(x_HSK: tf.Tensor, rotation: Rotation) -> tf.Tensor:
    """Turns each pair (k, k + K/2) of channels by its token's angle."""
    first, second = tf.split(x_HSK, 2, axis=-1)
    return x_HSK * rotation[0] + tf.concat([second, first], axis=-1) * rotation[1]


def make(recipe: Recipe) -> SignTwin:
    """The twin of a recipe's network."""
    return SignTwin(recipe)


def assemble(twins: Sequence[SignTwin], settings: Mapping[str, Any]) -> SignGraph:
    """All members in one graph.

    Raises:
        UserError: They do not go together, or the file would be larger than the competition takes.
    """
    check_members([twin.recipe for twin in twins])
    check_size(twins)
    return SignGraph(list(twins), settings)
