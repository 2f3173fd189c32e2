"""A choice among augmentations."""

from typing import Annotated, Any

import numpy as np
from pydantic import Field, PrivateAttr, model_validator

from podium.systems.fingerspelling.augment.base import AUGMENTATIONS, Augmentation, build

MAX_WEIGHT = 1_000_000_000


@AUGMENTATIONS.register("one_of")
class OneOf(Augmentation):
    """Runs one of several augmentations.

    Args:
        choices: Entries like those of a recipe's list, each with a ``weight`` beside; the weights need not add up to 1.
            A choice's own ``p`` is asked when it has been drawn.
    """

    example = {
        "choices": [
            {"weight": 2, "name": "temporal_mask", "size": (0.2, 0.4)},
            {"weight": 1, "name": "part_drop", "parts": ["face"]},
        ]
    }

    choices: Annotated[list[dict[str, Any]], Field(min_length=1)]
    _children: list[Augmentation] = PrivateAttr()
    _bounds: np.ndarray = PrivateAttr()

    @model_validator(mode="after")
    def _build(self) -> "OneOf":
        weights = []
        for entry in self.choices:
            weight = entry.get("weight")
            if not isinstance(weight, int | float) or isinstance(weight, bool) or not 0 < weight < MAX_WEIGHT:
                raise ValueError(f"every choice needs a weight above 0 and below {MAX_WEIGHT}, got {weight!r}")
            weights.append(weight)
        self._bounds = np.cumsum(weights) / np.sum(weights)
        self._children = [
            build({key: value for key, value in entry.items() if key != "weight"}, f"choices[{number}]")
            for number, entry in enumerate(self.choices)
        ]
        return self

    def apply(self, x_TLC: np.ndarray, rng: np.random.Generator) -> np.ndarray:
        drawn = min(int(np.searchsorted(self._bounds, rng.random(), side="right")), len(self._children) - 1)
        return self._children[drawn](x_TLC, rng)
