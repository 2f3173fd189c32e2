"""Kinds of arguments that several commands take."""

import argparse
from pathlib import Path
from typing import TYPE_CHECKING

from podium.errors import UserError, one_line

if TYPE_CHECKING:
    from podium.config import Recipe

RECIPES = "config/recipes"


def count(text: str) -> int:
    """A whole number from 1 on."""
    if not text.isdecimal() or int(text) == 0:
        raise argparse.ArgumentTypeError(f"'{one_line(text)}' is not a whole number from 1 on")
    return int(text)


def rate(text: str) -> float:
    """A frame rate."""
    from podium.config import FRAME_RATES

    return _number(text, *FRAME_RATES, "a rate")


def seconds(text: str) -> float:
    """A time, up to a day."""
    return _number(text, 0.1, 86_400, "a time in seconds")


def _number(text: str, least: float, most: float, what: str) -> float:
    try:
        value = float(text)
    except ValueError:
        value = float("nan")
    if not least <= value <= most:
        raise argparse.ArgumentTypeError(f"'{one_line(text)}' is not {what} from {least:g} to {most:g}")
    return value


def add_recipe(parser: argparse.ArgumentParser, of_what: str) -> None:
    """Adds ``--recipe`` and ``--system``, for `named_recipe`."""
    help_recipe = f"{of_what}: a YAML file, or its name in config/recipes/SYSTEM"
    parser.add_argument("--recipe", required=True, help=help_recipe)
    parser.add_argument("--system", help="the recogniser, unless the place of the recipe tells it")


def named_recipe(name: str, system: str | None) -> tuple[str, "Recipe"]:
    """The system and the recipe that ``--system`` and ``--recipe`` mean: a file, or a name in
    ``config/recipes/SYSTEM``.

    Raises:
        UserError: There is no such file or name, it is no recipe, or nothing tells the system.
    """
    from podium.config import load
    from podium.plan.stages import named_yaml
    from podium.systems import names, part

    given, systems = Path(name), [system] if system else names()
    files = {one: given if given.is_file() else Path(named_yaml(f"{RECIPES}/{one}", name)) for one in systems}
    told = [one for one, file in files.items() if file.is_file() and f"/recipes/{one}/" in file.absolute().as_posix()]
    found = told or systems
    if len(found) > 1 and given.is_file():  # whose recipe it is, its keys tell
        found = [one for one in found if _is_recipe(given, one)] or found
    if len(found) > 1:
        raise UserError(f"--recipe: nothing tells whose recipe '{name}' is; add --system: {', '.join(found)}")
    file = files[found[0]]
    if not file.parent.is_dir():
        raise UserError(f"--recipe: {file} does not exist here; name a file, or run in Podium's folder")
    return found[0], load(part(found[0], "plan").Recipe, file)


def _is_recipe(file: Path, system: str) -> bool:
    from podium.config import load
    from podium.systems import part

    try:
        load(part(system, "plan").Recipe, file)
    except UserError:
        return False
    return True
