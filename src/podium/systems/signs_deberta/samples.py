"""Training and validation samples, and how they become batches.

Legend: B batch, Y the views of a clip, T frames, C coordinates (x, y, z), N the 100 points.
"""

from pathlib import Path
from typing import NamedTuple

import numpy as np
import pandas as pd

from podium.systems.signs.clips import SignClips
from podium.systems.signs.labels import LABEL
from podium.systems.signs.raw import HAND_COLUMNS, open_raw, prepare
from podium.systems.signs_deberta.keypoints import NUM_POINTS
from podium.systems.signs_deberta.preparation import num_read, prepared
from podium.systems.signs_deberta.recipe import Recipe
from podium.systems.signs_deberta.views import augmented, is_strong

__all__ = ["TABLE_COLUMNS", "clip_bytes", "collate", "open_raw", "prepare", "training", "validation"]
HAND_SHARE = HAND_COLUMNS[0]
TABLE_COLUMNS = [LABEL]  # needed of a table beside `podium.data.columns.TRAINED`
NUM_VIEWS = 3  # one for each of `podium.systems.signs_deberta.learner.VIEWS`


class Sample(NamedTuple):
    """A clip: its views (T, 3, 100) float32, in validation one, 0 if a point is missing; its sign's number; its row."""

    views: tuple[np.ndarray, ...]
    target: int
    row: int


class PreparedClips(SignClips):
    """The clips of a table, as `podium.systems.signs.clips.SignClips`, prepared for a network."""

    def __init__(self, table: pd.DataFrame, root: str | Path, recipe: Recipe) -> None:
        super().__init__(table, root)
        self._data, self._num_epochs = recipe.data, recipe.training.epochs

    def _prepared(self, row: int) -> np.ndarray:
        return prepared(self.points(row), self._data.max_frames)


class TrainingClips(PreparedClips):
    """Samples by key ``(epoch, item)``; all draws of a sample come from (seed, epoch, item).

    Args:
        seed: Of the run.
    """

    def __init__(self, table: pd.DataFrame, root: str | Path, recipe: Recipe, seed: int) -> None:
        super().__init__(table, root, recipe)
        self._seed = seed
        shares = table[HAND_SHARE].to_numpy(dtype=np.float64)  # `prepare` has measured it
        hands = np.rint(self.lengths * shares).astype(np.int64)
        seen = np.where(hands > 0, hands, self.lengths)
        self._num_read = np.array([num_read(int(number), self._data.max_frames) for number in seen])
        self._rows_of = {target: np.flatnonzero(self.targets == target) for target in np.unique(self.targets)}

    def num_frames(self, key: tuple[int, int]) -> int:
        """Of a key's sample before a crop, for batches of similar lengths."""
        return int(self._num_read[key[1]])

    def __getitem__(self, key: tuple[int, int]) -> Sample:
        epoch, row = key
        rng = np.random.default_rng([self._seed, epoch, row])
        x_TCN, strong = self._prepared(row), is_strong(self._data.augmentation, epoch, self._num_epochs)
        rows = self._rows_of[int(self.targets[row])]

        def other() -> np.ndarray:
            return self._prepared(int(rng.choice(rows)))

        views = tuple(augmented(x_TCN, other, self._data, strong, rng) for _ in range(NUM_VIEWS))
        return Sample(views, int(self.targets[row]), row)


class ValidationClips(PreparedClips):
    """All rows of a table, by their position."""

    def __getitem__(self, row: int) -> Sample:
        return Sample((self._prepared(row),), int(self.targets[row]), row)


def training(table: pd.DataFrame, root: str | Path, recipe: Recipe, seed: int) -> TrainingClips:
    """The training samples of a run."""
    return TrainingClips(table, root, recipe, seed)


def validation(table: pd.DataFrame, root: str | Path, recipe: Recipe) -> ValidationClips:
    """The clips of a table, as a network is judged by them."""
    return ValidationClips(table, root, recipe)


def clip_bytes(recipe: Recipe) -> int:
    """What the longest clip takes in a batch."""
    return NUM_VIEWS * recipe.data.max_frames * 3 * NUM_POINTS * 4


def collate(samples: list[Sample], recipe: Recipe, is_training: bool) -> dict[str, np.ndarray]:
    """Stacks samples, zero-padded behind to the longest; with ``padding: published`` to ``max_frames``.

    Returns:
        target_B int64, row_B int64; in training x_BYTCN float32 and mask_BYT bool (true on frames), of three views
        each, else x_BTCN and mask_BT.
    """
    length_BY = np.array([[len(view) for view in sample.views] for sample in samples])
    is_published = recipe.model.choices.padding == "published"
    num_frames = recipe.data.max_frames if is_published else length_BY.max()
    x_BYTCN = np.zeros((*length_BY.shape, num_frames, 3, NUM_POINTS), np.float32)
    for x_YTCN, sample in zip(x_BYTCN, samples, strict=True):
        for x_TCN, view in zip(x_YTCN, sample.views, strict=True):
            x_TCN[: len(view)] = view
    mask_BYT = np.arange(num_frames) < length_BY[..., None]
    clips = {"x_BYTCN": x_BYTCN, "mask_BYT": mask_BYT}
    if not is_training:
        clips = {"x_BTCN": x_BYTCN[:, 0], "mask_BT": mask_BYT[:, 0]}
    return {
        **clips,
        "target_B": np.array([sample.target for sample in samples], dtype=np.int64),
        "row_B": np.array([sample.row for sample in samples], dtype=np.int64),
    }
