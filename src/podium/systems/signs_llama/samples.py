"""Training and validation samples, and how they become batches.

Legend: B batch, T frames, K columns of a shard, N the 85 points, A axes (x, y), F features of a frame.
"""

from pathlib import Path
from typing import NamedTuple

import numpy as np
import pandas as pd

from podium.systems.signs.clips import SignClips
from podium.systems.signs.labels import LABEL
from podium.systems.signs.raw import open_raw, prepare
from podium.systems.signs_llama.keypoints import AXES, NUM_KEYPOINTS, POSITIONS
from podium.systems.signs_llama.mixup import drawn, mixed
from podium.systems.signs_llama.preparation import Use, centred_points, features, num_features, seen_points
from podium.systems.signs_llama.recipe import Recipe

__all__ = ["TABLE_COLUMNS", "clip_bytes", "collate", "open_raw", "prepare", "training", "validation"]
TABLE_COLUMNS = [LABEL]  # needed of a table beside `podium.training.split.TABLE_COLUMNS`


class Draws(NamedTuple):
    """What chance decides of a clip's mixup; see `podium.systems.signs_llama.mixup.drawn`."""

    lam: float = 1.0
    partner_share: float = 0.0
    start_share: float = 0.0


class Sample(NamedTuple):
    """A clip: centred points (T, 85, 2) float32, NaN if one is missing; its sign's number; its row in the table."""

    x_TNA: np.ndarray
    target: int
    row: int
    draws: Draws = Draws()


class KeypointClips(SignClips):
    """The clips of a table, as `podium.systems.signs.clips.SignClips`, and their keypoints."""

    def __init__(self, table: pd.DataFrame, root: str | Path, recipe: Recipe) -> None:
        super().__init__(table, root)
        self._data = recipe.data

    def _keypoints(self, row: int, use: Use, is_mirrored: bool = False, share: float = 0.0) -> np.ndarray:
        x_TCN = self.points(row).take(POSITIONS, axis=2)
        return centred_points(x_TCN.transpose(0, 2, 1), self._data, use, is_mirrored, share)


class TrainingClips(KeypointClips):
    """Samples by key ``(epoch, item)``; all draws of a sample come from (seed, epoch, item).

    Args:
        seed: Of the run.
    """

    def __init__(self, table: pd.DataFrame, root: str | Path, recipe: Recipe, seed: int) -> None:
        super().__init__(table, root, recipe)
        self._seed = seed

    def num_frames(self, key: tuple[int, int]) -> int:
        """Of a key's sample, for batches of similar lengths."""
        return min(int(self.lengths[key[1]]), self._data.max_frames)

    def __getitem__(self, key: tuple[int, int]) -> Sample:
        epoch, row = key
        data, rng = self._data, np.random.default_rng([self._seed, epoch, row])
        mirror, mix, crop, partner, start = rng.random(5).tolist()
        lam = float(rng.beta(data.mixup_alpha, data.mixup_alpha)) if mix < data.p_mixup else 1.0
        x_TNA = self._keypoints(row, "training", mirror < data.p_mirror, crop)
        return Sample(x_TNA, int(self.targets[row]), row, Draws(lam, partner, start))


class ValidationClips(KeypointClips):
    """All rows of a table, by their position."""

    def __getitem__(self, row: int) -> Sample:
        return Sample(self._keypoints(row, "evaluation"), int(self.targets[row]), row)


def training(table: pd.DataFrame, root: str | Path, recipe: Recipe, seed: int) -> TrainingClips:
    """The training samples of a run."""
    return TrainingClips(table, root, recipe, seed)


def validation(table: pd.DataFrame, root: str | Path, recipe: Recipe) -> ValidationClips:
    """The clips of a table, as a network is judged by them."""
    return ValidationClips(table, root, recipe)


def clip_bytes(recipe: Recipe) -> int:
    """What the longest clip takes in a batch."""
    return recipe.data.max_frames * num_features(recipe.data.choices) * 4


def collate(samples: list[Sample], recipe: Recipe, is_training: bool) -> dict[str, np.ndarray]:
    """Stacks samples, zero-padded behind to the longest; in training each is mixed with another.

    Returns:
        x_BTF float32, mask_BT bool (true on frames that are read), target_B int64, row_B int64; in training also
        other_target_B int64, the partner's, and lam_B float32, what a clip keeps of itself.
    """
    length_B = np.array([len(sample.x_TNA) for sample in samples])
    x_BTNA = np.full((len(samples), length_B.max(), NUM_KEYPOINTS, AXES), np.nan, np.float32)
    for x_TNA, sample in zip(x_BTNA, samples, strict=True):
        x_TNA[: len(sample.x_TNA)] = sample.x_TNA
    is_seen_BTN, choices = seen_points(x_BTNA), recipe.data.choices
    x_BTF, mask_BT = features(x_BTNA, is_seen_BTN, choices), np.arange(length_B.max()) < length_B[:, None]
    target_B = np.array([sample.target for sample in samples], dtype=np.int64)
    batch = {"target_B": target_B, "row_B": np.array([sample.row for sample in samples], dtype=np.int64)}
    if is_training:
        mix = drawn(*np.array([sample.draws for sample in samples]).T, length_B)
        x_BTF, mask_BT = mixed(x_BTF, length_B, mix, is_seen_BTN if choices.mixup == "corrected" else None)
        batch |= {"other_target_B": target_B[mix.partner_B], "lam_B": mix.lam_B}
    return {"x_BTF": x_BTF, "mask_BT": mask_BT, **batch}
