"""Tables in files: parquet that one command leaves for the next, and csv of anybody. Checked before they are used."""

import csv
import os
import re
import warnings
from collections import Counter
from collections.abc import Sequence
from pathlib import Path

import pandas as pd
import pyarrow as pa

from podium.errors import UserError

MAX_CSV_COLUMNS = 10_000  # the competition's widest has 1,630; with many more, pandas takes minutes
MAX_FIELD = 1 << 20  # characters
_NUM_NAMED = 5
_SEPARATORS = (",", ";", "\t")  # the first of those that make equally many fields
_INTEGERS = {
    "file_id", "sequence_id", "participant_id", "offset", "num_frames", "fold", "num_sequences", "num_supplemental",
}  # fmt: skip
_NUMBERS = {"score"}


def read_table(path: str | Path, columns: Sequence[str], are_others_numbers: bool = False) -> pd.DataFrame:
    """Reads a parquet file that a command of ours has written.

    Args:
        columns: Must be there, without gaps. Their names decide their types: integers (ids, places, counts), scores,
            and for all others text.
        are_others_numbers: Whether all further columns must hold numbers, without gaps.

    Returns:
        All columns of the file.

    Raises:
        UserError: The file cannot be read or holds something else.
    """
    try:
        table = pd.read_parquet(path)
    except FileNotFoundError:
        raise UserError(f"{path} does not exist; make it again") from None
    except (pa.ArrowException, OSError, ValueError, TypeError, KeyError, RecursionError) as error:
        raise UserError(f"{path} is damaged or no parquet file ({error}); make it again") from None
    missing = [column for column in columns if column not in table.columns]
    if missing:
        raise UserError(f"{path} lacks the column(s) {named(missing)}; make it again")
    others = [column for column in table.columns if column not in columns] if are_others_numbers else []
    for column in (*columns, *others):
        kind, is_right = _kind(column, table[column], column in others)
        if not is_right or table[column].isna().any():
            raise UserError(f"{path}: the column {column} does not hold {kind} throughout; make it again")
    return table


def _kind(column: str, values: pd.Series, is_number: bool) -> tuple[str, bool]:
    """What a column must hold, and whether it does."""
    if column in _INTEGERS:
        is_right = pd.api.types.is_signed_integer_dtype(values)
        return "integers", is_right and (column == "fold" or not (values < 0).any())
    if is_number or column in _NUMBERS:
        return "numbers", pd.api.types.is_float_dtype(values) or pd.api.types.is_integer_dtype(values)
    return "text", pd.api.types.is_string_dtype(values)


def read_csv(path: str | Path, **options) -> pd.DataFrame:
    """Reads a csv file of a user's. Fields may be separated by commas, semicolons or tabs; with the latter two, numbers
    may have a decimal comma.

    Args:
        options: As `pandas.read_csv` takes them.

    Raises:
        FileNotFoundError: It is absent; what it should be is for the caller to say.
        UserError: It is no UTF-8 csv file, it is cut off, its header repeats a name, or its rows hold more fields than
            the header.
    """
    try:
        header, separator = _header(path)
        if len(header) > MAX_CSV_COLUMNS:
            raise UserError(f"{path} has {len(header)} columns; at most {MAX_CSV_COLUMNS} are read")
        if len(header) == 1 and re.search(r"\S[| ]+\S", header[0]):
            raise UserError(f"{path} has one column only; separate its fields by commas, semicolons or tabs")
        twice = [name for name, number in Counter(header).items() if number > 1 and name]
        if twice:
            raise UserError(f"{path} names the column(s) {named(twice)} more than once; remove all but one")
        if _is_cut_off(path, len(header), separator):
            raise UserError(f"{path} is cut off in its last row; fetch or make it again")
        if separator != ",":
            options = {"sep": separator, "decimal": _decimal(path, separator), **options}
        with warnings.catch_warnings():
            warnings.simplefilter("error", pd.errors.ParserWarning)
            # without index_col=False a surplus field in every row makes the first one an index, and shifts the others
            return pd.read_csv(path, encoding="utf-8-sig", index_col=False, **options)
    except FileNotFoundError:
        raise
    except pd.errors.ParserWarning:
        raise UserError(f"{path} has rows with more fields than its header; correct the rows or the header") from None
    # pandas' parser errors and UnicodeDecodeError are ValueErrors; a number too large for a type asked for overflows
    except (ValueError, OSError, OverflowError, csv.Error) as error:
        raise UserError(f"{path} cannot be read as a csv file: {error}") from None


def _header(path: str | Path) -> tuple[list[str], str]:
    """The names in the first line, and what separates them: that which makes most of them."""
    with open(path, encoding="utf-8-sig", newline="") as stream:  # spreadsheets begin a file with a byte-order mark
        line = stream.readline(MAX_FIELD)
    if "\0" in line:
        raise ValueError("it holds NUL bytes")
    headers = [(next(csv.reader([line], delimiter=separator), []), separator) for separator in _SEPARATORS]
    return max(headers, key=lambda header: len(header[0]))


def _is_cut_off(path: str | Path, num_columns: int, separator: str) -> bool:
    """Whether the last row ends the file, without a line end, before its last field."""
    with open(path, "rb") as stream:
        stream.seek(max(os.path.getsize(path) - MAX_FIELD, 0))
        last = stream.read().replace(b"\r", b"\n").rpartition(b"\n")[2].decode(errors="replace")
    return bool(last.strip()) and len(next(csv.reader([last], delimiter=separator), [])) < num_columns


def _decimal(path: str | Path, separator: str) -> str:
    """What stands before the decimals, from the first number in the file that has any."""
    with open(path, encoding="utf-8-sig", newline="") as stream:
        stream.readline(MAX_FIELD)
        while text := stream.read(MAX_FIELD):
            if found := re.search(rf'(?:^|[{separator}"])-?\d*([.,])\d', text, re.MULTILINE):
                return found[1]
    return "."


def named(names: Sequence[str]) -> str:
    """A few names, and how many more there are."""
    more = f" and {len(names) - _NUM_NAMED} more" if len(names) > _NUM_NAMED else ""
    return ", ".join(map(str, names[:_NUM_NAMED])) + more
