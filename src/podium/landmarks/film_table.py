"""The landmarks of a film as a parquet file in the competition's layout, written frame by frame.

One row per frame: `sequence_id`, `frame`, and x, y, z of the 543 landmarks. The file's metadata tells the rate under
`fps`, and under `film` that it is a film as it was taken, idle times and all.
"""

from collections.abc import Iterable, Iterator
from itertools import islice
from pathlib import Path
from zlib import crc32

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from podium.errors import UserError
from podium.landmarks.identity import INDEX_COLUMN
from podium.landmarks.mediapipe import RAW_COLUMNS
from podium.storage.files import atomic_path

FILM_KEY = b"film"
GROUP_FRAMES = 512
COMPRESSION = "zstd"


def write_film(path: Path, frames: Iterable[np.ndarray], rate: float) -> int:
    """Writes a file whole or not at all, and returns the number of its frames.

    Args:
        frames: (543, 3) float32 each, NaN where nothing was found.
        rate: Frames a second.

    Raises:
        UserError: There are no frames.
    """
    values = [pa.field(name, pa.float32()) for name in RAW_COLUMNS[1:]]
    fields = [pa.field(INDEX_COLUMN, pa.int32()), pa.field("frame", pa.int32()), *values]
    schema = pa.schema(fields, metadata={b"fps": repr(rate).encode(), FILM_KEY: b"1"})
    sequence_id = crc32(path.stem.encode()) >> 1  # the same for the same name, and below 2^31
    number = 0
    with atomic_path(path) as partial, pq.ParquetWriter(partial, schema, compression=COMPRESSION) as writer:
        for group in _groups(frames):
            x_TCL = np.stack(group).transpose(0, 2, 1)
            columns = np.ascontiguousarray(x_TCL.reshape(len(group), -1).T)
            numbers = np.arange(number, number + len(group), dtype=np.int32)
            ids = np.full(len(group), sequence_id, np.int32)
            writer.write_table(pa.Table.from_arrays([ids, numbers, *columns], schema=schema))
            number += len(group)
        if not number:
            raise UserError(f"{path.stem} gave no pictures; nothing was written")
    return number


def is_film(schema: pa.Schema) -> bool:
    """Whether `write_film` made a file of this schema."""
    return FILM_KEY in (schema.metadata or {})


def _groups(frames: Iterable[np.ndarray]) -> Iterator[list[np.ndarray]]:
    frames = iter(frames)
    while group := list(islice(frames, GROUP_FRAMES)):
        yield group
