"""The optimisers. A further one is one more file in this folder that registers itself."""

import importlib
import pkgutil

from podium.training.optimizers.registry import OPTIMIZERS, make_optimizer

for _module in pkgutil.iter_modules(__path__):
    importlib.import_module(f"{__name__}.{_module.name}")

__all__ = ["OPTIMIZERS", "make_optimizer"]
