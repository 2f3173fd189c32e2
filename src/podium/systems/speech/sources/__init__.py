"""The kinds of corpora that spoken commands are learned from. A further kind is one more file that registers itself."""

import importlib
import pkgutil

from podium.systems.speech.sources.registry import KINDS

for _module in pkgutil.iter_modules(__path__):
    importlib.import_module(f"{__name__}.{_module.name}")

SOURCES = KINDS.entries()

__all__ = ["KINDS", "SOURCES"]
