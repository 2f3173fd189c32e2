"""The optimiser of a recipe, and the course of its learning rate."""

import math

import torch
from torch import nn

from podium.config import Optimizer
from podium.training.scaled_adam import ScaledAdam


def make_optimizer(model: nn.Module, config: Optimizer) -> torch.optim.Optimizer:
    """ScaledAdam, or AdamW with the arithmetic of one step fused into one kernel; over all parameters.

    With ``weight_decay_on: matrices`` only what multiplies activations decays: no biases, norms, learnt scales or
    embeddings. ``all`` is the 1st-place solution's way.
    """
    if config.name == "scaled_adam":
        clipping_scale = config.scaled_adam.clipping_scale
        return ScaledAdam(model.parameters(), config.learning_rate, config.betas, config.epsilon, clipping_scale)
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
        all micro-batches are done. A warm-up longer than the run is cut off by its end. Eden falls on from the
        beginning; its warm-up is another factor.
    """
    if config.schedule == "eden":
        return _eden(config, step, steps_per_epoch)
    num_steps = epochs * steps_per_epoch
    num_warmup = config.warmup_epochs * steps_per_epoch
    if step < num_warmup:
        return config.learning_rate * step / num_warmup
    progress = (step - num_warmup) / max(num_steps - num_warmup, 1)
    return config.learning_rate * 0.5 * (1 + math.cos(math.pi * progress))


def _eden(config: Optimizer, step: int, steps_per_epoch: int) -> float:
    eden, num_warmup = config.eden, config.warmup_epochs * steps_per_epoch
    batches, epochs = step / eden.num_batches, step // steps_per_epoch / eden.num_epochs
    warmth = eden.warmup_start + (1 - eden.warmup_start) * step / num_warmup if step < num_warmup else 1.0
    return config.learning_rate * warmth * ((1 + batches**2) * (1 + epochs**2)) ** -0.25
