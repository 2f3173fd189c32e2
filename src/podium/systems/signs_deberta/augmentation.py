"""What chance does to a clip in training.

All functions take a prepared clip (`podium.systems.signs_deberta.preparation`), in which 0 stands for a missing point,
and return a new one.

Legend: T frames, C coordinates (x, y, z), N the 100 points, K coordinates of points.
"""

import math

import numpy as np

from podium.config import Choice
from podium.systems.signs_deberta.keypoints import ARMS, HEAD, LEFT_HAND, MIRROR, NOSE, RIGHT_HAND

LEAST_CROPPED = 20  # frames of a clip of which some may be cut off
MOST_CROPPED = 0.2  # of the frames


def mirrored(x_TCN: np.ndarray) -> np.ndarray:
    """Left becomes right."""
    x_TCN = x_TCN[:, :, MIRROR]
    x_TCN[:, 0] *= -1
    return x_TCN


def rotated(x_TCN: np.ndarray, degrees: float) -> np.ndarray:
    """Turned in the plane of the picture, around the origin."""
    angle = math.radians(degrees)
    cosine, sine = np.float32(math.cos(angle)), np.float32(math.sin(angle))
    x, y, z = x_TCN[:, 0], x_TCN[:, 1], x_TCN[:, 2]
    return np.stack([cosine * x - sine * y, sine * x + cosine * y, z], axis=1)


def scaled(x_TCN: np.ndarray, factor_C: np.ndarray) -> np.ndarray:
    """Each coordinate times a factor."""
    return x_TCN * factor_C.astype(np.float32)[:, None]


def most_cropped(num_frames: int) -> int:
    """How many frames a crop may cut off; 0: none."""
    return int(MOST_CROPPED * num_frames) - 1 if num_frames >= LEAST_CROPPED else 0


def interpolated(x_TCN: np.ndarray) -> np.ndarray:
    """Gaps in time are bridged: linearly between two values, by the nearest one before the first and behind the last.

    A coordinate with fewer than two values stays as it is.
    """
    x_TK = x_TCN.reshape(len(x_TCN), -1)
    is_seen_TK = x_TK != 0
    number_K = is_seen_TK.sum(axis=0)
    gaps = np.flatnonzero((number_K >= 2) & (number_K < len(x_TK)))
    if not len(gaps):
        return x_TCN.copy()
    some_TK, is_seen_TK = x_TK[:, gaps], is_seen_TK[:, gaps]
    frame_T1 = np.arange(len(x_TK))[:, None]
    before_TK = np.maximum.accumulate(np.where(is_seen_TK, frame_T1, -1), axis=0)
    after_TK = np.minimum.accumulate(np.where(is_seen_TK, frame_T1, len(x_TK))[::-1], axis=0)[::-1]
    first_TK = np.where(before_TK < 0, after_TK, before_TK)
    second_TK = np.where(after_TK == len(x_TK), before_TK, after_TK)
    one_TK = np.take_along_axis(some_TK, first_TK, axis=0)
    other_TK = np.take_along_axis(some_TK, second_TK, axis=0)
    share_TK = (frame_T1 - first_TK) / np.maximum(second_TK - first_TK, 1)
    filled_TK = x_TK.copy()
    filled_TK[:, gaps] = one_TK + share_TK.clip(0).astype(np.float32) * (other_TK - one_TK)
    return filled_TK.reshape(x_TCN.shape)


def with_both_hands(x_TCN: np.ndarray, choice: Choice) -> np.ndarray:
    """A hand that is missing becomes the mirror image of the other one, around the nose.

    Args:
        choice: "published": by a mistake in the numbers of parts, the left hand is always the mirror image of the
            right one, even of a missing one, and the right hand that of the left one on frames without arms.
    """
    new_TCN, left_TCK, right_TCK = x_TCN.copy(), x_TCN[:, :, LEFT_HAND], x_TCN[:, :, RIGHT_HAND]
    if choice == "published":
        lacks_left_T = np.ones(len(x_TCN), bool)
        lacks_right_T = ~x_TCN[:, 0, ARMS].any(axis=1)
    else:
        has_left_T, has_right_T = left_TCK[:, 0].any(axis=1), right_TCK[:, 0].any(axis=1)
        lacks_left_T, lacks_right_T = has_right_T & ~has_left_T, has_left_T & ~has_right_T
    nose_T1 = x_TCN[:, 0, NOSE : NOSE + 1]
    for lacks_T, hand, other_TCK in ((lacks_left_T, LEFT_HAND, right_TCK), (lacks_right_T, RIGHT_HAND, left_TCK)):
        image_TCK = other_TCK.copy()
        image_TCK[:, 0] = 2 * nose_T1 - other_TCK[:, 0]
        new_TCN[lacks_T, :, hand] = image_TCK[lacks_T]
    return new_TCN


def is_left_handed(x_TCN: np.ndarray) -> bool:
    """Whether the left hand is missing on fewer frames than the right one."""
    missing_left, missing_right = ((x_TCN[:, 0, hand] == 0).all(axis=1).sum() for hand in (LEFT_HAND, RIGHT_HAND))
    return bool(missing_left < missing_right)


def resized(x_TCN: np.ndarray, num_frames: int) -> np.ndarray:
    """Spread linearly over another number of frames; the centres of first and last frames need not meet."""
    place_M = (np.arange(num_frames) + 0.5) * (len(x_TCN) / num_frames) - 0.5
    place_M = place_M.clip(0, len(x_TCN) - 1)
    first_M = np.floor(place_M).astype(np.int64)
    second_M = np.minimum(first_M + 1, len(x_TCN) - 1)
    share_M11 = (place_M - first_M).astype(np.float32)[:, None, None]
    return (1 - share_M11) * x_TCN[first_M] + share_M11 * x_TCN[second_M]


def with_face_of(x_TCN: np.ndarray, other_TCN: np.ndarray, choice: Choice) -> np.ndarray:
    """Face CutMix: face and lips become another clip's, stretched in time and moved to where this clip's are.

    Nothing happens if the other face has a coordinate that is the same everywhere.

    Args:
        choice: "published": if z is, x and y are exchanged none the less.
    """
    if is_left_handed(x_TCN) != is_left_handed(other_TCN):
        other_TCN = mirrored(other_TCN)
    other_TCK, own_TCK = resized(other_TCN, len(x_TCN))[:, :, HEAD], x_TCN[:, :, HEAD]
    least_C, most_C = other_TCK.min(axis=(0, 2)), other_TCK.max(axis=(0, 2))
    own_least_C, own_most_C = own_TCK.min(axis=(0, 2)), own_TCK.max(axis=(0, 2))
    constant = (least_C == most_C).tolist()
    if any(constant[: 2 if choice == "published" else 3]):
        return x_TCN.copy()
    x_TCN = x_TCN.copy()
    for axis in range(2 if constant[2] else 3):
        share_TK = (other_TCK[:, axis] - least_C[axis]) / (most_C[axis] - least_C[axis])
        x_TCN[:, axis, HEAD] = share_TK * (own_most_C[axis] - own_least_C[axis]) + own_least_C[axis]
    return x_TCN
