"""A recording that starts too early or too late."""

from typing import Annotated

import numpy as np
from pydantic import AfterValidator, Field

from podium.systems.fingerspelling.augment.base import AUGMENTATIONS, FrameAugmentation, ascending

Shift = Annotated[int, Field(ge=-1000, le=1000)]


@AUGMENTATIONS.register("time_shift")
class TimeShift(FrameAugmentation):
    """Puts frames without any landmark before the clip, or drops its first frames.

    Args:
        shift: Bounds of the number of frames, both included, negative to drop; −10–9 in round 2 of the 1st-place
            solution.
    """

    example = {"shift": (-10, 9)}

    shift: Annotated[tuple[Shift, Shift], AfterValidator(ascending)]

    def choose(self, num_frames: int, rng: np.random.Generator) -> np.ndarray:
        return shifted_frames(num_frames, int(rng.integers(*self.shift, endpoint=True)))


def shifted_frames(num_frames: int, shift: int) -> np.ndarray:
    """Frames of a clip that is shifted by ``shift``; a clip too short to lose so many keeps all of them."""
    if shift <= 2 - num_frames:
        shift = 0
    return np.concatenate([np.full(max(shift, 0), -1), np.arange(max(-shift, 0), num_frames)])
