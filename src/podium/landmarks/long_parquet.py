"""Landmarks in the long layout of the isolated-sign competition: one clip a file, one row per landmark, 543 a frame.

The rows of a frame stand in the order of `podium.landmarks.mediapipe.RAW_NAMES`. Numbers in the column `frame` begin
anywhere. The column `row_id`, which repeats others as text, is not read.

Legend: T frames, R the 543 rows of a frame (or those that are wanted), C coordinates (x, y, z).
"""

from collections.abc import Sequence
from pathlib import Path
from typing import NamedTuple

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from podium.errors import UserError
from podium.landmarks.frames import PROBLEMS, Order, arrange, whole
from podium.landmarks.mediapipe import PART_SIZES, RAW_NAMES
from podium.landmarks.rows import LONG_COLUMNS

NUM_ROWS = len(RAW_NAMES)
AXES = ("x", "y", "z")
_NUMBERS = ("frame", "landmark_index", *AXES)
_PARTS = list(PART_SIZES)
_PART_R = np.repeat(np.arange(len(_PARTS), dtype=np.int32), list(PART_SIZES.values()))
_INDEX_R = np.concatenate([np.arange(size, dtype=np.int16) for size in PART_SIZES.values()])

# Why a file holds no clip: reason, as packing counts it → what is said of the file.
LONG_PROBLEMS = {
    **PROBLEMS,
    "other_layout": f"has not the long layout, with numbers in {', '.join(_NUMBERS)} and names of parts in type",
    "no_frames": "has no frames",
    "rows_per_frame": f"does not have {NUM_ROWS} rows in each frame, one for each landmark",
    "rows_in_another_order": f"does not have the rows of each frame in MediaPipe's order: {', '.join(PART_SIZES)}",
}


class LongClip(NamedTuple):
    """What a file holds.

    Attributes:
        num_frames: Whole frames; 0 if the layout is another.
        order_T: (T,) int64: which of its frames comes first, second, …; None if they stand in order.
        problem: A key of `LONG_PROBLEMS`, "" if there is none.
        x_TCR: (T, 3, R) float32, the frames as they stand in the file, NaN for gaps; None if there is a problem.
    """

    num_frames: int
    order_T: np.ndarray | None = None
    problem: str = ""
    x_TCR: np.ndarray | None = None


def is_long(schema: pa.Schema) -> bool:
    """Whether a table has one row per landmark and frame."""
    return set(schema.names) >= LONG_COLUMNS


def read_long(path: str | Path, rows: Sequence[int] | np.ndarray | slice = slice(None)) -> LongClip:
    """The clip of a file.

    Args:
        rows: Those of a frame that are wanted.

    Raises:
        UserError: The file is absent, cut off, damaged or no parquet file.
    """
    table = _read(path)
    if table is None:
        return LongClip(0, problem="other_layout")
    num_frames, num_odd = divmod(table.num_rows, NUM_ROWS)
    if num_odd or not num_frames:
        return LongClip(num_frames, problem="rows_per_frame" if num_odd else "no_frames")
    numbers_TR = _values(table, "frame")
    is_even = (numbers_TR == numbers_TR[:, :1]).all()
    if not is_even and (numbers_TR == numbers_TR).all():  # but for NaN
        return LongClip(num_frames, problem="rows_per_frame")
    if not _is_ordered(table):
        return LongClip(num_frames, problem="rows_in_another_order")
    order = _order(numbers_TR[:, 0]) if is_even else Order(num_frames, problem="odd_frames")
    if order.problem:
        return LongClip(num_frames, problem=order.problem)
    rows_R = np.arange(NUM_ROWS)[rows]
    x_TCR = np.empty((num_frames, 3, len(rows_R)), np.float32)
    with np.errstate(over="ignore"):  # of a float64: becomes infinite, and is found as such
        for place, axis in enumerate(AXES):
            x_TCR[:, place] = _values(table, axis).take(rows_R, axis=1)
    return LongClip(num_frames, order.order_T, x_TCR=x_TCR)


def _read(path: str | Path) -> pa.Table | None:
    """The columns that count; None if they are not there, or hold something else."""
    try:
        # Names of parts as numbers: reading them as text would cost more than all the rest.
        reader = pq.ParquetFile(path, read_dictionary=["type"], pre_buffer=False)
    except KeyError:  # it has no such column
        return None
    except FileNotFoundError:
        raise UserError(f"{path} does not exist; fetch or make it again") from None
    except (pa.ArrowException, OSError) as error:
        raise UserError(f"{path} is cut off or not a parquet file ({error}); fetch or make it again") from None
    schema = reader.schema_arrow
    if any(schema.names.count(name) != 1 for name in ("type", *_NUMBERS)):
        return None
    kinds = [schema.field(name).type for name in _NUMBERS]
    are_numbers = all(pa.types.is_integer(kind) or pa.types.is_floating(kind) for kind in kinds)
    if not are_numbers or not pa.types.is_dictionary(schema.field("type").type):
        return None
    try:
        return reader.read(["type", *_NUMBERS], use_threads=False)
    except (pa.ArrowException, OSError) as error:
        raise UserError(f"{path} is damaged ({error}); fetch or make it again") from None


def _values(table: pa.Table, name: str) -> np.ndarray:
    """(T, 543): a column as it is stored, or floats if fields are empty."""
    return table.column(name).to_numpy().reshape(-1, NUM_ROWS)


def _order(frames_T: np.ndarray) -> Order:
    if frames_T.dtype.kind == "i" and (np.diff(frames_T) > 0).all():  # nearly always
        return Order(len(frames_T))
    (order,) = arrange(np.zeros(len(frames_T), np.int64), whole(frames_T)).values()
    return order


def _is_ordered(table: pa.Table) -> bool:
    types = table.column("type").unify_dictionaries().combine_chunks()
    if types.null_count or (_values(table, "landmark_index") != _INDEX_R).any():
        return False
    names, codes_TR = types.dictionary.to_pylist(), types.indices.to_numpy().reshape(-1, NUM_ROWS)
    if names != _PARTS:  # nearly never
        places = np.array([_PARTS.index(part) if part in _PARTS else -1 for part in names])
        codes_TR = places[codes_TR]
    return bool((codes_TR == _PART_R).all())
