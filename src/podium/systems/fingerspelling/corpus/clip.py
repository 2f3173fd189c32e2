"""One clip: a person spells a phrase in front of a phone, and MediaPipe looks on.

Legend: F frames, N landmarks of one part, J hand joints (21), L all 543 landmarks in the raw order.
"""

import numpy as np

from podium.landmarks.person import body as bodies
from podium.landmarks.person import face as faces
from podium.landmarks.person import rotation
from podium.landmarks.person.camera import Camera, project, sample_camera, to_camera
from podium.landmarks.person.dropout import missing_bursts
from podium.landmarks.person.hand import forward_kinematics
from podium.systems.fingerspelling.corpus.motion import HANGING_4, RELAXED_A, HandPath, spell
from podium.systems.fingerspelling.corpus.person import Person

NUM_RAW_LANDMARKS = 543
FACE, LEFT_HAND, POSE, RIGHT_HAND = slice(0, 468), slice(468, 489), slice(489, 522), slice(522, 543)

# MediaPipe's jitter from frame to frame: standard deviations of x, y, z in image widths.
_JITTER_L3 = np.empty((NUM_RAW_LANDMARKS, 3), dtype=np.float32)
_JITTER_L3[FACE] = (0.0010, 0.0010, 0.0010)
_JITTER_L3[LEFT_HAND] = _JITTER_L3[RIGHT_HAND] = (0.0023, 0.0023, 0.0050)
_JITTER_L3[POSE] = (0.0019, 0.0019, 0.050)
_POSE_DEPTH_SCALE = 3.4  # MediaPipe overstates the depth of pose points in close-ups
_HAND_DEPTH_SCALE = 0.65
_POSE_DRIFT_221 = np.where(np.arange(22) < 2, 0.25, 1.0)[:, None]  # its hands wander more than its shoulders

_POSE_MIRROR = np.array([0, 4, 5, 6, 1, 2, 3, 8, 7, 10, 9, *(i + 1 if i % 2 else i - 1 for i in range(11, 33))])
# (543,) source permutation of a mirrored person in the raw order.
MIRROR = np.concatenate([
    faces.MIRROR, np.arange(RIGHT_HAND.start, RIGHT_HAND.stop), POSE.start + _POSE_MIRROR,
    np.arange(LEFT_HAND.start, LEFT_HAND.stop),
])  # fmt: skip


def clip_length(phrase: str, person: Person, mean_frames_per_character: float, rng: np.random.Generator) -> int:
    """Number of frames this person takes this time, the rest at both ends included; at least 4."""
    tempo = person.tempo * np.exp(rng.normal(-0.03, 0.12))
    return max(round(len(phrase) * mean_frames_per_character * float(tempo)), 4)


def record(
    phrase: str,
    person: Person,
    mean_frames_per_character: float,
    rng: np.random.Generator,
    jitter: float = 1.0,
    gaps: float = 1.0,
) -> np.ndarray:
    """Raw landmarks of a clip.

    Args:
        phrase: At least one character of the 59.
        mean_frames_per_character: Tempo of the corpus; the person's own tempo varies about it.
        rng: All randomness of this clip.
        jitter: Factor on how much landmarks tremble.
        gaps: Factor on how often, and on how long, a hand is not found.

    Returns:
        (F, 543, 3) float32: x, y in fractions of the image, y down; z as MediaPipe scales it; NaN for a part
        that was not found (all its points, all three axes).
    """
    num_frames = clip_length(phrase, person, mean_frames_per_character, rng)
    lead, tail = np.where(
        rng.random(2) < person.p_starts_raised,
        0.0,
        num_frames * rng.uniform(0.5, 1.3, 2) / (len(phrase) + 2),
    )
    path = spell(phrase, person.style, num_frames, float(lead), float(tail), rng)
    return film(path, person, rng, jitter, gaps)


def film(
    path: HandPath,
    person: Person,
    rng: np.random.Generator,
    jitter: float,
    gaps: float,
    camera: Camera | None = None,
) -> np.ndarray:
    """Raw landmarks of a person whose hand goes along a path, as `record` returns them.

    Args:
        camera: Where it stands; None puts up the person's own phone again.
    """
    num_frames = len(path.raised_F)
    body = person.body
    sway_F3 = _wander(num_frames, 3, rng) * np.array([0.0045, 0.003, 0.004])

    shoulders_F23 = sway_F3[:, None] + np.array([[0.5, 0.0, 0.0], [-0.5, 0.0, 0.0]]) * body.shoulders
    face_F3 = _head(person, sway_F3, num_frames, rng)
    lap_3 = np.array([0.06, -0.52, 0.13]) + rng.normal(0, 0.03, 3)
    place_3 = person.place_3 + rng.normal(0, 0.015, 3)
    wanted_F3 = shoulders_F23[:, 1] + lap_3 + path.raised_F[:, None] * (place_3 - lap_3)
    wanted_F3 = wanted_F3 + path.offset_F3 * body.palm
    elbow_F3, wrist_F3 = bodies.arm(body, shoulders_F23[:, 1], wanted_F3, -1.0, person.elbow_swing)
    joints_F3 = forward_kinematics(path.angles_FA, person.bones) @ path.rotation_F33.swapaxes(1, 2)
    hand_F3 = wrist_F3[:, None] + joints_F3 * body.palm

    other_lap_3 = lap_3 * np.array([-1.0, 1.0, 1.0]) + rng.normal(0, 0.02, 3)
    if rng.random() < 0.015:  # the other hand rests on the chest, in view
        other_lap_3 = np.array([-0.14, -0.22, 0.14])
    other_elbow_F3, other_wrist_F3 = bodies.arm(
        body, shoulders_F23[:, 0], shoulders_F23[:, 0] + other_lap_3, 1.0, person.elbow_swing
    )
    hanging_J3 = forward_kinematics(RELAXED_A, person.bones) @ rotation.to_matrices(HANGING_4).T
    other_joints_3 = hanging_J3 * np.array([-1.0, 1.0, 1.0])
    other_hand_F3 = other_wrist_F3[:, None] + other_joints_3 * body.palm

    # BlazePose's hand points: wrist, little finger's and index knuckle, thumb's tip joint.
    hands_F243 = np.stack([other_hand_F3, hand_F3], 1)[:, :, [0, 17, 5, 3]]
    elbows_F23 = np.stack([other_elbow_F3, elbow_F3], 1)
    pose_F3 = bodies.pose_points(body, face_F3, shoulders_F23, elbows_F23, hands_F243)
    world_FL3 = np.concatenate([face_F3, other_hand_F3, pose_F3, hand_F3], 1, dtype=np.float32)
    if person.is_left_handed:
        world_FL3 = world_FL3[:, MIRROR]
        world_FL3[..., 0] *= -1
    return _observe(world_FL3, person, rng, jitter, gaps, camera)


def _head(person: Person, sway_F3: np.ndarray, num_frames: int, rng: np.random.Generator) -> np.ndarray:
    """Face points (F, 468, 3) in the world: blinking, mouthing and swaying."""
    strengths_FW = faces.expression_strengths(num_frames, person.p_blink, person.mouthing, rng)
    points_F3 = faces.face_points(person.face, strengths_FW) * person.body.head_width
    turn_F3 = rng.normal(0, [0.08, 0.08, 0.04]) + _wander(num_frames, 3, rng) * np.array([0.03, 0.035, 0.015])
    head_F33 = rotation.to_matrices(rotation.from_vectors(turn_F3)).astype(np.float32)
    origin_F3 = 1.6 * sway_F3 + np.array([0.0, person.body.head_height, person.body.head_forward])
    points_F3 = points_F3 @ head_F33.swapaxes(1, 2)
    points_F3 += origin_F3[:, None]
    return points_F3


def _observe(
    world_FL3: np.ndarray,
    person: Person,
    rng: np.random.Generator,
    jitter: float,
    gaps: float,
    camera: Camera | None,
) -> np.ndarray:
    """What MediaPipe reports of the world: projection, jitter, gaps."""
    camera = camera or _this_time(person.camera, rng)
    seen_FL3 = to_camera(world_FL3, camera)
    num_frames = len(seen_FL3)
    noise = jitter * person.noise * float(np.exp(rng.normal(0, 0.25)))
    raw_FL3 = rng.standard_normal(seen_FL3.shape, dtype=np.float32)
    raw_FL3 *= _JITTER_L3 * np.array([noise, noise / camera.aspect, noise], dtype=np.float32)

    face_F3, pose_F3 = seen_FL3[:, FACE], seen_FL3[:, POSE]
    face_depth_F = 0.16 * (face_F3[:, 234, 2] + face_F3[:, 454, 2]) + 0.68 * face_F3[:, 1, 2]  # ears and nose
    raw_FL3[:, FACE] += project(face_F3, camera, face_depth_F, 1.0)
    raw_FL3[:, POSE] += project(pose_F3, camera, pose_F3[:, 23:25, 2].mean(1), _POSE_DEPTH_SCALE)
    drift_F22 = 0.035 * _wander(num_frames, 44, rng).reshape(-1, 22, 2)
    raw_FL3[:, POSE][:, 11:, :2] += drift_F22 * _POSE_DRIFT_221
    for part in (LEFT_HAND, RIGHT_HAND):
        hand_F3 = seen_FL3[:, part]
        raw_FL3[:, part] += project(hand_F3, camera, hand_F3[:, 0, 2], _HAND_DEPTH_SCALE)
        raw_FL3[:, part.start, 2] = 0.0  # a hand's depth counts from its wrist
        centre_F2 = raw_FL3[:, part, :2].mean(1)
        is_outside_F = ((centre_F2 < 0.02) | (centre_F2 > 0.95)).any(1)
        mean_gap_frames = 1.2 + gaps * float(rng.exponential(1.8))
        p_missing = min(gaps * person.p_hand_missing * float(rng.uniform(0.3, 1.7)), 0.6)
        raw_FL3[is_outside_F | missing_bursts(num_frames, p_missing, mean_gap_frames, rng), part] = np.nan
    raw_FL3[missing_bursts(num_frames, 0.006, 3.0, rng), FACE] = np.nan
    return raw_FL3


def _this_time(camera: Camera, rng: np.random.Generator) -> Camera:
    """The same phone, put up again."""
    other = sample_camera(rng)
    nudge_33 = rotation.to_matrices(rotation.from_vectors(rng.normal(0, np.deg2rad(2.0), 3)))
    factor = float(np.exp(rng.normal(0, 0.03)))
    centre_2 = 0.8 * camera.centre_2 + 0.2 * other.centre_2
    return Camera(nudge_33 @ camera.rotation_33, camera.distance, camera.zoom * factor, camera.aspect, centre_2)


def _wander(num_frames: int, num_channels: int, rng: np.random.Generator) -> np.ndarray:
    """Smooth random paths (F, num_channels) of about unit size: a few slow waves."""
    waves = rng.normal(0, 1, (3, 2, num_channels))
    period = np.array([37.0, 83.0, 190.0])[:, None, None]
    angle_3F1 = 2 * np.pi * np.arange(num_frames)[None, :, None] / period
    return (np.sin(angle_3F1) * waves[:, :1] + np.cos(angle_3F1) * waves[:, 1:]).sum(0) / np.sqrt(3)
