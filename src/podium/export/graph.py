"""The file: preprocessing, all seeds, confidence gate and greedy decoding in one graph with one signature.

``serving_default`` takes ``inputs`` (T, 390) float32, raw landmarks with NaN, and returns ``outputs`` (n, 59) float32:
for each character of the text the averaged logits of the 59 characters, so that the text is their argmax. Beside it
``confidence`` () float32 in [0, 1], of the clip being readable, where a network has a head for it. There is
always a text: clips that are too short, that no network trusts or that decode to nothing get the dummy phrase, since
the runtime cannot return an array without rows.

Letters in tensor names: T frames, K columns (390), L landmarks, C coordinates, D width, S output positions,
V vocabulary.
"""

import functools

import numpy as np
import tensorflow as tf
from tensorflow.python.framework.convert_to_constants import convert_variables_to_constants_v2

from podium.errors import UserError
from podium.export.operators import check_operators
from podium.port.layers import Frames, Kernels, or_one
from podium.systems.fingerspelling.landmarks import COLUMNS, NUM_LANDMARKS
from podium.systems.fingerspelling.text import CHARACTERS, DUMMY_PHRASE, END, LABEL_LENGTH, NUM_CHARACTERS
from podium.systems.fingerspelling.twins import Twin
from podium.systems.fingerspelling.twins.greedy import greedy

INPUT, OUTPUT, CONFIDENCE = "inputs", "outputs", "confidence"

Reader = tf.types.experimental.GenericFunction


class Ensemble(tf.Module):
    """Raw landmarks → logits of the text, by the mean of several networks.

    Args:
        twins: One per seed, with decoders of one size and all shortening clips to the same number of frames.
        min_frames: Shorter clips get the dummy phrase.
        min_confidence: Clips whose averaged logit means less than this get the dummy phrase. Networks without a
            confidence head trust everything.

    Raises:
        UserError: The twins do not go together.
    """

    def __init__(self, twins: list[Twin], min_frames: int, min_confidence: float) -> None:
        super().__init__()
        if len({twin.max_frames for twin in twins}) != 1:
            raise UserError("the seeds were trained with different data.max_frames; give them one recipe")
        configs = [twin.config for twin in twins]
        if len({(one.dim, one.decoder.num_layers, one.decoder.num_heads) for one in configs}) != 1:
            raise UserError("the seeds' decoders differ in size; give them one recipe")
        self.twins = twins
        self.has_confidence = any(twin.has_confidence for twin in twins)
        self.min_frames = min_frames
        self.min_confidence = min_confidence
        self.dummy_SV = np.zeros((LABEL_LENGTH, NUM_CHARACTERS), np.float32)
        self.dummy_SV[np.arange(len(DUMMY_PHRASE)), [CHARACTERS.index(c) for c in DUMMY_PHRASE]] = 1

    @tf.function(input_signature=[tf.TensorSpec([None, len(COLUMNS)], tf.float32, name=INPUT)], autograph=False)
    def read(self, inputs: tf.Tensor) -> dict[str, tf.Tensor]:
        """The signature of the file."""
        return self.outputs(inputs, Kernels.XNNPACK)

    @tf.function(input_signature=[tf.TensorSpec([None, len(COLUMNS)], tf.float32, name=INPUT)], autograph=False)
    def inside(self, inputs: tf.Tensor) -> dict[str, tf.Tensor]:
        """The same in TensorFlow, with what decides it.

        Returns:
            Beside "outputs": "is_dummy"; "confidence", 1 without a head; and of the decoding, which makes no step when
            the clip is too short or not trusted, "ids" (steps,) and "logits" (steps, V).
        """
        return self._read(inputs, Kernels.TENSORFLOW)

    def stages(self, raw_TK: tf.Tensor) -> dict[str, tf.Tensor]:
        """The networks' input "x" (T, 390), all x, all y, all z, and what each makes of it as "{network}/{stage}"."""
        x_TCL, num_frames = preprocess(raw_TK, self.twins[0].max_frames)
        frames, seen = Frames(num_frames), {"x": tf.reshape(x_TCL, [-1, len(COLUMNS)])}
        for index, twin in enumerate(self.twins):
            seen |= {f"{index}/{stage}": value_TD for stage, value_TD in twin.stages(x_TCL, frames).items()}
        return seen

    def outputs(self, inputs: tf.Tensor, kernels: Kernels) -> dict[str, tf.Tensor]:
        """What the file returns, by those kernels."""
        answer = self._read(inputs, kernels)
        return {name: answer[name] for name in (OUTPUT, CONFIDENCE) if name == OUTPUT or self.has_confidence}

    def _read(self, raw_TK: tf.Tensor, kernels: Kernels) -> dict[str, tf.Tensor]:
        # No branches: around the whole network they keep TFLite from handing it to its fast kernels. A clip that gets
        # the dummy phrase passes the encoder, and then decodes no step.
        x_TCL, num_frames = preprocess(raw_TK, self.twins[0].max_frames)
        frames = Frames(num_frames, kernels=kernels)
        answer = self.decode(x_TCL, frames, tf.shape(raw_TK)[0] < self.min_frames)
        num_steps = answer.pop("num_steps")
        return {
            OUTPUT: answer.pop("rows")[: answer.pop("num_rows")],
            "ids": answer.pop("ids")[:num_steps],
            "logits": answer.pop("logits")[:num_steps],
            **answer,
        }

    def decode(self, x_TCL: tf.Tensor, frames: Frames, is_too_short: tf.Tensor) -> dict[str, tf.Tensor]:
        """What comes behind preprocessing, in tensors of fixed sizes.

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
        raw_TK: (T, 390), NaN where a landmark is missing; all x, all y, all z.

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


def convert(ensemble: Ensemble, half_weights: bool = True, reader: Reader | None = None) -> bytes:
    """The file's content: builtin operators only, no variables.

    Args:
        half_weights: Store weights in float16; they are widened to float32 when the file is loaded.
        reader: The function that the file holds; the ensemble's own by default.
    """
    function = without_variables((reader or ensemble.read).get_concrete_function())
    converter = tf.lite.TFLiteConverter.from_concrete_functions([function], tf.Module())
    converter.exclude_conversion_metadata = True  # else the whole file is read and written once more
    converter.target_spec.supported_ops = [tf.lite.OpsSet.TFLITE_BUILTINS]
    if half_weights:
        converter.optimizations = [tf.lite.Optimize.DEFAULT]
        converter.target_spec.supported_types = [tf.float16]
    content = converter.convert()
    check_operators(content)
    return content


def without_variables(function: tf.types.experimental.ConcreteFunction) -> tf.types.experimental.ConcreteFunction:
    """The function with constants for its variables, which the converter would save and load one by one."""
    inner = convert_variables_to_constants_v2(function, lower_control_flow=False)  # numbers its outputs
    names = sorted(function.structured_outputs)

    @tf.function(input_signature=function.structured_input_signature[0], autograph=False)
    def outer(*inputs: tf.Tensor) -> dict[str, tf.Tensor]:
        return dict(zip(names, inner(*inputs), strict=True))

    return outer.get_concrete_function()
