"""The networks by name."""

from podium.config import Model
from podium.models.base import SignReader
from podium.registry import Registry

MODELS: Registry[type[SignReader]] = Registry("model")


def create(config: Model) -> SignReader:
    """A network with fresh weights, drawn from torch's default generator.

    Raises:
        UserError: ``config.name`` is unknown.
    """
    return MODELS.get(config.name)(config)
