"""The file for browsers, whose runtime wants every shape fixed.

``serving_default`` takes ``inputs`` (2·max_frames, 390) float32, a clip as for the other files with anything behind its
last frame, and ``num_frames`` (1,) int32; it returns ``ids`` (33,) int32, the text and then PAD, ``logits`` (33, 59)
float32, as ``outputs`` of the other files and then 0, and ``confidence`` (1,) float32 where they return it. There is
always a text.

Letters in tensor names: T rows of the input, K columns (390), M rows of the networks' input, S output positions,
V vocabulary.
"""

import tensorflow as tf

from podium.export.graph import CONFIDENCE, INPUT, Ensemble, Reader, convert, standardised
from podium.port.layers import Frames, Kernels
from podium.systems.fingerspelling.landmarks import COLUMNS
from podium.systems.fingerspelling.text import LABEL_LENGTH, NUM_CHARACTERS, PAD

NUM_FRAMES = "num_frames"


def num_rows(ensemble: Ensemble) -> int:
    """How many frames a clip can have at most."""
    return 2 * ensemble.twins[0].max_frames


def make_reader(ensemble: Ensemble) -> Reader:
    """The ensemble for clips in a frame of fixed size."""
    size, max_frames = num_rows(ensemble), ensemble.twins[0].max_frames
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
        answer = ensemble.decode(x_MCL, frames, total < ensemble.min_frames)
        is_written_S = tf.range(LABEL_LENGTH) < answer["num_rows"]
        ids_S = tf.argmax(answer["rows"], axis=1, output_type=tf.int32)
        outputs = {
            "ids": tf.where(is_written_S, ids_S, PAD),
            "logits": tf.where(is_written_S[:, None], answer["rows"], tf.zeros([LABEL_LENGTH, NUM_CHARACTERS])),
        }
        if ensemble.has_confidence:
            outputs[CONFIDENCE] = tf.reshape(answer[CONFIDENCE], [1])
        return outputs

    return read


def convert_web(ensemble: Ensemble) -> bytes:
    """The content of the file, with float16 weights."""
    return convert(ensemble, reader=make_reader(ensemble))
