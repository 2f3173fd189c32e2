"""Augmentations of training clips. Each is one file in this folder that registers itself."""

from typing import Any

from podium.registry import import_all
from podium.systems.fingerspelling.augment.base import AUGMENTATIONS, Augmentation, FrameAugmentation, build

import_all(__name__, __path__)


def build_augmentations(entries: list[dict[str, Any]]) -> list[Augmentation]:
    """The augmentations of a recipe, in its order.

    Args:
        entries: Each has ``name``, and the augmentation's own parameters beside it.

    Raises:
        UserError: An unknown name or parameter (with the nearest right one), or a value out of range.
    """
    return [build(entry, f"data.augment[{position}]") for position, entry in enumerate(entries)]


__all__ = ["AUGMENTATIONS", "Augmentation", "FrameAugmentation", "build_augmentations"]
