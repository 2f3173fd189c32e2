"""The file: preparation and all members in one graph with one signature.

``serving_default`` takes ``inputs`` (T, 543, 3) float32, T ≥ 1, NaN if a landmark is missing, and returns ``outputs``
(V,) float32: the mean of the members' logits, signs in the order of their numbers.

Letters in tensor names: T frames, S tokens, R rows of a frame, N the 85 points, A axes (x, y), F features.
"""

from typing import Any

import numpy as np
import tensorflow as tf

from podium.export.graph import INPUT, Graph, Reader
from podium.systems.signs.points import NUM_ROWS
from podium.systems.signs_llama.keypoints import AXES, BLOCK_STARTS, HEAD, NUM_COORDINATES, NUM_KEYPOINTS, ROWS

CLIP = tf.TensorSpec([None, NUM_ROWS, 3], tf.float32, name=INPUT)
OUTPUT = "outputs"


class SignGraph(Graph):
    """Raw landmarks → logits, by the mean of several networks that read the same."""

    @tf.function(input_signature=[CLIP], autograph=False)
    def read(self, inputs: tf.Tensor) -> dict[str, tf.Tensor]:
        """The signature of the file."""
        return self._mean(inputs)

    def inside(self, inputs: tf.Tensor) -> dict[str, tf.Tensor]:
        """The same."""
        return self.read(inputs)

    @tf.function(input_signature=[CLIP], autograph=False)
    def stages(self, inputs: tf.Tensor) -> dict[str, tf.Tensor]:
        """The networks' input "x" (T, F), and what each makes of it as "{network}/{stage}"."""
        x_TF = self.features(inputs)
        seen = {"x": x_TF}
        for index, stages in enumerate(self._members(x_TF)):
            seen |= {f"{index}/{stage}": value for stage, value in stages.items() if stage != OUTPUT}
        return seen

    def reader(self, format: str) -> Reader:
        """The function that the file of a format holds."""
        if format != "int8":
            return super().reader(format)

        @tf.function(input_signature=[CLIP], autograph=False)
        def read(inputs: tf.Tensor) -> dict[str, tf.Tensor]:
            return self._mean(inputs, in_bytes=True)

        return read

    def _mean(self, inputs: tf.Tensor, in_bytes: bool = False) -> dict[str, tf.Tensor]:
        logits = [stages[OUTPUT] for stages in self._members(self.features(inputs), in_bytes)]
        return {OUTPUT: tf.add_n(logits) * (1 / len(logits)) if len(logits) > 1 else logits[0]}

    def _members(self, x_TF: tf.Tensor, in_bytes: bool = False) -> list[dict[str, tf.Tensor]]:
        num_tokens = tf.shape(x_TF)[0] + 1
        x_SF = tf.pad(x_TF, [[1, 0], [0, 0]])
        rotations: dict[int, Any] = {}
        for twin in self.twins:
            rotations.setdefault(twin.recipe.model.head_dim, twin.rotation(num_tokens))
        return [
            twin.stages(x_SF, num_tokens, rotations[twin.recipe.model.head_dim], in_bytes) for twin in self.twins
        ]

    def features(self, inputs: tf.Tensor) -> tf.Tensor:
        """What `podium.systems.signs_llama.preparation` makes of a clip for the file: (min(T, max_frames), F).

        All that TFLite's fast kernels lack comes here, so that they get the networks in one piece.
        """
        data = self.twins[0].recipe.data
        x_TNA = tf.gather(inputs, ROWS, axis=1)[:, :, :AXES]
        num_frames = tf.shape(x_TNA)[0]
        most = tf.minimum(num_frames, data.max_frames)
        x_TNA = tf.gather(x_TNA, (2 * tf.range(most) + 1) * num_frames // (2 * most))
        is_nan_TNA = tf.math.is_nan(x_TNA)
        x_TNA = tf.where(is_nan_TNA, tf.zeros_like(x_TNA), x_TNA)
        is_seen_TNA = 1.0 - tf.cast(is_nan_TNA, tf.float32)
        is_whole_TN = tf.reduce_min(is_seen_TNA, axis=2)
        origin_A, has_head = self._origin(x_TNA, is_whole_TN, data.choices.headless == "corrected")
        x_TNA = (x_TNA - origin_A) * is_seen_TNA
        if data.choices.headless == "published":
            x_TNA *= has_head
        x_TF = tf.reshape(x_TNA, [-1, NUM_COORDINATES])
        if data.choices.visibility == "published":
            return x_TF
        bounds = [*BLOCK_STARTS, NUM_KEYPOINTS]
        bits = [
            tf.reduce_max(is_whole_TN[:, begin:end], axis=1, keepdims=True)
            for begin, end in zip(bounds[:-1], bounds[1:], strict=True)
        ]
        return tf.concat([x_TF, *bits], axis=1)

    @staticmethod
    def _origin(x_TNA: tf.Tensor, is_whole_TN: tf.Tensor, fall_back: bool) -> tuple[tf.Tensor, tf.Tensor]:
        """The mean of the head's points, or of all if there is none; and 1.0 if there is a head, else 0.0."""

        def mean(weight_TN: tf.Tensor) -> tuple[tf.Tensor, tf.Tensor]:
            sums_A = tf.reduce_sum(tf.reduce_sum(x_TNA * weight_TN[..., None], axis=1), axis=0)
            number = tf.reduce_sum(tf.reduce_sum(weight_TN, axis=1))
            return sums_A / tf.maximum(number, 1.0), tf.minimum(number, 1.0)

        is_head_N = np.zeros(NUM_KEYPOINTS, np.float32)
        is_head_N[HEAD] = 1
        origin_A, has_head = mean(is_whole_TN * is_head_N)
        if fall_back:
            origin_A += (1.0 - has_head) * mean(is_whole_TN)[0]
        return origin_A, has_head
