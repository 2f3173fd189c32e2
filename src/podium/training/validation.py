"""What a learner says of clips, and what a system makes of that."""

from collections.abc import Callable
from contextlib import AbstractContextManager
from typing import Any, Protocol

import numpy as np
import torch
from torch.utils.data import DataLoader

from podium.data.sampler import sorted_batches
from podium.training.batches import Collate
from podium.training.learner import LOSS, Learner
from podium.training.ranks import gathered, num_ranks, rank

Outputs = dict[str, np.ndarray]  # of a clip


class Clips(Protocol):
    """The clips of a table: what ``samples.validation`` makes."""

    lengths: np.ndarray

    def __len__(self) -> int: ...

    def __getitem__(self, row: int) -> Any: ...

    def raw(self, row: int) -> np.ndarray:
        """A clip as the exported file takes it; a new array."""


@torch.no_grad()
def answer(
    learner: Learner,
    clips: Clips,
    collate: Collate,
    batch_size: int,
    device: torch.device,
    autocast: Callable[[], AbstractContextManager],
    for_labels: bool = False,
) -> list[Outputs]:
    """What the learner says of every clip, in the order of the table; leaves it in evaluation mode.

    Each rank asks about its share, and all get all answers.

    Args:
        for_labels: Whether later stages shall learn from the answers, see `Learner.labelling`.
    """
    learner.eval()
    batches = sorted_batches(clips.lengths, batch_size)[rank() :: num_ranks()]
    own = []
    # A loader without a generator of its own takes dropout's next number.
    loader = DataLoader(clips, batch_sampler=batches, collate_fn=collate, generator=torch.Generator())
    for batch in loader:
        with autocast():
            outputs = learner.answer({name: tensor.to(device) for name, tensor in batch.items()}, for_labels)
        own += zip(batch["row_B"].tolist(), outputs, strict=True)
    found = {row: outputs for its in gathered(own) for row, outputs in its}
    return [found[row] for row in range(len(clips))]


def mean_loss(outputs: list[Outputs]) -> dict[str, float]:
    """``validation_loss``: the mean of what the clips' answers cost; nothing if the learner does not measure it."""
    losses = [one[LOSS] for one in outputs if LOSS in one]
    return {"validation_loss": float(np.mean(losses, dtype=np.float64))} if losses else {}
