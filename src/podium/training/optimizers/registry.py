"""The optimisers by name."""

from collections.abc import Callable

import torch
from torch import nn

from podium.config import Optimizer
from podium.registry import Registry

OPTIMIZERS: Registry[Callable[[nn.Module, Optimizer], torch.optim.Optimizer]] = Registry("optimizer")


def make_optimizer(model: nn.Module, config: Optimizer) -> torch.optim.Optimizer:
    """The optimiser of a recipe, over all parameters of a network."""
    return OPTIMIZERS.get(config.name)(model, config)
