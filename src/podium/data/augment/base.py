"""What an augmentation is, and the pieces that several share."""

from abc import ABC, abstractmethod
from typing import Annotated, Any, ClassVar

import numpy as np
from pydantic import AfterValidator, Field

from podium.config import Probability, Section
from podium.registry import Registry

AUGMENTATIONS: Registry[type["Augmentation"]] = Registry("augmentation")


def _ascending(bounds: tuple[float, float]) -> tuple[float, float]:
    if bounds[0] > bounds[1]:
        raise ValueError("the first bound must not be above the second")
    return bounds


Range = Annotated[tuple[float, float], AfterValidator(_ascending)]
Positive = Annotated[float, Field(gt=0)]
PositiveRange = Annotated[tuple[Positive, Positive], AfterValidator(_ascending)]
ShareRange = Annotated[tuple[Probability, Probability], AfterValidator(_ascending)]


class Augmentation(Section, ABC):
    """Changes a training clip at random. Its parameters are its fields; a recipe's unknown keys are refused.

    Args:
        p: Probability of running at all.

    Attributes:
        example: Parameters that make sense, those of the 1st-place solution where it has them; every augmentation is
            tested with its example.
    """

    example: ClassVar[dict[str, Any]]

    p: Probability = 1.0

    def __call__(self, x_TLC: np.ndarray, rng: np.random.Generator) -> np.ndarray:
        """Applies the augmentation with probability ``p``.

        Args:
            x_TLC: (T, 130, 3) float32, T ≥ 1, normalised, missing landmarks 0, no NaN. Left unchanged.

        Returns:
            (T', 130, 3) float32, T' ≥ 1, no NaN. ``x_TLC`` itself when the augmentation does not run.
        """
        return self.apply(x_TLC, rng) if rng.random() < self.p else x_TLC

    @abstractmethod
    def apply(self, x_TLC: np.ndarray, rng: np.random.Generator) -> np.ndarray:
        """Draws the parameters and applies the augmentation; same contract as calling it."""


def window(num_frames: int, size: float, offset: float) -> slice:
    """A stretch of frames (1st-place solution).

    Args:
        size: Share of the clip, in [0, 1].
        offset: Where it lies: 0 at the start, towards 1 at the end.
    """
    width = int(num_frames * size)
    room = min(max(num_frames - width, 1), num_frames)
    start = int(offset * room)
    return slice(start, start + width)
