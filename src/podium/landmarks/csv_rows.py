"""Rows of a csv file."""

from pathlib import Path

import pyarrow as pa

from podium.errors import UserError
from podium.landmarks.mediapipe import RAW_COLUMNS
from podium.landmarks.rows import Rows
from podium.storage.tables import read_csv

SUFFIXES = (".csv", ".tsv")
_LANDMARKS = frozenset(RAW_COLUMNS[1:])


def open_csv(path: Path, with_landmarks: bool) -> Rows:
    """The rows of a csv file, all in memory.

    Args:
        with_landmarks: Whether the columns of landmarks are read, too; without them, a file that has no others
            counts as one row.

    Raises:
        UserError: It is absent or no csv file.
    """
    options = {} if with_landmarks else {"usecols": lambda name: name not in _LANDMARKS}
    try:
        frame = read_csv(path, **options)
        table = pa.Table.from_pandas(frame, preserve_index=False)
    except FileNotFoundError:
        raise UserError(f"{path} does not exist; name files or folders of clips") from None
    except (pa.ArrowException, TypeError, ValueError) as error:  # numbers and text in one column
        raise UserError(f"{path} cannot be read as a csv file: {error}") from None
    if not table.num_columns:
        table = pa.table({"": [None]})
    return Rows.of_table(table, str(path))
