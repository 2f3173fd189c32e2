"""One clip: a person makes a sign in front of a phone, MediaPipe looks on, and the clip is cut to where a hand is seen.

Legend: F frames, L all 543 landmarks in the raw order, W expressions of the face.
"""

import numpy as np

from podium.landmarks.person import body as bodies
from podium.landmarks.person import face as faces
from podium.landmarks.person import rotation
from podium.landmarks.person.camera import put_up_again
from podium.landmarks.person.dropout import missing_bursts
from podium.landmarks.person.hand import forward_kinematics
from podium.landmarks.person.observation import (
    FACE,
    LEFT_HAND,
    POSE,
    RIGHT_HAND,
    is_outside,
    mirrored,
    observe,
    wander,
)
from podium.systems.signs.corpus.motion import HandPath, perform, sample_timing
from podium.systems.signs.corpus.postures import Sign
from podium.systems.signs.corpus.signer import Manner, Signer

MIN_FRAMES = 5  # of the shortest real clip
_MIRROR = np.array([-1.0, 1.0, 1.0])
# How a hand is lost, in the real clips: the further below the shoulders, and the faster, the more often. Logits of the
# share of frames in which it is found; lengths in shoulder widths.
_DEPTHS, _AT_DEPTH = (0.2, 0.45, 0.75, 1.05, 1.25), (0.0, -0.7, -1.5, -4.0, -20.0)
_MAX_SPEED, _AT_SPEED = 0.35, -6.0  # per frame
_MEMORY = 0.6  # of the state of a hand, from frame to frame
_CERTAIN = 12.0  # from this logit on, a hand at the edge of the picture is found as well
_CUT_OFF = 1.45  # frames filmed, per frame of the clip that is kept
_HANDS = (LEFT_HAND, RIGHT_HAND)
_CLOSED = -0.27  # of the face's expression: lips that touch
_P_LATE_START = 0.25  # of clips that begin before the hand is seen


def record(
    signs: list[Sign],
    signer: Signer,
    manner: Manner,
    median_frames: float,
    rng: np.random.Generator,
    jitter: float = 1.0,
    gaps: float = 1.0,
) -> np.ndarray:
    """Raw landmarks of a clip.

    Args:
        signs: The ways to make the sign.
        median_frames: Of clips of all signers.
        rng: All randomness of this clip.
        jitter: Factor on how much landmarks tremble.
        gaps: Factor on how often a hand is not found.

    Returns:
        (F, 543, 3) float32, F ≥ `MIN_FRAMES`: x, y in fractions of the image, y down; z as MediaPipe scales it; NaN for
        a part that was not found (all its points, all three axes).
    """
    sign = signs[int(manner.way * len(signs))]
    spread = float(np.exp(rng.normal(0, 0.22)))
    num_frames = max(round(_CUT_OFF * median_frames * signer.pace * spread), MIN_FRAMES + 3)
    timing = sample_timing(num_frames, rng)
    right, left = perform(sign, signer, manner, timing, rng)
    world_FL3 = stage(sign, signer, right, left, rng)
    if signer.is_left_handed:
        world_FL3 = mirrored(world_FL3)
    noise = jitter * signer.noise * float(np.exp(rng.normal(0, 0.25)))
    raw_FL3 = observe(world_FL3, put_up_again(signer.camera, rng), noise, rng)
    logit = signer.found + float(rng.normal(0, 0.6)) - 1.5 * (gaps - 1.0)
    begin, end = 0, 0
    while end - begin < MIN_FRAMES:  # nobody keeps a clip in which no hand is seen
        found = [_found(raw_FL3, part, logit, rng) for part in (0, 1)]
        begin, end = _cut(found[0 if signer.is_left_handed else 1], rng)
        logit += 1.0
    for is_found_F, hand in zip(found, _HANDS, strict=True):
        raw_FL3[~is_found_F, hand] = np.nan
    raw_FL3[missing_bursts(num_frames, 0.018, 3.0, rng), FACE] = np.nan
    return raw_FL3[begin:end]


def stage(sign: Sign, signer: Signer, right: HandPath, left: HandPath, rng: np.random.Generator) -> np.ndarray:
    """(F, 543, 3) float32 metres: the whole person, right-handed."""
    body, num_frames = signer.body, len(right.wrist_F3)
    sway_F3 = wander(num_frames, 3, rng) * np.array([0.006, 0.004, 0.005])
    face_F3 = _head(sign, signer, sway_F3, rng)
    shoulders_F23 = sway_F3[:, None] + np.array([[0.5, 0.0, 0.0], [-0.5, 0.0, 0.0]]) * body.shoulders
    hands, elbows = [], []
    for path, side, place in ((left, 1.0, 0), (right, -1.0, 1)):
        flip_3 = _MIRROR if side > 0 else np.ones(3)
        height_F = np.clip((path.wrist_F3[:, 1] + 0.45) / 0.5, 0, 1)
        shoulders_F23[:, place, 1] += signer.shoulder_lift * height_F
        wanted_F3 = sway_F3 + path.wrist_F3 * flip_3
        elbow_F3, wrist_F3 = bodies.arm(body, shoulders_F23[:, place], wanted_F3, side, signer.elbow_swing)
        joints_F3 = forward_kinematics(path.angles_FA, signer.bones) @ path.rotation_F33.swapaxes(1, 2)
        hands.append(wrist_F3[:, None] + joints_F3 * flip_3 * body.palm)
        elbows.append(elbow_F3)
    hands_F243 = np.stack(hands, 1)[:, :, [0, 17, 5, 3]]
    pose_F3 = bodies.pose_points(body, face_F3, shoulders_F23, np.stack(elbows, 1), hands_F243)
    return np.concatenate([face_F3, hands[0], pose_F3, hands[1]], 1, dtype=np.float32)


def _head(sign: Sign, signer: Signer, sway_F3: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """Face points (F, 468, 3) in the world: blinking, mouthing, and moving as the sign asks."""
    num_frames = len(sway_F3)
    strengths_FW = faces.expression_strengths(num_frames, signer.p_blink, signer.mouthing, rng)
    if sign.mouth is not None:
        strengths_FW[:, 1] = 0.3 * strengths_FW[:, 1] + sign.mouth
    strengths_FW[:, 1] += _CLOSED * (1 - strengths_FW[:, 1])
    points_F3 = faces.face_points(signer.face, strengths_FW) * signer.body.head_width
    turn_F3 = signer.head_turn_3 + rng.normal(0, [0.05, 0.06, 0.03]) + wander(num_frames, 3, rng) * 0.035
    wave_F = np.sin(2 * np.pi * (np.linspace(0, rng.uniform(1.5, 2.5), num_frames) + rng.random()))
    asked_3 = np.deg2rad([sign.nods, sign.shakes, -sign.tilts]) * float(rng.uniform(0.0, 1.3))
    turn_F3 = turn_F3 + np.stack([asked_3[0] * wave_F, asked_3[1] * wave_F, np.full(num_frames, asked_3[2])], 1)
    head_F33 = rotation.to_matrices(rotation.from_vectors(turn_F3)).astype(np.float32)
    origin_F3 = 1.6 * sway_F3 + np.array([0.0, signer.body.head_height, signer.body.head_forward])
    return points_F3 @ head_F33.swapaxes(1, 2) + origin_F3[:, None]


def _found(raw_FL3: np.ndarray, part: int, logit: float, rng: np.random.Generator) -> np.ndarray:
    """(F,) bool: in which frames MediaPipe finds the left (0) or the right hand (1)."""
    pose_F2 = raw_FL3[:, POSE, :2] * np.array([1.0, 4 / 3])
    width = np.linalg.norm(np.median(pose_F2[:, 11] - pose_F2[:, 12], axis=0))
    wrist_F2 = pose_F2[:, 15 + part]
    depth_F = (wrist_F2[:, 1] - pose_F2[:, 11:13, 1].mean(1)) / width
    speed_F = np.linalg.norm(np.diff(wrist_F2, axis=0, prepend=wrist_F2[:1]), axis=1) / width
    lost_F = np.interp(depth_F, _DEPTHS, _AT_DEPTH) + _AT_SPEED * np.minimum(speed_F, _MAX_SPEED)
    state_F = rng.normal(0, 1, len(depth_F))
    for frame in range(1, len(state_F)):
        state_F[frame] = _MEMORY * state_F[frame - 1] + np.sqrt(1 - _MEMORY**2) * state_F[frame]
    is_seen_F = ~is_outside(raw_FL3[:, _HANDS[part]]) | (logit > _CERTAIN)
    return (1.7 * state_F < logit + lost_F) & is_seen_F


def _cut(is_found_F: np.ndarray, rng: np.random.Generator) -> tuple[int, int]:
    """Where a clip begins and ends: as a rule with a frame in which the hand is found, as the real ones do."""
    frames = np.flatnonzero(is_found_F)
    if len(frames) < 2 or frames[-1] < MIN_FRAMES - 1:
        return 0, 0
    begin, end = int(frames[0]), int(frames[-1]) + 1
    if rng.random() < _P_LATE_START:
        begin = int(rng.integers(0, begin + 1))
    return max(min(begin, end - MIN_FRAMES), 0), end
