"""What goes into a file of isolated signs, and what its outputs say."""

from collections.abc import Mapping
from typing import Any

import numpy as np

from podium.systems.signs.answers import SignAnswers


class Answers(SignAnswers):
    """See `podium.systems.signs.answers`."""

    def edge_clips(self, x: np.ndarray, settings: Mapping[str, Any], recipe: Any) -> dict[str, np.ndarray]:
        """As `SignAnswers.edge_clips`; and a clip that every member thins."""
        frames = np.arange(6 * recipe.data.max_frames) % len(x)
        return {**super().edge_clips(x, settings, recipe), "much too long": x[frames]}


PART = Answers(
    "American Sign Language, isolated signs: landmarks of a signing person in, the logarithm of the probability of each"
    " of 250 signs out",
    "any number of frames from one on; of those with a hand each member reads every one, or every second, third … until"
    " there are at most its own max_frames, 25 and 80 as published",
)
