"""Something that hides a part of the picture."""

import numpy as np

from podium.config import Choice
from podium.systems.fingerspelling.augment.base import AUGMENTATIONS, Augmentation, ShareRange


@AUGMENTATIONS.register("spatial_mask")
class SpatialMask(Augmentation):
    """Hides what lies in a rectangle of the x-y plane, in all frames.

    Args:
        size: Bounds of the rectangle's share of the clip's width and height; 0.05–0.1 in the 1st-place solution.
        effect: "published" computes the rectangle and then changes nothing; "corrected" hides what lies in it.
    """

    example = {"size": (0.05, 0.1)}

    size: ShareRange
    effect: Choice = "corrected"

    def apply(self, x_TLC: np.ndarray, rng: np.random.Generator) -> np.ndarray:
        size, corner = rng.uniform(*self.size), rng.random(2)
        return x_TLC if self.effect == "published" else spatial_mask(x_TLC, size, corner)


def spatial_mask(x_TLC: np.ndarray, size: float, corner: np.ndarray) -> np.ndarray:
    """Makes landmarks in a rectangle missing, in place.

    Args:
        size: Share of the extent of x and of y.
        corner: (2,) where the rectangle begins, as shares of these extents.
    """
    x_TL, y_TL = x_TLC[..., 0], x_TLC[..., 1]
    left, right = _stretch(x_TL, size, corner[0])
    top, bottom = _stretch(y_TL, size, corner[1])
    frames, landmarks = np.nonzero((x_TL > left) & (x_TL < right))  # few: the other axis is asked for these alone
    y = y_TL[frames, landmarks]
    is_hidden = (y > top) & (y < bottom)
    x_TLC[frames[is_hidden], landmarks[is_hidden]] = np.nan
    return x_TLC


def _stretch(values_TL: np.ndarray, size: float, begin: float) -> tuple[np.float32, np.float32]:
    """Where the rectangle begins and ends along one axis; NaN for a clip without landmarks."""
    low, high = (bound.reduce(bound.reduce(values_TL, axis=0)) for bound in (np.fmin, np.fmax))  # they pass over NaN
    start = low + np.float32(begin) * (high - low)
    return start, start + np.float32(size) * (high - low)
