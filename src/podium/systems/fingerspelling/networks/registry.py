"""The networks by name."""

from collections.abc import Callable
from typing import get_args

from podium.registry import Registry
from podium.systems.fingerspelling.networks.base import SignReader
from podium.systems.fingerspelling.recipe import Model

NAMES = {get_args(one.model_fields["name"].annotation)[0] for one in get_args(get_args(Model)[0])}  # in recipes
INSIDE = ("frontend", "encoder.blocks")  # what `learner.observe_encoder` looks at


class Networks(Registry[type[SignReader]]):
    """Refuses what would train and then break in the export."""

    def register(self, name: str) -> Callable[[type[SignReader]], type[SignReader]]:
        """Decorator: makes a network known under ``name``.

        Raises:
            TypeError: It is no `SignReader`, it leaves a method out, or no recipe can name it.
        """
        decorate = super().register(name)

        def checked(network: type[SignReader]) -> type[SignReader]:
            if not issubclass(network, SignReader):
                raise TypeError(f"model '{name}': {network.__name__} must be a SignReader")
            if missing := sorted(network.__abstractmethods__):
                raise TypeError(f"model '{name}': {network.__name__} lacks the method {missing[0]}")
            if name not in NAMES:
                raise TypeError(f"model '{name}' has no section in systems/fingerspelling/recipe.py; add it to Model")
            return decorate(network)

        return checked


MODELS = Networks("model")


def create(config: Model) -> SignReader:
    """A network with fresh weights, drawn from torch's default generator.

    Raises:
        UserError: ``config.name`` is unknown.
        TypeError: The network lacks a module that the export looks at.
    """
    network = MODELS.get(config.name)(config)
    modules = dict(network.named_modules())
    if missing := [place for place in INSIDE if place not in modules]:
        raise TypeError(f"model '{config.name}': {type(network).__name__} must hold the module '{missing[0]}'")
    return network
