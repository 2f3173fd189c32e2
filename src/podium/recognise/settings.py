"""What lies beside a model and says what it is: ``inference_args.json`` of an export, ``recipe.json`` of a training."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from podium.config import FRAME_RATES
from podium.errors import UserError
from podium.storage.files import read_json

SETTINGS_FILE = "inference_args.json"
RATES = f"a rate lies from {FRAME_RATES[0]:g} to {FRAME_RATES[1]:g} frames a second"


def is_rate(fps: float) -> bool:
    """Whether a number is a frame rate."""
    return FRAME_RATES[0] <= fps <= FRAME_RATES[1]


def read_settings(path: Path) -> dict[str, Any]:
    """What an ``inference_args.json`` says; nothing if there is none. The system checks its own part.

    Raises:
        UserError: The file is damaged.
    """
    if not path.is_file():
        return {}
    settings = read_json(path)
    if not isinstance(settings, dict):
        raise UserError(f"{path} holds no JSON object; export the model again")
    frame_rate = number_in(settings, "frame_rate", path)
    if frame_rate is not None and not is_rate(frame_rate):
        raise UserError(f"{path}: frame_rate is {frame_rate!r}; {RATES}; export the model again")
    return settings


def system_in(settings: Mapping[str, Any], path: Path) -> str:
    """The system in the ``inference_args.json`` of an export.

    Raises:
        UserError: It was made before systems had names.
    """
    if "system" not in settings:
        raise UserError(f"{path} does not name its system, as of an older Podium; export the model again")
    return settings["system"]


def number_in(settings: Mapping[str, Any], key: str, path: Path, is_whole: bool = False) -> float | None:
    """A number of settings; None if it is not there.

    Raises:
        UserError: It is something else.
    """
    value = settings.get(key)
    if value is not None and (isinstance(value, bool) or not isinstance(value, int if is_whole else int | float)):
        kind = "a whole number" if is_whole else "a number"
        raise UserError(f"{path}: {key} is {value!r}, not {kind}; export the model again")
    return value


def read_recipe_file(path: Path) -> dict[str, Any]:
    """The ``recipe.json`` that training has written beside the weights: "system", "recipe", "seed", …

    Raises:
        UserError: The file does not exist, holds no recipe or does not name its system.
    """
    if not path.is_file():
        raise UserError(f"{path} does not exist; training writes it")
    account = read_json(path, "recipe")
    if "system" not in account:
        raise UserError(f'{path} does not name its system, as of an older Podium; make it again, or add "system" to it')
    return account
