"""A batch on which a run broke down, kept for whoever wants to know why."""

from pathlib import Path

import numpy as np
import pandas as pd
from torch.utils.data import DataLoader

from podium.config import Recipe
from podium.data.sampler import BucketSampler
from podium.errors import UserError
from podium.storage.files import atomic_path
from podium.training.readings import Diverged
from podium.training.resume import BAD_BATCH


def report(
    error: Diverged,
    recipe: Recipe,
    loader: DataLoader,
    sampler: BucketSampler,
    rows: pd.DataFrame,
    folder: Path | None,
) -> UserError:
    """Writes bad_batch.npz and says what to change.

    The batch is made again, whole, from its number: every sample follows from seed, epoch and item. The file holds the
    batch under its own names, ``step``, and the row of each clip in the table (of the first one if a sample is made of
    two). ``np.load`` reads it.

    Args:
        rows: The table that the loader's samples come from.
        folder: None writes nothing.
    """
    advice = f"; lower optimizer.learning_rate (now {recipe.optimizer.learning_rate})"
    if recipe.training.precision == "fp16":
        advice += ", or set training.precision to bf16 or fp32"
    if folder is None:
        return UserError(f"{error}{advice}")
    sampler.set_epoch(*divmod(error.step - 1, len(sampler)))
    batch = loader.collate_fn([loader.dataset[key] for key in next(iter(sampler))])
    arrays = {name: np.ascontiguousarray(tensor) for name, tensor in batch.items()}
    clips = rows.iloc[arrays["row_B"]]
    of_clips = {name: _plain(clips[name]) for name in clips}
    path = folder / BAD_BATCH
    with atomic_path(path) as partial, open(partial, "wb") as stream:
        np.savez(stream, step=error.step, **of_clips, **arrays)
    return UserError(f"{error}{advice}; the batch is in {path}")


def _plain(values: pd.Series) -> np.ndarray:
    return values.to_numpy(dtype=str) if pd.api.types.is_string_dtype(values) else values.to_numpy()
