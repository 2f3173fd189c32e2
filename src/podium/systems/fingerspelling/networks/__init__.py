"""The networks, in torch. A further one is one more file in this folder that registers itself."""

from podium.registry import import_all
from podium.systems.fingerspelling.networks.registry import MODELS, create

import_all(__name__, __path__)

__all__ = ["MODELS", "create"]
