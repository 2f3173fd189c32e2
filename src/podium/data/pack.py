"""One raw parquet file → one shard: the 390 selected columns of its sequences, one behind the other.

The file is read in batches of rows and written by plain seeks: memory depends neither on its length nor on the order of
its rows, and a full disk is an error that can be reported (a memory map would kill the process).

Legend: F frames of a batch, K the 390 columns.
"""

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from itertools import pairwise
from pathlib import Path
from typing import BinaryIO

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq

from podium.errors import UserError
from podium.landmarks import COLUMNS, RAW_COLUMNS, SLOTS

INDEX_COLUMN = "sequence_id"
BATCH_FRAMES = 2048
BUFFER_BYTES = 1 << 15  # per column; without it a column of a whole row group is read at once
ROW_BYTES = 4 * len(COLUMNS)
NUM_EXAMPLES = 5
_HAND_SLOTS = np.concatenate([SLOTS["left_hand"], SLOTS["right_hand"]])  # of the x coordinates, which come first


@dataclass
class _Sequence:
    """What is known of a sequence while its rows come in."""

    offset: int  # frames before it in the shard
    num_frames: int
    num_written: int = 0
    num_hand_frames: int = 0
    is_all_nan: bool = True
    is_finite: bool = True


@dataclass
class Packed:
    """The outcome of a shard.

    Attributes:
        sequences: file_id, sequence_id, offset, num_frames, hand_share (share of frames with a hand, float32).
        report: For JSON: numbers, reasons of skipped sequences, things noted, examples of both.
    """

    sequences: pd.DataFrame
    report: dict = field(default_factory=dict)


def pack_shard(parquet: str | Path, wanted: list[int], unused: set[int], file_id: int, out: Path) -> Packed:
    """Writes the shard ``out``: npy, (frames, 390) float32, raw values, NaN kept.

    Sequences stand in the order in which they begin in the file, each with its rows in the file's order.

    Args:
        wanted: Sequence ids to pack.
        unused: Sequence ids that the csv files name, but that are left out on purpose.

    Raises:
        UserError: The file is missing, cut off or no parquet file, or lacks a column, or a column has a wrong type.
    """
    reader = _open(parquet)
    num_frames = _count_frames(reader, parquet)
    sequences: dict[int, _Sequence] = {}
    total_frames = 0
    for sequence_id in [one for one in num_frames if one in set(wanted)]:
        sequences[sequence_id] = _Sequence(total_frames, num_frames[sequence_id])
        total_frames += num_frames[sequence_id]
    with open(out, "wb") as stream:
        _write_header(stream, total_frames)
        start = stream.tell()
        for ids_F, x_FK in _batches(reader, parquet, [INDEX_COLUMN, *COLUMNS]):
            _write_batch(stream, start, ids_F, x_FK, sequences)
    return _summary(
        sequences,
        file_id,
        not_in_parquet=[one for one in wanted if one not in sequences],
        not_in_csv=[one for one in num_frames if one not in sequences and one not in unused],
        extra_columns=[name for name in reader.schema_arrow.names if name not in {INDEX_COLUMN, *RAW_COLUMNS}],
    )


def _open(parquet: str | Path) -> pq.ParquetFile:
    try:
        reader = pq.ParquetFile(parquet, buffer_size=BUFFER_BYTES, pre_buffer=False)
    except FileNotFoundError:
        raise UserError(f"{parquet} does not exist") from None
    except (pa.ArrowException, OSError) as error:
        raise UserError(f"{parquet} is cut off or not a parquet file ({error}); fetch or make it again") from None
    schema = reader.schema_arrow
    missing = [name for name in [INDEX_COLUMN, *COLUMNS] if name not in schema.names]
    if missing:
        more = f" and {len(missing) - 5} more" if len(missing) > 5 else ""
        raise UserError(f"{parquet} lacks the column(s) {', '.join(missing[:5])}{more}")
    if not pa.types.is_integer(schema.field(INDEX_COLUMN).type):
        raise UserError(f"{parquet}: column {INDEX_COLUMN} is {schema.field(INDEX_COLUMN).type}, not an integer")
    for name in COLUMNS:
        if not pa.types.is_floating(schema.field(name).type):
            raise UserError(f"{parquet}: column {name} is {schema.field(name).type}, not a floating-point number")
    return reader


def _batches(
    reader: pq.ParquetFile, parquet: str | Path, columns: list[str]
) -> Iterator[tuple[np.ndarray, np.ndarray]]:
    """Yields ids (F,) int64 and values (F, K) float32 of successive rows; ``columns`` begins with the ids."""
    batches = reader.iter_batches(batch_size=BATCH_FRAMES, columns=columns, use_threads=False)
    while True:
        try:
            batch = next(batches, None)
        except (pa.ArrowException, OSError) as error:
            raise UserError(f"{parquet} is damaged ({error}); fetch or make it again") from None
        if batch is None:
            return
        ids = batch.column(columns[0])
        if ids.null_count:
            raise UserError(f"{parquet}: column {columns[0]} has empty fields")
        values = np.empty((len(columns) - 1, batch.num_rows), dtype=np.float32)
        for row, name in zip(values, columns[1:], strict=True):  # nulls become NaN
            row[:] = batch.column(name).to_numpy(zero_copy_only=False)
        yield ids.to_numpy(zero_copy_only=False).astype(np.int64), np.ascontiguousarray(values.T)


def _runs(ids_F: np.ndarray) -> Iterator[tuple[int, int, int]]:
    """Yields (id, begin, end) of stretches of equal ids."""
    if len(ids_F) == 0:
        return
    bounds = [0, *(np.flatnonzero(np.diff(ids_F)) + 1).tolist(), len(ids_F)]
    for begin, end in pairwise(bounds):
        yield int(ids_F[begin]), begin, end


def _count_frames(reader: pq.ParquetFile, parquet: str | Path) -> Counter[int]:
    """Frames of each sequence, in the order in which the sequences begin."""
    num_frames: Counter[int] = Counter()
    for ids_F, _ in _batches(reader, parquet, [INDEX_COLUMN]):
        for sequence_id, begin, end in _runs(ids_F):
            num_frames[sequence_id] += end - begin
    return num_frames


def _write_header(stream: BinaryIO, total_frames: int) -> None:
    shape = (total_frames, len(COLUMNS))
    np.lib.format.write_array_header_1_0(stream, {"descr": "<f4", "fortran_order": False, "shape": shape})


def _write_batch(
    stream: BinaryIO, start: int, ids_F: np.ndarray, x_FK: np.ndarray, sequences: dict[int, _Sequence]
) -> None:
    has_hand_F = ~np.isnan(x_FK[:, _HAND_SLOTS]).all(axis=1)
    is_empty_F = np.isnan(x_FK).all(axis=1)
    is_finite_F = ~np.isinf(x_FK).any(axis=1)
    for sequence_id, begin, end in _runs(ids_F):
        sequence = sequences.get(sequence_id)
        if sequence is None:
            continue
        stream.seek(start + (sequence.offset + sequence.num_written) * ROW_BYTES)
        stream.write(x_FK[begin:end].astype("<f4", copy=False).data)
        sequence.num_written += end - begin
        sequence.num_hand_frames += int(has_hand_F[begin:end].sum())
        sequence.is_all_nan &= bool(is_empty_F[begin:end].all())
        sequence.is_finite &= bool(is_finite_F[begin:end].all())


def _summary(
    sequences: dict[int, _Sequence],
    file_id: int,
    not_in_parquet: list[int],
    not_in_csv: list[int],
    extra_columns: list[str],
) -> Packed:
    reasons = {
        "not_in_parquet": not_in_parquet,
        "not_in_csv": not_in_csv,
        "all_nan": [one for one, sequence in sequences.items() if sequence.is_all_nan],
        "infinite_value": [one for one, sequence in sequences.items() if not sequence.is_finite],
    }
    skipped = {one for ids in reasons.values() for one in ids}
    kept = {one: sequence for one, sequence in sequences.items() if one not in skipped}
    notes = {
        "no_hand": [one for one, sequence in kept.items() if sequence.num_hand_frames == 0],
        "one_frame": [one for one, sequence in kept.items() if sequence.num_frames == 1],
    }
    table = pd.DataFrame({
        "file_id": np.full(len(kept), file_id, dtype=np.int64),
        "sequence_id": np.array(list(kept), dtype=np.int64),
        "offset": np.array([sequence.offset for sequence in kept.values()], dtype=np.int64),
        "num_frames": np.array([sequence.num_frames for sequence in kept.values()], dtype=np.int64),
        "hand_share": np.array(
            [sequence.num_hand_frames / sequence.num_frames for sequence in kept.values()], dtype=np.float32
        ),
    })
    report = {
        "num_sequences": len(kept),
        "num_frames": int(table["num_frames"].sum()),
        "skipped": {reason: len(ids) for reason, ids in reasons.items() if ids},
        "noted": {note: len(ids) for note, ids in notes.items() if ids},
        "examples": {reason: ids[:NUM_EXAMPLES] for reason, ids in {**reasons, **notes}.items() if ids},
        "extra_columns": extra_columns[:NUM_EXAMPLES],
    }
    return Packed(table, report)
