"""What an augmentation is, and the pieces that several share."""

from abc import ABC, abstractmethod
from typing import Annotated, Any, ClassVar

import numpy as np
from pydantic import AfterValidator, Field, ValidationError

from podium.config import Probability, Section
from podium.errors import UserError, explained_by
from podium.registry import Registry, nearest

AUGMENTATIONS: Registry[type["Augmentation"]] = Registry("augmentation")


def ascending(bounds: tuple[float, float]) -> tuple[float, float]:
    """Validates a pair of bounds."""
    if bounds[0] > bounds[1]:
        raise ValueError("the first bound must not be above the second")
    return bounds


# Limits far beyond what makes sense, and short of what would fail in training.
Count = Annotated[int, Field(ge=1, le=1000)]
Bound = Annotated[float, Field(ge=-1000, le=1000)]
Factor = Annotated[float, Field(gt=0, le=100)]
Range = Annotated[tuple[Bound, Bound], AfterValidator(ascending)]
FactorRange = Annotated[tuple[Factor, Factor], AfterValidator(ascending)]
ShareRange = Annotated[tuple[Probability, Probability], AfterValidator(ascending)]


class Augmentation(Section, ABC):
    """Changes a training clip at random. Its parameters are its fields; a recipe's unknown keys are refused.

    Missing landmarks are NaN while a clip is augmented, and become 0 when all augmentations have run.

    Args:
        p: Probability of running at all.

    Attributes:
        example: Parameters that make sense, those of the 1st-place solution if it has them; every augmentation is
            tested with its example.
    """

    example: ClassVar[dict[str, Any]]

    p: Probability = 1.0

    def __call__(self, x_TLC: np.ndarray, rng: np.random.Generator) -> np.ndarray:
        """Applies the augmentation with probability ``p``.

        Args:
            x_TLC: (T, 130, 3) float32, T ≥ 1, standardised, all coordinates of a missing landmark NaN; in memory
                (T, 3, 130). May be changed in place.

        Returns:
            (T', 130, 3) float32, T' ≥ 1. ``x_TLC`` itself when the augmentation does not run.
        """
        return self.apply(x_TLC, rng) if rng.random() < self.effective_p else x_TLC

    @property
    def effective_p(self) -> float:
        """The probability of running, if an augmentation has its own reading of ``p``."""
        return self.p

    @abstractmethod
    def apply(self, x_TLC: np.ndarray, rng: np.random.Generator) -> np.ndarray:
        """Draws the parameters and applies the augmentation; same contract as calling it."""


class FrameAugmentation(Augmentation):
    """Decides only which frames are shown. If such augmentations come first, only chosen frames are ever read."""

    @abstractmethod
    def choose(self, num_frames: int, rng: np.random.Generator) -> np.ndarray:
        """Chooses frames of a clip.

        Returns:
            (T',) int64, T' ≥ 1: frame numbers, ascending, repeated if a frame is shown several times; before them
            −1 for every frame in which nothing is seen.
        """

    def choose_from(self, chosen_T: np.ndarray, rng: np.random.Generator) -> np.ndarray:
        """As calling it, on the numbers of frames that stand for them, −1 for a frame in which nothing is seen."""
        if rng.random() >= self.effective_p:
            return chosen_T
        choice_T = self.choose(len(chosen_T), rng)
        return np.where(choice_T < 0, -1, chosen_T[choice_T])

    def apply(self, x_TLC: np.ndarray, rng: np.random.Generator) -> np.ndarray:
        chosen_T = self.choose(len(x_TLC), rng)
        shown_TLC = x_TLC[chosen_T]
        shown_TLC[chosen_T < 0] = np.nan
        return shown_TLC


def build(entry: dict[str, Any], place: str) -> Augmentation:
    """The augmentation of one entry of a recipe; ``place`` is what error messages call it. Raises `UserError`."""
    if "name" not in entry:
        raise UserError(f"{place}: key 'name' is missing; known augmentations are: {', '.join(AUGMENTATIONS.names())}")
    parameters = {key: value for key, value in entry.items() if key != "name"}
    with explained_by(place):
        kind = AUGMENTATIONS.get(str(entry["name"]))
    try:
        return kind.model_validate(parameters)
    except ValidationError as error:
        first = min(error.errors(), key=lambda one: one["type"] != "extra_forbidden")
        key = ".".join(str(part) for part in first["loc"])
        if first["type"] == "extra_forbidden":
            message = f"unknown key '{key}'; {nearest(key, list(kind.model_fields))}"
        elif first["type"] == "missing":
            message = f"key '{key}' is missing"
        else:
            message = f"{key}: {first['msg'].removeprefix('Value error, ')}, got {first.get('input')!r}"
        raise UserError(f"{place} ({entry['name']}): {message}") from None


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
