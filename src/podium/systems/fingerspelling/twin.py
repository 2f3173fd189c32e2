"""The TensorFlow side of fingerspelling: the twin of each network, and the graph of the file."""

from collections.abc import Mapping
from typing import Any

from podium.systems.fingerspelling.graph import TextGraph
from podium.systems.fingerspelling.recipe import Recipe
from podium.systems.fingerspelling.twins import TWINS, ReaderTwin


def make(recipe: Recipe) -> ReaderTwin:
    """A twin with all parameters zero.

    Raises:
        UserError: The network has no twin.
    """
    return TWINS.get(recipe.model.name)(recipe)


def assemble(twins: list[ReaderTwin], settings: Mapping[str, Any]) -> TextGraph:
    """All seeds in one graph, see `TextGraph`."""
    return TextGraph(twins, settings)
