"""Something that hides a part of the picture."""

import numpy as np

from podium.config import Choice
from podium.data.augment.base import AUGMENTATIONS, Augmentation, ShareRange


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
    x_TCL = x_TLC.transpose(0, 2, 1)
    is_hidden_TL = np.ones((len(x_TCL), x_TCL.shape[2]), dtype=bool)
    for axis in (0, 1):
        values_TL = x_TCL[:, axis]
        if np.isnan(values_TL).all():
            return x_TLC
        low, high = np.nanmin(values_TL), np.nanmax(values_TL)
        begin = low + corner[axis] * (high - low)
        is_hidden_TL &= (values_TL > begin) & (values_TL < begin + size * (high - low))
    np.copyto(x_TCL, np.nan, where=is_hidden_TL[:, None])
    return x_TLC
