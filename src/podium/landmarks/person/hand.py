"""A kinematic right hand: joint angles and a person's bones in, the 21 MediaPipe hand joints out.

Hand frame: the wrist is the origin, +y runs from the wrist to the middle knuckle (fingers up), +z out of the palm, +x
to the thumb's side. The view frame faces the camera: x to the image's right, y up, z towards the camera. With the
identity rotation the palm faces the camera, fingers up, thumb at the image's right. Unit of length: the palm, wrist
to middle knuckle. The caller mirrors x for a left hand.

Legend: F frames, A angles, J joints (21), 3 axes.
"""

from dataclasses import dataclass

import numpy as np

FINGERS = ("index", "middle", "ring", "pinky")
ANGLES = (
    "thumb_spread",  # metacarpal, in the palm's plane, from +y towards +x; negative crosses the palm
    "thumb_lift",  # metacarpal, out of the palm's plane towards +z (palmar abduction)
    "thumb_turn",  # about the metacarpal: 0 the pad faces the fingers' side (-x), 90° the pad faces the palm (-z)
    "thumb_mcp",  # flexion
    "thumb_ip",  # flexion
    *(f"{finger}_{joint}" for finger in FINGERS for joint in ("side", "mcp", "pip", "dip")),
)  # side: towards the thumb is positive, 0 is the finger's own rest direction; mcp, pip, dip: flexion
NUM_ANGLES = len(ANGLES)  # 21
NUM_JOINTS = 21

_FINGER_LOWER, _FINGER_UPPER = (-25, -30, 0, -15), (25, 95, 115, 85)
_THUMB_LIMITS = [(-35, 75), (-20, 75), (-40, 90), (-15, 70), (-25, 90)]
_FINGER_LIMITS = list(zip(_FINGER_LOWER, _FINGER_UPPER, strict=True))
# rad, the range of a healthy hand; LIMITS_A2[:, 0] lower, [:, 1] upper
LIMITS_A2 = np.deg2rad(np.array(_THUMB_LIMITS + _FINGER_LIMITS * 4))

# Generic proportions in palms: anthropometry's phalanx ratios, brought to the landmarks MediaPipe puts on real hands.
_ROOTS_53 = np.array(
    [(0.24, 0.25, 0.10), (0.25, 0.97, 0.02), (0.0, 1.0, 0.0), (-0.21, 0.94, 0.01), (-0.39, 0.81, 0.03)]
)  # thumb's carpometacarpal joint, then the four knuckles
_LENGTHS_53 = np.array(
    [(0.41, 0.33, 0.29), (0.39, 0.25, 0.24), (0.43, 0.28, 0.26), (0.39, 0.26, 0.25), (0.30, 0.20, 0.21)]
)
_REST_SPLAY_5 = np.deg2rad([0.0, 4.0, 0.0, -5.0, -11.0])  # directions of the straight, relaxed, closed fingers


@dataclass(frozen=True)
class HandBones:
    """One person's hand, in palms.

    Attributes:
        roots_53: (5, 3) float64, thumb's carpometacarpal joint and the knuckles of index … pinky in the hand frame.
        lengths_53: (5, 3) float64, the three bones behind each root, from the palm outwards.
    """

    roots_53: np.ndarray
    lengths_53: np.ndarray


GENERIC_BONES = HandBones(_ROOTS_53, _LENGTHS_53)


def sample_bones(rng: np.random.Generator) -> HandBones:
    """Draws a person's proportions: finger length, palm width and each bone vary by a few percent."""
    width = rng.normal(1.0, 0.05)
    roots_53 = _ROOTS_53 * np.array([width, 1.0, 1.0]) + rng.normal(0.0, 0.008, (5, 3))
    roots_53[2] = (0.0, 1.0, 0.0)
    finger_scale = rng.normal(1.0, 0.04)
    lengths_53 = _LENGTHS_53 * finger_scale * rng.normal(1.0, 0.03, (5, 1)) * rng.normal(1.0, 0.025, (5, 3))
    return HandBones(roots_53, lengths_53)


def _rotation(axis: int, angle_F: np.ndarray) -> np.ndarray:
    """(…, 3, 3) right-handed rotations about one coordinate axis; ``angle_F`` in rad."""
    first, second = (axis + 1) % 3, (axis + 2) % 3
    cos_F, sin_F = np.cos(angle_F), np.sin(angle_F)
    rotation_F33 = np.zeros((*np.shape(angle_F), 3, 3))
    rotation_F33[..., axis, axis] = 1.0
    rotation_F33[..., first, first] = rotation_F33[..., second, second] = cos_F
    rotation_F33[..., first, second], rotation_F33[..., second, first] = -sin_F, sin_F
    return rotation_F33


def forward_kinematics(angles_FA: np.ndarray, bones: HandBones) -> np.ndarray:
    """Joint positions of a right hand in the hand frame.

    Args:
        angles_FA: (…, 21) rad in the order of `ANGLES`; any leading shape; NaN passes through to the joints behind.
        bones: A person's hand.

    Returns:
        (…, 21, 3) float64 in palms, the wrist at 0; joints in MediaPipe's order (wrist, thumb 1-4, index 5-8, …).
    """
    angles_FA = np.asarray(angles_FA, dtype=np.float64)
    joints_FJ3 = np.zeros((*angles_FA.shape[:-1], NUM_JOINTS, 3))
    spread_F, lift_F, turn_F = angles_FA[..., 0], angles_FA[..., 1], angles_FA[..., 2]
    # A flexion bends +y towards +z of the bone's own frame: turn the thumb's +z from the palm's normal to its pad.
    thumb_F33 = _rotation(2, -spread_F) @ _rotation(0, lift_F) @ _rotation(1, -(np.pi / 2 + turn_F))
    for digit in range(5):
        if digit == 0:
            bone_F33, flexions = thumb_F33, (angles_FA[..., 3], angles_FA[..., 4])
        else:
            side_F, mcp_F, *flexions = np.moveaxis(angles_FA[..., 1 + 4 * digit : 5 + 4 * digit], -1, 0)
            rest_33 = _rotation(2, -_REST_SPLAY_5[digit])
            bone_F33 = rest_33 @ _rotation(0, mcp_F) @ _rotation(2, -side_F)
        joint_F3 = np.broadcast_to(bones.roots_53[digit], (*angles_FA.shape[:-1], 3))
        for bone in range(4):
            joints_FJ3[..., 1 + 4 * digit + bone, :] = joint_F3
            if bone < 3:
                joint_F3 = joint_F3 + bone_F33[..., :, 1] * bones.lengths_53[digit, bone]
            if bone < 2:
                bone_F33 = bone_F33 @ _rotation(0, flexions[bone])
    return joints_FJ3
