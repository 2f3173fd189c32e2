"""The optimisers by name."""

from collections.abc import Callable

import torch

from podium.config import Optimizer
from podium.registry import Registry
from podium.training.learner import Learner

OPTIMIZERS: Registry[Callable[[Learner, Optimizer], torch.optim.Optimizer]] = Registry("optimizer")


def make_optimizer(learner: Learner, config: Optimizer) -> torch.optim.Optimizer:
    """The optimiser of a recipe, over all parameters of a learner's groups."""
    return OPTIMIZERS.get(config.name)(learner, config)
