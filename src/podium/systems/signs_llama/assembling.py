"""Which networks can stand in one file."""

from collections.abc import Sequence

from podium.errors import UserError
from podium.systems.signs_llama.recipe import Recipe


def check_members(recipes: Sequence[Recipe]) -> None:
    """Refuses members that read another input.

    Raises:
        UserError: They do not go together.
    """
    if len({(recipe.data.max_frames, recipe.data.choices) for recipe in recipes}) > 1:
        raise UserError("the members differ in data.max_frames or data.choices; train them with the same")
