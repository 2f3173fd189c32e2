"""The file: preparation and all members in one graph with one signature.

``serving_default`` takes ``inputs`` (T, 543, 3) float32, T ≥ 1, NaN if a landmark is missing, and returns ``outputs``
(V,) float32: the logarithm of the mean of the members' probabilities, signs in the order of their numbers. Members may
read a clip with different strides.

The file for browsers, whose runtime wants every shape fixed, takes ``inputs`` (web_frames, 543, 3), a clip with
anything behind its last frame, and ``num_frames`` (1,) int32.

Letters in tensor names: T frames, M frames that are read, N the 100 points, C coordinates, J members, V signs.
"""

import math
from typing import NamedTuple

import tensorflow as tf

from podium.export.graph import INPUT, Function
from podium.port.layers import IMPOSSIBLE
from podium.recognise.tflite import NUM_FRAMES
from podium.systems.signs.graph import CLIP, ClipGraph
from podium.systems.signs.points import DEBERTA, DEBERTA_MEANS, HANDS, NUM_ROWS
from podium.systems.signs.vocabulary import OUTPUT
from podium.systems.signs_deberta.waves import Waves


class Frames(NamedTuple):
    """What members of a stride read of a clip.

    Attributes:
        x_MNC: See `podium.systems.signs_deberta.preparation`, coordinates last.
        waves: Of M frames.
        is_frame_M1: 1.0 on frames, 0.0 on padding; None: all are frames.
        hidden_M: Added to the scores of keys; None likewise.
    """

    x_MNC: tf.Tensor
    waves: Waves
    is_frame_M1: tf.Tensor | None = None
    hidden_M: tf.Tensor | None = None


class SignGraph(ClipGraph):
    """Raw landmarks → logarithms of probabilities, by several networks."""

    @tf.function(input_signature=[CLIP], autograph=False)
    def read(self, inputs: tf.Tensor) -> dict[str, tf.Tensor]:
        """The signature of the file."""
        return self._answer(self._frames(inputs))

    @tf.function(input_signature=[CLIP], autograph=False)
    def stages(self, inputs: tf.Tensor) -> dict[str, tf.Tensor]:
        """Of each network its input "{network}/x" (M, C, N), and what it makes of it as "{network}/{stage}"."""
        seen, frames = {}, self._frames(inputs)
        for index, twin in enumerate(self.twins):
            mine = frames[twin.recipe.data.max_frames]
            seen[f"{index}/x"] = tf.transpose(mine.x_MNC, [0, 2, 1])
            stages = twin.stages(mine)
            seen |= {f"{index}/{stage}": value for stage, value in stages.items() if stage != OUTPUT}
        return seen

    def function_in_bytes(self) -> Function:
        """Whose tables of distances are rounded to int8, as the matrices will be."""

        @tf.function(input_signature=[CLIP], autograph=False)
        def read(inputs: tf.Tensor) -> dict[str, tf.Tensor]:
            return self._answer(self._frames(inputs, in_bytes=True))

        return read

    def fixed_function(self) -> Function:
        """For clips in a frame of fixed size."""
        size = self.settings["web_frames"]
        signature = [
            tf.TensorSpec([size, NUM_ROWS, 3], tf.float32, name=INPUT), tf.TensorSpec([1], tf.int32, name=NUM_FRAMES),
        ]  # fmt: skip

        @tf.function(input_signature=signature, autograph=False)
        def read(inputs: tf.Tensor, num_frames: tf.Tensor) -> dict[str, tf.Tensor]:
            return self._answer(self._frames(inputs, tf.clip_by_value(tf.reshape(num_frames, []), 1, size)))

        return read

    def _answer(self, frames: dict[int, Frames]) -> dict[str, tf.Tensor]:
        logits = [twin.stages(frames[twin.recipe.data.max_frames])[OUTPUT] for twin in self.twins]
        log_shares_JV = tf.nn.log_softmax(tf.stack(logits))
        most_1V = tf.reduce_max(log_shares_JV, axis=0, keepdims=True)
        total_V = tf.reduce_sum(tf.exp(log_shares_JV - most_1V), axis=0)
        return {OUTPUT: most_1V[0] + tf.math.log(total_V) - math.log(len(logits))}

    def _frames(
        self, inputs: tf.Tensor, num_frames: tf.Tensor | None = None, in_bytes: bool = False
    ) -> dict[int, Frames]:
        """By each stride of a member.

        All that TFLite's fast kernels lack comes here, so that they get the networks in one piece.

        Args:
            num_frames: Of the clip; what stands behind them is not read. None: all are frames.
            in_bytes: As of `Waves`.
        """
        has_hand_T = frames_with_hand(inputs, num_frames)
        return {
            max_frames: self._read_frames(inputs, has_hand_T, max_frames, num_frames is not None, in_bytes)
            for max_frames in dict.fromkeys(twin.recipe.data.max_frames for twin in self.twins)
        }

    @staticmethod
    def _read_frames(
        inputs: tf.Tensor, has_hand_T: tf.Tensor, max_frames: int, is_fixed: bool, in_bytes: bool
    ) -> Frames:
        total = tf.reduce_sum(has_hand_T)
        step = tf.where(total <= max_frames, 1, total // max_frames + 1)
        number = total // step
        num_rows = min(inputs.shape[0], max_frames) if is_fixed else number
        wanted_M = (tf.range(num_rows) + 1) * step  # the how manieth frame with a hand
        is_before_MT = tf.cumsum(has_hand_T)[None] < wanted_M[:, None]
        frame_M = tf.reduce_sum(tf.cast(is_before_MT, tf.int32), axis=1)
        x_MRC = tf.gather(inputs, tf.minimum(frame_M, tf.shape(inputs)[0] - 1))
        is_frame_M1 = hidden_M = None
        if is_fixed:
            is_frame_M1 = tf.cast(tf.range(num_rows) < number, tf.float32)[:, None]
            hidden_M = (1.0 - is_frame_M1[:, 0]) * IMPOSSIBLE
        waves = Waves(max_frames, num_rows, in_bytes)
        return Frames(prepared(x_MRC, is_frame_M1), waves, is_frame_M1, hidden_M)


def frames_with_hand(inputs: tf.Tensor, num_frames: tf.Tensor | None) -> tf.Tensor:
    """(T,) int32: 1 for a frame that shows a hand; for every frame, if none does."""
    is_missing_TH = tf.math.is_nan(tf.gather(inputs[:, :, 0], HANDS, axis=1))
    has_hand_T = 1 - tf.reduce_min(tf.cast(is_missing_TH, tf.int32), axis=1)
    is_frame_T = tf.ones_like(has_hand_T)
    if num_frames is not None:
        is_frame_T = tf.cast(tf.range(inputs.shape[0]) < num_frames, tf.int32)
        has_hand_T *= is_frame_T
    return tf.where(tf.reduce_sum(has_hand_T) > 0, has_hand_T, is_frame_T)


def prepared(x_MRC: tf.Tensor, is_frame_M1: tf.Tensor | None) -> tf.Tensor:
    """(M, N, C): what `podium.systems.signs_deberta.preparation.prepared` makes of the frames that are read; 0 on
    padding."""
    means = [tf.reduce_mean(tf.gather(x_MRC, rows, axis=1), axis=1, keepdims=True) for rows in DEBERTA_MEANS.values()]
    x_MNC = tf.concat([tf.gather(x_MRC, DEBERTA, axis=1), *means], axis=1)
    is_nan_MNC = tf.math.is_nan(x_MNC)
    x_MNC = tf.where(is_nan_MNC, tf.zeros_like(x_MNC), x_MNC)
    seen_MNC = 1.0 - tf.cast(is_nan_MNC, tf.float32)
    if is_frame_M1 is not None:
        seen_MNC *= is_frame_M1[:, None]
    number_C = tf.maximum(tf.reduce_sum(seen_MNC, axis=[0, 1]), 1.0)
    x_MNC = (x_MNC - tf.reduce_sum(x_MNC * seen_MNC, axis=[0, 1]) / number_C) * seen_MNC
    deviation_C = tf.sqrt(tf.reduce_sum(x_MNC * x_MNC, axis=[0, 1]) / number_C)
    return x_MNC / tf.where(deviation_C > 0, deviation_C, tf.ones_like(deviation_C))
