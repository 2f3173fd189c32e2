"""Self-attention of the encoders for one clip without padding.

Letters in tensor names: T frames, M most frames, R relative offsets, D width, H heads, K width of a head.
"""

import math

import numpy as np
import tensorflow as tf

from podium.port.layers import Affine, Frames, Linear, is_spread, side_by_side
from podium.port.weights import Weights

Rotation = tuple[tf.Tensor, tf.Tensor]  # cosines and sines (T, K), the first rows of a `rotary_table`
Positions = Rotation | tf.Tensor  # what the two kinds of attention take


def split_heads(x_TD: tf.Tensor, num_heads: int) -> tf.Tensor:
    """Rows, see `as_rows` → (H, T, K)."""
    return tf.transpose(tf.reshape(x_TD, [-1, num_heads, x_TD.shape[-1] // num_heads]), [1, 0, 2])


def join_heads(x_HTK: tf.Tensor, spread: bool = False) -> tf.Tensor:
    """(H, T, K) → rows, see `as_rows`."""
    dim = x_HTK.shape[0] * x_HTK.shape[2]
    return tf.reshape(tf.transpose(x_HTK, [1, 0, 2]), [1, -1, 1, dim] if spread else [-1, dim])


class RotaryAttention:
    """Multi-head attention whose queries and keys are rotated by their frame number; no biases."""

    def __init__(self, weights: Weights, dim: int, num_heads: int) -> None:
        self.num_heads = num_heads
        self.q_proj, self.k_proj, self.v_proj, self.o_proj = (
            Linear(weights.scope(f"{letter}_proj"), dim, dim, bias=False) for letter in "qkvo"
        )

    def __call__(
        self, x_TD: tf.Tensor, before: Affine, plus_D: tf.Tensor, rotation: Rotation, frames: Frames
    ) -> tf.Tensor:
        """(T, D) → (T, D), see `Linear`."""
        # Queries and keys, which pass through the same, from one product.
        scale = (x_TD.shape[-1] // self.num_heads) ** -0.5
        kernel_IO, bias_O = side_by_side([self.q_proj.folded(before, scale), self.k_proj.folded(before)])
        qk_TD = tf.matmul(x_TD, kernel_IO) + bias_O
        q_HTK, k_HTK = tf.split(rotate(split_heads(qk_TD, 2 * self.num_heads), rotation), 2)
        v_HTK = split_heads(self.v_proj(x_TD, before), self.num_heads)
        p_HTT = tf.nn.softmax(frames.hide(tf.matmul(q_HTK, k_HTK, transpose_b=True)))
        return self.o_proj(join_heads(tf.matmul(p_HTT, v_HTK), is_spread(x_TD)), plus_O=plus_D)


def rotary_table(max_frames: int, head_dim: int) -> tuple[np.ndarray, np.ndarray]:
    """Cosines and sines of the rotation angles, as `rotate` takes them.

    Frequencies 10000^(−2i/K); the K/2 angles stand twice, one after the other, not interleaved.

    Returns:
        Two (max_frames, head_dim) float32; the first half of the sines is negative.
    """
    exponent = np.arange(0, head_dim, 2, dtype=np.float32) / np.float32(head_dim)
    frequency = np.float32(1) / np.float32(10000) ** exponent
    angle_MK = np.tile(np.outer(np.arange(max_frames, dtype=np.float32), frequency), (1, 2))
    sign_K = np.repeat(np.float32([-1, 1]), head_dim // 2)
    return np.cos(angle_MK), np.sin(angle_MK) * sign_K


def rotation_of(tables_MK: tuple[np.ndarray, np.ndarray], num_frames: tf.Tensor) -> Rotation:
    """The rotation of so many frames."""
    return tuple(tf.constant(table_MK)[:num_frames] for table_MK in tables_MK)


def rotate(x_HTK: tf.Tensor, rotation: Rotation) -> tf.Tensor:
    """Turns each pair (k, k + K/2) of channels by its frame's angle."""
    first, second = tf.split(x_HTK, 2, axis=-1)
    return x_HTK * rotation[0] + tf.concat([second, first], axis=-1) * rotation[1]


class RelativeAttention:
    """Multi-head attention with sinusoidal relative positions and learnt content and position biases."""

    def __init__(self, weights: Weights, dim: int, num_heads: int) -> None:
        self.num_heads = num_heads
        self.q_proj, self.k_proj, self.v_proj, self.o_proj = (
            Linear(weights.scope(f"{letter}_proj"), dim, dim) for letter in "qkvo"
        )
        self.pos_proj = Linear(weights.scope("pos_proj"), dim, dim, bias=False)
        self.content_bias_HK = weights.declare("content_bias", (num_heads, dim // num_heads))
        self.position_bias_HK = weights.declare("position_bias", (num_heads, dim // num_heads))

    def __call__(
        self, x_TD: tf.Tensor, before: Affine, plus_D: tf.Tensor, offsets_RD: tf.Tensor, frames: Frames
    ) -> tf.Tensor:
        """(T, D) → (T, D), see `Linear`; with `offsets_of` as many frames."""
        q_HTK = split_heads(self.q_proj(x_TD, before), self.num_heads)
        k_HTK = split_heads(self.k_proj(x_TD, before), self.num_heads)
        v_HTK = split_heads(self.v_proj(x_TD, before), self.num_heads)
        p_HRK = split_heads(self.pos_proj(offsets_RD), self.num_heads)
        content_HTT = tf.matmul(q_HTK + self.content_bias_HK[:, None], k_HTK, transpose_b=True)
        position_HTR = tf.matmul(q_HTK + self.position_bias_HK[:, None], p_HRK, transpose_b=True)
        scores_HTT = content_HTT + relative_shift(position_HTR, frames.num_rows)
        p_HTT = tf.nn.softmax(frames.hide(scores_HTT * q_HTK.shape[-1] ** -0.5))
        return self.o_proj(join_heads(tf.matmul(p_HTT, v_HTK), is_spread(x_TD)), plus_O=plus_D)


def offset_table(max_frames: int, dim: int) -> np.ndarray:
    """Sinusoids of the offsets M−1 … −(M−1), sine and cosine interleaved.

    Returns:
        (2·max_frames − 1, dim) float32.
    """
    offset_R = np.arange(max_frames - 1, -max_frames, -1, dtype=np.float32)
    frequency = np.exp(np.arange(0, dim, 2, dtype=np.float32) * np.float32(-math.log(10000.0) / dim))
    angle = np.outer(offset_R, frequency)
    return np.stack([np.sin(angle), np.cos(angle)], axis=-1).reshape(len(offset_R), dim)


def offsets_of(table_RD: np.ndarray, num_frames: tf.Tensor) -> tf.Tensor:
    """The rows of an `offset_table` for so many frames, (2T − 1, D)."""
    middle = len(table_RD) // 2
    return tf.constant(table_RD)[middle - num_frames + 1 : middle + num_frames]


def relative_shift(x_HTR: tf.Tensor, num_frames: tf.Tensor) -> tf.Tensor:
    """Scores by offset → scores by key: entry (t, s) is the one of offset t − s.

    (H, T, 2T − 1) → (H, T, T): a zero column in front turns a reshape into a shift by one per row.
    """
    heads = x_HTR.shape[0]
    padded = tf.reshape(tf.pad(x_HTR, [[0, 0], [0, 0], [1, 0]]), [heads, 2 * num_frames, num_frames])
    return tf.reshape(padded[:, 1:], [heads, num_frames, 2 * num_frames - 1])[:, :, :num_frames]
