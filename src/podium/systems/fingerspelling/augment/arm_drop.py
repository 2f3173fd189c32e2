"""Arms that leave the picture."""

import numpy as np

from podium.config import Choice
from podium.systems.fingerspelling.augment.base import AUGMENTATIONS, Augmentation
from podium.systems.fingerspelling.landmarks import SLOTS

_ARMS = SLOTS["pose"].reshape(2, 6)  # the right arm, the left arm: shoulder, elbow, wrist, three points of the hand
_NUM_CHOICES = 4


@AUGMENTATIONS.register("arm_drop")
class ArmDrop(Augmentation):
    """Makes arms missing in all frames, from a joint outwards or one of them altogether; four choices, equally likely.

    Args:
        subsets: "published" drops what the 1st-place solution's slices come to: all points, all but the first two or
            the first four of the right arm, or the whole left arm. "corrected" drops both arms from the shoulder, the
            elbow or the wrist on, or one arm of either side.
    """

    example = {"subsets": "corrected"}

    subsets: Choice = "corrected"

    def apply(self, x_TLC: np.ndarray, rng: np.random.Generator) -> np.ndarray:
        choice = int(rng.integers(_NUM_CHOICES))
        if self.subsets == "published":
            dropped = published_subset(choice)
        elif choice < 3:
            dropped = _ARMS[:, choice:].ravel()
        else:
            dropped = _ARMS[int(rng.integers(2))]
        x_TLC[:, dropped] = np.nan
        return x_TLC


def published_subset(choice: int) -> np.ndarray:
    """Slots that the 1st-place solution's choice 0 … 3 drops."""
    return SLOTS["pose"][2 * choice :]
