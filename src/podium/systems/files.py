"""What files and commands say of a system's model, read by the system that they name."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import yaml

from podium.config import parse
from podium.errors import UserError
from podium.recognise.settings import read_recipe_file, read_settings, system_in
from podium.systems import part


def read_recipe(path: str | Path) -> tuple[str, Any]:
    """The system and the recipe in a ``recipe.json``, which training has written beside the weights.

    Raises:
        UserError: The file does not exist, names no system that there is, or holds no recipe of it.
    """
    account = read_recipe_file(Path(path))
    return account["system"], parse(part(account["system"], "plan").Recipe, account["recipe"], str(path))


def read_recipes(paths: Sequence[str | Path]) -> tuple[str, list[Any]]:
    """The one system and the recipes of several ``recipe.json``.

    Raises:
        UserError: One cannot be read, or they are of several systems.
    """
    systems, recipes = zip(*map(read_recipe, paths), strict=True)
    if len(set(systems)) != 1:
        told = ", ".join(map(str, paths))
        raise UserError(f"{told} are of several systems ({', '.join(systems)}); give those of one")
    return systems[0], list(recipes)


def read_export(path: str | Path) -> tuple[str, dict[str, Any]]:
    """The system and the settings in the ``inference_args.json`` of an export.

    Raises:
        UserError: The file does not exist, or its settings are none of its system.
    """
    path = Path(path)
    if not path.is_file():
        raise UserError(f"{path} does not exist; export the model again")
    settings = read_settings(path)
    system = system_in(settings, path)
    part(system, "answers").check_settings(settings, path)
    return system, settings


def parse_settings(system: str, words: Sequence[str]) -> dict[str, Any]:
    """What a file shall have built in, with defaults for what is not said.

    Args:
        words: As KEY=VALUE.

    Raises:
        UserError: One is no setting of the system.
    """
    pairs = dict(word.partition("=")[::2] for word in words)
    values = {key: yaml.safe_load(value) for key, value in pairs.items()}
    return parse(part(system, "plan").Settings, values, "--settings").model_dump(mode="json")
