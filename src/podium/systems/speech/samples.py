"""From sound files to batches. Knows numpy, no framework.

Clips of the split "supplemental" have no label of their own. They are trained on if an earlier stage has labelled them,
which the table's column `LABELLED_BY` says; its column `PROBABILITIES` then tells what that stage's networks said.

Letters in tensor names: B batch, R rows of a table, W samples (16,000), V classes.
"""

from pathlib import Path
from typing import NamedTuple

import numpy as np
import pandas as pd

from podium.data.clips import Clips
from podium.errors import UserError
from podium.systems.speech.augment import augmented, silence
from podium.systems.speech.conversion import LABELLED_BY, PROBABILITIES, to_12
from podium.systems.speech.entries import SILENT, Entries
from podium.systems.speech.labels import CLASSES, LABEL, NOISE, SILENCE, UNKNOWN, class_of
from podium.systems.speech.layout import CLIP_FRAMES, CLIP_SAMPLES, FRAME_SAMPLES
from podium.systems.speech.noise import Noise
from podium.systems.speech.raw import open_raw, prepare
from podium.systems.speech.recipe import Recipe

__all__ = ["TABLE_COLUMNS", "clip_bytes", "collate", "open_raw", "prepare", "training", "validation"]

TABLE_COLUMNS = [LABEL]
Key = tuple[int, int]


class Sample(NamedTuple):
    """A clip: (16000,) float32, its targets (V,) float32, and its row in the table."""

    x_W: np.ndarray
    target_V: np.ndarray
    row: int


class Waves(Clips):
    """The clips of a table as waveforms.

    Args:
        table: See `Clips`; and the labels.
        num_classes: 12 or 32.
    """

    def __init__(self, table: pd.DataFrame, root: str | Path, num_classes: int) -> None:
        super().__init__(table, root, FRAME_SAMPLES)
        self.classes = CLASSES[num_classes]
        self.names_R = np.array([class_of(label, num_classes) for label in table[LABEL]])
        self.targets_RV = np.eye(num_classes, dtype=np.float32)[[self.classes.index(name) for name in self.names_R]]
        self.lengths = np.full(len(table), CLIP_FRAMES)

    def __len__(self) -> int:
        return len(self.lengths)

    def whole(self, row: int) -> np.ndarray:
        """(W,) float32: all of a recording, as a view if that can be."""
        return Clips.raw(self, row).reshape(-1)

    def raw(self, row: int) -> np.ndarray:
        """(16000,) float32, a new array: the first second."""
        return self.whole(row)[:CLIP_SAMPLES].copy()


class ValidationWaves(Waves):
    """Clips as they are.

    Args:
        zero_silence: Whether silences are zeros, as published, and not what was recorded.
    """

    def __init__(self, table: pd.DataFrame, root: str | Path, num_classes: int, zero_silence: bool) -> None:
        super().__init__(table, root, num_classes)
        self._zero_silence = zero_silence

    def raw(self, row: int) -> np.ndarray:
        """(16000,) float32, a new array."""
        x_W = super().raw(row)
        return np.zeros_like(x_W) if self._zero_silence and self.names_R[row] == SILENCE else x_W

    def __getitem__(self, row: int) -> Sample:
        return Sample(self.raw(row), self.targets_RV[row], row)


class TrainingWaves(Waves):
    """Clips as training hears them, by key (epoch, item). All draws of a sample follow from (seed, epoch, item).

    Recordings of noise are no samples; they are what clips are mixed with, and what silences are cut from.

    Raises:
        UserError: There is nothing to learn.
    """

    def __init__(self, table: pd.DataFrame, root: str | Path, recipe: Recipe, seed: int) -> None:
        super().__init__(table, root, recipe.model.num_classes)
        self._seed, self._settings = seed, recipe.data.augment
        is_extra_R = is_supplemental(table)
        is_noise_R = table[LABEL].isin([NOISE, SILENCE]).to_numpy() & ~is_extra_R
        if recipe.choices.pseudo_silence == "published":
            self._take_for_unknown(is_extra_R)
        told_R = is_extra_R & is_labelled(table)
        if recipe.learning.soft_labels:
            self._soften(table, told_R, recipe)
        self.entries = Entries(self.names_R, ~is_extra_R & ~is_noise_R, told_R, recipe, seed)
        self._noise_rows = np.flatnonzero(is_noise_R)
        lengths = (self._end - self._begin)[self._noise_rows] * FRAME_SAMPLES
        self._noise = Noise(lengths, self._recording, self._settings.coloured_noise)

    def __len__(self) -> int:
        return len(self.entries)

    def num_frames(self, key: Key) -> int:
        """Of a key's sample: all are of one length."""
        return CLIP_FRAMES

    def __getitem__(self, key: Key) -> Sample:
        epoch, item = key
        rng = np.random.default_rng([self._seed, epoch, item])
        row = self.entries.row(epoch, item, rng)
        if row == SILENT:
            noise_row = int(self._noise_rows[0]) if len(self._noise_rows) else 0
            return Sample(silence(rng, self._settings, self._noise), self._silent_V, noise_row)
        x_W = self.whole(row)[:CLIP_SAMPLES]
        return Sample(augmented(x_W, rng, self._settings, self._noise), self.targets_RV[row], row)

    def _recording(self, number: int) -> np.ndarray:
        return self.whole(int(self._noise_rows[number]))

    @property
    def _silent_V(self) -> np.ndarray:
        return np.eye(1, self.targets_RV.shape[1], self.classes.index(SILENCE), dtype=np.float32)[0]

    def _take_for_unknown(self, is_extra_R: np.ndarray) -> None:
        """As published: the folder `silence` of earlier stages' labels is no wanted word."""
        is_silent_R = is_extra_R & (self.names_R == SILENCE)
        self.names_R[is_silent_R] = UNKNOWN
        self.targets_RV[is_silent_R] = np.eye(1, len(self.classes), self.classes.index(UNKNOWN))

    def _soften(self, table: pd.DataFrame, told_R: np.ndarray, recipe: Recipe) -> None:
        """Mixes what earlier stages said into the targets of the clips that they have labelled."""
        if not told_R.any():
            return
        probs_NV = np.stack(table.loc[told_R, PROBABILITIES].tolist()).astype(np.float32)
        if len(self.classes) == 12:
            probs_NV = to_12(probs_NV, "sum")
        if probs_NV.shape[1] != len(self.classes):
            raise UserError(
                f"learning.soft_labels: earlier stages told {probs_NV.shape[1]} classes, and this network has"
                f" {len(self.classes)}; take hard labels"
            )
        shares_NV = np.maximum(probs_NV, 0) ** (1 / recipe.learning.temperature)
        shares_NV /= shares_NV.sum(1, keepdims=True)
        soft = np.float32(recipe.learning.soft_labels)
        self.targets_RV[told_R] = (1 - soft) * self.targets_RV[told_R] + soft * shares_NV


def training(table: pd.DataFrame, root: str | Path, recipe: Recipe, seed: int) -> TrainingWaves:
    """The clips of a table as training hears them."""
    return TrainingWaves(table, root, recipe, seed)


def validation(table: pd.DataFrame, root: str | Path, recipe: Recipe) -> ValidationWaves:
    """The clips of a table as they are."""
    zero_silence = recipe.choices.validation_silence == "published"
    return ValidationWaves(table, root, recipe.model.num_classes, zero_silence)


def collate(samples: list[Sample], recipe: Recipe, is_training: bool) -> dict[str, np.ndarray]:
    """x_BW and target_BV float32, row_B int64. Every clip is a second, so that nothing is padded."""
    return {
        "x_BW": np.stack([sample.x_W for sample in samples]),
        "target_BV": np.stack([sample.target_V for sample in samples]),
        "row_B": np.array([sample.row for sample in samples]),
    }


def clip_bytes(recipe: Recipe) -> int:
    """Of a clip in a batch."""
    return CLIP_SAMPLES * np.dtype(np.float32).itemsize


def is_supplemental(table: pd.DataFrame) -> np.ndarray:
    """bool (R,): rows that have no label of their own."""
    return (table["split"] == "supplemental").to_numpy()


def is_labelled(table: pd.DataFrame) -> np.ndarray:
    """bool (R,): rows that an earlier stage has labelled."""
    return table[LABELLED_BY].ne("").to_numpy() if LABELLED_BY in table else np.zeros(len(table), bool)
