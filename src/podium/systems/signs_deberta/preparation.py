"""From the points of a clip to what the networks read of it.

Numpy only; the file does the same in TensorFlow (`podium.systems.signs_deberta.graph`).

Legend: T frames of a clip, M frames that are read, C coordinates (x, y, z), P the points of a shard, N the 100 points.
"""

import numpy as np

from podium.systems.signs_deberta.keypoints import LEFT_HAND, RIGHT_HAND, points_of

_HANDS = slice(LEFT_HAND.start, RIGHT_HAND.stop)


def stride(num_frames: int, max_frames: int) -> int:
    """Every how many frames one is read."""
    return 1 if num_frames <= max_frames else num_frames // max_frames + 1


def num_read(num_frames: int, max_frames: int) -> int:
    """M, of so many frames that may be read."""
    return num_frames // stride(num_frames, max_frames)


def chosen_frames(has_hand_T: np.ndarray, max_frames: int) -> np.ndarray:
    """(M,) int64: the frames with a hand (all if none has one), thinned to at most ``max_frames``."""
    frames = np.flatnonzero(has_hand_T) if has_hand_T.any() else np.arange(len(has_hand_T))
    step = stride(len(frames), max_frames)
    return frames[step - 1 :: step]


def prepared(x_TCP: np.ndarray, max_frames: int) -> np.ndarray:
    """The frames of a clip that are read, each coordinate scaled over the whole of them.

    Args:
        x_TCP: (T, 3, P) float32, T ≥ 1, NaN if a point is missing.

    Returns:
        (M, 3, 100) float32, 1 ≤ M ≤ ``max_frames``, a new array: mean 0 and deviation 1 of each coordinate over all
        points that are not missing; 0 if one is. A coordinate that is the same everywhere becomes 0.
    """
    x_TCN = points_of(x_TCP)
    has_hand_T = ~np.isnan(x_TCN[:, 0, _HANDS]).all(axis=1)
    x_CMN = x_TCN[chosen_frames(has_hand_T, max_frames)].transpose(1, 0, 2)
    is_seen_CMN = ~np.isnan(x_CMN)
    x_CMN = np.where(is_seen_CMN, x_CMN, np.float32(0))
    number_C11 = np.maximum(is_seen_CMN.sum(axis=(1, 2), keepdims=True), 1)
    mean_C11 = (x_CMN.sum(axis=(1, 2), keepdims=True, dtype=np.float64) / number_C11).astype(np.float32)
    x_CMN = np.where(is_seen_CMN, x_CMN - mean_C11, np.float32(0))
    variance_C11 = np.square(x_CMN, dtype=np.float64).sum(axis=(1, 2), keepdims=True) / number_C11
    deviation_C11 = np.sqrt(variance_C11).astype(np.float32)
    x_CMN /= np.where(deviation_C11 == 0, np.float32(1), deviation_C11)
    return np.ascontiguousarray(x_CMN.transpose(1, 0, 2))
