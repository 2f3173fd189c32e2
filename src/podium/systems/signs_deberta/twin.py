"""The network of isolated signs in TensorFlow, for one clip without padding: what goes into the file.

The graph is made for TFLite's fast kernels: batch norms are taken into the kernels before them, names and types of
points are a constant, and scores of distances are products of matrices (`podium.systems.signs_deberta.waves`).

Letters in tensor names: M frames, N the 100 points, C coordinates, E width of a point, I width of what comes out of the
first convolution, G points of a group, D width, H heads, K width of a head, S distances, V signs.
"""

from collections.abc import Mapping, Sequence
from functools import cached_property
from typing import Any

import tensorflow as tf

from podium.export.graph import Function
from podium.port.layers import BatchNorm, Linear
from podium.port.twin import Fault, Twin
from podium.port.weights import Weights
from podium.systems.signs.limits import check_size
from podium.systems.signs.vocabulary import OUTPUT, SIGNS
from podium.systems.signs_deberta.graph import Frames, SignGraph
from podium.systems.signs_deberta.keypoints import (
    CONV_DIM,
    CONV_WIDTH,
    GROUP_SIZES,
    GROUPS,
    NUM_POINTS,
    NUM_TYPES,
    TYPES,
)
from podium.systems.signs_deberta.recipe import Recipe
from podium.systems.signs_deberta.waves import Waves, to_waves

__all__ = ["SignTwin", "assemble", "make"]
POINT_EPSILON, LAYER_EPSILON = 1e-5, 1e-7


class SignTwin(Twin):
    """One network."""

    faults = [
        Fault("swapped", ("groups.lips.norm.bias", "groups.lips.norm.running_mean"), "groups.lips"),
        Fault("swapped", ("layers.0.attention.query.weight", "layers.0.attention.key.weight"), "layers.0.attention"),
        Fault("transposed", ("layers.0.up.weight",), "layers.0"),
    ]

    def build(self) -> None:
        """Declares the parameters."""
        config, weights = self.recipe.model, self.weights
        size = config.distilled if config.exported == "distilled" else config.student
        self.max_frames, dims = self.recipe.data.max_frames, size.layer_dims
        self.points = Points(weights.scope("points"), config.embedding_dim, config.choices.padding == "published")
        self.groups = {
            name: Dense(weights.scope(f"groups.{name}"), number * config.embedding_dim, size.dense_dim)
            for name, number in GROUP_SIZES.items()
        }
        self.full = Dense(weights.scope("full"), NUM_POINTS * config.embedding_dim, size.dense_dim)
        self.frame = Dense(weights.scope("frame"), 4 * size.dense_dim, dims[0])
        self.layers = [
            Layer(weights.scope(f"layers.{index}"), dim, out_dim, config.num_heads, self.max_frames)
            for index, (dim, out_dim) in enumerate(zip(dims[:-1], dims[1:], strict=True))
        ]
        self.head = Linear(weights.scope("head"), dims[-1], len(SIGNS))

    @cached_property
    def inside(self) -> Function:
        """All stages of a clip (M, C, N); see `podium.systems.signs_deberta.learner`."""

        def stages(x: tf.Tensor) -> dict[str, tf.Tensor]:
            return self.stages(Frames(tf.transpose(x, [0, 2, 1]), Waves(self.max_frames, tf.shape(x)[0])))

        signature = [tf.TensorSpec([None, 3, NUM_POINTS], tf.float32)]
        return tf.function(stages, input_signature=signature, autograph=False)

    def stages(self, frames: Frames) -> dict[str, tf.Tensor]:
        """What is computed of a clip."""
        f_1MNE = self.points(frames)
        seen: dict[str, tf.Tensor] = {}
        for name, parts in GROUPS.items():
            group_1MGE = tf.concat([f_1MNE[:, :, part] for part in parts], axis=2)
            seen[f"groups.{name}"] = self.groups[name](flat(centred(group_1MGE, frames)))
        hand_MD = tf.maximum(seen["groups.left_hand"], seen["groups.right_hand"])
        seen["full"] = self.full(flat(f_1MNE))
        joint_MD = tf.concat([seen["full"], hand_MD, seen["groups.lips"], seen["groups.face"]], axis=1)
        seen["frame"] = h_MD = self.frame(joint_MD)
        for index, layer in enumerate(self.layers):
            seen[f"layers.{index}.attention"], h_MD = layer(h_MD, frames)
            seen[f"layers.{index}"] = h_MD
        if frames.is_frame_M1 is None:
            pooled_1D = tf.reduce_mean(h_MD, axis=0, keepdims=True)
        else:
            total_1D = tf.reduce_sum(h_MD * frames.is_frame_M1, axis=0, keepdims=True)
            pooled_1D = total_1D / tf.reduce_sum(frames.is_frame_M1)
        return seen | {OUTPUT: self.head(pooled_1D)[0]}


class Points:
    """Coordinates → a vector for each point of each frame.

    Args:
        extended: Two frames of zeros come behind the clip, as the original's file has it.
    """

    def __init__(self, weights: Weights, dim: int, extended: bool) -> None:
        self.dim, self.extended = dim, extended
        self.types_YE = weights.declare("type_embedding.weight", (NUM_TYPES, dim))
        self.points_PE = weights.declare("point_embedding.weight", (NUM_POINTS + 1, dim))
        self.type_norm = LayerNorm(weights.scope("type_norm"), dim, POINT_EPSILON)
        self.point_norm = LayerNorm(weights.scope("point_norm"), dim, POINT_EPSILON)
        self.conv1_KCI = weights.declare("conv1.weight", (CONV_DIM, 3, CONV_WIDTH), "conv1d")
        self.conv2_KIE = weights.declare("conv2.weight", (dim, CONV_DIM, CONV_WIDTH), "conv1d")
        self.motion = Linear(weights.scope("motion"), 3 + dim, dim)
        self.linear = Linear(weights.scope("linear"), 3 * dim, dim)

    def __call__(self, frames: Frames) -> tf.Tensor:
        """(M, N, C) → (1, M, N, E)."""
        for_names_EE, for_motion_EE = tf.split(self.linear.kernel_IO, [2 * self.dim, self.dim])
        for_raw_CE, for_conv_EE = tf.split(tf.matmul(self.motion.kernel_IO, for_motion_EE), [3, self.dim])
        types_NE = self.type_norm(tf.gather(self.types_YE, TYPES))
        names_NE = tf.matmul(tf.concat([types_NE, self.point_norm(self.points_PE[1:])], axis=1), for_names_EE)
        names_NE += tf.matmul(self.motion.bias_O[None], for_motion_EE) + self.linear.bias_O
        x_1MNC, margin, extra = frames.x_MNC[None], CONV_WIDTH // 2, CONV_WIDTH // 2 * self.extended
        h_1MNI = _along_time(x_1MNC, self.conv1_KCI, (margin, margin + extra))
        if frames.is_frame_M1 is not None and not self.extended:
            h_1MNI *= frames.is_frame_M1[None, :, :, None]
        f_1MNE = _along_time(h_1MNI, tf.matmul(self.conv2_KIE, for_conv_EE), (margin, margin - extra))
        return f_1MNE + (_along_time(x_1MNC, for_raw_CE[None], (0, 0)) + names_NE)


def _along_time(x_1MNC: tf.Tensor, kernel_KIO: tf.Tensor, margins: tuple[int, int]) -> tf.Tensor:
    """A convolution over frames with so many zeros before and behind them."""
    if any(margins):
        x_1MNC = tf.pad(x_1MNC, [[0, 0], list(margins), [0, 0], [0, 0]])
    return tf.nn.conv2d(x_1MNC, kernel_KIO[:, None], strides=1, padding="VALID")


class Dense:
    """Linear, batch norm, Mish."""

    def __init__(self, weights: Weights, inputs: int, outputs: int) -> None:
        self.linear = Linear(weights.scope("linear"), inputs, outputs)
        self.norm = BatchNorm(weights.scope("norm"), outputs)

    def __call__(self, x_MD: tf.Tensor) -> tf.Tensor:
        """(M, inputs) → (M, outputs)."""
        kernel_IO, shift_O = self.norm.folded(self.linear.kernel_IO)
        scale_O = self.norm.weight * tf.math.rsqrt(self.norm.var + POINT_EPSILON)
        return mish(tf.matmul(x_MD, kernel_IO) + (shift_O + self.linear.bias_O * scale_O))


class LayerNorm:
    """Layer norm over the last axis."""

    def __init__(self, weights: Weights, dim: int, epsilon: float) -> None:
        self.gain_D, self.shift_D = (weights.declare(name, (dim,)) for name in ("weight", "bias"))
        self._epsilon = epsilon

    def __call__(self, x_MD: tf.Tensor) -> tf.Tensor:
        """(M, D) → (M, D)."""
        x_MD = x_MD + -1.0 * tf.reduce_mean(x_MD, axis=-1, keepdims=True)
        variance_M1 = tf.reduce_mean(x_MD * x_MD, axis=-1, keepdims=True)
        return x_MD * tf.math.rsqrt(variance_M1 + self._epsilon) * self.gain_D + self.shift_D


class Layer:
    """Attention, then a feed-forward of one width whose skip joins before the projection to the next width."""

    def __init__(self, weights: Weights, dim: int, out_dim: int, num_heads: int, max_frames: int) -> None:
        own = weights.scope("attention")
        self.num_heads, self.max_frames, self.scale = num_heads, max_frames, (3 * dim // num_heads) ** -0.5
        self.query, self.key, self.value = (Linear(own.scope(name), dim, dim) for name in ("query", "key", "value"))
        self.positions_RD = own.declare("positions.weight", (2 * max_frames, dim))
        self.positions_norm = LayerNorm(own.scope("positions_norm"), dim, LAYER_EPSILON)
        self.out = Linear(own.scope("out"), dim, dim)
        self.attention_norm = LayerNorm(weights.scope("attention_norm"), dim, LAYER_EPSILON)
        self.up, self.down = Linear(weights.scope("up"), dim, dim), Linear(weights.scope("down"), dim, out_dim)
        self.norm = LayerNorm(weights.scope("norm"), out_dim, LAYER_EPSILON)

    def __call__(self, x_MD: tf.Tensor, frames: Frames) -> tuple[tf.Tensor, tf.Tensor]:
        """What attention gives, and what leaves the layer."""
        attended_MD = self.attend(x_MD, frames)
        h_MD = self.attention_norm(attended_MD + x_MD)
        return attended_MD, self.norm(self.down(mish(self.up(h_MD)) + h_MD))

    def attend(self, x_MD: tf.Tensor, frames: Frames) -> tf.Tensor:
        """(M, D) → (M, D)."""
        kernel_DD, bias_D = self.query.folded(gain=self.scale)
        q_HMK = self._split(tf.matmul(x_MD, kernel_DD) + bias_D)
        k_HMK, v_HMK = self._split(self.key(x_MD)), self._split(self.value(x_MD))
        table_SD = self.positions_norm(self.positions_RD[1:])
        for_query_HKW = self._as_waves(self.key(table_SD))
        for_key_HKW = self._as_waves(self.query(table_SD) * self.scale)
        score_HMM = tf.matmul(q_HMK, k_HMK, transpose_b=True)
        score_HMM += frames.waves.scores(q_HMK, for_query_HKW, k_HMK, for_key_HKW)
        weight_HMM = tf.nn.softmax(score_HMM if frames.hidden_M is None else score_HMM + frames.hidden_M)
        context_MHK = tf.transpose(tf.matmul(weight_HMM, v_HMK), [1, 0, 2])
        return self.out(tf.reshape(context_MHK, [-1, x_MD.shape[1]]))

    def _as_waves(self, table_SD: tf.Tensor) -> tf.Tensor:
        """(S, D) → (H, K, W); the converter computes it once."""
        return tf.transpose(self._split(tf.matmul(to_waves(self.max_frames), table_SD)), [0, 2, 1])

    def _split(self, x_MD: tf.Tensor) -> tf.Tensor:
        """(M, D) → (H, M, K)."""
        return tf.transpose(tf.reshape(x_MD, [-1, self.num_heads, x_MD.shape[1] // self.num_heads]), [1, 0, 2])


def centred(f_1MGE: tf.Tensor, frames: Frames) -> tf.Tensor:
    """A group's points less the mean over all of them and all frames."""
    if frames.is_frame_M1 is None:
        return f_1MGE + -1.0 * tf.reduce_mean(f_1MGE, axis=[1, 2], keepdims=True)
    is_frame_1M11 = frames.is_frame_M1[None, :, :, None]
    number = tf.reduce_sum(is_frame_1M11) * float(f_1MGE.shape[2])
    mean_111E = tf.reduce_sum(f_1MGE * is_frame_1M11, axis=[1, 2], keepdims=True) / number
    return (f_1MGE - mean_111E) * is_frame_1M11


def flat(f_1MGE: tf.Tensor) -> tf.Tensor:
    """(1, M, G, E) → (M, G·E)."""
    return tf.reshape(f_1MGE, [-1, f_1MGE.shape[2] * f_1MGE.shape[3]])


def mish(x: tf.Tensor) -> tf.Tensor:
    """x·tanh(ln(1 + eˣ)), of sigmoids: nothing overflows, and fast kernels know them."""
    r = tf.sigmoid(-1.0 * x)
    square = r * r
    return x * ((1.0 + -1.0 * square) / (1.0 + square))


def make(recipe: Recipe) -> SignTwin:
    """The twin of the network that a recipe's learner exports."""
    return SignTwin(recipe)


def assemble(twins: Sequence[SignTwin], settings: Mapping[str, Any]) -> SignGraph:
    """All members in one graph.

    Raises:
        UserError: The file would be larger than the competition takes.
    """
    check_size(twins)
    return SignGraph(list(twins), settings)
