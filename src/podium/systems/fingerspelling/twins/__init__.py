"""The networks in plain TensorFlow. The twin of a further one is one more file here, under the same registry name."""

import importlib
import pkgutil

from podium.systems.fingerspelling.recipe import Recipe
from podium.systems.fingerspelling.twins.base import TWINS, ReaderTwin

for _module in pkgutil.iter_modules(__path__):
    importlib.import_module(f"{__name__}.{_module.name}")


def make(recipe: Recipe) -> ReaderTwin:
    """A recipe's twin with all parameters zero.

    Raises:
        UserError: The network has no twin.
    """
    return TWINS.get(recipe.model.name)(recipe)


__all__ = ["TWINS", "ReaderTwin", "make"]
