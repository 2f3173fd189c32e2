"""What MediaPipe Holistic reports of a person in front of a camera, before gaps: projection, depth, jitter.

Legend: F frames, L all 543 landmarks in the raw order.
"""

import numpy as np

from podium.landmarks.person import face
from podium.landmarks.person.camera import Camera, project, to_camera

NUM_LANDMARKS = 543
FACE, LEFT_HAND, POSE, RIGHT_HAND = slice(0, 468), slice(468, 489), slice(489, 522), slice(522, 543)

# MediaPipe's jitter from frame to frame: standard deviations of x, y, z in image widths.
_JITTER_L3 = np.empty((NUM_LANDMARKS, 3), dtype=np.float32)
_JITTER_L3[FACE] = (0.0010, 0.0010, 0.0010)
_JITTER_L3[LEFT_HAND] = _JITTER_L3[RIGHT_HAND] = (0.0023, 0.0023, 0.0050)
_JITTER_L3[POSE] = (0.0019, 0.0019, 0.050)
_POSE_DEPTH_SCALE = 3.4  # MediaPipe overstates the depth of pose points in close-ups
_HAND_DEPTH_SCALE = 0.65
_POSE_DRIFT_221 = np.where(np.arange(22) < 2, 0.25, 1.0)[:, None]  # its hands wander more than its shoulders

_POSE_MIRROR = np.array([0, 4, 5, 6, 1, 2, 3, 8, 7, 10, 9, *(i + 1 if i % 2 else i - 1 for i in range(11, 33))])
# (543,) source permutation of a mirrored person in the raw order.
MIRROR = np.concatenate([
    face.MIRROR, np.arange(RIGHT_HAND.start, RIGHT_HAND.stop), POSE.start + _POSE_MIRROR,
    np.arange(LEFT_HAND.start, LEFT_HAND.stop),
])  # fmt: skip


def observe(world_FL3: np.ndarray, camera: Camera, noise: float, rng: np.random.Generator) -> np.ndarray:
    """A person as MediaPipe would report them if it never missed a part.

    Args:
        world_FL3: (F, 543, 3) metres.
        noise: Factor on the jitter.

    Returns:
        (F, 543, 3) float32: x, y in fractions of the image, y down; z as MediaPipe scales it.
    """
    seen_FL3 = to_camera(world_FL3, camera)
    num_frames = len(seen_FL3)
    raw_FL3 = rng.standard_normal(seen_FL3.shape, dtype=np.float32)
    raw_FL3 *= _JITTER_L3 * np.array([noise, noise / camera.aspect, noise], dtype=np.float32)
    face_F3, pose_F3 = seen_FL3[:, FACE], seen_FL3[:, POSE]
    face_depth_F = 0.16 * (face_F3[:, 234, 2] + face_F3[:, 454, 2]) + 0.68 * face_F3[:, 1, 2]  # ears and nose
    raw_FL3[:, FACE] += project(face_F3, camera, face_depth_F, 1.0)
    raw_FL3[:, POSE] += project(pose_F3, camera, pose_F3[:, 23:25, 2].mean(1), _POSE_DEPTH_SCALE)
    drift_F22 = 0.035 * wander(num_frames, 44, rng).reshape(-1, 22, 2)
    raw_FL3[:, POSE][:, 11:, :2] += drift_F22 * _POSE_DRIFT_221
    for part in (LEFT_HAND, RIGHT_HAND):
        hand_F3 = seen_FL3[:, part]
        raw_FL3[:, part] += project(hand_F3, camera, hand_F3[:, 0, 2], _HAND_DEPTH_SCALE)
        raw_FL3[:, part.start, 2] = 0.0  # a hand's depth counts from its wrist
    return raw_FL3


def is_outside(hand_F3: np.ndarray) -> np.ndarray:
    """(F,) bool: whether a hand (F, 21, 3), as reported, lies at the edge of the picture or beyond."""
    centre_F2 = hand_F3[..., :2].mean(1)
    return ((centre_F2 < 0.02) | (centre_F2 > 0.95)).any(1)


def mirrored(world_FL3: np.ndarray) -> np.ndarray:
    """(F, 543, 3): a right-handed person as a left-handed one."""
    world_FL3 = world_FL3[:, MIRROR]
    world_FL3[..., 0] *= -1
    return world_FL3


def wander(num_frames: int, num_channels: int, rng: np.random.Generator) -> np.ndarray:
    """Smooth random paths (F, num_channels) of about unit size: a few slow waves."""
    waves = rng.normal(0, 1, (3, 2, num_channels))
    period = np.array([37.0, 83.0, 190.0])[:, None, None]
    angle_3F1 = 2 * np.pi * np.arange(num_frames)[None, :, None] / period
    return (np.sin(angle_3F1) * waves[:, :1] + np.cos(angle_3F1) * waves[:, 1:]).sum(0) / np.sqrt(3)
