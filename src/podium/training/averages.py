"""A moving average of a learner's weights, which is validated and saved in its place."""

import torch
from torch import Tensor
from torch.optim.swa_utils import AveragedModel, get_ema_multi_avg_fn


def make_average(learner: torch.nn.Module, decay: float) -> AveragedModel:
    """An exponential moving average of weights and buffers, to be updated after every optimiser step.

    Running statistics are averaged like weights: they belong to the weights of their moment, and fast ones
    nearly follow single batches. Early on the average forgets faster, (1 + n) / (10 + n) after n steps, so
    that a short run does not end on its first weights. Counters are copied.
    """

    def average(averages: list[Tensor], values: list[Tensor], _: Tensor) -> None:
        if not averages[0].is_floating_point():
            torch._foreach_copy_(averages, values)
            return
        num_steps = int(averaged.n_averaged)  # on the CPU: reading it waits for nothing
        get_ema_multi_avg_fn(min(decay, (1 + num_steps) / (10 + num_steps)))(averages, values, _)

    averaged = AveragedModel(learner, multi_avg_fn=average, use_buffers=True)
    return averaged
