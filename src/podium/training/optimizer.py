"""AdamW under a linear warm-up and a half cosine."""

import math

import torch
from torch import nn

from podium.config import Optimizer


def make_optimizer(model: nn.Module, config: Optimizer) -> torch.optim.AdamW:
    """AdamW over all parameters, with the arithmetic of one step fused into one kernel.

    With ``weight_decay_on: matrices`` only what multiplies activations decays: no biases, norms, learnt scales or
    embeddings. ``all`` is the 1st-place solution's way.
    """
    decayed, spared = [], []
    for module in model.modules():
        for name, parameter in module.named_parameters(recurse=False):
            is_matrix = parameter.dim() > 1 and not name.endswith("bias") and not isinstance(module, nn.Embedding)
            (decayed if is_matrix or config.weight_decay_on == "all" else spared).append(parameter)
    groups = [{"params": decayed, "weight_decay": config.weight_decay}, {"params": spared, "weight_decay": 0.0}]
    return torch.optim.AdamW(
        [group for group in groups if group["params"]],
        lr=config.learning_rate,
        betas=config.betas,
        eps=config.epsilon,
        fused=True,
    )


def learning_rate(config: Optimizer, step: int, steps_per_epoch: int, epochs: int) -> float:
    """Learning rate of a micro-batch; the schedule moves with every micro-batch (1st-place solution).

    Args:
        step: Micro-batches done before, 0 … epochs · steps_per_epoch.

    Returns:
        Linear from 0 to ``config.learning_rate`` during the warm-up, then a half cosine to 0, which it reaches when
        all micro-batches are done. A warm-up longer than the run is cut off by its end.
    """
    num_steps = epochs * steps_per_epoch
    num_warmup = config.warmup_epochs * steps_per_epoch
    if step < num_warmup:
        return config.learning_rate * step / num_warmup
    progress = (step - num_warmup) / max(num_steps - num_warmup, 1)
    return config.learning_rate * 0.5 * (1 + math.cos(math.pi * progress))
