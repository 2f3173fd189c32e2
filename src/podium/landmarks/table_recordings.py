"""The clips of a table: whose rows they are, in which order, at which rate; and their values, batch by batch.

One reader for parquet files, csv files and the tables of other libraries. Rows come in batches, the columns asked for
alone: of the rows themselves only an id and a number each are kept.

Legend: F rows of a batch, K columns asked for.
"""

import math
from collections.abc import Iterator, Sequence
from functools import cached_property

import numpy as np
import pandas as pd

from podium.data.recordings import Recordings
from podium.errors import ClipError, UserError
from podium.landmarks import frames
from podium.landmarks.identity import (
    FRAME_NAMES,
    INDEX_COLUMN,
    RATE_NAMES,
    Identity,
    frame_numbers,
    identify,
    is_named,
    spelled,
)
from podium.landmarks.mediapipe import RAW_COLUMNS
from podium.landmarks.rows import Rows, floats


class TableRecordings(Recordings):
    """The sequences of a table; see `podium.data.recordings.Recordings`.

    Args:
        columns: Names of the value columns to read.

    Attributes:
        has_ids: Whether there is a column `INDEX_COLUMN`.

    Raises:
        UserError: A column is missing, stands twice or holds no numbers. Later, when the rows are first asked for: a
            column of ids or frame numbers has a wrong type.
    """

    absence = "not_in_parquet"

    def __init__(self, rows: Rows, columns: Sequence[str]) -> None:
        self._rows = rows
        self._columns = list(columns)
        self.num_columns = len(self._columns)
        rows.check(self._columns)
        rows.check_numbers(self._columns)
        self.unreadable: list[int] = []
        known = {INDEX_COLUMN, *RAW_COLUMNS, spelled(rows.schema, *FRAME_NAMES)}
        self.has_ids = INDEX_COLUMN in rows.schema.names
        self.extra_columns = [name for name in rows.schema.names if name not in known]

    @cached_property
    def _survey(self) -> tuple[Identity, dict[int, frames.Order]]:
        frames_F = frame_numbers(self._rows)
        identity = identify(self._rows, frames_F)
        return identity, frames.arrange(identity.ids_F, frames_F)

    @cached_property
    def refused(self) -> dict[int, str]:
        """As `Recordings.refused`."""
        return {one: sequence.problem for one, sequence in self._survey[1].items() if sequence.problem}

    @cached_property
    def remarks(self) -> dict[int, tuple[str, ...]]:
        """As `Recordings.remarks`."""
        identity, sequences = self._survey
        told = {
            one: ("frames_sorted",) * (sequence.order_T is not None) + ((identity.remark,) if identity.remark else ())
            for one, sequence in sequences.items()
        }
        return {one: kinds for one, kinds in told.items() if kinds}

    @cached_property
    def rates(self) -> dict[int, float]:
        """Frames a second of each sequence whose rate is known, by a column of `RATE_NAMES` or the file's metadata.

        Raises:
            UserError: The metadata holds no rate, or the column no numbers.
        """
        metadata = self._rows.schema.metadata or {}
        told = [value for key, value in metadata.items() if is_named(key.decode(errors="replace"), *RATE_NAMES)]
        rate = _rate(self._rows.name, told) if told else None
        rates = {} if rate is None else dict.fromkeys(self.num_frames(), rate)
        if (column := spelled(self._rows.schema, *RATE_NAMES)) is None:
            return rates
        self._rows.check([column])
        self._rows.check_numbers([column])
        values = pd.Series(floats(self._rows.column(column).combine_chunks()).astype(np.float64))
        groups = values.groupby(self._survey[0].ids_F)
        of_column = groups.min().where((groups.min() == groups.max()) & (groups.count() == groups.size()), math.nan)
        of_column = of_column[groups.count() > 0]  # an empty column tells nothing
        contradicts = of_column != rate if rate is not None else False
        return rates | of_column.mask(~np.isfinite(of_column) | (of_column <= 0) | contradicts, math.nan).to_dict()

    def label(self, sequence_id: int) -> int | str | None:
        """What the table calls a sequence; None if it holds a single one without an id."""
        return self._survey[0].labels.get(sequence_id, sequence_id)

    def rate(self, sequence_id: int) -> float | None:
        """Frames a second of a sequence, positive; None if nothing tells.

        Raises:
            ClipError: The column `fps` holds several rates, or none; or another than the file's metadata.
        """
        rate = self.rates.get(sequence_id)
        if rate is not None and math.isnan(rate):
            raise ClipError("has no one positive rate in the column fps (or another in the metadata); correct it")
        return rate

    def num_frames(self) -> dict[int, int]:
        """Frames of each sequence, in the order in which the sequences begin."""
        return {one: sequence.num_frames for one, sequence in self._survey[1].items()}

    def order(self, sequence_id: int) -> np.ndarray | None:
        """As `Recordings.order`."""
        return self._survey[1][sequence_id].order_T

    def batches(self) -> Iterator[tuple[np.ndarray, np.ndarray]]:
        """Yields ids (F,) int64 and values (F, K) float32 of successive rows."""
        ids, begin = self._survey[0].ids_F, 0
        for batch in self._rows.batches(self._columns):
            arrays = dict(zip(batch.schema.names, batch.columns, strict=True))
            x_FK = np.empty((batch.num_rows, len(self._columns)), dtype=np.float32)
            with np.errstate(over="ignore"):  # of a float64: becomes infinite, and is found as such
                for position, name in enumerate(self._columns):
                    x_FK[:, position] = floats(arrays[name])
            yield ids[begin : begin + len(x_FK)], x_FK
            begin += len(x_FK)


def _rate(name: str, told: list[bytes]) -> float:
    try:
        rates = {float(one) for one in told}
    except ValueError:
        rates = set()
    if len(rates) != 1 or not 0 < min(rates) < math.inf:
        raise UserError(f"{name}: fps in the file's metadata is {told[0][:40]!r}, not one positive number; correct it")
    return rates.pop()
