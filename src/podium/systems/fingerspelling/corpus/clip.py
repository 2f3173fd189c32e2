"""One clip: a person spells a phrase in front of a phone, and MediaPipe looks on.

Legend: F frames, N landmarks of one part, J hand joints (21), L all 543 landmarks in the raw order.
"""

import numpy as np

from podium.landmarks.person import body as bodies
from podium.landmarks.person import face as faces
from podium.landmarks.person import rotation
from podium.landmarks.person.camera import Camera, put_up_again
from podium.landmarks.person.dropout import missing_bursts
from podium.landmarks.person.hand import forward_kinematics
from podium.landmarks.person.observation import FACE, LEFT_HAND, RIGHT_HAND, is_outside, mirrored, observe, wander
from podium.systems.fingerspelling.corpus.motion import HANGING_4, RELAXED_A, HandPath, spell
from podium.systems.fingerspelling.corpus.person import Person


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
    sway_F3 = wander(num_frames, 3, rng) * np.array([0.0045, 0.003, 0.004])

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
        world_FL3 = mirrored(world_FL3)
    return _observe(world_FL3, person, rng, jitter, gaps, camera)


def _head(person: Person, sway_F3: np.ndarray, num_frames: int, rng: np.random.Generator) -> np.ndarray:
    """Face points (F, 468, 3) in the world: blinking, mouthing and swaying."""
    strengths_FW = faces.expression_strengths(num_frames, person.p_blink, person.mouthing, rng)
    points_F3 = faces.face_points(person.face, strengths_FW) * person.body.head_width
    turn_F3 = rng.normal(0, [0.08, 0.08, 0.04]) + wander(num_frames, 3, rng) * np.array([0.03, 0.035, 0.015])
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
    camera = camera or put_up_again(person.camera, rng)
    noise = jitter * person.noise * float(np.exp(rng.normal(0, 0.25)))
    raw_FL3 = observe(world_FL3, camera, noise, rng)
    num_frames = len(raw_FL3)
    for part in (LEFT_HAND, RIGHT_HAND):
        mean_gap_frames = 1.2 + gaps * float(rng.exponential(1.8))
        p_missing = min(gaps * person.p_hand_missing * float(rng.uniform(0.3, 1.7)), 0.6)
        is_missing_F = is_outside(raw_FL3[:, part]) | missing_bursts(num_frames, p_missing, mean_gap_frames, rng)
        raw_FL3[is_missing_F, part] = np.nan
    raw_FL3[missing_bursts(num_frames, 0.006, 3.0, rng), FACE] = np.nan
    return raw_FL3
