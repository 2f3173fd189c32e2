"""The optimisers. A further one is one more file in this folder that registers itself."""

from podium.registry import import_all
from podium.training.optimizers.registry import OPTIMIZERS, make_optimizer

import_all(__name__, __path__)

__all__ = ["OPTIMIZERS", "make_optimizer"]
