"""Tables of distances as waves: scores of distances without a lookup.

A table P of one row for each distance d between two frames, −L < d < L, is a sum of waves: P[d] = Σ A_f·cos(f·d) +
B_f·sin(f·d), with L frequencies f. By the addition theorems cos(f·(i − j)) and sin(f·(i − j)) are products of what
depends on i and what depends on j. So the score of all pairs of frames is a product of two matrices, of any number of
frames, and needs no indices.

Letters in tensor names: M frames, H heads, K width of a head, D width, S the 2L − 1 distances, W the 2L coefficients:
first L of cosines, then L of sines.
"""

import numpy as np
import tensorflow as tf


def to_waves(max_frames: int) -> np.ndarray:
    """(W, S) float32: what turns a table, rows by ascending distance, into its coefficients."""
    distance_S = np.arange(1 - max_frames, max_frames)
    angle_LS = 2 * np.pi * np.outer(np.arange(max_frames), distance_S) / len(distance_S)
    coefficient_WS = np.concatenate([np.cos(angle_LS), np.sin(angle_LS)]) * 2 / len(distance_S)
    coefficient_WS[0] /= 2
    return coefficient_WS.astype(np.float32)


class Waves:
    """Cosines and sines of so many frames.

    Args:
        max_frames: L.
        num_frames: M.
        in_bytes: Tables are rounded to int8.
    """

    def __init__(self, max_frames: int, num_frames: tf.Tensor | int, in_bytes: bool = False) -> None:
        self._num_frames, self._in_bytes = num_frames, in_bytes
        frame_L = np.arange(max_frames)
        angle_LL = 2 * np.pi * np.outer(frame_L, frame_L) / (2 * max_frames - 1)
        cosine, sine = (tf.constant(one(angle_LL), tf.float32)[:num_frames] for one in (np.cos, np.sin))
        self.of_frames_MW = tf.concat([cosine, sine], axis=1)
        self._cosines_MW, self._sines_MW = (tf.concat([one, one], axis=1) for one in (cosine, sine))
        self._mirrored_cosines_MW = tf.concat([cosine, -1.0 * cosine], axis=1)
        self._mirrored_sines_MW = tf.concat([-1.0 * sine, sine], axis=1)

    def scores(
        self, query_HMK: tf.Tensor, for_query_HKW: tf.Tensor, key_HMK: tf.Tensor, for_key_HKW: tf.Tensor
    ) -> tf.Tensor:
        """(H, M, M): what distances add to the score of each query i and key j, at i − j.

        Args:
            for_query_HKW: Coefficients of the table that queries are multiplied with.
            for_key_HKW: Of the one that keys are multiplied with.
        """
        by_query_HMW = tf.matmul(query_HMK, self._stored(for_query_HKW))
        by_key_HMW = tf.matmul(key_HMK, self._stored(for_key_HKW))
        query_HMW = by_query_HMW * self._mirrored_cosines_MW + swapped(by_query_HMW) * self._sines_MW
        key_HMW = by_key_HMW * self._cosines_MW + swapped(by_key_HMW) * self._mirrored_sines_MW
        frames_1MW = self.of_frames_MW[None]
        return tf.matmul(query_HMW, frames_1MW, transpose_b=True) + tf.matmul(frames_1MW, key_HMW, transpose_b=True)

    def _stored(self, table_HKW: tf.Tensor) -> tf.Tensor:
        """A table as the file holds it."""
        if not self._in_bytes:
            return table_HKW
        scale_HK1 = tf.maximum(tf.reduce_max(tf.abs(table_HKW), axis=-1, keepdims=True) / 127.0, 1e-6)
        rounded_HKW = tf.cast(tf.round(table_HKW / scale_HK1), tf.int8)
        # Of a size that shows at run time alone; else the converter would store the table widened.
        size = tf.minimum(self._num_frames + table_HKW.shape[2], table_HKW.shape[2])
        return tf.reshape(tf.cast(rounded_HKW[:, :, :size], tf.float32), table_HKW.shape) * scale_HK1


def swapped(x_HMW: tf.Tensor) -> tf.Tensor:
    """Cosines' coefficients and sines' change places."""
    first, second = tf.split(x_HMW, 2, axis=-1)
    return tf.concat([second, first], axis=-1)
