"""The course of the learning rate."""

import math

from podium.config import Optimizer


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
