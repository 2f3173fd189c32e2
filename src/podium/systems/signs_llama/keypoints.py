"""The 85 points that the network reads: which they are, what is the head, and how they are mirrored.

Legend: N the 85 points, in ascending order of their rows.
"""

import numpy as np

from podium.systems.signs.points import FACE, LEFT_HAND, LLAMA, POSE, RIGHT_HAND, positions

ROWS = LLAMA  # of a frame's 543
NUM_KEYPOINTS = len(ROWS)
POSITIONS = positions(ROWS)  # among the points of a shard
AXES = 2  # x and y; training with z was unstable (26th place)
NUM_COORDINATES = AXES * NUM_KEYPOINTS

_SLOT_OF = {row: slot for slot, row in enumerate(ROWS)}
_POSE_HEAD = range(POSE, POSE + 11)


def _slots(rows: list[int]) -> np.ndarray:
    return np.array([_SLOT_OF[row] for row in rows])


HEAD = _slots([row for row in ROWS if row < LEFT_HAND or row in _POSE_HEAD])  # 37: its mean is the clip's origin

# Parts whose points are found or missed together: where each begins, in ascending order of rows.
BLOCKS = ("face", "left_hand", "pose", "right_hand")
BLOCK_STARTS = np.searchsorted(ROWS, [FACE, LEFT_HAND, POSE, RIGHT_HAND])

_EYES = [(33, 263), (133, 362), (145, 374), (154, 381), (157, 384), (159, 386), (161, 388), (163, 390)]
_LIPS = [(81, 311), (178, 402)]
_MOUTH_CORNERS = {
    "published": [(95, 415), (191, 324)],  # an upper point for a lower one
    "corrected": [(95, 324), (191, 415)],
}
_POSE_PAIRS = [(1, 4), (2, 5), (3, 6), (7, 8), (9, 10), (11, 12), (13, 14), (15, 16)]


def _mirror(choice: str) -> np.ndarray:
    pairs = _EYES + _LIPS + _MOUTH_CORNERS[choice]
    pairs += [(POSE + left, POSE + right) for left, right in _POSE_PAIRS]
    pairs += [(LEFT_HAND + index, RIGHT_HAND + index) for index in range(21)]
    partner = {row: row for row in ROWS}
    for one, other in pairs:
        partner[one], partner[other] = other, one
    return _slots([partner[row] for row in ROWS])


# (85,) int64 each: slot i of a mirrored clip comes from slot MIRROR[choice][i]; involutions.
MIRROR = {choice: _mirror(choice) for choice in ("published", "corrected")}
