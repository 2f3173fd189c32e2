"""The networks by name."""

from podium.config import Model
from podium.registry import Registry
from podium.systems.fingerspelling.networks.base import SignReader

MODELS: Registry[type[SignReader]] = Registry("model")


def create(config: Model) -> SignReader:
    """A network with fresh weights, drawn from torch's default generator.

    Raises:
        UserError: ``config.name`` is unknown.
    """
    return MODELS.get(config.name)(config)
