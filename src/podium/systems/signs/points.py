"""Which of a frame's 543 landmarks the sign systems read, and how shards and the exported files hold them.

An exported file takes all of them, (frames, 543, 3). Shards hold the points that at least one of the systems reads, so
that both train on the same shards, and those by which a clip's plausibility is judged.

Legend: T frames, R the 543 rows of a frame, P the selected points, C coordinates (x, y, z).
"""

import numpy as np

from podium.landmarks.mediapipe import LEFT_EYE, LIPS, RAW_NAMES, RIGHT_EYE
from podium.landmarks.selection import Selection

NUM_ROWS = len(RAW_NAMES)  # 543: face 468, left hand 21, pose 33, right hand 21
FACE, LEFT_HAND, POSE, RIGHT_HAND = 0, 468, 489, 522  # the first row of each part
HANDS = [*range(LEFT_HAND, LEFT_HAND + 21), *range(RIGHT_HAND, RIGHT_HAND + 21)]

# 26th place ("signs_llama"): inner lips, eyes, hands, and the pose down to the wrists. 85 rows, ascending.
LLAMA = sorted(
    [13, 14, 81, 95, 178, 191, 311, 324, 402, 415]
    + [263, 362, 374, 381, 384, 386, 388, 390]
    + [33, 133, 145, 154, 157, 159, 161, 163]
    + [*range(POSE, POSE + 17), *HANDS]
)  # fmt: skip

# 6th place ("signs_deberta"): 95 rows in the order of its networks, and five means over further rows of the face.
DEBERTA = (
    HANDS
    + [10, 54, 67, 132, 150, 152, 162, 172, 176, 234, 284, 297, 361, 379, 389, 397, 400, 454]  # silhouette
    + [13, 37, 40, 61, 78, 81, 84, 87, 88, 91, 191, 267, 270, 291, 308, 311, 314, 317, 318, 321, 415]  # lips
    + [*range(POSE + 11, POSE + 23)]  # arms
    + [205, 425]  # cheeks
)  # fmt: skip
DEBERTA_MEANS = {
    "left_eye": [466, 387, 385, 398, 263, 390, 374, 381, 362],
    "right_eye": [246, 160, 158, 173, 33, 163, 145, 154, 133],
    "left_eyebrow": [383, 293, 296, 285],
    "right_eyebrow": [156, 63, 66, 55],
    "nose": [1, 2, 98, 327, 168],
}  # fmt: skip

_JUDGED = [*LIPS, *RIGHT_EYE, *LEFT_EYE]  # `podium.landmarks.plausibility` looks at whole contours
ROWS = sorted({*LLAMA, *DEBERTA, *(row for rows in DEBERTA_MEANS.values() for row in rows), *_JUDGED})  # P, ascending
NUM_POINTS = len(ROWS)  # 170
SELECTION = Selection(tuple(RAW_NAMES[row] for row in ROWS))
COLUMNS = INPUT_COLUMNS = SELECTION.columns  # 3·P, named as the wide layout names them: all x, then all y, then all z
SLOTS = SELECTION.slots  # part → where its points stand in P
_POSITIONS = {row: position for position, row in enumerate(ROWS)}


def positions(rows: list[int]) -> np.ndarray:
    """(N,) int64: where rows of a frame stand among the selected points."""
    return np.array([_POSITIONS[row] for row in rows])


def as_points(x_TK: np.ndarray) -> np.ndarray:
    """(T, P, 3): a clip of a shard, as its points; a view."""
    return x_TK.reshape(len(x_TK), 3, NUM_POINTS).transpose(0, 2, 1)


def as_frames(x_TK: np.ndarray) -> np.ndarray:
    """(T, 543, 3) float32: a clip of a shard, (T, 3·P), as the exported file takes it; NaN for what no system reads."""
    x_TRC = np.full((len(x_TK), NUM_ROWS, 3), np.nan, dtype=np.float32)
    x_TRC[:, ROWS] = as_points(x_TK)
    return x_TRC


def as_columns(x_TRC: np.ndarray) -> np.ndarray:
    """(T, 3·P) float32: frames (T, 543, 3) as shards hold them."""
    x_TPC = np.asarray(x_TRC, dtype=np.float32)[:, ROWS]
    return np.ascontiguousarray(x_TPC.transpose(0, 2, 1)).reshape(len(x_TPC), len(COLUMNS))
