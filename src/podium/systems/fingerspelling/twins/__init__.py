"""The networks in plain TensorFlow. The twin of a further one is one more file here, under the same registry name."""

from podium.registry import import_all
from podium.systems.fingerspelling.recipe import Recipe
from podium.systems.fingerspelling.twins.base import TWINS, ReaderTwin

import_all(__name__, __path__)


def make(recipe: Recipe) -> ReaderTwin:
    """A recipe's twin with all parameters zero.

    Raises:
        UserError: The network has no twin.
    """
    return TWINS.get(recipe.model.name)(recipe)


__all__ = ["TWINS", "ReaderTwin", "make"]
