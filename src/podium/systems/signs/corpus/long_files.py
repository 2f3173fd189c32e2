"""Files in the long layout of the competition, as its makers have written them with pandas.

Legend: F frames, L the 543 landmarks of a frame.
"""

import functools
from pathlib import Path

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq

from podium.landmarks.mediapipe import PART_SIZES
from podium.storage.files import atomic_path

# Coordinates are multiples of 1/RESOLUTION, a thirtieth of a pixel, far below the jitter: makes the files smaller.
RESOLUTION = np.float32(2**15)
_PARTS = list(PART_SIZES)
_PART_L = np.repeat(np.arange(len(_PARTS), dtype=np.int8), list(PART_SIZES.values()))
_INDEX_L = np.concatenate([np.arange(size, dtype=np.int16) for size in PART_SIZES.values()])
_NAMES_L = [f"-{_PARTS[part]}-{index}" for part, index in zip(_PART_L, _INDEX_L, strict=True)]


def write_long(path: str | Path, x_FL3: np.ndarray, first_frame: int) -> None:
    """Writes one clip.

    Args:
        x_FL3: (F, 543, 3) float32, NaN where a landmark is missing.
        first_frame: The number of its first frame.
    """
    num_frames = len(x_FL3)
    numbers_F = np.arange(first_frame, first_frame + num_frames, dtype=np.int16)
    x_FL3 = np.rint(x_FL3 * RESOLUTION) / RESOLUTION
    types = pa.DictionaryArray.from_arrays(pa.array(np.tile(_PART_L, num_frames)), pa.array(_PARTS))
    arrays = [
        pa.array(np.repeat(numbers_F, len(_INDEX_L))),
        pa.array([f"{number}{name}" for number in numbers_F for name in _NAMES_L]),
        types.cast(pa.string()),
        pa.array(np.tile(_INDEX_L, num_frames)),
        *(pa.array(x_FL3[..., axis].ravel().astype(np.float64), from_pandas=True) for axis in range(3)),
    ]
    with atomic_path(path) as partial:
        pq.write_table(pa.Table.from_arrays(arrays, schema=_schema()), partial, version="1.0")


@functools.cache
def _schema() -> pa.Schema:
    """As pandas would give it."""
    fields = [
        ("frame", pa.int16()), ("row_id", pa.string()), ("type", pa.string()), ("landmark_index", pa.int16()),
        ("x", pa.float64()), ("y", pa.float64()), ("z", pa.float64()),
    ]  # fmt: skip
    row = pd.DataFrame({name: pd.Series([], dtype="str" if kind == pa.string() else kind.to_pandas_dtype())
                        for name, kind in fields})  # fmt: skip
    return pa.schema(fields, metadata=pa.Schema.from_pandas(row, preserve_index=False).metadata)
