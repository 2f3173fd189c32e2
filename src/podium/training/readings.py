"""Losses and gradient norms of a run, and what is wrong when they are."""

from dataclasses import dataclass, field
from typing import Any

import numpy as np
import torch

from podium.config import Training
from podium.training.ranks import mean_over_ranks

CHECK_EVERY_STEPS = 20  # how often losses are looked at; each look waits for the GPU to finish its queue
NUM_REMEMBERED = 200  # losses that a rise is held against; no rise is seen before half of them are there
LEAST_LOSS = 1.0  # a rise from less is no explosion: guessing among 63 tokens costs 4.1
MAX_SKIPPED_STEPS = 40  # a gradient scaler halves from 65536 to 1 in 16


class Diverged(Exception):
    """A run that cannot get better; the message says what became of what."""

    def __init__(self, step: int, what: str) -> None:
        super().__init__(what)
        self.step = step


@dataclass
class Readings:
    """Part of a run's state. Numbers wait on the device until somebody looks at them.

    Attributes:
        sums: Sums of this epoch's losses that have been looked at.
        unseen: Losses that have not, one entry per micro-batch.
        unseen_norms: Gradient norms before clipping, each after its micro-batch's number.
        norm_sum: Sum of the finite gradient norms of this epoch.
        num_norms: How many these are.
        num_skipped: Gradients in a row that were not finite.
        recent: Losses of the last micro-batches, over epochs.
    """

    sums: dict[str, float] = field(default_factory=dict)
    unseen: list[dict[str, torch.Tensor]] = field(default_factory=list)
    unseen_norms: list[tuple[int, torch.Tensor]] = field(default_factory=list)
    norm_sum: float = 0.0
    num_norms: int = 0
    num_skipped: int = 0
    recent: list[float] = field(default_factory=list)

    def dump(self) -> dict[str, Any]:
        """All attributes, with tensors on the CPU."""
        dumped = Readings(**vars(self))
        dumped.move_to(torch.device("cpu"))
        return vars(dumped)

    def move_to(self, device: torch.device) -> None:
        """Takes what nobody has looked at to a device."""
        self.unseen = [{name: loss.to(device) for name, loss in losses.items()} for losses in self.unseen]
        self.unseen_norms = [(step, norm.to(device)) for step, norm in self.unseen_norms]

    def add(self, losses: dict[str, torch.Tensor]) -> None:
        """Notes a micro-batch."""
        self.unseen.append({name: loss.detach() for name, loss in losses.items()})

    @property
    def is_due(self) -> bool:
        """Enough has come together."""
        return len(self.unseen) >= CHECK_EVERY_STEPS

    def look(self, step: int, training: Training, is_warm: bool) -> None:
        """Reads what is unseen.

        Args:
            step: Number of the last micro-batch.
            is_warm: The warm-up is over.

        Raises:
            Diverged: A loss or a gradient is not finite, or the losses have exploded.
        """
        first = step - len(self.unseen) + 1
        for name in self.unseen[0]:
            values = mean_over_ranks(torch.stack([one[name] for one in self.unseen]).double()).cpu().numpy()
            self.sums[name] = self.sums.get(name, 0.0) + float(values.sum())
            if name == "loss":
                losses = values
        self.unseen.clear()
        for number, loss in enumerate(losses, first):
            if not np.isfinite(loss):
                raise Diverged(number, f"the loss became {loss} at micro-batch {number}")
        self._look_at_norms(training)
        self.recent = (self.recent + losses.tolist())[-NUM_REMEMBERED - CHECK_EVERY_STEPS :]
        if is_warm and training.max_loss_rise:
            self._look_for_a_rise(step, training.max_loss_rise)

    def _look_at_norms(self, training: Training) -> None:
        for number, norm in self.unseen_norms:
            value = float(norm)
            if np.isfinite(value):
                self.norm_sum, self.num_norms, self.num_skipped = self.norm_sum + value, self.num_norms + 1, 0
                continue
            self.num_skipped += 1  # which a gradient scaler may do: it looks for the largest scale that works
            if training.precision != "fp16" or self.num_skipped > MAX_SKIPPED_STEPS:
                raise Diverged(number, f"the gradient became {value} at micro-batch {number}")
        self.unseen_norms.clear()

    def _look_for_a_rise(self, step: int, max_rise: float) -> None:
        before, latest = self.recent[:-CHECK_EVERY_STEPS], self.recent[-CHECK_EVERY_STEPS:]
        if len(before) < NUM_REMEMBERED // 2:
            return
        limit = max_rise * max(float(np.median(before)), LEAST_LOSS)
        # The median: a single odd batch is no explosion.
        if np.median(latest) > limit:
            place = next(place for place, loss in enumerate(latest) if loss > limit)
            number = step - len(latest) + 1 + place
            raise Diverged(number, f"the loss exploded to {latest[place]:.3g} at micro-batch {number}")

    def means(self, num_batches: int) -> dict[str, float]:
        """Of an epoch that is over: ``gradient_norm`` (NaN without a step), and each loss by its name."""
        norm = self.norm_sum / self.num_norms if self.num_norms else float("nan")
        return {"gradient_norm": norm, **{name: total / num_batches for name, total in self.sums.items()}}

    def begin_next_epoch(self) -> None:
        """Forgets an epoch; what has been noted across epochs stays."""
        self.sums, self.norm_sum, self.num_norms = {}, 0.0, 0
