"""The networks, in torch. A further one is one more file in this folder that registers itself."""

import importlib
import pkgutil

from podium.systems.fingerspelling.networks.registry import MODELS, create

for _module in pkgutil.iter_modules(__path__):
    importlib.import_module(f"{__name__}.{_module.name}")

__all__ = ["MODELS", "create"]
