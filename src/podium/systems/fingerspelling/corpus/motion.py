"""From a phrase to the path of a hand: key frames, minimum-jerk transitions, coarticulation, doubled letters.

A pose is one row of channels: the hand's joint angles, its orientation (quaternion, hand frame → view
frame), the wrist's offset from the place where the person spells (palms, view frame) and how far the hand is
raised (0 at rest in the lap, 1 spelling). Legend: F frames, K key frames, P channels, A angles.
"""

from dataclasses import dataclass

import numpy as np

from podium.landmarks.person import rotation
from podium.landmarks.person.hand import ANGLES, LIMITS_A2, NUM_ANGLES
from podium.systems.fingerspelling.corpus.handshapes import SHAPES

_ANGLES = slice(0, NUM_ANGLES)
_TURN = slice(NUM_ANGLES, NUM_ANGLES + 4)
_OFFSET = slice(NUM_ANGLES + 4, NUM_ANGLES + 7)
_RAISED = NUM_ANGLES + 7
NUM_CHANNELS = NUM_ANGLES + 8

_RELAXED_FLEXION = {
    "mcp": 25.0,
    "pip": 35.0,
    "dip": 20.0,
    "ip": 15.0,
    "spread": 25.0,
    "lift": 20.0,
    "turn": 20.0,
}
RELAXED_A = np.deg2rad([_RELAXED_FLEXION.get(name.rsplit("_", 1)[1], 0.0) for name in ANGLES])
HANGING_4 = rotation.from_vectors(np.array([0.4, -1.2, 0.0]))  # the palm towards the body, fingers down a little

_CHARACTERS = list(SHAPES)
_SHAPE_ANGLES = np.stack([SHAPES[character].angles_A for character in _CHARACTERS])
_SHAPE_TURNS = np.stack([rotation.from_matrix(SHAPES[character].rotation_33) for character in _CHARACTERS])
_INDEX = {character: index for index, character in enumerate(_CHARACTERS)}


@dataclass(frozen=True)
class Style:
    """How one person spells.

    Attributes:
        angles_CA: (59, A) rad, this person's own shapes, one row per character of `SHAPES`.
        turns_C4: (59, 4) their orientations.
        transition_share: Share of a character's time that goes into reaching it.
        undershoot: Share by which a shape leans towards its neighbours (coarticulation).
        smoothing_frames: Standard deviation of the smoothing of the whole path.
        lag_A: (A,) share of a character's time by which a joint comes late; negative is early.
        sloppiness: Standard deviation of a joint angle from one time to the next, rad.
        p_slide: Probability that a doubled letter slides instead of bouncing.
        drift: Palms that the hand wanders outwards along the phrase.
        tremor: Standard deviation of the shaking, rad and (a tenth of it) palms.
        motion_scale: Size of the movement of moving signs.
    """

    angles_CA: np.ndarray
    turns_C4: np.ndarray
    transition_share: float
    undershoot: float
    smoothing_frames: float
    lag_A: np.ndarray
    sloppiness: float
    p_slide: float
    drift: float
    tremor: float
    motion_scale: float


def sample_style(rng: np.random.Generator) -> Style:
    """Draws a person's habits."""
    habit_A = rng.normal(0, np.deg2rad(3.0), NUM_ANGLES)
    own_CA = rng.normal(0, np.deg2rad(3.5), _SHAPE_ANGLES.shape)
    angles_CA = np.clip(_SHAPE_ANGLES + habit_A + own_CA, *LIMITS_A2.T)
    habit_4 = rotation.from_vectors(rng.normal(0, np.deg2rad(6.0), 3))
    own_C4 = rotation.from_vectors(rng.normal(0, np.deg2rad(4.0), (len(_CHARACTERS), 3)))
    lag_finger = rng.normal(0, 0.05, 5)
    return Style(
        angles_CA=angles_CA,
        turns_C4=rotation.multiply(habit_4, rotation.multiply(own_C4, _SHAPE_TURNS)),
        transition_share=float(rng.uniform(0.4, 0.65)),
        undershoot=float(rng.uniform(0.0, 0.12)),
        smoothing_frames=float(rng.uniform(0.35, 0.75)),
        lag_A=np.repeat(lag_finger, [5, 4, 4, 4, 4]),
        sloppiness=float(np.deg2rad(rng.uniform(1.5, 4.0))),
        p_slide=float(rng.uniform(0.2, 0.9)),
        drift=float(rng.normal(0.2, 0.3)),
        tremor=float(np.deg2rad(rng.uniform(0.2, 1.0))),
        motion_scale=float(rng.normal(1.0, 0.15)),
    )


@dataclass(frozen=True)
class HandPath:
    """What the hand does, frame by frame.

    Attributes:
        angles_FA: (F, A) rad.
        rotation_F33: (F, 3, 3) hand frame → view frame.
        offset_F3: (F, 3) palms, view frame, from the person's spelling place.
        raised_F: (F,) 0 in the lap … 1 spelling.
    """

    angles_FA: np.ndarray
    rotation_F33: np.ndarray
    offset_F3: np.ndarray
    raised_F: np.ndarray


@dataclass(frozen=True)
class Pace:
    """How the time of a clip is shared out.

    Attributes:
        unevenness: Standard deviation of the logarithm of a character's share.
        drift: How much of the tempo is gained or lost from the first to the last character, as a logarithm.
        last_weight: Factor on the time of the last character, for one that is held at the end.
        max_change_frames: Longest way from one shape to the next, and longest lag of a joint: who spells slowly holds
            the shapes, and changes them as quickly as others.
        max_motion_frames: Longest movement of a moving sign.
    """

    unevenness: float = 0.15
    drift: float = 0.0
    last_weight: float = 1.0
    max_change_frames: float = np.inf
    max_motion_frames: float = np.inf


def spell(
    phrase: str,
    style: Style,
    num_frames: int,
    lead_frames: float,
    tail_frames: float,
    rng: np.random.Generator,
    pace: Pace = Pace(),
) -> HandPath:
    """Spells a phrase.

    Args:
        phrase: At least one character of the 59.
        num_frames: Length of the clip.
        lead_frames: Time before the first character: rest, and the hand rising. 0 starts with the hand up.
        tail_frames: The same behind the last character.
        pace: How the time between is shared out.
    """
    time_K, pose_KP, is_linear_K = _key_frames(phrase, style, num_frames, lead_frames, tail_frames, rng, pace)
    slot_frames = (num_frames - lead_frames - tail_frames) / len(phrase)
    lag_P = np.zeros(NUM_CHANNELS)
    lag_P[_ANGLES] = style.lag_A * min(slot_frames, 2 * pace.max_change_frames)
    return along(time_K, pose_KP, is_linear_K, num_frames, lag_P, style, rng)


def along(
    time_K: np.ndarray,
    pose_KP: np.ndarray,
    is_linear_K: np.ndarray,
    num_frames: int,
    lag_P: np.ndarray,
    style: Style,
    rng: np.random.Generator,
) -> HandPath:
    """The path through key frames at times (K,): smoothed, and with the style's tremor."""
    pose_FP = _smooth(_interpolate(time_K, pose_KP, is_linear_K, num_frames, lag_P), style.smoothing_frames)
    pose_FP[:, _ANGLES] += _shaking(num_frames, NUM_ANGLES, rng) * style.tremor
    pose_FP[:, _OFFSET] += _shaking(num_frames, 3, rng) * style.tremor
    return HandPath(
        angles_FA=np.clip(pose_FP[:, _ANGLES], *LIMITS_A2.T),
        rotation_F33=rotation.to_matrices(pose_FP[:, _TURN]),
        offset_F3=pose_FP[:, _OFFSET],
        raised_F=pose_FP[:, _RAISED],
    )


def _key_frames(
    phrase: str,
    style: Style,
    num_frames: int,
    lead_frames: float,
    tail_frames: float,
    rng: np.random.Generator,
    pace: Pace,
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Times (K,), poses (K, P) and whether the way on from each key frame is travelled evenly (K,)."""
    count = len(phrase)
    index_N = np.array([_INDEX[character] for character in phrase])
    angles_NA, turns_N4 = _instances(index_N, style, rng)
    shapes = [SHAPES[character] for character in phrase]
    moving_N = np.array([shape.motion is not None for shape in shapes])
    doubled_N = np.concatenate([[False], index_N[1:] == index_N[:-1]])

    weight_N = np.exp(rng.normal(0, pace.unevenness, count)) * np.where(moving_N, 1.5, 1.0)
    if pace.drift:
        weight_N *= np.exp(pace.drift * np.linspace(-0.5, 0.5, count))
    weight_N[-1] *= pace.last_weight
    ends_N = lead_frames + np.cumsum(weight_N) / weight_N.sum() * (num_frames - lead_frames - tail_frames)
    starts_N = np.concatenate([[lead_frames], ends_N[:-1]])
    # An unchanged shape is reached soon; a moving sign needs its time for the movement.
    share_N = style.transition_share * np.where(moving_N, 0.6, 1.0) * np.exp(rng.normal(0, 0.1, count))
    reached_N = starts_N + np.minimum((ends_N - starts_N) * np.minimum(share_N, 0.8), pace.max_change_frames)
    if lead_frames == 0:
        reached_N[0] = starts_N[0]

    place_N3 = rng.normal(0, [0.06, 0.09, 0.06], (count, 3))
    place_N3[:, 0] -= style.drift * np.arange(count) / 16
    slides_N = doubled_N & (rng.random(count) < style.p_slide)
    place_N3[slides_N, 0] -= rng.uniform(0.3, 0.6, count)[slides_N]

    times, poses, linear = [], [], []

    def key(time: float, angles_A: np.ndarray, turn_4: np.ndarray, offset_3: np.ndarray, raised: float, even: bool):
        times.append(time)
        poses.append(np.concatenate([angles_A, turn_4, offset_3, [raised]]))
        linear.append(even)

    lap_3 = np.zeros(3)
    if lead_frames > 0:
        rise = lead_frames * rng.uniform(0.5, 0.9)
        key(0.0, RELAXED_A, HANGING_4, lap_3, 0.0, True)
        key(lead_frames - rise, RELAXED_A, HANGING_4, lap_3, 0.0, False)
    for n in range(count):
        if doubled_N[n] and not slides_N[n]:  # bounce: the shape opens a little and dips between the two
            between_A = 0.75 * angles_NA[n] + 0.25 * RELAXED_A
            dip_3 = (place_N3[n - 1] + place_N3[n]) / 2 + np.array([0.0, -0.18, -0.12])
            key((starts_N[n] + reached_N[n]) / 2, between_A, turns_N4[n], dip_3, 1.0, False)
        motion = shapes[n].motion
        if motion is None:
            key(reached_N[n], angles_NA[n], turns_N4[n], place_N3[n], 1.0, True)
            key(ends_N[n], angles_NA[n], turns_N4[n], place_N3[n], 1.0, False)
            continue
        num_keys = len(motion.offsets_K3)
        centre_3 = motion.offsets_K3.mean(0) * np.array([1.0, 0.0, 0.0])  # wide signs start further in
        turn_K4 = rotation.multiply(rotation.from_vectors(motion.rotations_K3), turns_N4[n])
        still_from = min(ends_N[n], reached_N[n] + pace.max_motion_frames)
        for k, time in enumerate(np.linspace(reached_N[n], still_from, num_keys)):
            change_A = 0.0 if motion.angles_KA is None else motion.angles_KA[k] - shapes[n].angles_A
            offset_3 = place_N3[n] + style.motion_scale * (motion.offsets_K3[k] - centre_3)
            key(time, angles_NA[n] + change_A, turn_K4[k], offset_3, 1.0, k + 1 < num_keys or still_from < ends_N[n])
        if still_from < ends_N[n]:
            key(ends_N[n], angles_NA[n] + change_A, turn_K4[-1], offset_3, 1.0, False)
    if tail_frames > 0:
        fall = tail_frames * rng.uniform(0.5, 0.9)
        key(num_frames - tail_frames + fall, RELAXED_A, HANGING_4, lap_3, 0.0, True)
    pose_KP = np.stack(poses)
    pose_KP[:, _TURN] = rotation.continuous(pose_KP[:, _TURN])
    return np.array(times), pose_KP, np.array(linear)


def _instances(index_N: np.ndarray, style: Style, rng: np.random.Generator) -> tuple[np.ndarray, np.ndarray]:
    """This time's shapes: the person's own, some sloppiness, and a lean towards the neighbours."""
    angles_NA = style.angles_CA[index_N]
    padded_NA = np.concatenate([angles_NA[:1], angles_NA, angles_NA[-1:]])
    neighbours_NA = (padded_NA[:-2] + padded_NA[2:]) / 2
    angles_NA = angles_NA + style.undershoot * (neighbours_NA - angles_NA)
    angles_NA = angles_NA + rng.normal(0, style.sloppiness, angles_NA.shape)
    wobble_N4 = rotation.from_vectors(rng.normal(0, style.sloppiness, (len(index_N), 3)))
    return angles_NA, rotation.multiply(wobble_N4, style.turns_C4[index_N])


def _interpolate(
    time_K: np.ndarray, pose_KP: np.ndarray, is_linear_K: np.ndarray, num_frames: int, lag_P: np.ndarray
) -> np.ndarray:
    """Poses (F, P) between key frames; each channel lags by its own number of frames."""
    time_FP = np.clip(np.arange(num_frames)[:, None] - lag_P, time_K[0], time_K[-1])
    start_FP = np.clip(np.searchsorted(time_K, time_FP, side="right") - 1, 0, len(time_K) - 2)
    span_FP = np.maximum(time_K[start_FP + 1] - time_K[start_FP], 1e-6)
    u_FP = np.clip((time_FP - time_K[start_FP]) / span_FP, 0, 1)
    minimum_jerk_FP = u_FP**3 * (10 - 15 * u_FP + 6 * u_FP**2)
    share_FP = np.where(is_linear_K[start_FP], u_FP, minimum_jerk_FP)
    channel_P = np.arange(pose_KP.shape[1])
    before_FP, after_FP = pose_KP[start_FP, channel_P], pose_KP[start_FP + 1, channel_P]
    return before_FP + share_FP * (after_FP - before_FP)


def _smooth(pose_FP: np.ndarray, width_frames: float) -> np.ndarray:
    """Five-tap Gaussian along time; the ends repeat."""
    taps = np.exp(-0.5 * (np.arange(-2, 3) / width_frames) ** 2)
    padded_FP = np.concatenate([pose_FP[:1], pose_FP[:1], pose_FP, pose_FP[-1:], pose_FP[-1:]])
    frames = len(pose_FP)
    return sum(tap * padded_FP[i : i + frames] for i, tap in enumerate(taps / taps.sum()))


def _shaking(num_frames: int, num_channels: int, rng: np.random.Generator) -> np.ndarray:
    """Slowly varying noise (F, num_channels) of about unit variance."""
    noise_FP = rng.normal(0, 1, (num_frames + 2, num_channels))
    return (noise_FP[:-2] + noise_FP[1:-1] + noise_FP[2:]) / np.sqrt(3)
