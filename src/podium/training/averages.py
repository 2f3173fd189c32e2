"""A moving average of a learner's weights, which is validated and saved in its place."""

import torch
from torch import Tensor
from torch.optim.swa_utils import AveragedModel, get_ema_multi_avg_fn

from podium.config import Choice


def make_average(learner: torch.nn.Module, decay: float, choice: Choice = "corrected") -> AveragedModel:
    """An exponential moving average of weights and buffers, to be updated after every optimiser step.

    Running statistics are averaged like weights: they belong to the weights of their moment, and fast ones
    nearly follow single batches. Early on the average forgets faster, (1 + n) / (10 + n) after n steps, so
    that a short run does not end on its first weights. Counters are copied.

    Args:
        choice: "published", of the 26th place in Kaggle's competition of isolated signs: an average that begins at the
            first weights, and that is updated before the step: one step behind, but for the running statistics.
    """

    def average(averages: list[Tensor], values: list[Tensor], _: Tensor) -> None:
        if not averages[0].is_floating_point():
            torch._foreach_copy_(averages, values)
            return
        num_steps = int(averaged.n_averaged)  # on the CPU: reading it waits for nothing
        get_ema_multi_avg_fn(min(decay, (1 + num_steps) / (10 + num_steps)))(averages, values, _)

    averaged = AveragedModel(learner, multi_avg_fn=average, use_buffers=True)
    if choice == "published":
        averaged.n_averaged.fill_(1)  # else the first update would be a copy
    return averaged
