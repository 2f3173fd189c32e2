"""The one table of MediaPipe Holistic landmarks: names, the selected 130, their groups and their mirror.

Raw files hold 543 landmarks (468 face, 21 left hand, 33 pose, 21 right hand). The 1st-place solution reads 130 of
them in an order of its own; since its networks treat the landmark axis as an image axis, the order matters.
"""

import numpy as np

PART_SIZES = {"face": 468, "left_hand": 21, "pose": 33, "right_hand": 21}
RAW_NAMES = [f"{part}_{index}" for part, size in PART_SIZES.items() for index in range(size)]
RAW_COLUMNS = ["frame"] + [f"{axis}_{name}" for axis in "xyz" for name in RAW_NAMES]  # 1 + 3·543

# Mesh indices, signer's right to left along each contour: outer upper lip, outer lower lip, inner upper, inner lower.
LIPS = [
    0, 61, 185, 40, 39, 37, 267, 269, 270, 409, 291, 146, 91, 181, 84, 17, 314, 405, 321, 375,
    78, 191, 80, 81, 82, 13, 312, 311, 310, 415, 95, 88, 178, 87, 14, 317, 402, 318, 324, 308,
]  # fmt: skip
NOSE = [1, 2, 98, 327]
RIGHT_EYE = [33, 7, 163, 144, 145, 153, 154, 155, 133, 246, 161, 160, 159, 158, 157, 173]
LEFT_EYE = [263, 249, 390, 373, 374, 380, 381, 382, 362, 466, 388, 387, 386, 385, 384, 398]
RIGHT_ARM = [12, 14, 16, 18, 20, 22]  # shoulder, elbow, wrist, little finger, index, thumb
LEFT_ARM = [11, 13, 15, 17, 19, 21]

NAMES = (
    [f"face_{i}" for i in LIPS]
    + [f"left_hand_{i}" for i in range(21)]
    + [f"right_hand_{i}" for i in range(21)]
    + [f"face_{i}" for i in NOSE + RIGHT_EYE + LEFT_EYE]
    + [f"pose_{i}" for i in RIGHT_ARM + LEFT_ARM]
)
NUM_LANDMARKS = 130
COLUMNS = [f"{axis}_{name}" for axis in "xyz" for name in NAMES]  # 390: all x, all y, all z

PARTS = ("left_hand", "right_hand", "face", "pose")  # the order in which the networks concatenate them
SLOTS = {part: np.array([i for i, name in enumerate(NAMES) if name.startswith(part)]) for part in PARTS}

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
