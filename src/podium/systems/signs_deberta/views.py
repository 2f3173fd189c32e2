"""A clip as training sees it: augmented, by draws of its own.

Legend: T frames, C coordinates (x, y, z), N the 100 points.
"""

from collections.abc import Callable

import numpy as np

from podium.systems.signs_deberta import augmentation as change
from podium.systems.signs_deberta.recipe import Augmentation, Data


def is_strong(config: Augmentation, epoch: int, num_epochs: int) -> bool:
    """Whether an epoch, from 0 on, has the stronger augmentation."""
    return epoch < min(config.strong_epochs, num_epochs / 2)


def augmented(
    x_TCN: np.ndarray, other: Callable[[], np.ndarray], data: Data, strong: bool, rng: np.random.Generator
) -> np.ndarray:
    """One view of a prepared clip: a new array, perhaps with fewer frames.

    Args:
        other: Prepares another clip of the sign.
        strong: See `is_strong`.
    """
    config = data.augmentation
    x_TCN = x_TCN.copy()
    if strong and rng.random() < config.p_face:
        x_TCN = change.with_face_of(x_TCN, other(), data.choices.face)
    if strong and rng.random() < config.p_missing_hand:
        x_TCN = change.with_both_hands(x_TCN, data.choices.missing_hand)
    if rng.random() < config.p_interpolate:
        x_TCN = change.interpolated(x_TCN)
    if rng.random() < config.p_mirror:
        x_TCN = change.mirrored(x_TCN)
    if rng.random() < config.p_rotate:
        x_TCN = change.rotated(x_TCN, rng.uniform(-config.max_degrees, config.max_degrees))
    if strong:
        x_TCN = _cropped(x_TCN, config.p_crop, rng)
    if rng.random() < config.p_scale:
        x_TCN = change.scaled(x_TCN, _factors(config, rng))
    return x_TCN if strong else _cropped(x_TCN, config.p_late_crop, rng)


def _cropped(x_TCN: np.ndarray, p: float, rng: np.random.Generator) -> np.ndarray:
    most = change.most_cropped(len(x_TCN))
    if rng.random() >= p or most < 1:
        return x_TCN
    number = int(rng.integers(1, most + 1))
    return x_TCN[number:] if rng.random() < 0.5 else x_TCN[:-number]


def _factors(config: Augmentation, rng: np.random.Generator) -> np.ndarray:
    least, most = 1 - config.max_scale, 1 + config.max_scale
    factor_C = np.full(3, rng.uniform(least, most))
    return factor_C + rng.uniform(least, most, 3) if rng.random() < config.p_distort else factor_C
