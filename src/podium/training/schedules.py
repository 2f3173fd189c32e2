"""The course of the learning rate."""

import math
from collections.abc import Sequence

from podium.config import CosineFloor, Eden, Linear, Plateau, Schedule


def learning_rate(
    peak: float, schedule: Schedule, step: int, steps_per_epoch: int, epochs: int, scores: Sequence[float] = ()
) -> float:
    """Learning rate of a micro-batch; the schedule moves with every micro-batch (1st-place solution).

    Args:
        peak: ``optimizer.learning_rate``.
        step: Micro-batches done before, 0 … epochs · steps_per_epoch.
        scores: Of the validations so far, in order.

    Returns:
        Linear from 0 to ``peak`` during the warm-up, then a half cosine or a straight line to 0, or a half cosine to
        the schedule's floor, which it reaches when all micro-batches are done. A warm-up longer than the run is cut off
        by its end. Eden falls on from the beginning; its warm-up is another factor. Plateau stays at the peak, but for
        its cuts.
    """
    num_warmup = schedule.warmup_epochs * steps_per_epoch
    if isinstance(schedule, Eden):
        return _eden(peak, schedule, step, steps_per_epoch, num_warmup)
    if isinstance(schedule, Plateau):
        warmth = step / num_warmup if step < num_warmup else 1.0
        return warmth * _plateau(peak, schedule, scores)
    if isinstance(schedule, Linear):
        return _linear(peak, step, epochs * steps_per_epoch, num_warmup)
    floor = schedule.floor if isinstance(schedule, CosineFloor) else 0.0
    return _cosine(peak, step, epochs * steps_per_epoch, num_warmup, floor)


def _cosine(peak: float, step: int, num_steps: int, num_warmup: float, floor: float) -> float:
    if step < num_warmup:
        return peak * step / num_warmup
    progress = (step - num_warmup) / max(num_steps - num_warmup, 1)
    return peak * (floor + (1 - floor) * 0.5 * (1 + math.cos(math.pi * progress)))


def _linear(peak: float, step: int, num_steps: int, num_warmup: float) -> float:
    if step < num_warmup:
        return peak * step / num_warmup
    return peak * max(num_steps - step, 0) / max(num_steps - num_warmup, 1)


def _eden(peak: float, eden: Eden, step: int, steps_per_epoch: int, num_warmup: float) -> float:
    batches, epochs = step / eden.num_batches, step // steps_per_epoch / eden.num_epochs
    warmth = eden.warmup_start + (1 - eden.warmup_start) * step / num_warmup if step < num_warmup else 1.0
    return peak * warmth * ((1 + batches**2) * (1 + epochs**2)) ** -0.25


def _plateau(peak: float, plateau: Plateau, scores: Sequence[float]) -> float:
    rate, best, num_waited = peak, -math.inf, 0
    for score in scores:
        if score > best + plateau.least_gain:
            best, num_waited = score, 0
            continue
        if num_waited >= plateau.patience:
            rate, num_waited = max(rate * plateau.factor, plateau.least_rate), 0
        num_waited += 1
    return rate
