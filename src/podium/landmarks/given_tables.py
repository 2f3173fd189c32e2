"""Tables of other libraries: pandas, polars, pyarrow, modin, dask and whatever else narwhals knows."""

from collections import Counter
from collections.abc import Sequence
from typing import Any

import narwhals as nw
import numpy as np
import pyarrow as pa

from podium.data.recordings import clips
from podium.errors import ClipError
from podium.landmarks.frames import PROBLEMS
from podium.landmarks.identity import FRAME_NAMES, RATE_NAMES, is_named
from podium.landmarks.mediapipe import RAW_COLUMNS
from podium.landmarks.rows import Rows
from podium.landmarks.table_recordings import TableRecordings

_NAME = "a clip"  # begins the messages
_LANDMARKS = frozenset(RAW_COLUMNS[1:])
_ID_TYPES = (nw.String, nw.Categorical, nw.Enum, nw.Boolean, nw.Date, nw.Datetime)


def clip_of_table(table: Any, columns: Sequence[str]) -> tuple[np.ndarray, tuple[str, ...], float | None]:
    """The one clip of a table: (T, K) float32; kinds of `remarks.MEANINGS`; frames a second, or None.

    Args:
        columns: Names of the K columns that are wanted.

    Raises:
        UserError: Columns are missing, stand twice or hold no numbers; rows are in no order, or of several clips.
    """
    recordings = TableRecordings(Rows.of_table(_to_arrow(table, frozenset(columns)), _NAME), columns)
    sequences = recordings.num_frames()
    if not sequences:
        return np.zeros((0, len(columns)), np.float32), (), None
    if len(sequences) > 1:
        is_split = any("clips_split" in kinds for kinds in recordings.remarks.values())
        why = " (the column frame begins anew)" if is_split else ""
        raise ClipError(f"the table holds {len(sequences)} sequences{why}; give one at a time, or use `podium predict`")
    (sequence_id,) = sequences
    if problem := recordings.refused.get(sequence_id):
        raise ClipError(f"{_NAME} {PROBLEMS[problem]}")
    try:
        rate = recordings.rate(sequence_id)
    except ClipError as error:
        raise ClipError(f"{_NAME} {error}") from None
    found = dict(clips(recordings))
    if not found:
        raise ClipError(f"{_NAME} of {sequences[sequence_id]:,} frames is too long; cut it")
    return found[sequence_id], recordings.remarks.get(sequence_id, ()), rate


def _to_arrow(table: Any, landmarks: frozenset[str]) -> pa.Table:
    """The columns that may be read, and a pandas index that is not the default one, as a column."""
    try:
        frame = nw.from_native(_known(table))
        schema = frame.collect_schema()
        chosen = [name for name, kind in schema.items() if isinstance(name, str) and _is_wanted(name, kind, landmarks)]
        if isinstance(frame, nw.LazyFrame):
            return frame.select(chosen).collect("pyarrow").to_arrow()
        return frame.select(chosen).to_arrow()
    except nw.exceptions.DuplicateError:
        names = getattr(table, "column_names", None) or list(table.columns)
        twice = [name for name, number in Counter(names).items() if number > 1]
        raise ClipError(f"{_NAME} has the column {twice[0]} more than once; remove one") from None
    except Exception as error:  # other libraries raise anything
        told = " ".join(str(error).split())
        raise ClipError(f"a table of the type {type(table).__name__} cannot be read ({told})") from None


def _known(table: Any) -> Any:
    """The table itself, or the Arrow data of one that narwhals does not know."""
    if nw.from_native(table, pass_through=True) is table and hasattr(table, "__arrow_c_stream__"):
        return pa.table(table)
    return table


def _is_wanted(name: str, kind: nw.dtypes.DType, landmarks: frozenset[str]) -> bool:
    may_be_id = kind.is_integer() or kind.is_float() or isinstance(kind, _ID_TYPES)
    return name in landmarks or is_named(name, *FRAME_NAMES, *RATE_NAMES) or may_be_id and name not in _LANDMARKS
