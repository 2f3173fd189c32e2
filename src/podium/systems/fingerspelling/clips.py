"""Clips of landmarks out of shards, and what training does to whole clips: mirror, CutMix.

Inside the pipeline a clip is a float32 array (T, 130, 3) whose memory is laid out as (T, 3, 130), as in the shards: the
x, y and z of a frame are contiguous, and no step copies them into another layout.

Legend: N clips, T frames, L landmarks (130), C coordinates (3), K columns (390).
"""

from itertools import pairwise
from pathlib import Path
from typing import NamedTuple

import numpy as np
import pandas as pd

from podium.data import clips
from podium.errors import UserError
from podium.landmarks.normalise import STATISTICS_COLUMNS, fill_missing, standardise
from podium.systems.fingerspelling.landmarks import COLUMNS, MIRROR, NUM_LANDMARKS


class Stretch(NamedTuple):
    """Frames ``begin`` … ``end`` − 1 of the clip in a row of a table, perhaps mirrored."""

    row: int
    begin: int
    end: int
    is_mirrored: bool = False


class Clips(clips.Clips):
    """The clips of a table, standardised by the statistics that packing has taken of them.

    Args:
        table: Rows with split, file_id, offset, num_frames, and the clips' statistics (mean_x … deviation_z).
        root: The dataset's folder.

    Raises:
        UserError: The table has no statistics.
    """

    def __init__(self, table: pd.DataFrame, root: str | Path) -> None:
        super().__init__(table, root, len(COLUMNS))
        missing = [column for column in STATISTICS_COLUMNS if column not in table]
        if missing:
            raise UserError(f"the index of {root} lacks the column {missing[0]}; `snakemake data` makes it anew")
        self._mean_NC, self._deviation_NC = np.split(table[STATISTICS_COLUMNS].to_numpy(dtype=np.float32), 2, axis=1)

    def normalised(self, row: int) -> np.ndarray:
        """(T, 130, 3) float32, no NaN; equal to `podium.landmarks.normalise.normalise` of the raw clip."""
        return fill_missing(standardise(self.raw(row), self._mean_NC[row], self._deviation_NC[row]))

    def frames(self, stretches: list[Stretch], chosen_T: np.ndarray) -> np.ndarray:
        """Reads and standardises chosen frames of stretches that are laid end to end; no other frame is read.

        Args:
            chosen_T: Ascending numbers of frames, counted through all stretches; −1 for a frame without any landmark.

        Returns:
            (T, 130, 3) float32, missing landmarks NaN. A new array.
        """
        starts = np.cumsum([0, *(stretch.end - stretch.begin for stretch in stretches)])
        bounds = np.searchsorted(chosen_T, starts)
        x_TK = np.empty((len(chosen_T), len(COLUMNS)), dtype=np.float32)
        x_TK[: bounds[0]] = np.nan
        places = zip(starts[:-1], pairwise(bounds), strict=True)
        for (row, begin, _, is_mirrored), (start, (first, last)) in zip(stretches, places, strict=True):
            frames_T = chosen_T[first:last] + (self._begin[row] + begin - start)
            piece_TK = x_TK[first:last]
            shard = self._shard(row)
            if shard.dtype == x_TK.dtype:
                np.take(shard, frames_T, axis=0, out=piece_TK, mode="clip")  # "raise" would go through a buffer
            else:
                piece_TK[:] = shard[frames_T]
            piece_TK -= np.repeat(self._mean_NC[row], NUM_LANDMARKS)
            piece_TK /= np.repeat(self._deviation_NC[row], NUM_LANDMARKS)
            if is_mirrored:
                mirror(piece_TK.reshape(-1, 3, NUM_LANDMARKS).transpose(0, 2, 1))
        return x_TK.reshape(-1, 3, NUM_LANDMARKS).transpose(0, 2, 1)


def mirror(x_TLC: np.ndarray) -> np.ndarray:
    """Left becomes right: x changes its sign, landmarks change places. What is missing stays missing.

    Args:
        x_TLC: (T, 130, 3) float32, standardised. Changed in place.

    Returns:
        ``x_TLC``.
    """
    for coordinate in range(3):  # one at a time: the copies are small enough to stay in the cache
        x_TL = x_TLC[..., coordinate]
        x_TL[:] = x_TL[:, MIRROR]
    np.negative(x_TLC[..., 0], out=x_TLC[..., 0])
    return x_TLC


def cut(length: int, share: float) -> int:
    """Where CutMix cuts: the nearest integer (ties to even) to ``length·share``, in 1 … length − 1; 0 for length 1."""
    return min(max(round(length * share), 1), length - 1)


class Labelled(NamedTuple):
    """A clip as CutMix sees it."""

    stretch: Stretch
    phrase: str
    score: float


def cutmix(first: Labelled, second: Labelled, share: float, is_second_first: bool) -> tuple[list[Stretch], str, float]:
    """The tail of one clip followed by the head of another, all cut at the same share (1st-place solution).

    Args:
        first, second: Whole clips; scores in [0, 1].
        share: In [0, 1); frames and phrases of both clips are cut there.
        is_second_first: The tail is the second clip's, the head the first's.

    Returns:
        The stretches of frames to lay end to end, the phrase (it may be longer than any label), and the score weighted
        by the two shares.
    """
    tail, head = (second, first) if is_second_first else (first, second)
    stretches = [
        tail.stretch._replace(begin=tail.stretch.begin + _cut_of(tail.stretch, share)),
        head.stretch._replace(end=head.stretch.begin + _cut_of(head.stretch, share)),
    ]
    phrase = tail.phrase[cut(len(tail.phrase), share) :] + head.phrase[: cut(len(head.phrase), share)]
    return stretches, phrase, share * head.score + (1 - share) * tail.score


def _cut_of(stretch: Stretch, share: float) -> int:
    return cut(stretch.end - stretch.begin, share)
