"""Parts of the body that are not seen at all."""

from typing import Annotated, Literal

import numpy as np
from pydantic import Field

from podium.systems.fingerspelling.augment.base import AUGMENTATIONS, Augmentation
from podium.systems.fingerspelling.landmarks import SLOTS


@AUGMENTATIONS.register("part_drop")
class PartDrop(Augmentation):
    """Makes parts missing in all frames.

    Args:
        parts: Which; the 1st-place solution drops the face, or both hands.
    """

    example = {"parts": ["face"]}

    parts: Annotated[list[Literal["left_hand", "right_hand", "face", "pose"]], Field(min_length=1)]

    def apply(self, x_TLC: np.ndarray, rng: np.random.Generator) -> np.ndarray:
        for part in self.parts:
            x_TLC[:, SLOTS[part]] = np.nan
        return x_TLC
