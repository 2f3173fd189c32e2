"""Augmentations of training clips. Each is one file in this folder that registers itself."""

import importlib
import pkgutil
from typing import Any

from podium.systems.fingerspelling.augment.base import AUGMENTATIONS, Augmentation, FrameAugmentation, build

for _module in pkgutil.iter_modules(__path__):
    importlib.import_module(f"{__name__}.{_module.name}")


def build_augmentations(entries: list[dict[str, Any]]) -> list[Augmentation]:
    """The augmentations of a recipe, in its order.

    Args:
        entries: Each has ``name``, and the augmentation's own parameters beside it.

    Raises:
        UserError: An unknown name or parameter (with the nearest right one), or a value out of range.
    """
    return [build(entry, f"data.augment[{position}]") for position, entry in enumerate(entries)]


__all__ = ["AUGMENTATIONS", "Augmentation", "FrameAugmentation", "build_augmentations"]
