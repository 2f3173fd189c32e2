"""AdamW, with the arithmetic of one step fused into one kernel."""

import torch

from podium.config import AdamW
from podium.training.learner import Learner
from podium.training.optimizers.groups import decay_groups
from podium.training.optimizers.registry import OPTIMIZERS


@OPTIMIZERS.register("adamw")
def adamw(learner: Learner, config: AdamW) -> torch.optim.Optimizer:
    """AdamW over all parameters; ``weight_decay_on: all`` is the 1st-place solution's way."""
    groups = decay_groups(learner, config.weight_decay, config.weight_decay_on)
    return torch.optim.AdamW(groups, lr=config.learning_rate, betas=config.betas, eps=config.epsilon, fused=True)
