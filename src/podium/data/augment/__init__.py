"""Augmentations of training clips. Each is one file in this folder that registers itself."""

import importlib
import pkgutil
from typing import Any

from pydantic import ValidationError

from podium.data.augment.base import AUGMENTATIONS, Augmentation, FrameAugmentation
from podium.errors import UserError
from podium.registry import nearest

for _module in pkgutil.iter_modules(__path__):
    importlib.import_module(f"{__name__}.{_module.name}")


def build_augmentations(entries: list[dict[str, Any]]) -> list[Augmentation]:
    """The augmentations of a recipe, in its order.

    Args:
        entries: Each has ``name``, and the augmentation's own parameters beside it.

    Raises:
        UserError: An unknown name or parameter (with the nearest right one), or a value out of range.
    """
    return [_build(entry, f"data.augment[{position}]") for position, entry in enumerate(entries)]


def _build(entry: dict[str, Any], place: str) -> Augmentation:
    if "name" not in entry:
        raise UserError(f"{place}: key 'name' is missing; known augmentations are: {', '.join(AUGMENTATIONS.names())}")
    parameters = {key: value for key, value in entry.items() if key != "name"}
    kind = AUGMENTATIONS.get(str(entry["name"]))
    try:
        return kind.model_validate(parameters)
    except ValidationError as error:
        first = min(error.errors(), key=lambda one: one["type"] != "extra_forbidden")
        key = ".".join(str(part) for part in first["loc"])
        if first["type"] == "extra_forbidden":
            message = f"unknown key '{key}'; {nearest(key, list(kind.model_fields))}"
        elif first["type"] == "missing":
            message = f"key '{key}' is missing"
        else:
            message = f"{key}: {first['msg'].removeprefix('Value error, ')}, got {first.get('input')!r}"
        raise UserError(f"{place} ({entry['name']}): {message}") from None


__all__ = ["AUGMENTATIONS", "Augmentation", "FrameAugmentation", "build_augmentations"]
