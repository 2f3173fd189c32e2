"""The kinds of corpora that fingerspelling is trained on. A further kind is one more file that registers itself."""

import importlib
import pkgutil

from podium.systems.fingerspelling.sources.registry import KINDS

for _module in pkgutil.iter_modules(__path__):
    importlib.import_module(f"{__name__}.{_module.name}")

SOURCES = KINDS.entries()

__all__ = ["KINDS", "SOURCES"]
