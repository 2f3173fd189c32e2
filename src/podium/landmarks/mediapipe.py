"""What MediaPipe Holistic finds: 543 landmarks (468 face, 21 left hand, 33 pose, 21 right hand), and their contours.

Which of them a system reads, and in which order, is a `podium.landmarks.selection.Selection` of the system's own.
"""

PART_SIZES = {"face": 468, "left_hand": 21, "pose": 33, "right_hand": 21}
PARTS = ("left_hand", "right_hand", "face", "pose")  # in the order in which people are told of them
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
