"""The virtual signer's 59 handshapes: joint angles, palm orientation and motion.

Letters and digits are those of the ASL manual alphabet; the other characters are invented. How the angles were
measured, and what each shape is, stands in docs/handshapes.md.

Legend: A angles (`hand.ANGLES`), K key frames, 3 axes.
"""

from dataclasses import dataclass

import numpy as np

from podium.landmarks.person import rotation
from podium.landmarks.person.hand import NUM_ANGLES, HandBones, forward_kinematics
from podium.systems.fingerspelling.text import CHARACTERS


@dataclass(frozen=True)
class Motion:
    """What a moving sign does, in key frames evenly spaced over the time the sign is held.

    Attributes:
        offsets_K3: (K, 3) float64, path of the wrist, palms, view frame.
        rotations_K3: (K, 3) float64, rotation vectors in rad in the view frame, applied on top of the orientation.
        angles_KA: (K, 21) float64 rad for signs whose shape changes, or None.
    """

    offsets_K3: np.ndarray
    rotations_K3: np.ndarray
    angles_KA: np.ndarray | None = None


@dataclass(frozen=True)
class Handshape:
    """One character.

    Attributes:
        angles_A: (21,) float64 rad; for changing shapes the first key frame.
        rotation_33: (3, 3) float64, hand frame to view frame (``joints_J3 @ rotation_33.T``).
        motion: None for a sign that is held still.
    """

    angles_A: np.ndarray
    rotation_33: np.ndarray
    motion: Motion | None = None


def key_frames(shape: Handshape, bones: HandBones) -> np.ndarray:
    """(K, 21, 3) float64 joints of a shape's key frames in the view frame, palms; K = 1 for a sign held still."""
    if shape.motion is None:
        return (forward_kinematics(shape.angles_A, bones) @ shape.rotation_33.T)[None]
    motion = shape.motion
    angles_KA = shape.angles_A[None] if motion.angles_KA is None else motion.angles_KA
    rotation_K33 = rotation.to_matrices(rotation.from_vectors(motion.rotations_K3)) @ shape.rotation_33
    return forward_kinematics(angles_KA, bones) @ rotation_K33.swapaxes(-1, -2) + motion.offsets_K3[:, None]


# Degrees. Thumb: spread, lift, turn, mcp, ip; each finger, index to pinky: side, mcp, pip, dip.
_FIST = ((-2, 76, 100, 30), (1, 80, 102, 24), (5, 81, 102, 22), (9, 77, 93, 36))
_POSES = {
    "a": ((22, 7, -1, 1, 8), *_FIST),
    "b": ((35, 18, 2, 69, 51), (-3, 8, 6, 5), (0, 8, 7, 6), (2, 7, 8, 8), (5, 7, 8, 8)),
    "c": ((14, 72, 36, 5, 14), (-4, 14, 46, 26), (-2, 16, 45, 28), (2, 16, 42, 28), (6, 14, 38, 26)),
    "d": ((-8, 53, 57, 26, 21), (0, 5, 6, 5), (-2, 49, 66, 29), (0, 50, 68, 30), (6, 46, 62, 34)),
    "e": ((21, 18, -7, 60, 54), (-4, 28, 95, 50), (-2, 26, 100, 60), (0, 24, 100, 58), (5, 22, 92, 48)),
    "f": ((10, 55, 50, 12, 20), (-4, 62, 50, 22), (0, 10, 6, 4), (-7, 8, 7, 6), (-13, 4, 5, 5)),
    "g": ((29, 30, -4, 10, 10), (-3, 68, 14, 6), *_FIST[1:]),
    "h": ((12, 32, 2, 49, 31), (-2, 68, 10, 6), (2, 68, 10, 6), *_FIST[2:]),
    "i": ((28, 31, -8, 35, 57), *_FIST[:3], (-3, 8, 6, 5)),
    "k": ((4, 7, 8, 7, 6), (5, 2, 5, 4), (-5, 36, 6, 4), *_FIST[2:]),
    "l": ((52, 18, 10, -3, -5), (0, 4, 4, 4), *_FIST[1:]),
    "m": ((9, 11, 5, 43, 23), (-5, 50, 98, 22), (-1, 48, 102, 20), (4, 46, 102, 20), _FIST[3]),
    "n": ((10, 12, 4, 38, 28), (-3, 50, 96, 28), (2, 46, 98, 26), (6, 86, 98, 18), (10, 84, 90, 34)),
    "o": ((0, 55, 66, 17, 21), (-5, 37, 70, 30), (0, 40, 72, 30), (2, 38, 70, 32), (8, 32, 58, 36)),
    "p": ((2, 20, 15, 8, 5), (3, 22, 6, 4), (2, 65, 12, 8), *_FIST[2:]),
    "q": ((45, 45, 5, 0, 0), (2, 74, 12, 6), *_FIST[1:]),
    "r": ((11, 33, 5, 49, 30), (-12, 5, 5, 4), (15, 16, 12, 8), *_FIST[2:]),
    "s": ((26, 30, -12, 41, 52), (-4, 62, 110, 42), (-1, 64, 110, 40), (3, 64, 110, 38), (8, 60, 105, 42)),
    "t": ((14, 11, -2, 14, 26), (4, 50, 104, 40), *_FIST[1:]),
    "u": ((11, 33, 5, 49, 31), (-6, 5, 5, 4), (1, 6, 6, 5), *_FIST[2:]),
    "v": ((11, 33, 4, 50, 27), (12, 5, 4, 4), (-10, 4, 6, 5), *_FIST[2:]),
    "w": ((14, 42, 7, 69, 35), (11, 5, 4, 4), (0, 4, 6, 5), (-9, 6, 5, 4), (14, 59, 75, 48)),
    "x": ((17, 33, -3, 41, 40), (3, -3, 56, 34), (0, 60, 100, 26), (5, 72, 102, 24), _FIST[3]),
    "y": ((42, 20, 10, -6, -15), *_FIST[:3], (-12, 8, 5, 4)),
    "1": ((15, 30, -7, 37, 44), (0, 8, 5, 4), *_FIST[1:]),
    "z": ((18, 31, -5, 43, 38), (-2, 36, 5, 3), *_FIST[1:]),
    "3": ((42, 22, 3, 0, 2), (6, 8, 5, 4), (-6, 5, 5, 4), *_FIST[2:]),
    "4": ((32, 17, -2, 69, 48), (6, 10, 6, 5), (0, 9, 8, 4), (-5, 9, 7, 4), (-9, 8, 5, 5)),
    "5": ((50, 20, 8, 4, 4), (6, 10, 6, 5), (0, 9, 8, 4), (-5, 9, 7, 4), (-12, 7, 5, 5)),
    "6": ((-12, 56, 38, 39, 36), (8, 8, 6, 4), (0, 6, 7, 4), (-7, 8, 7, 4), (12, 56, 55, 34)),
    "7": ((-5, 58, 38, 31, 35), (6, 8, 6, 4), (3, 8, 8, 4), (1, 56, 60, 29), (-11, 8, 5, 4)),
    "8": ((7, 55, 35, 21, 37), (6, 8, 6, 4), (0, 54, 63, 25), (-5, 8, 6, 4), (-13, 6, 5, 5)),
    "9": ((21, 49, 38, 15, 33), (1, 51, 50, 30), (0, 7, 8, 4), (-4, 8, 6, 4), (-9, 7, 5, 4)),
    "flat": ((30, 18, 5, 8, 4), (0, 8, 7, 5), (0, 9, 8, 6), (0, 9, 8, 6), (2, 8, 7, 6)),
    "pinch": ((13, 51, 44, 13, 24), (-3, 56, 54, 25), *_FIST[1:]),
    "small_c": ((21, 52, 25, 11, 14), (-2, 32, 45, 25), *_FIST[1:]),
    "bent_v": ((11, 33, 4, 50, 27), (10, 18, 78, 38), (-9, 18, 80, 38), *_FIST[2:]),
    "bent_3": ((44, 25, 8, 15, 45), (8, 15, 75, 38), (-7, 15, 78, 38), *_FIST[2:]),
    "claw": ((42, 35, 20, 18, 30), (7, 14, 62, 36), (1, 14, 64, 36), (-5, 14, 62, 36), (-11, 12, 58, 36)),
    "thumb_up": ((45, 8, 0, -8, -12), *_FIST),
    "horns": ((16, 31, -6, 39, 42), (2, 5, 5, 4), *_FIST[1:3], (-8, 8, 5, 4)),
    "ily": ((52, 18, 10, -3, -5), (2, 5, 5, 4), *_FIST[1:3], (-12, 8, 5, 4)),
    "open_8": ((50, 20, 8, 4, 4), (7, 8, 6, 4), (0, 72, 14, 8), (-5, 8, 6, 4), (-13, 6, 5, 5)),
    "bunch": ((0, 53, 62, 11, 8), (-7, 69, 19, 11), (8, 70, 26, 12), (5, 60, 16, 8), (14, 60, 10, 8)),
    "clamp": ((12, 62, 55, 2, 2), (-2, 68, 8, 5), (0, 70, 8, 5), (2, 70, 8, 5), (5, 66, 8, 5)),
}
_POSES |= {"j": _POSES["i"], "0": _POSES["o"], "2": _POSES["v"]}

# Degrees, applied in this order: turn about the fingers' line (positive: the palm towards the image's right), pitch
# (fingers towards the camera), roll (fingers towards the image's left).
_ORIENTATIONS = {
    "forward": (0, -6, 0),
    "back": (8, -14, 0),  # a fist leans back
    "leaning": (15, 0, 12),
    "half": (30, -5, -8),
    "profile": (60, 0, 0),
    "open": (65, 0, -15),
    "edge": (80, 0, 0),
    "outward": (-70, 0, 0),
    "inward": (180, 0, 0),
    "aside": (110, 25, -8),  # bent knuckles bring the fingers level, towards the signer's other side
    "level": (180, 0, -90),  # the whole hand level, its back to the camera
    "ahead": (0, 20, 10),
    "bowed": (0, 78, 0),  # knuckles towards the camera, bent fingers point down
    "natural": (20, 12, 3),  # as a relaxed wrist holds the hand
    "down": (0, 125, 0),  # wrist bent: fingers forward and down, the palm to the ground
    "hanging": (0, 180, 0),  # fingers straight down, the back of the hand to the camera
    "tilted": (0, 0, 40),
}


def _rotation_from(turn: float, pitch: float, roll: float) -> np.ndarray:
    """(3, 3) hand frame to view frame from the three angles of `_ORIENTATIONS`, degrees."""
    (ct, st), (cp, sp), (cr, sr) = ((np.cos(a), np.sin(a)) for a in np.deg2rad([turn, pitch, roll]))
    about_y = np.array([(ct, 0, st), (0, 1, 0), (-st, 0, ct)])
    about_x = np.array([(1, 0, 0), (0, cp, -sp), (0, sp, cp)])
    about_z = np.array([(cr, -sr, 0), (sr, cr, 0), (0, 0, 1)])
    return about_z @ about_x @ about_y


def _angles(pose: str) -> np.ndarray:
    """(21,) float64 rad of a pose of the table."""
    angles_A = np.deg2rad(np.concatenate(_POSES[pose]).astype(np.float64))
    assert angles_A.shape == (NUM_ANGLES,), pose
    return angles_A


_STILL = (0.0, 0.0, 0.0)
# character: (pose, orientation, path in palms, rotations in degrees, poses of the key frames)
_MOVING = {
    "j": ("j", "forward", [(0, 0, 0), (0, -0.5, 0), (0.2, -0.8, 0), (0.6, -0.6, 0)],
          [(0, 0, 0), (20, 70, 40), (20, 90, 20), (0, 110, 0)], None),
    "z": ("z", "ahead", [(0, 0, 0), (-0.9, 0, 0), (0.0, -0.9, 0), (-0.9, -0.9, 0)], None, None),
    " ": ("flat", "forward", [(0, 0, 0), (-0.7, 0, 0), (-1.4, 0, 0)], None, None),
    "!": ("thumb_up", "outward", [(0, 0, 0), (0, -0.7, 0), (0, -0.45, 0), (0, -0.7, 0)], None, None),
    "#": ("4", "level", [(0, 0, 0), (0, -0.4, 0), (0, 0, 0), (0, -0.4, 0)], None, None),
    "$": ("bunch", "inward", [(0, 0, 0)] * 4, [(0, 0, 25), (0, 0, -25), (0, 0, 25), (0, 0, -25)], None),
    "%": ("f", "forward", [(0, 0, 0), (-0.8, 0, 0), (-0.8, -0.8, 0)], None, None),
    "&": ("5", "inward", [(0, 0, 0), (-0.5, 0, 0), (-1.0, 0, 0)], None, ["5", "claw", "bunch"]),
    "'": ("x", "forward", [(0, 0, 0)] * 3, [(0, 0, 0), (0, -85, 0), (0, 0, 0)], None),
    "(": ("claw", "outward", [(0.0, 0.4, 0), (-0.3, 0, 0), (0.0, -0.4, 0)], None, None),
    ")": ("claw", "profile", [(0.0, 0.4, 0), (0.3, 0, 0), (0.0, -0.4, 0)], None, None),
    "*": ("s", "forward", [(0, 0, 0)] * 3, None, ["s", "5", "5"]),
    "+": ("ily", "forward", [(-0.4, 0, 0), (0.4, 0, 0), (0, 0, 0), (0, 0.4, 0), (0, -0.4, 0)], None, None),
    ",": ("small_c", "forward", [(0, 0, 0), (0, -0.3, 0), (0.25, -0.6, 0)], None, None),
    "-": ("flat", "level", [(0, 0, 0), (-0.3, 0, 0), (-0.6, 0, 0)], None, None),
    ".": ("pinch", "forward", [(0, 0, 0), (0, -0.4, 0), (0, 0, 0)], None, None),
    "/": ("flat", "tilted", [(0, 0, 0), (0.5, -0.6, 0), (1.0, -1.2, 0)], None, None),
    ":": ("bent_v", "forward", [(0, 0, 0), (0, -0.5, 0), (0, 0, 0), (0, -0.5, 0)], None, None),
    ";": ("bent_3", "forward", [(0, 0, 0), (0, -0.4, 0), (0.35, -0.7, 0)], None, None),
    "=": ("horns", "level", [(0, 0, 0), (-0.4, 0, 0), (-0.8, 0, 0)], None, None),
    "?": ("x", "tilted", [(0, 0, 0)] * 4, None, ["x", "1", "x", "1"]),
    "@": ("open_8", "forward", [(0.35, 0, 0), (0, 0.35, 0), (-0.35, 0, 0), (0, -0.35, 0), (0.35, 0, 0)], None, None),
    "[": ("clamp", "profile", [(0, 0.5, 0), (0, 0, 0), (0, -0.5, 0)], None, None),
    "_": ("flat", "hanging", [(0, 0, 0), (-0.5, 0, 0), (-1.0, 0, 0)], None, None),
    "~": ("5", "forward", [(0, 0, 0)] * 5, [(0, 0, 0), (0, 0, 25), (0, 0, -25), (0, 0, 25), (0, 0, 0)], None),
}  # fmt: skip
_TURNED = dict.fromkeys("aikmnst", "back") | {
    "c": "open", "d": "profile", "f": "half", "g": "aside", "h": "aside", "o": "open", "p": "down", "q": "bowed",
    "r": "natural", "x": "leaning", "0": "edge",
}  # fmt: skip


def _shape(character: str) -> Handshape:
    """Puts one character together from the tables."""
    if character not in _MOVING:
        rotation_33 = _rotation_from(*_ORIENTATIONS[_TURNED.get(character, "forward")])
        return Handshape(_angles(character), rotation_33)
    pose, orientation, path, rotations, poses = _MOVING[character]
    offsets_K3 = np.array(path, dtype=np.float64)
    rotations_K3 = np.deg2rad(np.array(rotations or [_STILL] * len(path), dtype=np.float64))
    angles_KA = np.stack([_angles(name) for name in poses]) if poses else None
    motion = Motion(offsets_K3, rotations_K3, angles_KA)
    return Handshape(_angles(pose), _rotation_from(*_ORIENTATIONS[orientation]), motion)


SHAPES: dict[str, Handshape] = {character: _shape(character) for character in CHARACTERS}
