"""Convolutions along time for one clip, with zeros around it.

Letters in tensor names: T frames, D width, K taps, N frames made at once, O channels out.
"""

import functools

import tensorflow as tf

from podium.port.layers import Affine, BatchNorm, Frames, Kernels, Linear, as_rows, is_spread, silu
from podium.port.weights import Weights

# The fast depthwise kernels of TFLite's CPU back end end at 25 taps; a longer one is cheaper in several.
MAX_TAPS = 25
FRAMES_AT_ONCE = 4


class ConvModule:
    """Gated pointwise, long depthwise and pointwise convolution along time."""

    def __init__(self, weights: Weights, dim: int, kernel_size: int) -> None:
        self.pointwise1 = Linear(weights.scope("pointwise1"), dim, 2 * dim, layout="pointwise")
        self.kernel_K1D1 = weights.declare("depthwise.weight", (dim, 1, kernel_size), "depthwise")
        self.norm = BatchNorm(weights.scope("norm"), dim)
        self.pointwise2 = Linear(weights.scope("pointwise2"), dim, dim, layout="pointwise")

    def __call__(self, x_TD: tf.Tensor, before: Affine, plus_D: tf.Tensor, frames: Frames) -> tf.Tensor:
        """(T, D) → (T, D), see `Linear`."""
        value_TD, gate_TD = tf.split(self.pointwise1(x_TD, before), 2, axis=-1)
        kernel_K1D, bias_D = self.norm.folded(self.kernel_K1D1[..., 0])
        gated_TD = frames.without_pads(value_TD * tf.sigmoid(gate_TD))
        return self.pointwise2(silu(depthwise(gated_TD, kernel_K1D, bias_D, frames)), plus_O=plus_D)


def depthwise(x_TD: tf.Tensor, kernel_K1D: tf.Tensor, bias_D: tf.Tensor, frames: Frames) -> tf.Tensor:
    """Each channel of rows, see `as_rows`, along time with a kernel of its own, zeros around, plus a bias."""
    if frames.kernels is Kernels.TFLITE_X86:
        return _depthwise_at_once(x_TD, kernel_K1D, frames) + bias_D
    size = kernel_K1D.shape[0]
    groups = tap_groups(size) if frames.kernels is Kernels.XNNPACK else [range(size)]
    middle, x_1T1D, parts = size // 2, as_rows(x_TD, True), []
    for taps in groups:
        # Each with pads of its own, which the fast kernels then take in.
        margins = [[0, 0], [middle - taps[0], taps[-1] - middle], [0, 0], [0, 0]]
        # The operator itself: `tf.nn.depthwise_conv2d` would make one with gaps out of a dozen others.
        parts.append(
            tf.raw_ops.DepthwiseConv2dNative(
                input=tf.pad(x_1T1D, margins),
                filter=kernel_K1D[taps.start : taps.stop : taps.step, ..., None],
                strides=[1, 1, 1, 1],
                padding="VALID",
                dilations=[1, taps.step, 1, 1],
            )
        )
    parts[0] += bias_D
    return as_rows(functools.reduce(tf.add, parts), is_spread(x_TD))


def tap_groups(kernel_size: int) -> list[range]:
    """The taps of a long kernel as several kernels with gaps, each short enough to be fast.

    Stretches without gaps would do as well, but their outputs do not lie around the middle: each would need a slice of
    the frames, which is a copy. The first and the last tap go together, since 49 others are two groups of 25 and 24.
    """
    if kernel_size <= MAX_TAPS:
        return [range(kernel_size)]
    rate = -(-(kernel_size - 2) // MAX_TAPS)
    inner = [range(first, kernel_size - 1, rate) for first in range(1, rate + 1)]
    return [*inner, range(0, kernel_size, kernel_size - 1)]


def _depthwise_at_once(x_TD: tf.Tensor, kernel_K1D: tf.Tensor, frames: Frames) -> tf.Tensor:
    """Several frames in one step, each by the same kernel shifted by one: N outputs for each channel.

    TFLite's own kernel for x86 spends its time on the inputs that it reads, however much it makes of each.
    """
    kernel_size, dim, num = kernel_K1D.shape[0], x_TD.shape[-1], FRAMES_AT_ONCE
    kernel_K1DN = tf.stack(
        [tf.pad(kernel_K1D, [[shift, num - 1 - shift], [0, 0], [0, 0]]) for shift in range(num)], axis=-1
    )
    padded_TD = tf.pad(x_TD, [[kernel_size // 2, kernel_size // 2 + num - 1], [0, 0]])
    padded_1T1D = tf.reshape(padded_TD, [1, -1, 1, dim])
    steps_1T1O = tf.nn.depthwise_conv2d(padded_1T1D, kernel_K1DN, strides=[1, num, num, 1], padding="VALID")
    steps_TND = tf.transpose(tf.reshape(steps_1T1O, [-1, dim, num]), [0, 2, 1])
    return tf.reshape(steps_TND, [-1, dim])[: frames.num_rows]
