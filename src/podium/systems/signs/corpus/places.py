"""Points of a hand and places of a body, by which signs are described.

Legend: J hand joints (21), V mesh points of the face.
"""

import numpy as np

from podium.landmarks.person.body import Body
from podium.landmarks.person.face import Face

# A point of the hand: the mean of some joints, and how far it lies out of the palm, in palms.
TOUCHES = {
    "wrist": ([0], 0.0), "palm": ([0, 5, 9, 17], 0.15), "back": ([0, 5, 9, 17], -0.15), "knuckles": ([5, 9], 0.0),
    "thumb_tip": ([4], 0.0), "index_tip": ([8], 0.0), "fingertips": ([8, 12, 16], 0.0), "pinch": ([4, 8], 0.0),
    "index_side": ([5, 6], 0.0), "index_middle": ([6, 7], 0.0), "little_side": ([0, 17, 18], 0.0),
    "two_tips": ([8, 12], 0.0), "middle_tip": ([12], 0.0), "bunch": ([4, 8, 12], 0.0), "thumb_side": ([2, 3], 0.0),
}  # fmt: skip
# Mesh points of the face, the right half's where there are two, and how far the place lies from them, in head widths.
_FACE = {
    "forehead": ([151], (0, 0.02, 0.02)), "brow": ([69, 104], (0, 0, 0.02)),
    "temple": ([127, 162], (-0.03, 0.05, 0.03)), "eye": ([33, 133, 159, 145], (0, 0, 0.1)),
    "cheek": ([205, 50], (0, 0, 0.03)),
    "ear": ([234], (-0.06, -0.05, -0.12)), "jaw": ([172, 58], (0, 0, 0.03)), "nose": ([4], (0, 0, 0.02)),
    "mouth": ([13, 14], (0, 0, 0.06)), "lips_corner": ([61], (0, 0, 0.03)), "chin": ([199, 175], (0, 0, 0.05)),
    "under_chin": ([152], (0, -0.06, -0.1)),
}  # fmt: skip
# Metres from between the shoulders, of a body of 0.335 m between them. Who signs to a phone signs high and close.
_BODY = {
    "chest": (-0.03, -0.10, 0.10), "space": (-0.15, -0.07, 0.16),
    "centre": (-0.015, -0.11, 0.16),
}  # fmt: skip
PLACES = (*_FACE, *_BODY)
_USUAL_SHOULDERS = 0.335


def touch_point(joints_J3: np.ndarray, touch: str) -> np.ndarray:
    """(3,) palms, in the hand's frame, from the wrist."""
    joints, height = TOUCHES[touch]
    return joints_J3[joints].mean(0) + np.array([0.0, 0.0, height])


def body_places(body: Body, face: Face) -> dict[str, np.ndarray]:
    """Each of `PLACES` → (3,) metres in the world, of a person at rest, on the side of the right hand."""
    head_3 = np.array([0.0, body.head_height, body.head_forward])
    on_face = {
        name: head_3 + (face.points_V3[vertices].mean(0) + np.array(away)) * body.head_width
        for name, (vertices, away) in _FACE.items()
    }
    size = body.shoulders / _USUAL_SHOULDERS
    return {**on_face, **{name: np.array(place) * size for name, place in _BODY.items()}}
