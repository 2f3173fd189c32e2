"""Random clips for the sign systems."""

import numpy as np


def random_clip(num_frames: int, seed: int = 0) -> np.ndarray:
    """(T, 543, 3) float32 that wanders; a third of the frames lack the left hand."""
    rng = np.random.default_rng([seed, num_frames])
    x_TRC = 0.5 + 0.2 * rng.normal(size=(1, 543, 3)) + 0.02 * rng.normal(size=(num_frames, 543, 3)).cumsum(axis=0)
    x_TRC[: num_frames // 3, 468:489] = np.nan
    return x_TRC.astype(np.float32)
