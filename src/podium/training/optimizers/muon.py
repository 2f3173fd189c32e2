"""Muon (Jordan et al. 2024): weights of linear layers move by orthogonal matrices, all other parameters by AdamW.

`torch.optim.Muon` goes matrix by matrix and in bfloat16, which is slow on a CPU; here all matrices of one shape are
worked on at once, in the type of their weights.

Letters in tensor names: N matrices of one shape, stacked, R rows, C columns.
"""

from typing import Any

import torch
from torch import Tensor, nn

from podium import config
from podium.training.learner import Learner
from podium.training.optimizers.groups import decay_groups
from podium.training.optimizers.registry import OPTIMIZERS

COEFFICIENTS = (3.4445, -4.7750, 2.0315)  # of the odd polynomial, as published
NUM_ITERATIONS = 5
ADAM_RMS = 0.2  # about the root mean square of AdamW's steps: one learning rate serves both (Liu et al. 2025)


class Muon(torch.optim.Optimizer):
    """W ← W·(1 − lr·decay) − lr·0.2·√max(R, C)·O, where O is `orthogonal` of the gradient and its momentum (Nesterov).

    A parameter without a gradient stays as it is, and so does its momentum.

    Args:
        matrices: Groups of matrices, each with its ``weight_decay``.
        others: Groups of everything else, for AdamW.
        betas, epsilon: AdamW's.
    """

    def __init__(
        self,
        matrices: list[dict[str, Any]],
        others: list[dict[str, Any]],
        lr: float,
        momentum: float = 0.95,
        betas: tuple[float, float] = (0.9, 0.999),
        epsilon: float = 1e-8,
    ) -> None:
        self._adamw = torch.optim.AdamW(others, lr=lr, betas=betas, eps=epsilon, fused=True) if others else None
        # Its groups are this optimiser's as well: one list of rates to set, one state to save.
        groups = [{**group, "momentum": momentum} for group in matrices]
        super().__init__([*groups, *(self._adamw.param_groups if self._adamw else [])], {"lr": lr})

    @torch.no_grad()
    def step(self, closure: None = None) -> None:
        """Moves all parameters that have a gradient."""
        if self._adamw:
            self._adamw.state = self.state  # both are new objects once a state has been loaded
            self._adamw.param_groups = [group for group in self.param_groups if "momentum" not in group]
            self._adamw.step()
        for group in self.param_groups:
            if "momentum" in group:
                self._turn(group)

    def _turn(self, group: dict[str, Any]) -> None:
        moved = [one for one in group["params"] if one.grad is not None]
        if not moved:
            return
        for parameter in moved:
            if not self.state[parameter]:
                self.state[parameter]["momentum"] = torch.zeros_like(parameter)
        gradients, momenta = [one.grad for one in moved], [self.state[one]["momentum"] for one in moved]
        torch._foreach_lerp_(momenta, gradients, 1 - group["momentum"])
        directions = torch._foreach_lerp(gradients, momenta, group["momentum"])
        torch._foreach_mul_(moved, 1 - group["lr"] * group["weight_decay"])
        by_shape: dict[torch.Size, list[int]] = {}
        for index, parameter in enumerate(moved):
            by_shape.setdefault(parameter.shape, []).append(index)
        for shape, indices in by_shape.items():
            steps_NRC = orthogonal(torch.stack([directions[index] for index in indices]))
            rate = group["lr"] * ADAM_RMS * max(shape) ** 0.5
            torch._foreach_add_([moved[index] for index in indices], list(steps_NRC.unbind(0)), alpha=-rate)


def orthogonal(x_NRC: Tensor) -> Tensor:
    """Matrices with the same singular vectors and with singular values of about 1, by five Newton–Schulz iterations.

    Args:
        x_NRC: Finite. A matrix of zeros stays one, and one with a norm below 1e-7 stays smaller than the others.

    Returns:
        (N, R, C), singular values of about 0.7 to 1.2 but for those that were tiny beside the matrix's norm.
    """
    first, third, fifth = COEFFICIENTS
    is_tall = x_NRC.shape[1] > x_NRC.shape[2]
    x = x_NRC.mT if is_tall else x_NRC  # the products of the shorter side are the smaller ones
    x = x / torch.linalg.matrix_norm(x, keepdim=True).clamp(min=1e-7)
    for _ in range(NUM_ITERATIONS):
        square = x @ x.mT
        x = torch.baddbmm(x, torch.baddbmm(square, square, square, beta=third, alpha=fifth), x, beta=first)
    return x.mT if is_tall else x


@OPTIMIZERS.register("muon")
def muon(learner: Learner, settings: config.Muon) -> Muon:
    """Muon over the weights of linear layers, AdamW over the rest."""
    linear = {module.weight for module in learner.modules() if isinstance(module, nn.Linear)}
    matrices, others = [], []
    for group in decay_groups(learner, settings.weight_decay, "matrices"):
        for groups, is_wanted in ((matrices, True), (others, False)):
            parameters = [one for one in group["params"] if (one in linear) == is_wanted]
            if parameters:
                groups.append({**group, "params": parameters})
    return Muon(matrices, others, settings.learning_rate, settings.momentum, settings.betas, settings.epsilon)
