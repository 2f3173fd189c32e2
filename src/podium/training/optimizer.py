"""AdamW under a linear warm-up and a half cosine."""

import math

import torch
from torch import nn

from podium.config import Optimizer


def make_optimizer(model: nn.Module, config: Optimizer) -> torch.optim.AdamW:
    """AdamW over all parameters.

    With ``weight_decay_on: matrices`` only what multiplies activations decays: no biases, norms, learnt scales or
    embeddings. ``all`` is the 1st-place solution's way.
    """
    embeddings = {
        id(module.weight) for module in model.modules() if isinstance(module, nn.Embedding)
    }
    decayed, spared = [], []
    for parameter in model.parameters():
        is_decayed = config.weight_decay_on == "all" or (parameter.dim() > 1 and id(parameter) not in embeddings)
        (decayed if is_decayed else spared).append(parameter)
    groups = [{"params": decayed, "weight_decay": config.weight_decay}, {"params": spared, "weight_decay": 0.0}]
    return torch.optim.AdamW(
        [group for group in groups if group["params"]],
        lr=config.learning_rate,
        betas=config.betas,
        eps=config.epsilon,
        fused=True,
    )


def learning_rate(config: Optimizer, step: int, steps_per_epoch: int, epochs: int) -> float:
    """Learning rate of a micro-batch.

    Args:
        step: Micro-batches done before, 0 … epochs · steps_per_epoch − 1.

    Returns:
        Linear from 0 during the warm-up, then a half cosine that reaches 0 with the last step.
    """
    num_steps = epochs * steps_per_epoch
    num_warmup = config.warmup_epochs * steps_per_epoch
    if step < num_warmup:
        return config.learning_rate * step / num_warmup
    progress = (step - num_warmup) / max(1.0, num_steps - num_warmup)
    return config.learning_rate * 0.5 * (1 + math.cos(math.pi * min(1.0, progress)))
