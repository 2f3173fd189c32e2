"""The file: preprocessing, all seeds, confidence gate and greedy decoding in one graph with one signature.

``serving_default`` takes ``inputs`` (T, 390) float32, raw landmarks with NaN, and returns ``outputs`` (n, 59) float32:
for each character of the text the averaged logits of the 59 characters, so that the text is their argmax. Beside it
``confidence`` () float32 in [0, 1], of the clip being readable, if a network has a head for it. There is
always a text: clips that are too short, that no network trusts or that decode to nothing get the dummy phrase, since
the runtime cannot return an array without rows.

The file for browsers, whose runtime wants every shape fixed, takes ``inputs`` (2·max_frames, 390), a clip with anything
behind its last frame, and ``num_frames`` (1,) int32; it returns ``ids`` (33,) int32, the text and then PAD, ``logits``
(33, 59) float32, as ``outputs`` of the other files and then 0, and ``confidence`` (1,) float32 if they return it.

Letters in tensor names: T frames, K columns (390), M rows of the networks' input, L landmarks, C coordinates, D width,
S output positions, V vocabulary.
"""

import functools
from collections.abc import Mapping
from typing import Any

import numpy as np
import tensorflow as tf

from podium.errors import UserError
from podium.export.graph import Function, Graph
from podium.port.layers import Frames, Kernels, or_one
from podium.recognise.tflite import INPUT, NUM_FRAMES
from podium.systems.fingerspelling.landmarks import COLUMNS, NUM_LANDMARKS
from podium.systems.fingerspelling.readings import CONFIDENCE, OUTPUT
from podium.systems.fingerspelling.text import CHARACTERS, DUMMY_PHRASE, END, LABEL_LENGTH, NUM_CHARACTERS, PAD
from podium.systems.fingerspelling.twins.base import ReaderTwin
from podium.systems.fingerspelling.twins.greedy import greedy

CLIP = tf.TensorSpec([None, len(COLUMNS)], tf.float32, name=INPUT)


class TextGraph(Graph):
    """Raw landmarks → logits of the text, by the mean of several networks.

    Args:
        twins: One per seed, with decoders of one size and all shortening clips to the same number of frames.
        settings: ``min_frames``: shorter clips get the dummy phrase. ``min_confidence``: clips whose averaged logit
            means less than this get it, too. Networks without a confidence head trust everything.

    Raises:
        UserError: The twins do not go together.
    """

    def __init__(self, twins: list[ReaderTwin], settings: Mapping[str, Any]) -> None:
        super().__init__(twins, settings)
        if len({twin.max_frames for twin in twins}) != 1:
            raise UserError("the seeds were trained with different data.max_frames; give them one recipe")
        if len({twin.frames_per_step for twin in twins}) != 1:
            raise UserError("the seeds take different numbers of frames as one step; give them one recipe")
        configs = [twin.config for twin in twins]
        if len({(one.dim, one.decoder.num_layers, one.decoder.num_heads) for one in configs}) != 1:
            raise UserError("the seeds' decoders differ in size; give them one recipe")
        self.max_frames = twins[0].max_frames
        self.has_confidence = self.settings["has_confidence"] = any(twin.has_confidence for twin in twins)
        self.min_frames = settings["min_frames"]
        self.min_confidence = settings["min_confidence"]
        self.dummy_SV = np.zeros((LABEL_LENGTH, NUM_CHARACTERS), np.float32)
        self.dummy_SV[np.arange(len(DUMMY_PHRASE)), [CHARACTERS.index(c) for c in DUMMY_PHRASE]] = 1

    @tf.function(input_signature=[CLIP], autograph=False)
    def read(self, inputs: tf.Tensor) -> dict[str, tf.Tensor]:
        """The signature of the file."""
        return self.outputs(inputs, Kernels.XNNPACK)

    @tf.function(input_signature=[CLIP], autograph=False)
    def inside(self, inputs: tf.Tensor) -> dict[str, tf.Tensor]:
        """The same in TensorFlow, with what decides it.

        Returns:
            Beside "outputs": "is_dummy"; "confidence", 1 without a head; and of the decoding, which makes no step when
            the clip is too short or not trusted, "ids" (steps,) and "logits" (steps, V).
        """
        return self._read(inputs, Kernels.TENSORFLOW)

    def stages(self, inputs: tf.Tensor) -> dict[str, tf.Tensor]:
        """The networks' input "x" (T, 390), all x, all y, all z, and what each makes of it as "{network}/{stage}"."""
        x_TCL, num_frames = preprocess(inputs, self.max_frames)
        frames = self.twins[0].steps(Frames(num_frames))
        seen = {"x": tf.reshape(x_TCL, [-1, len(COLUMNS)])}
        for index, twin in enumerate(self.twins):
            seen |= {f"{index}/{stage}": value_TD for stage, value_TD in twin.stages(x_TCL, frames).items()}
        return seen

    def function(self, format: str) -> Function:
        """The function that the file of a format holds."""
        if format == "web":
            return self._fixed_function()
        return self._function_for_x86() if format == "kaggle" else self.read

    def outputs(self, inputs: tf.Tensor, kernels: Kernels) -> dict[str, tf.Tensor]:
        """What the file returns, by those kernels."""
        answer = self._read(inputs, kernels)
        return {name: answer[name] for name in (OUTPUT, CONFIDENCE) if name == OUTPUT or self.has_confidence}

    def _function_for_x86(self) -> Function:
        @tf.function(input_signature=[CLIP], autograph=False)
        def read(inputs: tf.Tensor) -> dict[str, tf.Tensor]:
            return self.outputs(inputs, Kernels.TFLITE_X86)

        return read

    def _fixed_function(self) -> Function:
        """For clips in a frame of fixed size."""
        size, max_frames = 2 * self.max_frames, self.max_frames
        signature = [
            tf.TensorSpec([size, len(COLUMNS)], tf.float32, name=INPUT),
            tf.TensorSpec([1], tf.int32, name=NUM_FRAMES),
        ]

        @tf.function(input_signature=signature, autograph=False)
        def read(inputs: tf.Tensor, num_frames: tf.Tensor) -> dict[str, tf.Tensor]:
            total = tf.clip_by_value(tf.reshape(num_frames, []), 0, size)
            is_frame_T1 = (tf.range(size) < total)[:, None]
            raw_TK = tf.where(is_frame_T1, inputs, tf.fill(tf.shape(inputs), float("nan")))
            new_frames = tf.clip_by_value(total, 1, max_frames)
            kept_M = tf.minimum(tf.range(max_frames) * total // new_frames, size - 1)
            frames = Frames(max_frames, new_frames, Kernels.XNNPACK)
            x_MCL = standardised(raw_TK, kept_M) * frames.is_frame_T1[..., None]
            answer = self.decode(x_MCL, self.twins[0].steps(frames), total < self.min_frames)
            is_written_S = tf.range(LABEL_LENGTH) < answer["num_rows"]
            ids_S = tf.argmax(answer["rows"], axis=1, output_type=tf.int32)
            outputs = {
                "ids": tf.where(is_written_S, ids_S, PAD),
                "logits": tf.where(is_written_S[:, None], answer["rows"], tf.zeros([LABEL_LENGTH, NUM_CHARACTERS])),
            }
            if self.has_confidence:
                outputs[CONFIDENCE] = tf.reshape(answer[CONFIDENCE], [1])
            return outputs

        return read

    def _read(self, raw_TK: tf.Tensor, kernels: Kernels) -> dict[str, tf.Tensor]:
        # No branches: around the whole network they keep TFLite from handing it to its fast kernels. A clip that gets
        # the dummy phrase passes the encoder, and then decodes no step.
        x_TCL, num_frames = preprocess(raw_TK, self.max_frames)
        frames = self.twins[0].steps(Frames(num_frames, kernels=kernels))
        answer = self.decode(x_TCL, frames, tf.shape(raw_TK)[0] < self.min_frames)
        num_steps = answer.pop("num_steps")
        return {
            OUTPUT: answer.pop("rows")[: answer.pop("num_rows")],
            "ids": answer.pop("ids")[:num_steps],
            "logits": answer.pop("logits")[:num_steps],
            **answer,
        }

    def decode(self, x_TCL: tf.Tensor, frames: Frames, is_too_short: tf.Tensor) -> dict[str, tf.Tensor]:
        """What comes behind preprocessing, in tensors of fixed sizes; ``frames`` are the encoders' steps.

        Returns:
            "rows" (33, 59) with the answer in the first "num_rows", "is_dummy", "confidence"; and of the decoding "ids"
            (33,) and "logits" (33, V), 0 behind "num_steps".
        """
        encodings = [twin.encode(x_TCL, frames) for twin in self.twins]
        logits = [twin.confidence_logit(e_TD, frames) for twin, e_TD in zip(self.twins, encodings, strict=True)]
        logits = [logit for logit in logits if logit is not None]
        confidence = tf.sigmoid(functools.reduce(tf.add, logits) * (1 / len(logits))) if logits else tf.constant(1.0)
        is_gated = tf.logical_or(is_too_short, confidence < self.min_confidence)
        decoders = [twin.decoder for twin in self.twins]
        ids_S, logits_SV, num_steps = greedy(decoders, encodings, frames, False, is_gated)
        num_characters = num_steps - tf.cast(tf.reduce_any(tf.equal(ids_S, END)), tf.int32)
        is_dummy = tf.equal(num_characters, 0)
        return {
            "rows": tf.where(is_dummy, self.dummy_SV, logits_SV[:, :NUM_CHARACTERS]),
            "num_rows": tf.where(is_dummy, len(DUMMY_PHRASE), num_characters),
            "is_dummy": is_dummy,
            CONFIDENCE: confidence,
            "ids": ids_S,
            "logits": logits_SV,
            "num_steps": num_steps,
        }


def preprocess(raw_TK: tf.Tensor, max_frames: int) -> tuple[tf.Tensor, tf.Tensor]:
    """What `normalise` does: standardise a clip, NaN → 0, and repeat no frame but drop some of too many.

    An empty clip becomes one frame of zeros; it gets the dummy phrase in any case. All that TFLite's fast kernels lack
    comes first, so that they get the rest and the encoders in one piece.

    Args:
        raw_TK: (T, 390), NaN if a landmark is missing; all x, all y, all z.

    Returns:
        (min(T, max_frames), 3, 130), no NaN, and the number of its frames.
    """
    num_missing = tf.maximum(1 - tf.shape(raw_TK)[0], 0)
    raw_TK = tf.pad(raw_TK, [[0, num_missing], [0, 0]])
    num_frames = tf.shape(raw_TK)[0]
    new_frames = tf.minimum(num_frames, max_frames)
    return standardised(raw_TK, tf.range(new_frames) * num_frames // new_frames), new_frames


def standardised(raw_TK: tf.Tensor, kept: tf.Tensor) -> tf.Tensor:
    """Frames ``kept`` (N,) of a clip, standardised over the whole of it: (N, 3, 130), no NaN."""
    is_missing_TK = tf.math.is_nan(raw_TK)
    raw_TK, is_seen_TK = tf.where(is_missing_TK, tf.zeros_like(raw_TK), raw_TK), tf.cast(~is_missing_TK, tf.float32)
    all_TCL, is_seen_TCL, x_TCL, is_kept_TCL = (
        tf.reshape(x_TK, [-1, 3, NUM_LANDMARKS])
        for x_TK in (raw_TK, is_seen_TK, tf.gather(raw_TK, kept), tf.gather(is_seen_TK, kept))
    )
    num_1C1 = tf.maximum(_sum(is_seen_TCL), 1.0)
    mean_1C1 = _sum(all_TCL) / num_1C1
    deviation_1C1 = tf.sqrt(_sum(tf.square((all_TCL - mean_1C1) * is_seen_TCL)) / num_1C1)
    return (x_TCL - mean_1C1) * is_kept_TCL / or_one(deviation_1C1)


def _sum(x_TCL: tf.Tensor) -> tf.Tensor:
    """(T, 3, L) → (1, 3, 1); landmarks first, then frames: float32 sums of a few hundred terms each."""
    return tf.reduce_sum(tf.reduce_sum(x_TCL, axis=2, keepdims=True), axis=0, keepdims=True)


assemble = TextGraph
