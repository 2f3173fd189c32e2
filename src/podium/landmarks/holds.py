"""Holds made short: where the hands stand still, few frames of many are kept, so that slow and quick clips look alike.

Who spells slowly changes the shape of the hand as quickly as others, and holds it longer. A network that has learnt
from quick clips reads a long hold as a row of the same letter. So each frame counts by how far the hands have come: at
speed every frame is kept, and a hold of a second shrinks to about two.

Letters in names: T frames, K columns, C coordinates (x, y), J joints of a hand (21).
"""

import numpy as np

from podium.landmarks.selection import Selection, by_coordinate

WAY_PER_FRAME = 0.15  # radii of the hand between two frames that are kept; about one lies between two letters
LEAST_ADVANCE = 0.06  # of a frame in which nothing moves
SPAN = 3  # frames over which a speed is taken: MediaPipe's jitter is no movement


def moving(raw_TK: np.ndarray, selection: Selection, min_frames: int = 1) -> np.ndarray:
    """The frames to keep of a clip, ascending, the first among them.

    Args:
        raw_TK: (T, K), NaN where a landmark is missing, T ≥ 1. x and y of a hand are measured in its own radius, each
            axis by itself, so that fractions of a picture and pixels give the same answer.
        selection: Of the K columns.
        min_frames: At least so many are kept, if the clip has them.

    Returns:
        (N,) int64, N ≥ 1.
    """
    advance_T = np.full(len(raw_TK), LEAST_ADVANCE)
    for hand in ("left_hand", "right_hand"):
        hand_TCJ = by_coordinate(raw_TK)[:, :2, selection.slots[hand]].astype(np.float64)
        np.maximum(advance_T, np.minimum(_speed(hand_TCJ) / WAY_PER_FRAME, 1.0), out=advance_T)
    advance_T[0] = 1.0
    lacking = min(min_frames, len(raw_TK)) - advance_T.sum()
    if lacking > 0:
        slow_T = 1.0 - advance_T
        advance_T += slow_T * (lacking / slow_T.sum())
    place_T = np.floor(np.cumsum(advance_T) + 1e-6)
    return np.flatnonzero(np.diff(place_T, prepend=0.0) > 0)


def _speed(hand_TCJ: np.ndarray) -> np.ndarray:
    """(T,) radii per frame, over the last `SPAN` frames; 0 while the hand was not seen at both ends of them."""
    is_seen_T = ~np.isnan(hand_TCJ).any((1, 2))
    speed_T = np.zeros(len(hand_TCJ))
    if not is_seen_T.any():
        return speed_T
    smooth_TCJ = _mean_of_three(np.where(is_seen_T[:, None, None], hand_TCJ, 0.0))
    smooth_TCJ /= np.maximum(_mean_of_three(is_seen_T.astype(np.float64)), 1e-9)[:, None, None]
    radius_C1 = np.median(smooth_TCJ[is_seen_T].std(2), axis=0)[:, None]
    for span in range(1, min(SPAN, len(hand_TCJ) - 1) + 1):  # the first frames have fewer before them
        way_TCJ = (smooth_TCJ[span:] - smooth_TCJ[:-span]) / np.maximum(radius_C1, 1e-9)
        way_T = np.sqrt((way_TCJ**2).sum(1).mean(1) / 2) / span
        speed_T[span:] = np.where(is_seen_T[span:] & is_seen_T[:-span], way_T, 0.0)
    return speed_T


def _mean_of_three(x: np.ndarray) -> np.ndarray:
    """Each frame with its neighbours, along the first axis; beyond the ends stands 0."""
    padded = np.concatenate([np.zeros_like(x[:1]), x, np.zeros_like(x[:1])])
    return (padded[:-2] + padded[1:-1] + padded[2:]) / 3
