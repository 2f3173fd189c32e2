"""What every kind of raw file gives: the sequences in it, frame by frame or clip by clip; what packing makes of a clip.

Legend: F frames of a batch, T frames of a sequence, K columns of values.
"""

from collections.abc import Container, Iterator, Mapping
from pathlib import Path
from typing import NamedTuple, Protocol

import numpy as np

from podium.errors import UserError
from podium.storage.npy import read_npz

MAX_FRAMES = 1 << 17  # of one sequence: more than an hour at 30 frames a second


class Recordings(Protocol):
    """The sequences of a raw file.

    Attributes:
        num_columns: K.
        absence: The reason for skipping a sequence that should be here and is not.
        unreadable: Sequences that are here, but cannot be read; `num_frames` leaves them out.
        extra_columns: Names of columns that nothing reads.
        refused: Sequences whose rows are in no order → the reason, as `podium.landmarks.frames.PROBLEMS` has it.
        remarks: Sequences of which something is to be said → kinds, as `podium.landmarks.remarks.MEANINGS` has them.
    """

    num_columns: int
    absence: str
    unreadable: list[int]
    extra_columns: list[str]
    refused: Mapping[int, str] = {}
    remarks: Mapping[int, tuple[str, ...]] = {}

    def num_frames(self) -> dict[int, int]:
        """Frames of each sequence, in the order in which they are packed."""

    def batches(self) -> Iterator[tuple[np.ndarray, np.ndarray]]:
        """Yields ids (F,) int64 and values (F, K) float32, NaN for gaps, as the rows stand in the file."""

    def order(self, sequence_id: int) -> np.ndarray | None:
        """(T,) int64: which of its rows comes first, second, …; None if they stand in order."""
        return None


class NpzRecordings(Recordings):
    """An npz file with an array (T, K) for each sequence, under its id."""

    absence = "not_in_file"
    extra_columns: list[str] = []

    def __init__(self, path: Path, num_columns: int) -> None:
        self.num_columns, self.unreadable = num_columns, []
        self._clips = {}
        for name, x_TK in read_npz(path).items():
            if not name.isdecimal() or x_TK.ndim != 2 or x_TK.shape[1] != num_columns or x_TK.dtype.kind != "f":
                raise UserError(f"{path}: '{name}' is no sequence id with floats of {num_columns} columns")
            self._clips[int(name)] = x_TK.astype(np.float32, copy=False)

    def num_frames(self) -> dict[int, int]:
        """Frames of each sequence."""
        return {one: len(x_TK) for one, x_TK in self._clips.items()}

    def batches(self) -> Iterator[tuple[np.ndarray, np.ndarray]]:
        """Yields ids (F,) int64, all equal, and values (F, K) float32 of each sequence."""
        yield from ((np.full(len(x_TK), one), x_TK) for one, x_TK in self._clips.items() if len(x_TK))


class PreparedClip(NamedTuple):
    """What packing stores of a clip: what a system's ``samples.prepare`` returns.

    Attributes:
        values_TK: As many frames and columns as the clip has; the clip itself if nothing changes.
        columns: What the index tells of it, by column; the same columns for all clips of a system.
        remarks: What is to be said of it, by kind.
        problem: Why it cannot be used, "" if it can.
    """

    values_TK: np.ndarray
    columns: dict[str, float] = {}
    remarks: tuple[str, ...] = ()
    problem: str = ""


def clips(recordings: Recordings, wanted: Container[int] | None = None) -> Iterator[tuple[int, np.ndarray]]:
    """Yields id and values (T, K) float32 of whole sequences, each as soon as its last row has been read.

    Those that `Recordings.refused` holds, and those of more than `MAX_FRAMES`, are left out.

    Args:
        wanted: Ids; None takes all.
    """
    refused = recordings.refused
    fitting = {one for one, number in recordings.num_frames().items() if number <= MAX_FRAMES and one not in refused}
    return pieces(recordings, fitting if wanted is None else {one for one in fitting if one in wanted})


def pieces(recordings: Recordings, wanted: Container[int] | None = None) -> Iterator[tuple[int, np.ndarray]]:
    """Yields id and values (T, K) float32 of sequences, each as soon as its last row has been read, its rows in order.

    A sequence of more than `MAX_FRAMES` comes in several pieces, its rows as they stand in the file.

    Args:
        wanted: Ids; None takes all.
    """
    num_frames = recordings.num_frames()
    num_read = {one: 0 for one in num_frames if wanted is None or one in wanted}
    begun: dict[int, list[np.ndarray]] = {}
    for ids_F, x_FK in recordings.batches():
        for sequence_id, begin, end in runs(ids_F):
            if sequence_id not in num_read:
                continue
            begun.setdefault(sequence_id, []).append(x_FK[begin:end])
            num_before = num_read[sequence_id]
            num_read[sequence_id] += end - begin
            is_full = num_read[sequence_id] // MAX_FRAMES > num_before // MAX_FRAMES
            if is_full or num_read[sequence_id] == num_frames[sequence_id]:
                x_TK, order_T = np.concatenate(begun.pop(sequence_id)), recordings.order(sequence_id)
                is_whole = len(x_TK) == num_frames[sequence_id]
                yield sequence_id, x_TK[order_T] if is_whole and order_T is not None else x_TK


def runs(ids_F: np.ndarray) -> Iterator[tuple[int, int, int]]:
    """Yields (id, begin, end) of stretches of equal ids."""
    bounds = np.flatnonzero(np.diff(ids_F, prepend=ids_F[:1] - 1, append=ids_F[-1:] - 1)).tolist()
    for begin, end in zip(bounds[:-1], bounds[1:], strict=True):
        yield int(ids_F[begin]), begin, end
