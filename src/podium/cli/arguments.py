"""Kinds of arguments that several commands take."""

import argparse
from difflib import SequenceMatcher, get_close_matches
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
    found = [one for one, file in files.items() if file.is_file() and f"/recipes/{one}/" in file.absolute().as_posix()]
    if not found and given.is_file():  # whose recipe it is, its keys tell
        problems = {one: _problem_of(given, one) for one in systems}
        found = [one for one in systems if not problems[one]] or [min(systems, key=lambda one: len(problems[one]))]
    if len(found) > 1:
        raise UserError(f"--recipe: nothing tells whose recipe '{name}' is; add --system: {', '.join(found)}")
    chosen = found[0] if found else max(systems, key=lambda one: _likeness(files[one]))
    file = files[chosen]
    if not file.parent.is_dir():
        raise UserError(f"--recipe: {file} does not exist here; name a file, or run in Podium's folder")
    return chosen, load(part(chosen, "plan").Recipe, file)


def _problem_of(file: Path, system: str) -> str:
    """Why a file is no recipe of a system; "" if it is one."""
    from podium.config import load
    from podium.systems import part

    try:
        load(part(system, "plan").Recipe, file)
    except UserError as error:
        return str(error)
    return ""


def _likeness(file: Path) -> float:
    """How much a file that is absent looks like one beside it, from 0 (no slip of the pen) to 1."""
    names = [other.stem for other in file.parent.glob("*.yaml")]
    found = get_close_matches(file.stem, names, n=1)
    return SequenceMatcher(None, file.stem, found[0]).ratio() if found else 0.0
