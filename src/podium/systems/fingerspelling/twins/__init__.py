"""The networks in plain TensorFlow. The twin of a further one is one more file here, under the same registry name."""

import importlib
import pkgutil

from podium.systems.fingerspelling.twins.base import TWINS, ReaderTwin

for _module in pkgutil.iter_modules(__path__):
    importlib.import_module(f"{__name__}.{_module.name}")

__all__ = ["TWINS", "ReaderTwin"]
