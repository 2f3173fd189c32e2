"""From a sign to the paths of two hands: key frames from postures, minimum-jerk transitions, trembling.

Legend: F frames, K key frames, A joint angles, P channels: angles, orientation (quaternion), wrist.
"""

from dataclasses import dataclass, replace

import numpy as np

from podium.landmarks.person import rotation
from podium.landmarks.person.hand import LIMITS_A2, NUM_ANGLES, forward_kinematics
from podium.systems.signs.corpus.handshapes import ANGLES
from podium.systems.signs.corpus.places import touch_point
from podium.systems.signs.corpus.postures import Path, Posture, Sign, direction
from podium.systems.signs.corpus.signer import Manner, Signer

_TURN = slice(NUM_ANGLES, NUM_ANGLES + 4)
_WRIST = slice(NUM_ANGLES + 4, NUM_ANGLES + 7)
_RELAXED = Posture("relaxed", "down forward", "back in", "wrist", "lap")
_LAP = np.array([-0.105, -0.53, 0.13])  # metres
_MIRROR = np.array([-1.0, 1.0, 1.0])


@dataclass(frozen=True)
class HandPath:
    """What a hand does, frame by frame; of the left hand as if it were a right one.

    Attributes:
        angles_FA: (F, A) rad.
        rotation_F33: (F, 3, 3) hand frame → world.
        wrist_F3: (F, 3) metres in the world.
    """

    angles_FA: np.ndarray
    rotation_F33: np.ndarray
    wrist_F3: np.ndarray


@dataclass(frozen=True)
class Timing:
    """When things happen in a clip.

    Attributes:
        num_frames: Of the clip, before it is cut.
        rise, fall: Shares of the clip in which the hands come up, and go down.
        hold: Share of the way to each posture for which it is held.
    """

    num_frames: int
    rise: float
    fall: float
    hold: float


def sample_timing(num_frames: int, rng: np.random.Generator) -> Timing:
    """Draws when things happen; in some clips the hands are up from the beginning."""
    rise = float(rng.uniform(0.15, 0.45)) if rng.random() < 0.8 else 0.0
    return Timing(num_frames, rise, float(rng.uniform(0.05, 0.4)), float(rng.uniform(0.05, 0.35)))


def perform(
    sign: Sign, signer: Signer, manner: Manner, timing: Timing, rng: np.random.Generator
) -> tuple[HandPath, HandPath]:
    """The paths of the right and the left hand of a signer."""
    right = _repeated(sign.right, manner.extra)
    left = None if sign.left is None else _repeated(sign.left, manner.extra if len(sign.left) > 2 else 0)
    if left is not None:
        left = [*left[1:], left[0]] if sign.alternates else left
        left = [*left, *[left[-1]] * (len(right) - len(left))][: len(right)]
    miss_3 = manner.offset_3 + rng.normal(0, [0.12, 0.12, 0.1])
    time_K, is_linear_K = _times(right, timing, rng)
    other_K = None
    if left is not None:
        left_KP, left_points = _keys(left, signer, manner, 0.5 * miss_3, None)
        other_K = {name: points_K3 * _MIRROR for name, points_K3 in left_points.items()}
    right_KP, _ = _keys(right, signer, manner, miss_3, other_K)
    lap_P = _lap(signer, rng)
    paths = []
    for keys_KP in (right_KP, None if left is None else left_KP):
        if keys_KP is None:
            paths.append(_path(np.repeat(lap_P[None], timing.num_frames, 0), rng))
            continue
        up_K = np.concatenate([[0.0], np.ones(len(keys_KP) + 1), [0.0]])[:, None]
        whole_KP = np.concatenate([keys_KP[:1], keys_KP[:1], keys_KP[1:], keys_KP[-1:], keys_KP[-1:]])
        whole_KP = np.where(up_K > 0, whole_KP, lap_P)
        whole_KP[:, _TURN] = rotation.continuous(whole_KP[:, _TURN])
        paths.append(_path(_smooth(_interpolate(time_K, whole_KP, is_linear_K, timing.num_frames)), rng))
    return paths[0], paths[1]


def _repeated(path: Path, extra: int) -> Path:
    """A movement to and fro goes on longer, or stops earlier; others stay as they are."""
    is_to_and_fro = len(path) >= 4 and len({replace(one, time=1.0) for one in path}) <= len(path) // 2
    if extra < 0:
        return path[:extra] if is_to_and_fro else path
    return path + path[-extra:] if is_to_and_fro and extra else path


def _times(path: Path, timing: Timing, rng: np.random.Generator) -> tuple[np.ndarray, np.ndarray]:
    """Times in frames, and whether the way on is travelled evenly, of: lap, first posture, …, last, end of it, lap."""
    weight_K = np.array([one.time for one in path[1:]]) * np.exp(rng.normal(0, 0.15, len(path) - 1))
    weight_K = np.concatenate([weight_K, [timing.hold * weight_K.mean() * (1 if len(path) > 2 else 2)]])
    share_K = np.concatenate([[0.0], np.cumsum(weight_K) / weight_K.sum()])
    begin, end = timing.rise, 1.0 - timing.fall
    inside_K = begin + share_K * (end - begin)
    first = begin - 1e-3 if timing.rise == 0 else 0.0
    time_K = np.concatenate([[first], inside_K, [1.0 + 1e-3]]) * (timing.num_frames - 1)
    is_linear_K = np.array([False, *(one.is_even for one in path), False, False])
    return time_K, is_linear_K


def _keys(
    path: Path, signer: Signer, manner: Manner, miss_3: np.ndarray, other: dict[str, np.ndarray] | None
) -> tuple[np.ndarray, dict[str, np.ndarray]]:
    """Channels (K, P) of postures, and where points of the hand are, each (K, 3) metres.

    Args:
        other: Such points of the other hand, where it is described.
    """
    palm = signer.body.palm
    by_K3 = np.array([one.by for one in path], dtype=np.float64)
    centre_3 = by_K3.mean(0)
    by_K3 = centre_3 + signer.size * manner.size * (by_K3 - centre_3) + miss_3
    habit_33 = rotation.to_matrices(rotation.from_vectors(signer.habit_3 + manner.turn_3))
    channels, points = [], {name: [] for name in ("palm", "back", "fingertips", "wrist")}
    for k, one in enumerate(path):
        angles_A = np.clip(ANGLES[one.shape] + signer.habit_A + manner.angles_A, *LIMITS_A2.T)
        joints_J3 = forward_kinematics(angles_A, signer.bones)
        turn_33 = habit_33 @ _orientation(one)
        is_on_other = one.at.startswith("other_")
        place_3 = other[one.at.removeprefix("other_")][k] if is_on_other else signer.places[one.at]
        wrist_3 = place_3 + (by_K3[k] - turn_33 @ touch_point(joints_J3, one.touch)) * palm
        for name, of in points.items():
            of.append(wrist_3 + turn_33 @ touch_point(joints_J3, name) * palm)
        channels.append(np.concatenate([angles_A, rotation.from_matrix(turn_33), wrist_3]))
    return np.stack(channels), {name: np.stack(of) for name, of in points.items()}


def _orientation(one: Posture) -> np.ndarray:
    """(3, 3) hand frame → world of a right hand."""
    along_3, palm_3 = direction(one.fingers), direction(one.palm)
    palm_3 = palm_3 - along_3 * (palm_3 @ along_3)
    palm_3 /= np.linalg.norm(palm_3)
    base_33 = np.stack([np.cross(along_3, palm_3), along_3, palm_3], axis=1)
    bend, twist, lean = np.deg2rad(one.turn)
    turns = [(0.0, twist, 0.0), (bend, 0.0, 0.0), (0.0, 0.0, lean)]
    for vector in turns:
        base_33 = base_33 @ rotation.to_matrices(rotation.from_vectors(np.array(vector)))
    return base_33


def _lap(signer: Signer, rng: np.random.Generator) -> np.ndarray:
    wrist_3 = _LAP + rng.normal(0, 0.03, 3)
    return np.concatenate([ANGLES["relaxed"] + signer.habit_A, rotation.from_matrix(_orientation(_RELAXED)), wrist_3])


def _interpolate(time_K: np.ndarray, pose_KP: np.ndarray, is_linear_K: np.ndarray, num_frames: int) -> np.ndarray:
    """Poses (F, P) between key frames."""
    time_F = np.clip(np.arange(num_frames), time_K[0], time_K[-1])
    start_F = np.clip(np.searchsorted(time_K, time_F, side="right") - 1, 0, len(time_K) - 2)
    span_F = np.maximum(time_K[start_F + 1] - time_K[start_F], 1e-6)
    u_F = np.clip((time_F - time_K[start_F]) / span_F, 0, 1)
    u_F = np.where(is_linear_K[start_F], u_F, u_F**3 * (10 - 15 * u_F + 6 * u_F**2))  # minimum jerk
    before_FP, after_FP = pose_KP[start_F], pose_KP[start_F + 1]
    return before_FP + u_F[:, None] * (after_FP - before_FP)


def _smooth(pose_FP: np.ndarray) -> np.ndarray:
    """Rounds corners: three taps along time; the ends repeat."""
    padded_FP = np.concatenate([pose_FP[:1], pose_FP, pose_FP[-1:]])
    return 0.1 * padded_FP[:-2] + 0.8 * padded_FP[1:-1] + 0.1 * padded_FP[2:]


def _path(pose_FP: np.ndarray, rng: np.random.Generator) -> HandPath:
    """Adds trembling."""
    angles_FA = pose_FP[:, :NUM_ANGLES] + rng.normal(0, np.deg2rad(1.0), (len(pose_FP), NUM_ANGLES))
    return HandPath(
        angles_FA=np.clip(angles_FA, *LIMITS_A2.T),
        rotation_F33=rotation.to_matrices(pose_FP[:, _TURN]),
        wrist_F3=pose_FP[:, _WRIST] + rng.normal(0, 0.002, (len(pose_FP), 3)),
    )
