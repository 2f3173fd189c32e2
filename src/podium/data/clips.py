"""Clips out of shards, and what training does to whole clips: mirror, CutMix.

Inside the pipeline a clip is a float32 array (T, 130, 3) whose memory is laid out as (T, 3, 130), as in the shards: the
x, y and z of a frame are contiguous, and no step but the last copies them into the layout of a batch.

Legend: T frames, L landmarks (130), C coordinates (3), K columns (390).
"""

from pathlib import Path

import numpy as np
import pandas as pd

from podium.landmarks import MIRROR
from podium.normalise import normalise


def shard_path(root: str | Path, split: str, file_id: int) -> Path:
    """Place of a shard below a dataset's folder."""
    return Path(root, "shards", split, f"{file_id}.npy")


class Clips:
    """The clips of a table, memory-mapped shard by shard when first read in a process.

    Args:
        table: Rows with split, file_id, offset, num_frames.
        root: The dataset's folder.
    """

    def __init__(self, table: pd.DataFrame, root: str | Path) -> None:
        of_shard = table.groupby(["split", "file_id"])
        self._shard_of_row = of_shard.ngroup().to_numpy()
        self._paths = [shard_path(root, split, file_id) for split, file_id in of_shard.groups]
        self._begin = table["offset"].to_numpy(dtype=np.int64)
        self._end = self._begin + table["num_frames"].to_numpy(dtype=np.int64)
        self._open: dict[int, np.ndarray] = {}

    def __getstate__(self) -> dict:
        """Without the open maps: a worker process opens its own."""
        return {**self.__dict__, "_open": {}}

    def raw(self, row: int) -> np.ndarray:
        """(T, 390) float32, NaN kept; a read-only view of the file."""
        shard = int(self._shard_of_row[row])
        if shard not in self._open:
            self._open[shard] = np.asarray(np.load(self._paths[shard], mmap_mode="r"))
        return self._open[shard][self._begin[row] : self._end[row]]

    def normalised(self, row: int) -> np.ndarray:
        """(T, 130, 3) float32, see `normalise`."""
        return normalise(self.raw(row))


def mirror(x_TLC: np.ndarray) -> np.ndarray:
    """Left becomes right: x changes its sign, landmarks change places. Zeros stay zeros.

    Args:
        x_TLC: (T, 130, 3) float32, normalised.
    """
    mirrored_TCL = x_TLC.transpose(0, 2, 1)[:, :, MIRROR]
    np.negative(mirrored_TCL[:, 0], out=mirrored_TCL[:, 0])
    return mirrored_TCL.transpose(0, 2, 1)


def cut(length: int, share: float) -> int:
    """Where CutMix cuts: the nearest integer (ties to even) to ``length·share``, in 1 … length − 1; 0 for length 1."""
    return min(max(round(length * share), 1), length - 1)


def cutmix(
    first: tuple[np.ndarray, str, float], second: tuple[np.ndarray, str, float], share: float, is_second_first: bool
) -> tuple[np.ndarray, str, float]:
    """The tail of one clip followed by the head of another, all cut at the same share (1st-place solution).

    Args:
        first, second: Frames (T, 130, 3), phrase, score in [0, 1].
        share: In [0, 1); frames and phrases of both clips are cut there.
        is_second_first: The tail is the second clip's, the head the first's.

    Returns:
        Frames, phrase (it may be longer than any label), score weighted by the two shares.
    """
    tail, head = (second, first) if is_second_first else (first, second)
    frames = np.concatenate([tail[0][cut(len(tail[0]), share) :], head[0][: cut(len(head[0]), share)]])
    phrase = tail[1][cut(len(tail[1]), share) :] + head[1][: cut(len(head[1]), share)]
    return frames, phrase, share * head[2] + (1 - share) * tail[2]
