"""The order of rows: what the numbers in the column `frame` say about which row comes first, and where clips begin.

Legend: F rows of a table, T rows of a sequence, R stretches of rising numbers.
"""

from typing import NamedTuple

import numpy as np

# Why rows are no clip: reason, as packing counts it → what is said of the clip.
PROBLEMS = {
    "repeated_frames": "has numbers in the column frame more than once, as rows of several people or clips have; give"
    " each its own sequence_id",
    "odd_frames": "has something else than whole numbers below 2^53 in the column frame; correct or remove the column",
}
_MAX_EXACT = 2.0**53  # beyond it a float does not hold every whole number


class Order(NamedTuple):
    """The order of a sequence's rows.

    Attributes:
        order_T: Which of its rows comes first, second, …; None if they stand in order.
        problem: A key of `PROBLEMS`, "" if there is none.
    """

    num_frames: int
    order_T: np.ndarray | None = None
    problem: str = ""


def whole(numbers_F: np.ndarray) -> np.ndarray:
    """(F,) float64: frame numbers, NaN for all that are no whole numbers."""
    frames_F = numbers_F.astype(np.float64)
    with np.errstate(invalid="ignore"):
        is_whole_F = (np.floor(frames_F) == frames_F) & (np.abs(frames_F) < _MAX_EXACT)
    return np.where(is_whole_F, frames_F, np.nan)


def arrange(ids_F: np.ndarray, frames_F: np.ndarray | None) -> dict[int, Order]:
    """Sequences in the order in which they begin.

    Args:
        ids_F: (F,) int64: whose rows they are.
        frames_F: (F,) float64, as `whole` returns them; None if the table does not number its frames.
    """
    ids_S, first_S, counts_S = np.unique(ids_F, return_index=True, return_counts=True)
    if frames_F is None:
        return {int(ids_S[s]): Order(int(counts_S[s])) for s in np.argsort(first_S)}
    rows = np.split(np.argsort(ids_F, kind="stable"), np.cumsum(counts_S)[:-1])
    return {int(ids_S[s]): _arrange(frames_F[rows[s]]) for s in np.argsort(first_S)}


def _arrange(frames_T: np.ndarray) -> Order:
    if np.isnan(frames_T).any():
        return Order(len(frames_T), problem="odd_frames")
    if (np.diff(frames_T) > 0).all():
        return Order(len(frames_T))
    order_T = np.argsort(frames_T, kind="stable")
    if (np.diff(frames_T[order_T]) > 0).all():
        return Order(len(frames_T), order_T)
    return Order(len(frames_T), problem="repeated_frames")


def stretches(frames_F: np.ndarray) -> np.ndarray:
    """(F,) int64: the stretch of rising numbers, from 0, that each row belongs to."""
    return np.cumsum(np.diff(frames_F, prepend=frames_F[:1] - 1) <= 0)


def are_clips(stretches_F: np.ndarray, frames_F: np.ndarray) -> bool:
    """Whether each stretch is a clip of its own: all hold two numbers in common, and a clip holds each number once.

    Rows of two people in turns, or in no order at all, make stretches too; but those have no numbers in common, or some
    of them are a single row. A row that stands twice makes two stretches that have one number in common.
    """
    first_R = np.flatnonzero(np.diff(stretches_F, prepend=-1))
    last_R = np.append(first_R[1:], len(frames_F)) - 1
    return bool((first_R < last_R).all() and frames_F[first_R].max() < frames_F[last_R].min())


def are_told_apart(codes_F: np.ndarray, frames_F: np.ndarray) -> bool:
    """Whether a column tells clips apart: it changes between stretches only, and no number repeats under one value."""
    is_within_F = np.diff(stretches(frames_F)) == 0
    if (np.diff(codes_F)[is_within_F] != 0).any():
        return False
    return not any(sequence.problem for sequence in arrange(codes_F, frames_F).values())
