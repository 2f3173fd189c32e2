"""A clip that a program hands over: an array, or a table of any library.

Letters in tensor names: T frames, K columns.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from podium.errors import ClipError, UserError
from podium.landmarks.normalise import is_infinite


@dataclass(frozen=True)
class GivenClip:
    """A clip as it was handed over.

    Attributes:
        landmarks_TK: (T, K) float32 in the order of the columns asked for, NaN kept.
        remarks: What is to be said of a table's rows: kinds of `podium.landmarks.remarks.MEANINGS`.
        fps: Frames a second, positive, as the table says; None if it does not.
        reason: Why there is nothing to read, if that is known already: a kind of `podium.landmarks.remarks.REASONS`.
    """

    landmarks_TK: np.ndarray
    remarks: tuple[str, ...] = ()
    fps: float | None = None
    reason: str = ""


def as_clip(landmarks: Any, columns: Sequence[str]) -> np.ndarray:
    """The landmarks of a clip, (T, K) float32, NaN kept. For arguments and errors see `read_given`."""
    return read_given(landmarks, columns).landmarks_TK


def read_given(landmarks: Any, columns: Sequence[str]) -> GivenClip:
    """Checks a clip.

    Args:
        landmarks: Floats (T, K) in the order of ``columns``: whatever numpy takes for an array; what a mask hides
            counts as missing. Or a table, of any library that narwhals knows or that hands over Arrow data: the columns
            go by name, an index is one of them, and rows go by the column `frame`, if there is one.
        columns: Names of the K columns that are wanted.

    Raises:
        ClipError: Columns are missing, the shape or the type is another, a value is infinite (or beyond ±1e15), or a
            table holds several sequences.
    """
    if not _is_table(landmarks):
        return GivenClip(_finite(_as_array(landmarks, columns), columns))
    from podium.landmarks.given_tables import clip_of_table  # tables load slowly, and arrays need not wait for them

    try:
        landmarks_TK, remarks, fps = clip_of_table(landmarks, columns)
    except UserError as error:
        raise ClipError(str(error)) from None
    return GivenClip(_finite(landmarks_TK, columns), remarks, fps)


def _is_table(landmarks: Any) -> bool:
    # asked of the type: the columns of a lazy table may cost a query
    if hasattr(type(landmarks), "columns") or hasattr(landmarks, "__dataframe__"):
        return True
    return hasattr(landmarks, "__arrow_c_stream__") and not hasattr(landmarks, "__array__")


def _as_array(landmarks: Any, columns: Sequence[str]) -> np.ndarray:
    try:
        array = np.ma.asarray(landmarks)  # of a list of masked rows, too
    except Exception as error:  # rows of several lengths; a tensor on a GPU; whatever else claims to be an array
        told = " ".join(str(error).split())
        raise ClipError(f"a clip must be an array (frames, {len(columns)}) or a table ({told})") from None
    if array.ndim != 2 or array.shape[1] != len(columns):
        raise ClipError(
            f"a clip of the shape {array.shape} cannot be read; it must be (frames, {len(columns)}),"
            f" the columns {columns[0]}, …, {columns[-1]}"
        )
    if array.dtype.kind != "f":
        raise ClipError(f"a clip of the type {array.dtype} cannot be read; landmarks are floating-point numbers")
    return array.filled(np.nan)


def _finite(array: np.ndarray, columns: Sequence[str]) -> np.ndarray:
    with np.errstate(over="ignore"):  # of a float64: becomes infinite, and is found as such
        landmarks_TK = np.ascontiguousarray(array, dtype=np.float32)
    is_infinite_TK = is_infinite(landmarks_TK)
    if is_infinite_TK.any():
        frame, column = np.argwhere(is_infinite_TK)[0]
        raise ClipError(f"frame {frame} has an infinite {columns[column]}; a missing landmark is NaN")
    return landmarks_TK
