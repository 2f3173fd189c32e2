"""Upper body and arms: two-bone inverse kinematics and the 33 pose points.

World frame: origin between the shoulders, x to the image's right for a camera in front, y up, z towards the
camera; metres. Everything here is a right-handed signer; left-handed ones are mirrored at the end.
Legend: F frames, 3 axes.
"""

from dataclasses import dataclass

import numpy as np

NUM_POSE = 33


@dataclass(frozen=True)
class Body:
    """One person's lengths, in metres.

    Attributes:
        shoulders: Between the shoulder points.
        upper_arm: Shoulder to elbow.
        forearm: Elbow to wrist.
        torso: Shoulders to hips.
        hips: Between the hip points.
        head_width: Between the face's outermost side points.
        head_height: Of the face's origin above the shoulders.
        head_forward: Of the face's origin in front of the shoulders.
        palm: Wrist to middle knuckle.
    """

    shoulders: float
    upper_arm: float
    forearm: float
    torso: float
    hips: float
    head_width: float
    head_height: float
    head_forward: float
    palm: float


def sample_body(rng: np.random.Generator) -> Body:
    """Draws a person: size, then each length by itself."""
    size = rng.normal(1.0, 0.05)

    def length(mean: float, spread: float = 0.04) -> float:
        return float(size * mean * np.clip(rng.normal(1.0, spread), 0.8, 1.2))

    return Body(
        shoulders=length(0.335, 0.05), upper_arm=length(0.285), forearm=length(0.245), torso=length(0.53),
        hips=length(0.225, 0.06), head_width=length(0.158, 0.03), head_height=length(0.165, 0.08),
        head_forward=length(0.045, 0.2), palm=length(0.095, 0.05),
    )  # fmt: skip


def reach(shoulder_F3: np.ndarray, wrist_F3: np.ndarray, upper: float, fore: float) -> np.ndarray:
    """Brings wrists into the arm's range along the line from the shoulder.

    Args:
        shoulder_F3: (F, 3) metres.
        wrist_F3: (F, 3) metres, wanted.
        upper: Upper arm in metres.
        fore: Forearm in metres.

    Returns:
        (F, 3) wrists within the arm's range.
    """
    reach_F3 = wrist_F3 - shoulder_F3
    distance_F1 = np.linalg.norm(reach_F3, axis=1, keepdims=True)
    allowed_F1 = np.clip(distance_F1, 1.15 * abs(upper - fore) + 0.02, 0.985 * (upper + fore))
    return shoulder_F3 + reach_F3 * (allowed_F1 / np.maximum(distance_F1, 1e-9))


def elbow(shoulder_F3: np.ndarray, wrist_F3: np.ndarray, upper: float, fore: float, pole_3: np.ndarray) -> np.ndarray:
    """Two-bone inverse kinematics: the elbow, swung towards ``pole_3``.

    Args:
        shoulder_F3: (F, 3) metres.
        wrist_F3: (F, 3) metres, within reach.
        upper: Upper arm in metres.
        fore: Forearm in metres.
        pole_3: (3,) direction in which the elbow points.

    Returns:
        (F, 3) with |elbow − shoulder| = upper and |wrist − elbow| = fore.
    """
    line_F3 = wrist_F3 - shoulder_F3
    distance_F1 = np.linalg.norm(line_F3, axis=1, keepdims=True)
    line_F3 = line_F3 / distance_F1
    cosine_F1 = np.clip((upper**2 + distance_F1**2 - fore**2) / (2 * upper * distance_F1), -1, 1)
    out_F3 = pole_3 - line_F3 * (line_F3 @ pole_3)[:, None]
    out_F3 /= np.linalg.norm(out_F3, axis=1, keepdims=True)
    return shoulder_F3 + upper * (line_F3 * cosine_F1 + out_F3 * np.sqrt(1 - cosine_F1**2))


def arm(
    body: Body, shoulder_F3: np.ndarray, wrist_F3: np.ndarray, side: float, swing: float
) -> tuple[np.ndarray, np.ndarray]:
    """Elbow and reachable wrist.

    Args:
        shoulder_F3: (F, 3) metres.
        wrist_F3: (F, 3) metres, wanted.
        side: −1 for the person's right arm, +1 for the left.
        swing: How far the elbow stands away from the body; 0 hangs straight down.
    """
    wrist_F3 = reach(shoulder_F3, wrist_F3, body.upper_arm, body.forearm)
    pole_3 = np.array([side * swing, -1.0, -0.35])
    return elbow(shoulder_F3, wrist_F3, body.upper_arm, body.forearm, pole_3), wrist_F3


def pose_points(
    body: Body,
    face_FV3: np.ndarray,
    shoulders_F23: np.ndarray,
    elbows_F23: np.ndarray,
    hands_F243: np.ndarray,
) -> np.ndarray:
    """The 33 pose points of BlazePose, V = 468.

    Args:
        face_FV3: (F, 468, 3) face points in the world.
        shoulders_F23: (F, 2, 3) left, right.
        elbows_F23: (F, 2, 3) left, right.
        hands_F243: (F, 2, 4, 3) left, right × wrist, little finger's knuckle, index knuckle, thumb.

    Returns:
        (F, 33, 3) metres.
    """
    pose_F3 = np.empty((len(face_FV3), NUM_POSE, 3))
    left_eye = (face_FV3[:, 362] + face_FV3[:, 263]) / 2
    right_eye = (face_FV3[:, 133] + face_FV3[:, 33]) / 2
    for index, vertex in {0: 1, 1: 362, 3: 263, 4: 133, 6: 33, 9: 291, 10: 61, 7: 454, 8: 234}.items():
        pose_F3[:, index] = face_FV3[:, vertex]
    pose_F3[:, 2], pose_F3[:, 5] = left_eye, right_eye
    pose_F3[:, 11:13] = shoulders_F23
    pose_F3[:, 13:15] = elbows_F23
    for place in range(4):  # 15/16 wrists, 17/18 little fingers, 19/20 index fingers, 21/22 thumbs
        pose_F3[:, 15 + 2 * place : 17 + 2 * place] = hands_F243[:, :, place]
    middle_F3 = shoulders_F23.mean(1)
    # The legs are out of sight: MediaPipe guesses a standing person, about so.
    for row, (height, width) in enumerate([(1.05, 1.05), (2.0, 0.9), (2.9, 0.8), (3.0, 0.8), (3.1, 0.95)]):
        for side, index in ((1, 23 + 2 * row), (-1, 24 + 2 * row)):
            offset_3 = np.array([side * body.hips * width / 2, -body.torso * height, -0.03 - 0.08 * row])
            pose_F3[:, index] = middle_F3 * (1 - 0.2 * row) + offset_3
    return pose_F3
