"""Training batches: a system's samples, in this rank's shares, as tensors."""

from types import ModuleType
from typing import Any

import numpy as np
import pandas as pd
import torch
from torch.utils.data import DataLoader

from podium.config import Recipe
from podium.data.sampler import BucketSampler
from podium.training.learner import Batch
from podium.training.ranks import Shares
from podium.training.resume import outlive_signals


class Collate:
    """Makes tensors of what a system's samples make of a batch, without a copy; the layout in memory stays.

    Args:
        samples: The system's module.
        is_training: Whether the batch is learned from.
    """

    def __init__(self, samples: ModuleType, recipe: Recipe, is_training: bool) -> None:
        self._collate, self._recipe, self._is_training = samples.collate, recipe, is_training

    def __call__(self, samples: list[Any]) -> Batch:
        arrays: dict[str, np.ndarray] = self._collate(samples, self._recipe, self._is_training)
        return {name: torch.from_numpy(array) for name, array in arrays.items()}


def training_batches(
    samples: ModuleType, rows: pd.DataFrame, root: Any, recipe: Recipe, seed: int, device: torch.device
) -> tuple[DataLoader, BucketSampler]:
    """The loader of this rank's shares of the training batches, and the sampler of the whole ones, which is told each
    epoch's number.

    Args:
        samples: The system's module.
        rows: What its ``training`` takes, as ``root``, the dataset's folder.
    """
    clips, training = samples.training(rows, root, recipe, seed), recipe.training
    sampler = BucketSampler(len(clips), clips.num_frames, training.batch_size, training.bucket_batches, seed)
    loader = DataLoader(
        clips,
        batch_sampler=Shares(sampler),
        collate_fn=Collate(samples, recipe, is_training=True),
        num_workers=training.num_workers,
        persistent_workers=training.num_workers > 0,
        worker_init_fn=outlive_signals,
        pin_memory=device.type == "cuda",
        # Loader processes are seeded from this generator; without one they would take dropout's next number.
        generator=torch.Generator(),
    )
    return loader, sampler
