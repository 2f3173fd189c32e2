"""Which networks can stand in one file."""

from collections.abc import Sequence

from podium.errors import UserError
from podium.systems.signs_llama.recipe import Recipe


def check_members(recipes: Sequence[Recipe]) -> None:
    """Refuses members that read another input, or tell other signs.

    Raises:
        UserError: They do not go together.
    """
    if len({(recipe.data.max_frames, recipe.data.choices, recipe.model.num_signs) for recipe in recipes}) > 1:
        raise UserError(
            "the members differ in data.max_frames, data.choices or model.num_signs; train them with the same"
        )
