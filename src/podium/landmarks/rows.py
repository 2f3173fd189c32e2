"""Rows of a table, wherever it comes from: parquet, csv, or an object of a table library. Columns go by name.

Legend: F rows.
"""

from collections import Counter
from collections.abc import Callable, Iterator, Sequence

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from podium.errors import UserError
from podium.storage.tables import named

BATCH_FRAMES = 4096
LONG_COLUMNS = {"frame", "type", "landmark_index", "x", "y"}  # of the isolated-sign competition's layout


class Rows:
    """A table that is read in batches, the columns asked for alone.

    Args:
        name: Begins the messages: a file's path, or "a clip".
        schema: Of all its columns.
        read: Yields batches of the columns named, in any order; raises `UserError` if the file is damaged.
    """

    def __init__(
        self, name: str, schema: pa.Schema, num_rows: int, read: Callable[[list[str]], Iterator[pa.RecordBatch]]
    ) -> None:
        self.name = name
        self.schema = schema
        self.num_rows = num_rows
        self.batches = read

    @classmethod
    def of_table(cls, table: pa.Table, name: str) -> "Rows":
        """Rows in memory."""
        return cls(
            name,
            table.schema,
            table.num_rows,
            lambda columns: table.select(columns).to_batches(max_chunksize=BATCH_FRAMES),
        )

    def check(self, columns: Sequence[str]) -> None:
        """Raises `UserError` unless all columns are there, once."""
        numbers = Counter(self.schema.names)
        if twice := [name for name in columns if numbers[name] > 1]:
            raise UserError(f"{self.name} has the column {twice[0]} more than once; make it again")
        if missing := [name for name in columns if not numbers[name]]:
            hint = "; it has a row per landmark: pivot it to a row per frame" if LONG_COLUMNS <= numbers.keys() else ""
            raise UserError(f"{self.name} lacks the column(s) {named(missing)}{hint}")

    def check_numbers(self, columns: Sequence[str]) -> None:
        """Raises `UserError` unless the columns hold numbers, or nothing at all: null, or empty text."""
        for name in columns:
            kind = _value_type(self.schema.field(name).type)
            is_number = pa.types.is_floating(kind) or pa.types.is_integer(kind) or pa.types.is_null(kind)
            if not is_number and not (is_text(kind) and self._is_empty(name)):
                raise UserError(f"{self.name}: column {name} is {in_words(kind)}, not a number")

    def column(self, name: str) -> pa.ChunkedArray:
        """A whole column, plainly encoded."""
        kind = _value_type(self.schema.field(name).type)
        kind = pa.large_string() if is_text(kind) else kind
        return pa.chunked_array([_plain(batch.column(0)).cast(kind) for batch in self.batches([name])], kind)

    def _is_empty(self, name: str) -> bool:
        return not pc.any(pc.not_equal(pc.utf8_trim_whitespace(self.column(name)), "")).as_py()


def floats(column: pa.Array) -> np.ndarray:
    """(F,) floats or integers, NaN for nulls. Text must have been found to be empty."""
    if pa.types.is_floating(column.type):  # nearly always, and asked for each column of each batch
        return column.to_numpy(zero_copy_only=False)
    column = _plain(column)
    if pa.types.is_null(column.type) or is_text(column.type):
        return np.full(len(column), np.nan, np.float32)
    return column.to_numpy(zero_copy_only=False)


def is_text(kind: pa.DataType) -> bool:
    """Whether a column of this type holds text."""
    return pa.types.is_string(kind) or pa.types.is_large_string(kind) or pa.types.is_string_view(kind)


def in_words(kind: pa.DataType) -> str:
    """A type as messages name it."""
    return "text" if is_text(kind) else str(kind)


def can_be_ids(kind: pa.DataType) -> bool:
    """Whether a column of this type can hold ids; of floats, those that are whole numbers."""
    kind = _value_type(kind)
    is_number = pa.types.is_integer(kind) or pa.types.is_floating(kind) or pa.types.is_boolean(kind)
    return is_number or is_text(kind) or pa.types.is_date(kind) or pa.types.is_timestamp(kind)


def _value_type(kind: pa.DataType) -> pa.DataType:
    return kind.value_type if pa.types.is_dictionary(kind) else kind


def _plain(column: pa.Array) -> pa.Array:
    return column.dictionary_decode() if pa.types.is_dictionary(column.type) else column
