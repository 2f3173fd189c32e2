"""One raw file (or folder of arrays) → one shard: the values of its sequences, one behind the other.

What comes in is written by plain seeks: memory depends neither on its length nor on the order of its rows, and a full
disk is an error that can be reported (a memory map would kill the process). A second pass then puts the rows of each
sequence in order and lets the system prepare it, which sees what is stored.

Legend: F frames of a batch, T frames of a sequence, K columns of values.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO

import numpy as np
import pandas as pd

from podium.data.columns import SHARD
from podium.data.recordings import MAX_FRAMES, PreparedClip, Recordings, runs
from podium.errors import UserError
from podium.storage.artefacts import made_by
from podium.storage.npy import map_npy
from podium.storage.tables import read_table

DTYPES = {"float32": "<f4", "float16": "<f2"}
NUM_EXAMPLES = 5
Prepare = Callable[[np.ndarray], PreparedClip]


@dataclass
class Packed:
    """The outcome of a shard.

    Attributes:
        sequences: `SHARD` (ids and place in the shard, int64) and what was measured of the stored values (float32), one
            row per usable sequence.
        report: For JSON: numbers, reasons of skipped sequences, things noted, examples of both.
    """

    sequences: pd.DataFrame
    report: dict


@dataclass
class _Place:
    """Where a sequence stands in the shard, in frames, and how much of it has been written."""

    offset: int
    num_frames: int
    num_written: int = 0


def pack_shard(
    recordings: Recordings,
    prepare: Prepare,
    wanted: list[int],
    unused: set[int],
    file_id: int,
    out: Path,
    dtype: str = "float32",
) -> Packed:
    """Writes the shard ``out``: npy, (frames, K), NaN kept. Sequences stand in the order in which the recordings have
    them, each with its rows in order.

    Args:
        recordings: The raw file, as the system's ``samples.open_raw`` opens it.
        prepare: The system's ``samples.prepare``: (T, K) float32, as it is stored → what becomes of it.
        wanted: Sequence ids to pack.
        unused: Sequence ids that the csv files name, but that are left out on purpose.
        dtype: "float32" or "float16"; with the latter, a value beyond its range counts as infinite.

    Raises:
        UserError: The raw file is damaged, or a column has a wrong type.
    """
    is_wanted = set(wanted).__contains__
    num_frames = recordings.num_frames()
    refused = {one: problem for one, problem in recordings.refused.items() if is_wanted(one)}
    too_long = [one for one in num_frames if is_wanted(one) and one not in refused and num_frames[one] > MAX_FRAMES]
    places: dict[int, _Place] = {}
    total_frames = 0
    for sequence_id in (one for one in num_frames if is_wanted(one) and one not in refused and one not in too_long):
        places[sequence_id] = _Place(total_frames, num_frames[sequence_id])
        total_frames += num_frames[sequence_id]
    rows, unusable = [], {}
    noted: dict[str, list[int]] = {}
    with open(out, "w+b") as stream:
        shard = _Shard(stream, np.dtype(DTYPES[dtype]), total_frames, recordings.num_columns)
        for ids_F, x_FK in recordings.batches():
            shard.write(ids_F, x_FK, places)
        for sequence_id, place in places.items():
            prepared = shard.settle(place, recordings.order(sequence_id), prepare)
            if prepared.problem:
                unusable[sequence_id] = prepared.problem
                continue
            rows.append((file_id, sequence_id, place.offset, place.num_frames, *prepared.columns.values()))
            for kind in dict.fromkeys((*recordings.remarks.get(sequence_id, ()), *prepared.remarks)):
                noted.setdefault(kind, []).append(sequence_id)
            measured = list(prepared.columns)
    columns = [*SHARD, *(measured if rows else [])]
    types = {column: "int64" if column in SHARD else "float32" for column in columns}
    skipped = {
        recordings.absence: [one for one in wanted if one not in num_frames and one not in recordings.unreadable],
        "not_in_csv": [one for one in num_frames if not is_wanted(one) and one not in unused],
        "too_long": too_long,
        "unreadable": list(filter(is_wanted, recordings.unreadable)),
    }
    for sequence_id, reason in (*refused.items(), *unusable.items()):
        skipped.setdefault(reason, []).append(sequence_id)
    usable = pd.DataFrame(rows, columns=columns).astype(types)
    return Packed(usable, _report(usable, skipped, noted, recordings.extra_columns))


class _Shard:
    """A shard while it is written, and then read."""

    def __init__(self, stream: BinaryIO, dtype: np.dtype, num_frames: int, num_columns: int) -> None:
        header = {"descr": dtype.str, "fortran_order": False, "shape": (num_frames, num_columns)}
        np.lib.format.write_array_header_1_0(stream, header)
        self._stream = stream
        self._dtype = dtype
        self._start = stream.tell()
        self._num_columns = num_columns
        self._frame_bytes = dtype.itemsize * num_columns

    def write(self, ids_F: np.ndarray, x_FK: np.ndarray, places: dict[int, _Place]) -> None:
        """Puts frames behind those of their sequence that have come before; those without a place are passed over."""
        with np.errstate(over="ignore"):
            stored_FK = x_FK.astype(self._dtype, order="C", copy=False)
        for sequence_id, begin, end in runs(ids_F):
            if place := places.get(sequence_id):
                self._stream.seek(self._start + (place.offset + place.num_written) * self._frame_bytes)
                self._stream.write(stored_FK[begin:end].data)
                place.num_written += end - begin

    def settle(self, place: _Place, order_T: np.ndarray | None, prepare: Prepare) -> PreparedClip:
        """Prepares a whole sequence, its rows in order, and stores what becomes of it.

        Args:
            order_T: Which of its rows comes first, second, …; None if they stand in order.
        """
        start = self._start + place.offset * self._frame_bytes
        self._stream.seek(start)
        content = self._stream.read(place.num_frames * self._frame_bytes)
        stored_TK = np.frombuffer(content, self._dtype).reshape(-1, self._num_columns)
        if order_T is not None:
            stored_TK = stored_TK[order_T]
        x_TK = stored_TK.astype(np.float32, copy=False)
        prepared = prepare(x_TK)
        if order_T is not None or prepared.values_TK is not x_TK:
            self._stream.seek(start)
            with np.errstate(over="ignore"):
                self._stream.write(prepared.values_TK.astype(self._dtype, order="C", copy=False).data)
        return prepared


def _report(
    usable: pd.DataFrame, skipped: dict[str, list[int]], noted: dict[str, list[int]], extra_columns: list[str]
) -> dict:
    return {
        "num_sequences": len(usable),
        "num_frames": int(usable["num_frames"].sum()),
        "skipped": {reason: len(ids) for reason, ids in sorted(skipped.items()) if ids},
        "noted": {kind: len(ids) for kind, ids in sorted(noted.items())},
        "examples": {reason: ids[:NUM_EXAMPLES] for reason, ids in sorted({**skipped, **noted}.items()) if ids},
        "extra_columns": extra_columns[:NUM_EXAMPLES],
    }


class ShardRecordings(Recordings):
    """The sequences of a shard; see `podium.data.recordings.Recordings`.

    Args:
        num_columns: That it must have.

    Raises:
        UserError: The shard or the table beside it is missing, damaged, or does not fit the other.
    """

    absence = "not_in_shard"
    extra_columns: list[str] = []

    def __init__(self, path: Path, num_columns: int) -> None:
        self.num_columns = num_columns
        self.unreadable: list[int] = []
        self._table = read_table(made_by(path.with_suffix(".parquet"), "pack_shard"), SHARD)
        self._x_FK = map_npy(path)
        if self._x_FK.ndim != 2 or self._x_FK.shape[1] != num_columns:
            raise UserError(f"{path} has the shape {self._x_FK.shape}, not (frames, {num_columns}); make it again")
        offset, num_frames = (self._table[name].astype("int64") for name in ("offset", "num_frames"))
        if (num_frames < 1).any() or (offset > len(self._x_FK) - num_frames).any():
            raise UserError(f"{path} has {len(self._x_FK)} frames, its table tells of others; make both again")

    def num_frames(self) -> dict[int, int]:
        """Frames of each sequence."""
        return dict(zip(self._table["sequence_id"].tolist(), self._table["num_frames"].tolist(), strict=True))

    def batches(self) -> Iterator[tuple[np.ndarray, np.ndarray]]:
        """Yields ids (F,) int64, all equal, and values (F, K) float32 of each sequence."""
        for sequence_id, begin, num_frames in self._table[SHARD[1:]].itertuples(index=False):
            x_FK = np.asarray(self._x_FK[begin : begin + num_frames], dtype=np.float32)
            yield np.full(num_frames, sequence_id, dtype=np.int64), x_FK
