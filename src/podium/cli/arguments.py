"""Kinds of arguments that several commands take."""

import argparse
from pathlib import Path
from typing import TYPE_CHECKING

from podium.errors import UserError, one_line

if TYPE_CHECKING:
    from podium.config import Recipe


def count(text: str) -> int:
    """A whole number from 1 on."""
    if not text.isdecimal() or int(text) == 0:
        raise argparse.ArgumentTypeError(f"'{one_line(text)}' is not a whole number from 1 on")
    return int(text)


def named_recipe(name: str) -> "Recipe":
    """The recipe of ``--recipe``: a file, or a name in ``config/recipes/SYSTEM``.

    Raises:
        UserError: There is no such file or name, or it is no recipe.
    """
    from podium.config import load_recipe
    from podium.plan.stages import named_yaml

    file = Path(name) if Path(name).is_file() else Path(named_yaml("config/recipes/fingerspelling", name))
    if not file.parent.is_dir():
        raise UserError(f"--recipe: {file} does not exist here; name a file, or run in Podium's folder")
    return load_recipe(file)
