"""The networks in TensorFlow, for one clip, and the file.

``serving_default`` takes ``inputs`` (16000,) float32 and returns ``probabilities`` (12,) float32. Framing and the first
convolution are one kernel of 80 samples; batch norms are folded into kernels and biases; a depthwise convolution stands
as a 1 × 3 one, for which TFLite has a fast kernel.

Letters in tensor names: W samples, T places in time, C channels, K taps, V classes.
"""

from collections.abc import Mapping
from functools import cached_property
from typing import Any

import tensorflow as tf

from podium.errors import UserError
from podium.export.graph import Function, Graph
from podium.port.twin import Fault, Twin
from podium.port.weights import Weights
from podium.recognise.tflite import INPUT
from podium.systems.speech.conversion import KEPT, OTHERS, Rule
from podium.systems.speech.labels import CLASSES_12, UNKNOWN
from podium.systems.speech.layout import CLIP_SAMPLES
from podium.systems.speech.readings import OUTPUT
from podium.systems.speech.recipe import Recipe
from podium.systems.speech.shapes import (
    BLOCKS,
    FRAME_HOP,
    FRAME_SAMPLES,
    NORM_EPSILON,
    NUM_PLACES,
    STEM_FRAMES,
    STEM_HOP,
    TTA_GAIN,
    TTA_SHIFT,
    WAVE_PADDING,
    Block,
    same_padding,
)

CLIP = tf.TensorSpec([CLIP_SAMPLES], tf.float32, name=INPUT)
NUM_CALIBRATION_CLIPS = 300


class Norm:
    """A batch norm that its kernel takes in."""

    def __init__(self, weights: Weights, channels: int) -> None:
        names = ("weight", "bias", "running_mean", "running_var")
        self.weight, self.bias, self.mean, self.var = (weights.declare(name, (channels,)) for name in names)

    def folded(self, kernel: tf.Tensor) -> tuple[tf.Tensor, tf.Tensor]:
        """The kernel (…, C) that does this norm's work, too, and its bias."""
        scale_C = self.weight * tf.math.rsqrt(self.var + NORM_EPSILON)
        return kernel * scale_C, self.bias - self.mean * scale_C


class Stem:
    """Framing and the first convolution as one."""

    def __init__(self, weights: Weights, channels: int) -> None:
        self.kernel = weights.declare("weight", (channels, FRAME_SAMPLES, STEM_FRAMES), "conv1d")
        self.norm = Norm(weights.scope("norm"), channels)

    def __call__(self, x_W: tf.Tensor) -> tf.Tensor:
        """(W,) → (1, 1, T, C)."""
        shifted = [
            tf.pad(self.kernel[frame], [[frame * FRAME_HOP, (STEM_FRAMES - 1 - frame) * FRAME_HOP], [0, 0]])
            for frame in range(STEM_FRAMES)
        ]
        kernel_KC, bias_C = self.norm.folded(tf.add_n(shifted))
        # Two taps of 40 channels are what the fast kernels like; 80 taps of one channel are not. What the last window
        # leaves over at the end is cut off.
        before = WAVE_PADDING[0]
        x_11TK = tf.reshape(tf.pad(x_W[: CLIP_SAMPLES - before], [[before, 0]]), [1, 1, -1, STEM_HOP])
        kernel_12KC = tf.reshape(kernel_KC, [1, 2, STEM_HOP, -1])
        return tf.nn.relu6(tf.nn.conv2d(x_11TK, kernel_12KC, strides=1, padding="VALID") + bias_C)


class Separable:
    """Depthwise and pointwise convolution."""

    def __init__(self, weights: Weights, block: Block, channels_in: int, channels: int) -> None:
        self.block = block
        self.depthwise = weights.declare("depthwise", (channels_in, 1, 3), "depthwise")
        self.pointwise = weights.declare("pointwise", (channels, channels_in, 1), "pointwise")
        self.norm = Norm(weights.scope("norm"), channels)

    def __call__(self, x_11TC: tf.Tensor) -> tf.Tensor:
        """(1, 1, T, C) → (1, 1, T', C')."""
        stride = self.block.stride
        if self.block.is_same:
            x_11TC = tf.pad(x_11TC, [[0, 0], [0, 0], same_padding(x_11TC.shape[2], stride), [0, 0]])
        kernel_1KC1 = tf.transpose(self.depthwise, [1, 0, 2, 3])
        y_11TC = tf.nn.depthwise_conv2d(x_11TC, kernel_1KC1, strides=[1, stride, stride, 1], padding="VALID")
        kernel_CC, bias_C = self.norm.folded(self.pointwise)
        return tf.nn.relu6(tf.nn.conv2d(y_11TC, kernel_CC[None, None], strides=1, padding="VALID") + bias_C)


class WordTwin(Twin):
    """Of `podium.systems.speech.network.Network`."""

    recipe: Recipe

    def build(self) -> None:
        """Makes the layers."""
        model = self.recipe.model
        self.is_mean = model.name == "attention_mean"
        widths = [model.widths[0], *(model.widths[block.width] for block in BLOCKS)]
        self.stem = Stem(self.weights.scope("stem"), widths[0])
        self.blocks = [
            Separable(self.weights.scope(f"blocks.{block.name}"), block, before, width)
            for block, before, width in zip(BLOCKS, widths, widths[1:], strict=False)
        ]
        head, channels = self.weights.scope("head"), widths[-1]
        self.attention = head.declare("attention.weight", (NUM_PLACES, NUM_PLACES * channels), "linear")
        self.attention_bias = None if self.is_mean else head.declare("attention.bias", (NUM_PLACES,))
        pooled = channels if self.is_mean else 2 * channels
        self.output = head.declare("output.weight", (model.num_classes, pooled), "linear")

    @property
    def faults(self) -> list[Fault]:
        """A running mean that stands for a bias; two depthwise kernels of one width; a square pointwise one."""
        return [
            Fault("swapped", ("stem.norm.bias", "stem.norm.running_mean"), "1"),
            Fault("transposed", ("blocks.4b.pointwise",), "4b"),
            Fault("swapped", ("blocks.7b.norm.weight", "blocks.7b.norm.running_var"), "7b"),
        ]

    @tf.function(input_signature=[CLIP], autograph=False)
    def inside(self, x: tf.Tensor) -> dict[str, tf.Tensor]:
        """The stages of a clip, see `podium.systems.speech.network`."""
        return self.stages(x)

    def stages(self, x_W: tf.Tensor) -> dict[str, tf.Tensor]:
        """The same, to be built into another graph."""
        y_11TC = self.stem(x_W)
        stages = {"1": y_11TC}
        for block in self.blocks:
            stages[block.block.name] = y_11TC = block(y_11TC)
        stages = {name: tf.reshape(value, value.shape[2:]) for name, value in stages.items()}
        x_TC = stages[BLOCKS[-1].name]
        scores_1T = tf.matmul(tf.reshape(x_TC, [1, -1]), self.attention)
        if self.attention_bias is not None:
            scores_1T += self.attention_bias
        shares_1T = tf.nn.softmax(scores_1T)
        weighed_TC = x_TC * tf.reshape(shares_1T, [-1, 1])
        if self.is_mean:
            pooled_1C = tf.reduce_mean(weighed_TC, axis=0, keepdims=True)
        else:
            most_1C = tf.reduce_max(weighed_TC, axis=0, keepdims=True)
            pooled_1C = tf.concat([most_1C, tf.reduce_mean(x_TC, axis=0, keepdims=True)], axis=1)
        logits_1V = tf.matmul(pooled_1C, self.output)
        last = {
            "attention_logits": scores_1T, "attention": shares_1T, "pooled": pooled_1C, "logits": logits_1V,
            OUTPUT: tf.nn.softmax(logits_1V),
        }  # fmt: skip
        return stages | {name: value[0] for name, value in last.items()}


class WordGraph(Graph):
    """A clip → probabilities of 12 classes, by the mean of several networks.

    Args:
        settings: See `podium.systems.speech.plan.Settings`.
    """

    num_calibration_clips = NUM_CALIBRATION_CLIPS

    def __init__(self, twins: list[WordTwin], settings: Mapping[str, Any]) -> None:
        super().__init__(twins, settings)
        self.max_bytes = settings["max_bytes"]

    @cached_property
    def read(self) -> Function:
        """The signature of the file."""

        def read(inputs: tf.Tensor) -> dict[str, tf.Tensor]:
            told = [to_12(look, self.settings["rule"]) for twin in self.twins for look in self._looks(twin, inputs)]
            return {OUTPUT: told[0] if len(told) == 1 else tf.add_n(told) / len(told)}

        return tf.function(read, input_signature=[CLIP], autograph=False)

    def inside(self, inputs: tf.Tensor) -> dict[str, tf.Tensor]:
        """The same."""
        return self.read(inputs)

    def stages(self, inputs: tf.Tensor) -> dict[str, tf.Tensor]:
        """The input "x", and the stages of each twin, of the clip as it is."""
        return {"x": inputs, **self.of_twins(inputs)}

    def function(self, format: str) -> Function:
        """The function that the file of a format holds: all are the same, since its shapes are fixed."""
        return self.read

    def _looks(self, twin: WordTwin, x_W: tf.Tensor) -> list[tf.Tensor]:
        looks = [x_W]
        if self.settings["looks"] == "left_loud":
            looks += [tf.concat([x_W[-TTA_SHIFT:], x_W[:-TTA_SHIFT]], axis=0), x_W * TTA_GAIN]
        told = [twin.stages(look_W)[OUTPUT] for look_W in looks]
        # The rule may be no linear one: the looks of one network go together before it.
        return told if len(told) == 1 else [tf.add_n(told) / len(told)]


def to_12(probs_V: tf.Tensor, rule: Rule) -> tf.Tensor:
    """See `podium.systems.speech.conversion.to_12`."""
    if probs_V.shape[0] == len(CLASSES_12):
        return probs_V
    kept_V = [probs_V[place] for place in KEPT]
    others_V = tf.stack([probs_V[place] for place in OTHERS])
    kept_V[CLASSES_12.index(UNKNOWN)] = tf.reduce_sum(others_V) if rule == "sum" else tf.reduce_max(others_V)
    probs_12 = tf.stack(kept_V)
    return tf.nn.softmax(probs_12[None])[0] if rule == "max_softmax" else probs_12


make = WordTwin


def assemble(twins: list[WordTwin], settings: Mapping[str, Any]) -> WordGraph:
    """All members in one graph."""
    if not twins:
        raise UserError("a file needs a network")
    return WordGraph(twins, settings)
