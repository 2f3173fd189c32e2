"""Tempo that changes within a clip."""

import math
from typing import Annotated

import numpy as np
from pydantic import AfterValidator

from podium.systems.fingerspelling.augment.base import AUGMENTATIONS, Count, FactorRange, FrameAugmentation, ascending


@AUGMENTATIONS.register("dynamic_resample")
class DynamicResample(FrameAugmentation):
    """Cuts the clip into equal chunks and gives each its own tempo.

    Args:
        rate: Bounds of the uniform draw for each chunk; 0.9–1.1 in round 2 of the 1st-place solution.
        num_chunks: Bounds of the number of chunks, both included; 20–28 there.
    """

    example = {"rate": (0.9, 1.1), "num_chunks": (20, 28)}

    rate: FactorRange
    num_chunks: Annotated[tuple[Count, Count], AfterValidator(ascending)]

    def choose(self, num_frames: int, rng: np.random.Generator) -> np.ndarray:
        num_chunks = rng.integers(*self.num_chunks, endpoint=True)
        return dynamic_frames(num_frames, rng.uniform(*self.rate, size=num_chunks))


def dynamic_frames(num_frames: int, rates: np.ndarray) -> np.ndarray:
    """Frames of a clip whose chunks have these rates; of a clip with fewer frames than rates the first rates are used.

    Chunks are equally long, the last may be shorter or missing.
    """
    size = math.ceil(num_frames / min(len(rates), num_frames))
    starts = np.arange(0, num_frames, size)
    lengths = np.minimum(size, num_frames - starts)
    new_lengths = np.maximum((lengths * rates[: len(starts)]).astype(np.int64), 1)
    # The same integer arithmetic as `nearest_frames`, for all chunks at once.
    place_T = np.arange(new_lengths.sum()) - np.repeat(np.cumsum(new_lengths) - new_lengths, new_lengths)
    start_T, length_T, new_length_T = (np.repeat(one, new_lengths) for one in (starts, lengths, new_lengths))
    return start_T + place_T * length_T // new_length_T
