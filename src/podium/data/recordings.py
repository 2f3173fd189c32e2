"""What every kind of raw file gives: the sequences in it, frame by frame or clip by clip.

Legend: F frames of a batch, T frames of a sequence, K columns of values.
"""

from collections.abc import Container, Iterator, Mapping
from typing import Protocol

import numpy as np

MAX_FRAMES = 1 << 17  # of one sequence: more than an hour at 30 frames a second


class Recordings(Protocol):
    """The sequences of a raw file.

    Attributes:
        absence: The reason for skipping a sequence that should be here and is not.
        unreadable: Sequences that are here, but cannot be read; `num_frames` leaves them out.
        extra_columns: Names of columns that nothing reads.
        refused: Sequences whose rows are in no order → the reason: a key of `podium.data.frames.PROBLEMS`.
        remarks: Sequences of which something is to be said → kinds of `podium.remarks.MEANINGS`.
    """

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


def clips(recordings: Recordings, wanted: Container[int] | None = None) -> Iterator[tuple[int, np.ndarray]]:
    """Yields id and values (T, K) float32 of whole sequences, each as soon as its last row has been read.

    Those that `Recordings.refused` holds, and those of more than `MAX_FRAMES`, are left out.

    Args:
        wanted: Ids; None takes all.
    """
    refused = recordings.refused
    num_missing = {
        one: number
        for one, number in recordings.num_frames().items()
        if number <= MAX_FRAMES and one not in refused and (wanted is None or one in wanted)
    }
    begun: dict[int, list[np.ndarray]] = {}
    for ids_F, x_FK in recordings.batches():
        for sequence_id, begin, end in runs(ids_F):
            if sequence_id not in num_missing:
                continue
            begun.setdefault(sequence_id, []).append(x_FK[begin:end])
            num_missing[sequence_id] -= end - begin
            if not num_missing[sequence_id]:
                x_TK, order_T = np.concatenate(begun.pop(sequence_id)), recordings.order(sequence_id)
                yield sequence_id, x_TK if order_T is None else x_TK[order_T]


def runs(ids_F: np.ndarray) -> Iterator[tuple[int, int, int]]:
    """Yields (id, begin, end) of stretches of equal ids."""
    bounds = np.flatnonzero(np.diff(ids_F, prepend=ids_F[:1] - 1, append=ids_F[-1:] - 1)).tolist()
    for begin, end in zip(bounds[:-1], bounds[1:], strict=True):
        yield int(ids_F[begin]), begin, end
