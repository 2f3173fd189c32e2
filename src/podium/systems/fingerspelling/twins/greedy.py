"""Greedy decoding of one clip, in one loop for several networks.

Letters in tensor names: N networks, T encoder frames, S output positions, D width, V vocabulary.
"""

import numpy as np
import tensorflow as tf

from podium.port.layers import IMPOSSIBLE, Frames
from podium.systems.fingerspelling.text import END, LABEL_LENGTH, NUM_CHARACTERS, PAD, START, VOCAB_SIZE
from podium.systems.fingerspelling.twins.decoder import Decoder, Decoders


def greedy(
    decoders: list[Decoder],
    encodings: list[tf.Tensor],
    frames: Frames,
    published: bool,
    is_done: tf.Tensor | bool = False,
) -> tuple[tf.Tensor, tf.Tensor, tf.Tensor]:
    """Takes the token with the largest logit, averaged over the networks, until END has won or 33 steps are done.

    Args:
        decoders: One per network, of one size.
        encodings: Each network's encoder output (T, D).
        frames: Of all of them.
        published: Any token may win; otherwise only characters and END can.
        is_done: Scalar; true makes no step at all.

    Returns:
        ids (33,) int32 and averaged logits (33, V), both 0 behind the last step, and the number of steps, int32.
    """
    together = Decoders(decoders)
    cross = together.cross(encodings)
    may_win_V = np.zeros(VOCAB_SIZE, np.float32)
    if not published:
        may_win_V[NUM_CHARACTERS:] = IMPOSSIBLE
        may_win_V[END] = 0
    is_now_SS = np.eye(LABEL_LENGTH, dtype=np.float32)
    unwritten_SS = np.triu(np.full_like(is_now_SS, IMPOSSIBLE), 1)

    def is_open(step, token, num_tokens, is_done, ids_S, logits_SV, cache):
        return tf.logical_and(step < LABEL_LENGTH, tf.logical_not(is_done))

    def advance(step, token, num_tokens, is_done, ids_S, logits_SV, cache):
        # Pads, which only a published network can write, neither count nor stand anywhere but at PAD.
        is_pad = tf.equal(token, PAD)
        num_tokens = tf.where(is_pad, num_tokens, num_tokens + 1)
        position = tf.where(is_pad, PAD, PAD + num_tokens)
        # Rows of tables and sums instead of choices: these TFLite hands to its fast kernels.
        is_now_S, unwritten_S = tf.gather(is_now_SS, step), tf.gather(unwritten_SS, step)
        is_now_S1 = tf.gather(is_now_SS[..., None], step)
        logits_NV, cache = together.step(token, position, cross, cache, is_now_S, unwritten_S, frames)
        logits_1V = tf.reduce_mean(logits_NV, axis=0, keepdims=True)
        token = tf.argmax(logits_1V + may_win_V, axis=-1, output_type=tf.int32)[0]
        ids_S += tf.cast(is_now_S, tf.int32) * token
        logits_SV += is_now_S1 * logits_1V
        return step + 1, token, num_tokens, tf.equal(token, END), ids_S, logits_SV, cache

    start = (
        tf.constant(0),
        tf.constant(START),
        tf.constant(0),
        tf.convert_to_tensor(is_done),
        tf.zeros([LABEL_LENGTH], tf.int32),
        tf.zeros([LABEL_LENGTH, VOCAB_SIZE]),
        together.empty_cache(),
    )
    num_steps, _, _, _, ids_S, logits_SV, _ = tf.while_loop(is_open, advance, start)
    return ids_S, logits_SV, num_steps
