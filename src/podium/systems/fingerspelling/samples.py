"""Training and validation samples, and how they become batches.

Legend: B batch, T frames, L landmarks (130), C coordinates (3), S label positions (33).
"""

from itertools import takewhile
from pathlib import Path
from typing import NamedTuple

import numpy as np
import pandas as pd

from podium.errors import UserError
from podium.landmarks.normalise import fill_missing, resize
from podium.systems.fingerspelling.augment import FrameAugmentation, build_augmentations
from podium.systems.fingerspelling.clips import Clips, Labelled, Stretch, cutmix
from podium.systems.fingerspelling.labels import LABELS
from podium.systems.fingerspelling.landmarks import COLUMNS, NUM_LANDMARKS
from podium.systems.fingerspelling.raw import open_raw, prepare  # noqa: F401  for packing
from podium.systems.fingerspelling.recipe import Data, Recipe
from podium.systems.fingerspelling.text import encode

TABLE_COLUMNS = [LABELS.column]  # needed of a table beside `podium.data.columns.TRAINED`
MAX_PLANNED = 4096  # four times the clips that are usually sorted together


class Sample(NamedTuple):
    """One clip, ready for a batch.

    Attributes:
        x_TLC: (T, 130, 3) float32, normalised, missing landmarks 0.
        labels_S: (33,) int64.
        score: In [0, 1]; how well round 1 read the clip, 1 if it is not known.
        num_frames: Length of the recording, before any augmentation.
        row: Position in the dataset's table; of the first clip if CutMix joined two.
    """

    x_TLC: np.ndarray
    labels_S: np.ndarray
    score: float
    num_frames: int
    row: int


class _Plan(NamedTuple):
    """A training sample before anything is read: what to lay end to end, and which of its frames to show."""

    row: int
    stretches: list[Stretch]
    phrase: str
    score: float
    chosen_T: np.ndarray
    rng: np.random.Generator


class TrainingClips:
    """Training samples by key ``(epoch, item)``.

    All random draws of a sample come from (seed, epoch, item), so that neither the order of the keys nor the number of
    loader processes nor an interruption changes a sample. Items are the table's train rows, then the supplemental ones
    as ``data.supplemental`` says: "phrases" makes one item of each distinct supplemental phrase, and each time one of
    its recordings is drawn.

    Args:
        table: split, file_id, sequence_id, participant_id, phrase, offset, num_frames; optionally score. Rows shorter
            than ``data.min_train_frames`` are left out.
        root: The dataset's folder, with shards/.
        data: The recipe's section.
        seed: Of the run.

    Raises:
        UserError: Nothing is left to train on, or an augmentation is unknown or has wrong parameters.
    """

    def __init__(self, table: pd.DataFrame, root: str | Path, data: Data, seed: int) -> None:
        self._data = data
        self._seed = seed
        augmentations = build_augmentations(data.augment)
        # Those that only choose frames run before anything is read, as long as nothing else stands before them.
        self._choices = list(takewhile(lambda one: isinstance(one, FrameAugmentation), augmentations))
        self._changes = augmentations[len(self._choices) :]
        self._rows = _Rows(table, root)
        is_usable = table["num_frames"].to_numpy() >= data.min_train_frames
        is_supplemental = (table["split"] == "supplemental").to_numpy()
        if data.supplemental == "none":
            is_usable = is_usable & ~is_supplemental
        is_own_item = is_usable & ~is_supplemental if data.supplemental == "phrases" else is_usable
        shared = np.flatnonzero(is_usable & ~is_own_item)
        phrases = pd.factorize(table["phrase"].to_numpy()[shared], sort=True)[0]
        self._recordings = _Groups(
            np.concatenate([np.flatnonzero(is_own_item), shared]),
            np.concatenate([np.arange(is_own_item.sum()), is_own_item.sum() + phrases]),
        )
        if not len(self._recordings):
            raise UserError(f"no clip of at least {data.min_train_frames} frames to train on; lower min_train_frames")
        usable = np.flatnonzero(is_usable)
        signers, self._signer_of_row = np.unique(table["participant_id"].to_numpy(), return_inverse=True)
        self._rows_of_signer = _Groups(usable, self._signer_of_row[usable], num_groups=len(signers))
        self._planned: dict[tuple[int, int], _Plan] = {}  # for `num_frames`, and not yet made

    def __len__(self) -> int:
        return len(self._recordings)

    def num_frames(self, key: tuple[int, int]) -> int:
        """Frames of a key's sample, without making it: for bucketing.

        CutMix and tempo are in it; an augmentation of tempo that stands behind others is not.
        """
        if len(self._planned) == MAX_PLANNED:  # loader processes make the samples, and nobody takes these
            self._planned.clear()
        self._planned[key] = self._plan(key)
        return min(len(self._planned[key].chosen_T), self._data.max_frames)

    def __getitem__(self, key: tuple[int, int]) -> Sample:
        plan = self._planned.pop(key, None) or self._plan(key)
        x_TLC = self._rows.clips.frames(plan.stretches, plan.chosen_T)
        for change in self._changes:
            x_TLC = change(x_TLC, plan.rng)
        x_TLC = fill_missing(resize(x_TLC, self._data.max_frames))
        return Sample(x_TLC, encode(plan.phrase), plan.score, int(self._rows.num_frames[plan.row]), plan.row)

    def _plan(self, key: tuple[int, int]) -> _Plan:
        """All that is decided before anything is read."""
        epoch, item = key
        data = self._data
        rng = np.random.default_rng([self._seed, epoch, item])
        recordings = self._recordings[item]
        row = int(recordings[rng.integers(len(recordings))] if len(recordings) > 1 else recordings[0])
        is_mirrored = bool(rng.random() < data.p_mirror)
        first = self._rows.labelled(row, is_mirrored)
        stretches, phrase, score = [first.stretch], first.phrase, first.score
        if rng.random() < data.p_cutmix:
            partner = self._partner(row, rng)
            if partner is not None:
                share, is_second_first = rng.random(), bool(rng.random() < 0.5)
                second = self._rows.labelled(partner, is_mirrored and data.mirror == "corrected")
                stretches, phrase, score = cutmix(first, second, share, is_second_first)
        chosen_T = np.arange(sum(stretch.end - stretch.begin for stretch in stretches))
        for choice in self._choices:
            chosen_T = choice.choose_from(chosen_T, rng)
        return _Plan(row, stretches, phrase, score, chosen_T, rng)

    def _partner(self, row: int, rng: np.random.Generator) -> int | None:
        """Another usable row of the same signer, uniformly; None when there is none."""
        candidates = self._rows_of_signer[self._signer_of_row[row]]
        if len(candidates) < 2:
            return None
        # Draw among the others: those from `row`'s own place on move up by one.
        place = int(np.searchsorted(candidates, row))
        drawn = int(rng.integers(len(candidates) - 1))
        return int(candidates[drawn + (drawn >= place)])


class ValidationClips:
    """All rows of a table, unchanged but for the resize of long clips; keys are positions in the table.

    Args:
        table: As for `TrainingClips`.
        root: The dataset's folder, with shards/.
        max_frames: Longer clips are resized to this length.
    """

    def __init__(self, table: pd.DataFrame, root: str | Path, max_frames: int) -> None:
        self._rows = _Rows(table, root)
        self._max_frames = max_frames

    def __len__(self) -> int:
        return len(self._rows.num_frames)

    @property
    def lengths(self) -> np.ndarray:
        """(len(self),) int64: frames of each clip."""
        return self._rows.num_frames

    def raw(self, row: int) -> np.ndarray:
        """(T, 390) float32, NaN kept: what the exported file takes. A new array."""
        return self._rows.clips.raw(row).copy()

    def __getitem__(self, row: int) -> Sample:
        x_TLC = self._rows.clips.normalised(row)
        phrase, score = self._rows.label(row)
        return Sample(resize(x_TLC, self._max_frames), encode(phrase), score, int(self._rows.num_frames[row]), row)


class _Groups:
    """Groups of rows in two flat arrays: a list of arrays would be copied into every loader process, bit by bit.

    Args:
        rows: Row numbers.
        group_of_row: (len(rows),) the group of each; groups are counted from 0.
    """

    def __init__(self, rows: np.ndarray, group_of_row: np.ndarray, num_groups: int | None = None) -> None:
        order = np.lexsort((rows, group_of_row))
        if num_groups is None:
            num_groups = int(group_of_row.max()) + 1 if len(rows) else 0
        self._rows = rows[order].astype(np.int32)
        self._starts = np.searchsorted(group_of_row[order], np.arange(num_groups + 1))

    def __len__(self) -> int:
        return len(self._starts) - 1

    def __getitem__(self, group: int) -> np.ndarray:
        """The rows of a group, ascending."""
        return self._rows[self._starts[group] : self._starts[group + 1]]


class _Rows:
    """A table's columns as arrays, beside its clips."""

    def __init__(self, table: pd.DataFrame, root: str | Path) -> None:
        self.clips = Clips(table, root)
        self._phrases = table["phrase"].to_numpy(dtype=bytes)  # ASCII, as all 59 characters; see _Groups for the reason
        scores = table["score"] if "score" in table else pd.Series(np.nan, index=table.index)
        self._scores = scores.astype(float).fillna(1.0).clip(0.0, 1.0).to_numpy()
        self.num_frames = table["num_frames"].to_numpy(dtype=np.int64)

    def labelled(self, row: int, is_mirrored: bool) -> Labelled:
        """A whole clip, with its phrase and score."""
        return Labelled(Stretch(row, 0, int(self.num_frames[row]), is_mirrored), *self.label(row))

    def label(self, row: int) -> tuple[str, float]:
        """Phrase and score; there is nothing to trust where there is nothing to read."""
        phrase = self._phrases[row].decode("ascii")
        return phrase, float(self._scores[row]) if phrase else 0.0


def training(table: pd.DataFrame, root: str | Path, recipe: Recipe, seed: int) -> TrainingClips:
    """The training samples of a run."""
    return TrainingClips(table, root, recipe.data, seed)


def validation(table: pd.DataFrame, root: str | Path, recipe: Recipe) -> ValidationClips:
    """The clips of a table, as a network is judged by them."""
    return ValidationClips(table, root, recipe.data.max_frames)


def clip_bytes(recipe: Recipe) -> int:
    """What the longest clip takes in a batch."""
    return recipe.data.max_frames * len(COLUMNS) * 4


def collate(samples: list[Sample], recipe: Recipe, is_training: bool) -> dict[str, np.ndarray]:
    """Stacks samples, zero-padded behind: to the longest, or as ``data.pad_to`` says in training.

    Returns:
        x_BTLC float32 (in memory B, T, C, L), mask_BT bool (True on frames of the clip), labels_BS int64, score_B
        float32, lengths_B int64 (frames of the recordings), row_B int64.
    """
    is_fixed = is_training and recipe.data.pad_to == "max_frames"
    num_frames = recipe.data.max_frames if is_fixed else max(len(sample.x_TLC) for sample in samples)
    x_BTCL = np.zeros((len(samples), num_frames, 3, NUM_LANDMARKS), dtype=np.float32)
    mask_BT = np.zeros((len(samples), num_frames), dtype=bool)
    for x_TCL, mask_T, sample in zip(x_BTCL, mask_BT, samples, strict=True):
        x_TCL[: len(sample.x_TLC)] = sample.x_TLC.transpose(0, 2, 1)
        mask_T[: len(sample.x_TLC)] = True
    return {
        "x_BTLC": x_BTCL.transpose(0, 1, 3, 2),
        "mask_BT": mask_BT,
        "labels_BS": np.stack([sample.labels_S for sample in samples]),
        "score_B": np.array([sample.score for sample in samples], dtype=np.float32),
        "lengths_B": np.array([sample.num_frames for sample in samples], dtype=np.int64),
        "row_B": np.array([sample.row for sample in samples], dtype=np.int64),
    }
