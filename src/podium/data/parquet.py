"""Raw landmarks as the competition publishes them: a parquet file with one row per frame.

It is read in batches of rows, the columns asked for alone: memory depends neither on its length nor on the order of its
rows.

Legend: F frames of a batch, K columns asked for.
"""

import os
from collections import Counter
from collections.abc import Iterator, Sequence
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from podium.errors import UserError
from podium.landmarks import COLUMNS, RAW_COLUMNS
from podium.tables import named

INDEX_COLUMN = "sequence_id"
BATCH_FRAMES = 4096
BUFFER_BYTES = 1 << 15  # per column; without it a column of a whole row group is read at once


def read_batches(parquet: str | Path, columns: Sequence[str]) -> Iterator[tuple[np.ndarray, np.ndarray]]:
    """Yields sequence ids (F,) int64 and values (F, K) float32 of successive rows, a gap as NaN.

    Args:
        columns: Names of value columns, in the order wanted.

    Raises:
        UserError: The file is missing, cut off, damaged or no parquet file, lacks a column, or a column has a wrong
            type.
    """
    return ParquetRecordings(parquet, columns).batches()


class ParquetRecordings:
    """The sequences of a parquet file; see `podium.data.pack.Recordings`.

    Args:
        columns: Names of the value columns to read.

    Raises:
        UserError: As `read_batches`; damage inside the file only once it is read.
    """

    absence = "not_in_parquet"

    def __init__(self, path: str | Path, columns: Sequence[str] = COLUMNS) -> None:
        self._path = path
        self._columns = list(columns)
        self._reader = _open(path, self._columns)
        self.unreadable: list[int] = []
        known = {INDEX_COLUMN, *RAW_COLUMNS}
        self.extra_columns = [name for name in self._reader.schema_arrow.names if name not in known]

    def num_frames(self) -> dict[int, int]:
        """Frames of each sequence, in the order in which the sequences begin."""
        num_frames: Counter[int] = Counter()
        for ids_F, _ in self._batches([]):
            for sequence_id, begin, end in runs(ids_F):
                num_frames[sequence_id] += end - begin
        return num_frames

    def batches(self) -> Iterator[tuple[np.ndarray, np.ndarray]]:
        """Yields ids (F,) int64 and values (F, K) float32 of successive rows."""
        self._announce({INDEX_COLUMN, *self._columns})
        return self._batches(self._columns)

    def _announce(self, columns: set[str]) -> None:
        """Lets the system fetch what will be read: columns are read side by side, which it cannot guess."""
        if not hasattr(os, "posix_fadvise"):
            return
        metadata = self._reader.metadata
        wanted = [i for i in range(metadata.num_columns) if metadata.schema.column(i).name in columns]
        with open(self._path, "rb") as stream:
            for group in map(metadata.row_group, range(metadata.num_row_groups)):
                for chunk in map(group.column, wanted):
                    begin = chunk.dictionary_page_offset or chunk.data_page_offset
                    os.posix_fadvise(stream.fileno(), begin, chunk.total_compressed_size, os.POSIX_FADV_WILLNEED)

    def _batches(self, columns: list[str]) -> Iterator[tuple[np.ndarray, np.ndarray]]:
        batches = self._reader.iter_batches(BATCH_FRAMES, columns=[INDEX_COLUMN, *columns], use_threads=False)
        while True:
            try:
                batch = next(batches, None)
            except (pa.ArrowException, OSError) as error:
                raise UserError(f"{self._path} is damaged ({error}); fetch or make it again") from None
            if batch is None:
                return
            ids = batch.column(INDEX_COLUMN)
            if ids.null_count:
                raise UserError(f"{self._path}: column {INDEX_COLUMN} has empty fields")
            arrays = dict(zip(batch.schema.names, batch.columns, strict=True))
            ids_F = ids.to_numpy(zero_copy_only=False).astype(np.int64)
            if pa.types.is_uint64(ids.type) and (ids_F < 0).any():
                raise UserError(f"{self._path}: column {INDEX_COLUMN} has an id beyond 63 bits; give it another")
            x_FK = np.empty((batch.num_rows, len(columns)), dtype=np.float32)
            with np.errstate(over="ignore"):  # of a float64: becomes infinite, and is found as such
                for position, name in enumerate(columns):  # nulls become NaN
                    x_FK[:, position] = arrays[name].to_numpy(zero_copy_only=False)
            yield ids_F, x_FK


def runs(ids_F: np.ndarray) -> Iterator[tuple[int, int, int]]:
    """Yields (id, begin, end) of stretches of equal ids."""
    bounds = np.flatnonzero(np.diff(ids_F, prepend=ids_F[:1] - 1, append=ids_F[-1:] - 1)).tolist()
    for begin, end in zip(bounds[:-1], bounds[1:], strict=True):
        yield int(ids_F[begin]), begin, end


def _open(path: str | Path, columns: list[str]) -> pq.ParquetFile:
    try:
        reader = pq.ParquetFile(path, buffer_size=BUFFER_BYTES, pre_buffer=False)
    except FileNotFoundError:
        raise UserError(f"{path} does not exist; fetch or make it again") from None
    except (pa.ArrowException, OSError) as error:
        raise UserError(f"{path} is cut off or not a parquet file ({error}); fetch or make it again") from None
    metadata, schema = reader.metadata, reader.schema_arrow
    if metadata.num_rows != sum(metadata.row_group(group).num_rows for group in range(metadata.num_row_groups)):
        raise UserError(f"{path} is damaged (it tells of {metadata.num_rows} rows); fetch or make it again")
    names = set(schema.names)
    wanted = {INDEX_COLUMN, *columns}
    twice = [name for name, number in Counter(schema.names).items() if number > 1 and name in wanted]
    if twice:
        raise UserError(f"{path} has the column {twice[0]} more than once; make it again")
    missing = [name for name in [INDEX_COLUMN, *columns] if name not in names]
    if missing:
        raise UserError(f"{path} lacks the column(s) {named(missing)}")
    if not pa.types.is_integer(schema.field(INDEX_COLUMN).type):
        raise UserError(f"{path}: column {INDEX_COLUMN} is {schema.field(INDEX_COLUMN).type}, not an integer")
    for name in columns:
        if not pa.types.is_floating(schema.field(name).type):
            raise UserError(f"{path}: column {name} is {schema.field(name).type}, not a floating-point number")
    return reader
