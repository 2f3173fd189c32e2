"""Building blocks of the encoders for one clip without padding, each the twin of torch's class of the same name.

Letters in tensor names: T frames, L landmarks, C coordinates, D width, P landmark positions after the stem, I and O
channels in and out.
"""

import functools
from dataclasses import dataclass
from enum import Enum, auto

import numpy as np
import tensorflow as tf

from podium.port.weights import Weights

NORM_EPSILON = 1e-5
IMPOSSIBLE = -5e4  # added to what must not win; finite in float16, in which tables are stored
STEM_CHANNELS = 32

Folded = tuple[tf.Tensor, tf.Tensor | None]  # kernel (I, O) and bias (O,) of a linear layer


class Kernels(Enum):
    """Whose kernels a graph is made for; they compute the same by different operators."""

    TENSORFLOW = auto()  # on any processor: without oneDNN it has no depthwise convolution with gaps
    XNNPACK = auto()  # the fast ones of TFLite
    TFLITE_X86 = auto()  # TFLite's own, in a runtime of 2023


class Frames:
    """How many rows of a clip there are, which of them are frames, and who computes.

    Args:
        num_rows: T. To ask the clip for its shape would tear the graph if TFLite hands it to fast kernels.
        num_frames: The rows behind so many are pads, whatever stands in them; None: there are no pads.
    """

    def __init__(
        self,
        num_rows: tf.Tensor | int,
        num_frames: tf.Tensor | None = None,
        kernels: Kernels = Kernels.TENSORFLOW,
    ) -> None:
        self.num_rows, self.num_frames, self.kernels = num_rows, num_frames, kernels
        self.is_frame_T1 = self.hidden_T = None
        if num_frames is not None:
            is_frame_T = tf.cast(tf.range(num_rows) < num_frames, tf.float32)
            self.is_frame_T1, self.hidden_T = is_frame_T[:, None], (1 - is_frame_T) * IMPOSSIBLE

    def without_pads(self, x_TD: tf.Tensor) -> tf.Tensor:
        """Rows, see `as_rows`, zero at pads."""
        return x_TD if self.is_frame_T1 is None else x_TD * as_rows(self.is_frame_T1, is_spread(x_TD))

    def hide(self, scores_HST: tf.Tensor) -> tf.Tensor:
        """Scores of keys, such that no pad is looked at."""
        return scores_HST if self.hidden_T is None else scores_HST + self.hidden_T

    def slower(self, rate: int) -> "Frames":
        """Every ``rate`` frames as one."""
        num_frames = None if self.num_frames is None else -(-self.num_frames // rate)
        return Frames(-(-self.num_rows // rate), num_frames, self.kernels)

    def mean(self, x_TD: tf.Tensor) -> tf.Tensor:
        """(1, D), over the frames."""
        if self.is_frame_T1 is None:
            return tf.reduce_mean(x_TD, axis=0, keepdims=True)
        sums_1D = tf.reduce_sum(self.without_pads(x_TD), axis=0, keepdims=True)
        return sums_1D / tf.reduce_sum(self.is_frame_T1, axis=0, keepdims=True)


def is_spread(x: tf.Tensor) -> bool:
    """Whether rows lie as (1, T, 1, D)."""
    return len(x.shape) == 4


def as_rows(x: tf.Tensor, spread: bool) -> tf.Tensor:
    """Rows as (1, T, 1, D) or as (T, D).

    Spread, they need no copy if convolutions along time take them. A reshape is one, even if it changes nothing.
    """
    return x if is_spread(x) == spread else tf.reshape(x, [1, -1, 1, x.shape[-1]] if spread else [-1, x.shape[-1]])


@dataclass(frozen=True)
class Affine:
    """x·scale + bias per channel. It always feeds linear layers, which take it into their own weights."""

    scale_D: tf.Tensor
    bias_D: tf.Tensor

    @classmethod
    def declare(cls, weights: Weights, dim: int, names: tuple[str, str] = ("scale", "bias")) -> "Affine":
        """A learnt one."""
        return cls(*(weights.declare(name, (dim,)) for name in names))

    def after(self, first: "Affine") -> "Affine":
        """Both as one."""
        return Affine(self.scale_D * first.scale_D, self.scale_D * first.bias_D + self.bias_D)


class Linear:
    """x·W + b."""

    def __init__(self, weights: Weights, inputs: int, outputs: int, bias: bool = True, layout: str = "linear") -> None:
        shape = (outputs, inputs, 1) if layout == "pointwise" else (outputs, inputs)
        self.kernel_IO = weights.declare("weight", shape, layout)
        self.bias_O = weights.declare("bias", (outputs,)) if bias else None

    def __call__(self, x_TI: tf.Tensor, before: Affine | None = None, plus_O: tf.Tensor | None = None) -> tf.Tensor:
        """(T, I) → (T, O): what the layer makes of ``before`` applied to the input, and ``plus_O`` on top."""
        kernel_IO, bias_O = self.folded(before)
        biases = [bias for bias in (bias_O, plus_O) if bias is not None]
        y_TO = tf.matmul(x_TI, kernel_IO)
        return y_TO + functools.reduce(tf.add, biases) if biases else y_TO

    def folded(self, before: Affine | None = None, gain: float = 1.0) -> Folded:
        """Kernel and bias of ``before``, the layer and a factor behind it; the converter computes them once."""
        kernel_IO, bias_O = gain * self.kernel_IO, None if self.bias_O is None else gain * self.bias_O
        if before is not None:
            shift_O = tf.matmul(before.bias_D[None], kernel_IO)[0]
            bias_O = shift_O if bias_O is None else shift_O + bias_O
            kernel_IO = before.scale_D[:, None] * kernel_IO
        return kernel_IO, bias_O


def side_by_side(linears: list[Folded]) -> Folded:
    """Several linear layers of one input, all with biases, as one."""
    kernels, biases = zip(*linears, strict=True)
    return tf.concat(kernels, axis=1), tf.concat(biases, axis=0)


class LayerNorm:
    """Layer norm over the last axis."""

    def __init__(self, weights: Weights, dim: int) -> None:
        self.affine = Affine.declare(weights, dim, ("weight", "bias"))

    def __call__(self, x_TD: tf.Tensor) -> tf.Tensor:
        """(T, D) → (T, D)."""
        return standardise(x_TD) * self.affine.scale_D + self.affine.bias_D


def standardise(x_TD: tf.Tensor) -> tf.Tensor:
    """What layer norm does before its scale and bias."""
    # Sums and products: for a difference of a matrix and a column, and for squares, TFLite's own kernels are slow.
    x_TD = x_TD + -1.0 * tf.reduce_mean(x_TD, axis=-1, keepdims=True)
    variance_T1 = tf.reduce_mean(x_TD * x_TD, axis=-1, keepdims=True)
    return x_TD * tf.math.rsqrt(variance_T1 + NORM_EPSILON)


class BatchNorm:
    """Batch norm over the last axis with its running statistics. It always follows a kernel, which takes it in."""

    def __init__(self, weights: Weights, num_features: int) -> None:
        names = ("weight", "bias", "running_mean", "running_var")
        self.weight, self.bias, self.mean, self.var = (weights.declare(name, (num_features,)) for name in names)

    def folded(self, kernel: tf.Tensor) -> tuple[tf.Tensor, tf.Tensor]:
        """The kernel (..., num_features) that does its own work and this norm's, and its bias (num_features,)."""
        scale = self.weight * tf.math.rsqrt(self.var + NORM_EPSILON)
        return kernel * scale, self.bias - self.mean * scale


def silu(x: tf.Tensor) -> tf.Tensor:
    """x·sigmoid(x)."""
    return x * tf.sigmoid(x)


class FrontEnd:
    """Landmarks of each frame, or of several as one, → features, over an image of frames × landmarks."""

    def __init__(self, weights: Weights, num_landmarks: int, dim: int, frames_per_step: int = 1) -> None:
        self.strides = [frames_per_step, 2]
        self.flat = STEM_CHANNELS * ((num_landmarks + 1) // 2)
        self.kernel = weights.declare("conv.weight", (STEM_CHANNELS, 3, 3, 3), "conv2d")
        self.conv_norm = BatchNorm(weights.scope("conv_norm"), STEM_CHANNELS)
        self.linear = Linear(weights.scope("linear"), self.flat, dim, bias=False)
        self.norm = BatchNorm(weights.scope("norm"), dim)

    def __call__(self, x_TCL: tf.Tensor) -> tf.Tensor:
        """(T, 3, num_landmarks) → (⌈T / frames_per_step⌉, dim)."""
        # TensorFlow's own "SAME" would pad asymmetrically under a stride.
        image_1TLC = tf.reshape(tf.transpose(x_TCL, [0, 2, 1]), [1, -1, x_TCL.shape[2], 3])
        image_1TLC = tf.pad(image_1TLC, [[0, 0], [1, 1], [1, 1], [0, 0]])
        kernel, bias_O = self.conv_norm.folded(self.kernel)
        h_1TPO = silu(tf.nn.conv2d(image_1TLC, kernel, strides=self.strides, padding="VALID") + bias_O)
        kernel_ID, bias_D = self.norm.folded(self.linear.kernel_IO)
        return tf.matmul(tf.reshape(h_1TPO, [-1, self.flat]), kernel_ID) + bias_D


class FeedForward:
    """Two linear layers of the same width with SiLU between."""

    def __init__(self, weights: Weights, dim: int) -> None:
        self.linear1 = Linear(weights.scope("linear1"), dim, dim)
        self.linear2 = Linear(weights.scope("linear2"), dim, dim)

    def __call__(self, x_TD: tf.Tensor, before: Affine, plus_D: tf.Tensor) -> tf.Tensor:
        """(T, D) → (T, D), see `Linear`."""
        return self.linear2(silu(self.linear1(x_TD, before)), plus_O=plus_D)


def part_view(x_TCL: tf.Tensor) -> tf.Tensor:
    """One body part, each frame by itself: centred and scaled per coordinate over the part's landmarks.

    A landmark whose x + y is exactly 0 becomes 0, though it takes part in the mean and the deviation; a frame without
    deviation becomes 0.

    Args:
        x_TCL: (T, 3, part's landmarks), clip-normalised, missing landmarks 0.

    Returns:
        The same shape, finite.
    """
    centred_TCL = x_TCL - tf.reduce_mean(x_TCL, axis=2, keepdims=True)
    deviation_TC1 = tf.sqrt(tf.reduce_mean(tf.square(centred_TCL), axis=2, keepdims=True))
    sum_T1L = x_TCL[:, 0:1] + x_TCL[:, 1:2]
    return centred_TCL / or_one(deviation_TC1) * is_nonzero(sum_T1L)


def is_nonzero(x: tf.Tensor) -> tf.Tensor:
    """1.0 if a number is not 0 (and above 1e-19), else 0.0.

    Without a comparison, which TFLite's fast kernels lack, and without constants beyond float16, in which they are
    stored.
    """
    return tf.minimum(tf.sqrt(tf.sqrt(tf.abs(x))) * 6e4, 1.0)


def or_one(x: tf.Tensor) -> tf.Tensor:
    """A divisor: 1 in place of 0."""
    return x + (1.0 - is_nonzero(x))


def take_landmarks(x_TCL: tf.Tensor, slots: np.ndarray) -> tf.Tensor:
    """The landmarks at ascending ``slots``; in slices, since the fast kernels cannot gather."""
    runs = np.split(slots, np.flatnonzero(np.diff(slots) != 1) + 1)
    return tf.concat([x_TCL[:, :, run[0] : run[-1] + 1] for run in runs], axis=2)
