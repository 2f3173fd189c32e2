"""Hands that spell nothing: at rest, waving, gesturing, busy in the face.

Legend: F frames, K key frames, P channels, A angles.
"""

import numpy as np

from podium.landmarks.person import rotation
from podium.landmarks.person.hand import LIMITS_A2, NUM_ANGLES
from podium.systems.fingerspelling.corpus.handshapes import SHAPES
from podium.systems.fingerspelling.corpus.motion import (
    HANGING_4,
    NUM_CHANNELS,
    RELAXED_A,
    HandPath,
    Style,
    along,
)  # fmt: skip

_FLAT_A = SHAPES["~"].angles_A  # an open hand


def idle(num_frames: int, style: Style, rng: np.random.Generator) -> HandPath:
    """One of the four, drawn."""
    make = (_rest, _wave, _gesture, _face)[int(rng.choice(4, p=(0.3, 0.25, 0.3, 0.15)))]
    time_K, poses = make(num_frames, rng)
    pose_KP = np.stack([np.concatenate(pose) for pose in poses])
    pose_KP[:, NUM_ANGLES : NUM_ANGLES + 4] = rotation.continuous(pose_KP[:, NUM_ANGLES : NUM_ANGLES + 4])
    is_linear_K = np.zeros(len(time_K), dtype=bool)
    return along(time_K, pose_KP, is_linear_K, num_frames, np.zeros(NUM_CHANNELS), style, rng)


def _loose(rng: np.random.Generator) -> np.ndarray:
    """(A,) a hand that is neither open nor closed: all fingers flex by one share, with some play."""
    flex_A = RELAXED_A * rng.uniform(0.2, 1.6) + rng.normal(0, 0.15, NUM_ANGLES)
    return np.clip(flex_A, *LIMITS_A2.T)


def _turn(rng: np.random.Generator, spread: float) -> np.ndarray:
    return rotation.from_vectors(rng.normal(0, spread, 3))


def _rest(num_frames: int, rng: np.random.Generator) -> tuple[np.ndarray, list]:
    """In the lap, on the table or somewhere in sight; small moves, long pauses."""
    raised = float(rng.choice([0.0, 0.3, 0.8], p=(0.4, 0.3, 0.3)))
    time_K = np.linspace(0, num_frames, max(num_frames // 40, 2))
    base_A, turn_4 = _loose(rng), rotation.multiply(_turn(rng, 0.3), HANGING_4)
    return time_K, [
        (base_A + rng.normal(0, 0.04, NUM_ANGLES), turn_4, rng.normal(0, 0.15, 3), [raised]) for _ in time_K
    ]


def _wave(num_frames: int, rng: np.random.Generator) -> tuple[np.ndarray, list]:
    """An open hand rocks from side to side, about the wrist or with the arm."""
    period = rng.uniform(6, 20)
    time_K = np.arange(0, num_frames + period, period / 2)
    open_A = np.clip(_FLAT_A + rng.normal(0, 0.1, NUM_ANGLES), *LIMITS_A2.T)
    angle, width = rng.uniform(0.25, 0.7), rng.uniform(0.0, 0.9)
    base_4 = _turn(rng, 0.2)
    sides = np.where(np.arange(len(time_K)) % 2, 1, -1)
    return time_K, [
        (open_A, rotation.multiply(rotation.from_vectors([0, 0, side * angle]), base_4), [side * width, 0, 0], [1.0])
        for side in sides
    ]


def _gesture(num_frames: int, rng: np.random.Generator) -> tuple[np.ndarray, list]:
    """Talking hands: loose shapes at all angles, large and never held."""
    time_K = np.cumsum(np.concatenate([[0.0], rng.uniform(5, 14, num_frames // 5 + 1)]))
    return time_K, [
        (_loose(rng), _turn(rng, 0.9), rng.normal(0, 1.0, 3), [float(rng.uniform(0.5, 1.1))]) for _ in time_K
    ]


def _face(num_frames: int, rng: np.random.Generator) -> tuple[np.ndarray, list]:
    """To the face and back: hair, glasses, chin."""
    time_K = np.array([0, rng.uniform(0.1, 0.4), rng.uniform(0.5, 0.7), 1.0]) * num_frames
    up = (rng.normal([-1.0, 2.5, 0.0], 0.6), [1.0])
    low = (rng.normal(0, 0.2, 3), [float(rng.uniform(0.0, 0.5))])
    return time_K, [(_loose(rng), _turn(rng, 0.6), *place) for place in (low, up, up, low)]
