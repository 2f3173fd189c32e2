"""Samples that are whole clips with one number to learn: for a system that changes nothing in training.

Legend: B batch, T frames, K columns of values.
"""

from pathlib import Path
from typing import NamedTuple

import numpy as np
import pandas as pd

from podium.data.clips import Clips


class Sample(NamedTuple):
    """A clip: values (T, K) float32, what is learned of it, and its row in the table."""

    x_TK: np.ndarray
    target: int
    row: int


class WholeClips(Clips):
    """The clips of a table, in training by key (epoch, item), else by row.

    Args:
        table: See `Clips`.
        root: The dataset's folder.
        targets: Whole numbers, one per row.
    """

    def __init__(self, table: pd.DataFrame, root: str | Path, targets: np.ndarray) -> None:
        super().__init__(table, root)
        self.lengths, self._targets = table["num_frames"].to_numpy(dtype=np.int64), targets

    def __len__(self) -> int:
        return len(self.lengths)

    def num_frames(self, key: tuple[int, int]) -> int:
        """Of a key's sample, for batches of similar lengths."""
        return int(self.lengths[key[1]])

    def raw(self, row: int) -> np.ndarray:
        """(T, K) float32, a new array."""
        return super().raw(row).copy()

    def __getitem__(self, key: int | tuple[int, int]) -> Sample:
        row = key[1] if isinstance(key, tuple) else key
        return Sample(self.raw(row), int(self._targets[row]), row)


def collate(samples: list[Sample], recipe: object = None, is_training: bool = True) -> dict[str, np.ndarray]:
    """A batch: x_BTK float32 with zeros behind, mask_BT bool, target_B and row_B int64."""
    num_frames = [len(sample.x_TK) for sample in samples]
    x_BTK = np.zeros((len(samples), max(num_frames), samples[0].x_TK.shape[1]), dtype=np.float32)
    for place_TK, sample in zip(x_BTK, samples, strict=True):
        place_TK[: len(sample.x_TK)] = sample.x_TK
    return {
        "x_BTK": x_BTK,
        "mask_BT": np.arange(x_BTK.shape[1]) < np.array(num_frames)[:, None],
        "target_B": np.array([sample.target for sample in samples]),
        "row_B": np.array([sample.row for sample in samples]),
    }


def clip_bytes(recipe: object) -> int:
    """Of the longest clip in a batch: not known, so that the memory which loader processes share is not checked."""
    return 0
