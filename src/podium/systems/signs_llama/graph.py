"""The file: preparation and all members in one graph with one signature.

``serving_default`` takes ``inputs`` (T, 543, 3) float32, T ≥ 1, NaN if a landmark is missing, and returns ``outputs``
(V,) float32: the mean of the members' logits, signs in the order of their numbers.

The file for browsers, whose runtime wants every shape fixed, takes ``inputs`` (web_frames, 543, 3), a clip with
anything behind its last frame, and ``num_frames`` (1,) int32.

Letters in tensor names: T frames, M frames that are read, S tokens, R rows of a frame, N the 85 points,
A axes (x, y), F features.
"""

from typing import Any, NamedTuple

import numpy as np
import tensorflow as tf

from podium.export.graph import INPUT, Function
from podium.port.layers import IMPOSSIBLE
from podium.recognise.tflite import NUM_FRAMES
from podium.systems.signs.graph import CLIP, ClipGraph
from podium.systems.signs.points import NUM_ROWS
from podium.systems.signs.vocabulary import OUTPUT
from podium.systems.signs_llama.keypoints import AXES, BLOCK_STARTS, HEAD, NUM_COORDINATES, NUM_KEYPOINTS, ROWS

Rotation = tuple[tf.Tensor, tf.Tensor]


class Tokens(NamedTuple):
    """What members of a size read of a clip.

    Attributes:
        x_SF: Features behind a row of zeros, which is the class token's.
        number: S.
        rotation: Cosines and sines.
        hidden_S: Added to the scores of keys; None: all are frames.
    """

    x_SF: tf.Tensor
    number: tf.Tensor
    rotation: Rotation
    hidden_S: tf.Tensor | None = None


class SignGraph(ClipGraph):
    """Raw landmarks → logits, by the mean of several networks that read the same."""

    @tf.function(input_signature=[CLIP], autograph=False)
    def read(self, inputs: tf.Tensor) -> dict[str, tf.Tensor]:
        """The signature of the file."""
        return self._mean(self.features(inputs))

    @tf.function(input_signature=[CLIP], autograph=False)
    def stages(self, inputs: tf.Tensor) -> dict[str, tf.Tensor]:
        """The networks' input "x" (T, F), and what each makes of it as "{network}/{stage}"."""
        x_MF = self.features(inputs)
        seen = {"x": x_MF}
        for index, stages in enumerate(self._members(x_MF)):
            seen |= {f"{index}/{stage}": value for stage, value in stages.items() if stage != OUTPUT}
        return seen

    def function_in_bytes(self) -> Function:
        """Whose tables of positions are rounded to int8, as the matrices will be."""

        @tf.function(input_signature=[CLIP], autograph=False)
        def read(inputs: tf.Tensor) -> dict[str, tf.Tensor]:
            return self._mean(self.features(inputs), in_bytes=True)

        return read

    def fixed_function(self) -> Function:
        """For clips in a frame of fixed size."""
        size, max_frames = self.settings["web_frames"], self.twins[0].recipe.data.max_frames
        signature = [
            tf.TensorSpec([size, NUM_ROWS, 3], tf.float32, name=INPUT), tf.TensorSpec([1], tf.int32, name=NUM_FRAMES),
        ]  # fmt: skip

        @tf.function(input_signature=signature, autograph=False)
        def read(inputs: tf.Tensor, num_frames: tf.Tensor) -> dict[str, tf.Tensor]:
            total = tf.clip_by_value(tf.reshape(num_frames, []), 1, size)
            num_rows = min(size, max_frames)
            hidden_M = (1.0 - tf.cast(tf.range(num_rows) < total, tf.float32)) * IMPOSSIBLE
            return self._mean(self.features(inputs, total, num_rows), hidden_M)

        return read

    def _mean(self, x_MF: tf.Tensor, hidden_M: tf.Tensor | None = None, in_bytes: bool = False) -> dict[str, tf.Tensor]:
        logits = [stages[OUTPUT] for stages in self._members(x_MF, hidden_M, in_bytes)]
        return {OUTPUT: tf.add_n(logits) * (1 / len(logits)) if len(logits) > 1 else logits[0]}

    def _members(
        self, x_MF: tf.Tensor, hidden_M: tf.Tensor | None = None, in_bytes: bool = False
    ) -> list[dict[str, tf.Tensor]]:
        num_tokens = tf.shape(x_MF)[0] + 1
        x_SF = tf.pad(x_MF, [[1, 0], [0, 0]])
        hidden_S = None if hidden_M is None else tf.pad(hidden_M, [[1, 0]])
        rotations: dict[int, Any] = {}
        for twin in self.twins:
            rotations.setdefault(twin.recipe.model.head_dim, twin.rotation(num_tokens))
        return [
            twin.stages(Tokens(x_SF, num_tokens, rotations[twin.recipe.model.head_dim], hidden_S), in_bytes)
            for twin in self.twins
        ]

    def features(
        self, inputs: tf.Tensor, num_frames: tf.Tensor | None = None, num_rows: int | None = None
    ) -> tf.Tensor:
        """What `podium.systems.signs_llama.preparation` makes of a clip for the file: (M, F).

        All that TFLite's fast kernels lack comes here, so that they get the networks in one piece.

        Args:
            num_frames: Of the clip; what stands behind them is not read. None: all are frames.
            num_rows: M; without it, as many as frames are read.
        """
        data = self.twins[0].recipe.data
        x_TNA = tf.gather(inputs, ROWS, axis=1)[:, :, :AXES]
        num_frames = tf.shape(x_TNA)[0] if num_frames is None else num_frames
        most = tf.minimum(num_frames, data.max_frames)
        place_M = tf.range(most if num_rows is None else num_rows)
        x_MNA = tf.gather(x_TNA, tf.minimum((2 * place_M + 1) * num_frames // (2 * most), num_frames - 1))
        is_nan_MNA = tf.math.is_nan(x_MNA)
        x_MNA = tf.where(is_nan_MNA, tf.zeros_like(x_MNA), x_MNA)
        is_seen_MNA = 1.0 - tf.cast(is_nan_MNA, tf.float32)
        if num_rows is not None:
            is_seen_MNA *= tf.cast(place_M < most, tf.float32)[:, None, None]
        is_whole_MN = tf.reduce_min(is_seen_MNA, axis=2)
        origin_A, has_head = self._origin(x_MNA, is_whole_MN, data.choices.headless == "corrected")
        x_MNA = (x_MNA - origin_A) * is_seen_MNA
        if data.choices.headless == "published":
            x_MNA *= has_head
        x_MF = tf.reshape(x_MNA, [-1, NUM_COORDINATES])
        if data.choices.visibility == "published":
            return x_MF
        bounds = [*BLOCK_STARTS, NUM_KEYPOINTS]
        bits = [
            tf.reduce_max(is_whole_MN[:, begin:end], axis=1, keepdims=True)
            for begin, end in zip(bounds[:-1], bounds[1:], strict=True)
        ]
        return tf.concat([x_MF, *bits], axis=1)

    @staticmethod
    def _origin(x_MNA: tf.Tensor, is_whole_MN: tf.Tensor, fall_back: bool) -> tuple[tf.Tensor, tf.Tensor]:
        """The mean of the head's points, or of all if there is none; and 1.0 if there is a head, else 0.0."""

        def mean(weight_MN: tf.Tensor) -> tuple[tf.Tensor, tf.Tensor]:
            sums_A = tf.reduce_sum(tf.reduce_sum(x_MNA * weight_MN[..., None], axis=1), axis=0)
            number = tf.reduce_sum(tf.reduce_sum(weight_MN, axis=1))
            return sums_A / tf.maximum(number, 1.0), tf.minimum(number, 1.0)

        is_head_N = np.zeros(NUM_KEYPOINTS, np.float32)
        is_head_N[HEAD] = 1
        origin_A, has_head = mean(is_whole_MN * is_head_N)
        if fall_back:
            origin_A += (1.0 - has_head) * mean(is_whole_MN)[0]
        return origin_A, has_head
