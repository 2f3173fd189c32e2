"""Moments in which nothing is seen."""

import numpy as np

from podium.systems.fingerspelling.augment.base import AUGMENTATIONS, Augmentation, Count, ShareRange, window


@AUGMENTATIONS.register("temporal_mask")
class TemporalMask(Augmentation):
    """Nothing is seen in stretches of frames; they may overlap.

    Args:
        size: Bounds of a stretch's share of the clip; 0.2–0.4 in the 1st-place solution.
        num_masks: How many stretches.
    """

    example = {"size": (0.2, 0.4), "num_masks": 1}

    size: ShareRange
    num_masks: Count = 1

    def apply(self, x_TLC: np.ndarray, rng: np.random.Generator) -> np.ndarray:
        return temporal_mask(x_TLC, [(rng.uniform(*self.size), rng.random()) for _ in range(self.num_masks)])


def temporal_mask(x_TLC: np.ndarray, windows: list[tuple[float, float]]) -> np.ndarray:
    """Makes windows of frames missing, in place. Each is (size, offset), see `augment.base.window`."""
    for size, offset in windows:
        x_TLC[window(len(x_TLC), size, offset)] = np.nan
    return x_TLC
