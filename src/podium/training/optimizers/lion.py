"""Lion (Chen et al. 2023): steps of one size, in the direction of the sign of a momentum."""

from collections.abc import Iterable
from typing import Any

import torch
from torch import nn

from podium import config
from podium.training.learner import Learner
from podium.training.optimizers.groups import decay_groups
from podium.training.optimizers.registry import OPTIMIZERS


class Lion(torch.optim.Optimizer):
    """p ← p·(1 − lr·decay) − lr·sign(β₁·m + (1 − β₁)·g), and then m ← β₂·m + (1 − β₂)·g.

    A parameter without a gradient stays as it is, and so does its momentum.

    Args:
        parameters: Or groups of them, each with its own ``weight_decay`` if it wants one.
    """

    def __init__(
        self,
        parameters: Iterable[nn.Parameter] | Iterable[dict[str, Any]],
        lr: float,
        betas: tuple[float, float] = (0.9, 0.99),
        weight_decay: float = 0.0,
    ) -> None:
        super().__init__(parameters, {"lr": lr, "betas": betas, "weight_decay": weight_decay})

    @torch.no_grad()
    def step(self, closure: None = None) -> None:
        """Moves all parameters that have a gradient."""
        for group in self.param_groups:
            moved = [one for one in group["params"] if one.grad is not None]
            if not moved:
                continue
            for parameter in moved:
                if not self.state[parameter]:
                    self.state[parameter]["momentum"] = torch.zeros_like(parameter)
            gradients = [one.grad for one in moved]
            momenta = [self.state[one]["momentum"] for one in moved]
            beta_step, beta_momentum = group["betas"]
            torch._foreach_mul_(moved, 1 - group["lr"] * group["weight_decay"])
            directions = torch._foreach_mul(momenta, beta_step)
            torch._foreach_add_(directions, gradients, alpha=1 - beta_step)
            torch._foreach_sign_(directions)
            torch._foreach_add_(moved, directions, alpha=-group["lr"])
            torch._foreach_mul_(momenta, beta_momentum)
            torch._foreach_add_(momenta, gradients, alpha=1 - beta_momentum)


@OPTIMIZERS.register("lion")
def lion(learner: Learner, settings: config.Lion) -> Lion:
    """Lion over all parameters."""
    groups = decay_groups(learner, settings.weight_decay, settings.weight_decay_on)
    return Lion(groups, settings.learning_rate, settings.betas)
