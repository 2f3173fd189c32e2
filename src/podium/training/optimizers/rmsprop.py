"""RMSprop as Keras 2 has it, which is also torch's: epsilon stands outside the root."""

import torch

from podium.config import RMSprop
from podium.training.learner import Learner
from podium.training.optimizers.registry import OPTIMIZERS


@OPTIMIZERS.register("rmsprop")
def rmsprop(learner: Learner, config: RMSprop) -> torch.optim.Optimizer:
    """RMSprop over all parameters, without momentum and weight decay."""
    groups = [{"params": group["params"]} for group in learner.parameter_groups()]
    return torch.optim.RMSprop(groups, lr=config.learning_rate, alpha=config.decay, eps=config.epsilon)
