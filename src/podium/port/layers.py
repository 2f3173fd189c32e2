"""Building blocks of the encoders for one clip without padding, each the twin of torch's class of the same name.

Letters in tensor names: T frames, L landmarks, C coordinates, D width, P landmark positions after the stem, I and O
channels in and out.
"""

import tensorflow as tf

from podium.port.weights import Weights

NORM_EPSILON = 1e-5
STEM_CHANNELS = 32
# The fast depthwise kernels of TFLite's CPU back end end at 25 taps; a longer one is cheaper in slices of time.
MAX_TAPS = 25


class Linear:
    """x·W + b."""

    def __init__(self, weights: Weights, inputs: int, outputs: int, bias: bool = True, layout: str = "linear") -> None:
        shape = (outputs, inputs, 1) if layout == "pointwise" else (outputs, inputs)
        self.kernel_IO = weights.declare("weight", shape, layout)
        self.bias_O = weights.declare("bias", (outputs,)) if bias else None

    def __call__(self, x_TI: tf.Tensor) -> tf.Tensor:
        """(T, I) → (T, O)."""
        y_TO = tf.matmul(x_TI, self.kernel_IO)
        return y_TO if self.bias_O is None else y_TO + self.bias_O


class LayerNorm:
    """Layer norm over the last axis."""

    def __init__(self, weights: Weights, dim: int) -> None:
        self.weight_D = weights.declare("weight", (dim,))
        self.bias_D = weights.declare("bias", (dim,))

    def __call__(self, x_TD: tf.Tensor) -> tf.Tensor:
        """(T, D) → (T, D)."""
        x_TD = x_TD - tf.reduce_mean(x_TD, axis=-1, keepdims=True)
        variance_T1 = tf.reduce_mean(tf.square(x_TD), axis=-1, keepdims=True)
        return x_TD * tf.math.rsqrt(variance_T1 + NORM_EPSILON) * self.weight_D + self.bias_D


class BatchNorm:
    """Batch norm over the last axis with its running statistics; the converter folds it into one scale and bias."""

    def __init__(self, weights: Weights, num_features: int) -> None:
        names = ("weight", "bias", "running_mean", "running_var")
        self.weight, self.bias, self.mean, self.var = (weights.declare(name, (num_features,)) for name in names)

    def __call__(self, x: tf.Tensor) -> tf.Tensor:
        """(..., num_features) → the same shape."""
        scale = self.weight * tf.math.rsqrt(self.var + NORM_EPSILON)
        return x * scale + (self.bias - self.mean * scale)


class Affine:
    """A learnt scale and bias per channel."""

    def __init__(self, weights: Weights, dim: int) -> None:
        self.scale_D = weights.declare("scale", (dim,))
        self.bias_D = weights.declare("bias", (dim,))

    def __call__(self, x_TD: tf.Tensor) -> tf.Tensor:
        """x·scale + bias."""
        return x_TD * self.scale_D + self.bias_D


def silu(x: tf.Tensor) -> tf.Tensor:
    """x·sigmoid(x)."""
    return x * tf.sigmoid(x)


class FrontEnd:
    """Landmarks of each frame → features, over an image of frames × landmarks."""

    def __init__(self, weights: Weights, num_landmarks: int, dim: int) -> None:
        self.flat = STEM_CHANNELS * ((num_landmarks + 1) // 2)
        self.kernel = weights.declare("conv.weight", (STEM_CHANNELS, 3, 3, 3), "conv2d")
        self.conv_norm = BatchNorm(weights.scope("conv_norm"), STEM_CHANNELS)
        self.linear = Linear(weights.scope("linear"), self.flat, dim, bias=False)
        self.norm = BatchNorm(weights.scope("norm"), dim)

    def __call__(self, x_TLC: tf.Tensor) -> tf.Tensor:
        """(T, num_landmarks, 3) → (T, dim)."""
        # TensorFlow's own "SAME" would pad asymmetrically under a stride.
        image_1TLC = tf.pad(x_TLC, [[1, 1], [1, 1], [0, 0]])[None]
        h_TPO = tf.nn.conv2d(image_1TLC, self.kernel, strides=[1, 2], padding="VALID")[0]
        return self.norm(self.linear(tf.reshape(silu(self.conv_norm(h_TPO)), [-1, self.flat])))


def depthwise(x_TD: tf.Tensor, kernel_K1D1: tf.Tensor) -> tf.Tensor:
    """Each channel along time with a kernel of its own, zeros around; in slices of taps that are fast."""
    kernel_size = kernel_K1D1.shape[0]
    num_frames, half = tf.shape(x_TD)[0], kernel_size // 2
    padded_TD = tf.pad(x_TD, [[half, half], [0, 0]])
    slices = []
    for begin in range(0, kernel_size, MAX_TAPS):
        taps = min(MAX_TAPS, kernel_size - begin)
        part_1T1D = padded_TD[None, begin : begin + num_frames + taps - 1, None]
        kernel = kernel_K1D1[begin : begin + taps]
        slices.append(tf.nn.depthwise_conv2d(part_1T1D, kernel, strides=[1, 1, 1, 1], padding="VALID"))
    return tf.add_n(slices)[0, :, 0]


class FeedForward:
    """Two linear layers of the same width with SiLU between."""

    def __init__(self, weights: Weights, dim: int) -> None:
        self.linear1 = Linear(weights.scope("linear1"), dim, dim)
        self.linear2 = Linear(weights.scope("linear2"), dim, dim)

    def __call__(self, x_TD: tf.Tensor) -> tf.Tensor:
        """(T, D) → (T, D)."""
        return self.linear2(silu(self.linear1(x_TD)))


class ConvModule:
    """Gated pointwise, long depthwise and pointwise convolution along time."""

    def __init__(self, weights: Weights, dim: int, kernel_size: int) -> None:
        self.pointwise1 = Linear(weights.scope("pointwise1"), dim, 2 * dim, layout="pointwise")
        self.kernel_K1D1 = weights.declare("depthwise.weight", (dim, 1, kernel_size), "depthwise")
        self.norm = BatchNorm(weights.scope("norm"), dim)
        self.pointwise2 = Linear(weights.scope("pointwise2"), dim, dim, layout="pointwise")

    def __call__(self, x_TD: tf.Tensor) -> tf.Tensor:
        """(T, D) → (T, D)."""
        value_TD, gate_TD = tf.split(self.pointwise1(x_TD), 2, axis=-1)
        h_TD = depthwise(value_TD * tf.sigmoid(gate_TD), self.kernel_K1D1)
        return self.pointwise2(silu(self.norm(h_TD)))


def part_view(x_TLC: tf.Tensor) -> tf.Tensor:
    """One body part, each frame by itself: centred and scaled per coordinate over the part's landmarks.

    A landmark whose x + y is exactly 0 becomes 0, though it takes part in the mean and the deviation; a frame without
    deviation becomes 0.

    Args:
        x_TLC: (T, part's landmarks, 3), clip-normalised, missing landmarks 0.

    Returns:
        The same shape, finite.
    """
    centred_TLC = x_TLC - tf.reduce_mean(x_TLC, axis=1, keepdims=True)
    deviation_T1C = tf.sqrt(tf.reduce_mean(tf.square(centred_TLC), axis=1, keepdims=True))
    is_flat_T1C = tf.equal(deviation_T1C, 0.0)
    view_TLC = centred_TLC / tf.where(is_flat_T1C, 1.0, deviation_T1C)
    is_seen_TL1 = tf.not_equal(x_TLC[..., 0:1] + x_TLC[..., 1:2], 0.0)
    return tf.where(tf.logical_and(is_seen_TL1, tf.logical_not(is_flat_T1C)), view_TLC, 0.0)
