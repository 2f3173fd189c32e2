"""Fingers that are not seen for a while."""

from typing import Annotated

import numpy as np
from pydantic import AfterValidator, Field

from podium.config import Choice
from podium.systems.fingerspelling.augment.base import AUGMENTATIONS, Augmentation, Count, ShareRange, ascending, window
from podium.systems.fingerspelling.landmarks import SLOTS

# Four points each, left hand first; the wrists belong to none.
FINGERS = np.concatenate([SLOTS[hand][1:].reshape(5, 4) for hand in ("left_hand", "right_hand")])
NUM_PUBLISHED_DRAWS = 12
FingerCount = Annotated[int, Field(ge=0, le=len(FINGERS))]


@AUGMENTATIONS.register("finger_drop")
class FingerDrop(Augmentation):
    """Makes fingers missing in windows of frames, other ones in each window.

    Args:
        num_fingers: Bounds of the number of fingers, both included; 2–5 in round 2 of the 1st-place solution.
        window_size: Bounds of a window's share of the clip; 0.25–0.5 there.
        num_windows: 2 there.
        draws: "published" ignores ``num_fingers`` and draws twelve times out of the ten fingers, with replacement;
            "corrected" draws as many different fingers as it says.
        probability: "published" asks ``p`` twice, so that it runs with p²; "corrected" asks once.
    """

    example = {"num_fingers": (2, 5), "window_size": (0.25, 0.5), "num_windows": 2}

    num_fingers: Annotated[tuple[FingerCount, FingerCount], AfterValidator(ascending)]
    window_size: ShareRange
    num_windows: Count = 1
    draws: Choice = "corrected"
    probability: Choice = "corrected"

    @property
    def effective_p(self) -> float:
        return self.p**2 if self.probability == "published" else self.p

    def apply(self, x_TLC: np.ndarray, rng: np.random.Generator) -> np.ndarray:
        for _ in range(self.num_windows):
            frames = window(len(x_TLC), rng.uniform(*self.window_size), rng.random())
            drop_fingers(x_TLC[frames], self._draw(rng))
        return x_TLC

    def _draw(self, rng: np.random.Generator) -> np.ndarray:
        if self.draws == "published":
            return rng.integers(len(FINGERS), size=NUM_PUBLISHED_DRAWS)
        return rng.permutation(len(FINGERS))[: rng.integers(*self.num_fingers, endpoint=True)]


def drop_fingers(x_TLC: np.ndarray, fingers: np.ndarray) -> None:
    """Makes fingers (numbers of `FINGERS`) missing, in place."""
    x_TLC[:, FINGERS[fingers].ravel()] = np.nan
