"""The 130 landmarks that the fingerspelling networks read: their order, their groups and their mirror.

The 1st-place solution reads them in an order of its own; since its networks treat the landmark axis as an image axis,
the order matters.
"""

import numpy as np

from podium.landmarks.mediapipe import LEFT_ARM, LEFT_EYE, LIPS, NOSE, RIGHT_ARM, RIGHT_EYE
from podium.landmarks.selection import Selection

NAMES = (
    [f"face_{i}" for i in LIPS]
    + [f"left_hand_{i}" for i in range(21)]
    + [f"right_hand_{i}" for i in range(21)]
    + [f"face_{i}" for i in NOSE + RIGHT_EYE + LEFT_EYE]
    + [f"pose_{i}" for i in RIGHT_ARM + LEFT_ARM]
)
NUM_LANDMARKS = 130
SELECTION = Selection(tuple(NAMES))
COLUMNS = INPUT_COLUMNS = SELECTION.columns  # 390: all x, all y, all z

SHORT_FRAMES = 15  # shorter clips are not trained on (1st-place solution)
PARTS = ("left_hand", "right_hand", "face", "pose")  # the order in which the networks concatenate them
SLOTS = SELECTION.slots

# The lips' mirror: each half contour read backwards; the mid-line points 0, 17, 13 and 14 stay.
_MIRRORED_LIPS = [
    0, 291, 409, 270, 269, 267, 37, 39, 40, 185, 61, 375, 321, 405, 314, 17, 84, 181, 91, 146,
    308, 415, 310, 311, 312, 13, 82, 81, 80, 191, 324, 318, 402, 317, 14, 87, 178, 88, 95, 78,
]  # fmt: skip
_MIRROR_NAMES = (
    [f"face_{i}" for i in _MIRRORED_LIPS]
    + [f"right_hand_{i}" for i in range(21)]
    + [f"left_hand_{i}" for i in range(21)]
    + [f"face_{i}" for i in [1, 2, 327, 98] + LEFT_EYE + RIGHT_EYE]
    + [f"pose_{i}" for i in LEFT_ARM + RIGHT_ARM]
)
# (130,) int64: slot i of a mirrored clip comes from slot MIRROR[i]; an involution.
MIRROR = np.array([NAMES.index(name) for name in _MIRROR_NAMES])
