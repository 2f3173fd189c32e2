"""Raw landmarks as a parquet file with one row per frame.

It is read in batches of rows, the columns asked for alone: memory depends neither on its length nor on the order of its
rows.
"""

import os
from collections.abc import Iterator, Sequence
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq

from podium.errors import UserError
from podium.landmarks.identity import INDEX_COLUMN, spelled
from podium.landmarks.rows import BATCH_FRAMES, Rows
from podium.landmarks.table_recordings import TableRecordings

SUFFIXES = (".parquet", ".pq", ".parq")
BUFFER_BYTES = 1 << 15  # per column; without it a column of a whole row group is read at once
_MANY_COLUMNS = 10


class ParquetRecordings(TableRecordings):
    """The sequences of a parquet file with a column `INDEX_COLUMN`: of data that is trained or scored on.

    A file that somebody wants read is a `TableRecordings` of `open_parquet`, which finds out whose rows they are.

    Args:
        columns: Names of the value columns to read.

    Raises:
        UserError: The file is missing, cut off, damaged or no parquet file, lacks a column, or a column has a wrong
            type; damage inside the file only once it is read.
    """

    def __init__(self, path: str | Path, columns: Sequence[str]) -> None:
        rows = open_parquet(path)
        if (own := spelled(rows.schema, INDEX_COLUMN)) not in (INDEX_COLUMN, None):
            raise UserError(f"{path} lacks the column {INDEX_COLUMN}; rename its column {own}")
        rows.check([INDEX_COLUMN, *columns])
        super().__init__(rows, columns)


def open_parquet(path: str | Path) -> Rows:
    """The rows of a parquet file.

    Raises:
        UserError: As `ParquetRecordings`, but for columns.
    """
    try:
        reader = pq.ParquetFile(path, buffer_size=BUFFER_BYTES, pre_buffer=False)
        schema = reader.schema_arrow
    except FileNotFoundError:
        raise UserError(f"{path} does not exist; fetch or make it again") from None
    except (pa.ArrowException, OSError) as error:
        raise UserError(f"{path} is cut off or not a parquet file ({error}); fetch or make it again") from None
    metadata = reader.metadata
    if metadata.num_rows != sum(metadata.row_group(group).num_rows for group in range(metadata.num_row_groups)):
        raise UserError(f"{path} is damaged (it tells of {metadata.num_rows} rows); fetch or make it again")
    return Rows(str(path), schema, metadata.num_rows, lambda columns: _batches(path, reader, columns))


def _batches(path: str | Path, reader: pq.ParquetFile, columns: list[str]) -> Iterator[pa.RecordBatch]:
    if len(columns) > _MANY_COLUMNS:
        _announce(path, reader.metadata, set(columns))
    batches = reader.iter_batches(BATCH_FRAMES, columns=columns, use_threads=False)
    while True:
        try:
            batch = next(batches, None)
        except (pa.ArrowException, OSError) as error:
            raise UserError(f"{path} is damaged ({error}); fetch or make it again") from None
        if batch is None:
            return
        yield batch


def _announce(path: str | Path, metadata: pq.FileMetaData, columns: set[str]) -> None:
    """Lets the system fetch what will be read: columns are read side by side, which it cannot guess."""
    if not hasattr(os, "posix_fadvise"):
        return
    wanted = [i for i in range(metadata.num_columns) if metadata.schema.column(i).name in columns]
    with open(path, "rb") as stream:
        for group in map(metadata.row_group, range(metadata.num_row_groups)):
            for chunk in map(group.column, wanted):
                begin = chunk.dictionary_page_offset or chunk.data_page_offset
                os.posix_fadvise(stream.fileno(), begin, chunk.total_compressed_size, os.POSIX_FADV_WILLNEED)
