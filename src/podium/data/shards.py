"""One raw landmark file (or folder of arrays) → one shard: the 390 columns of its sequences, one behind the other.

What comes in is written by plain seeks: memory depends neither on its length nor on the order of its rows, and a full
disk is an error that can be reported (a memory map would kill the process). A second pass then puts the rows of each
sequence in order, makes parts in one point missing, and takes its statistics from what is stored.

Legend: F frames of a batch, T frames of a sequence, K the 390 columns, C coordinates (x, y, z).
"""

from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO

import numpy as np
import pandas as pd

from podium.landmarks.arrays import ArrayRecordings
from podium.landmarks.frames import PROBLEMS
from podium.landmarks.mediapipe import COLUMNS, SLOTS
from podium.landmarks.normalise import STATISTICS_COLUMNS, is_infinite, statistics
from podium.landmarks.parquet import ParquetRecordings
from podium.landmarks.plausibility import doubts, without_zeros
from podium.landmarks.recordings import MAX_FRAMES, Recordings, runs
from podium.landmarks.remarks import MEANINGS

DTYPES = {"float32": "<f4", "float16": "<f2"}
HAND_COLUMNS = ["hand_share", "left_hand_share", "right_hand_share"]
SHORT_FRAMES = 15  # shorter clips are not trained on (1st-place solution)
NUM_EXAMPLES = 5
TABLE_TYPES = {
    **dict.fromkeys(["file_id", "sequence_id", "offset", "num_frames"], "int64"),
    **dict.fromkeys([*HAND_COLUMNS, *STATISTICS_COLUMNS], "float32"),
}
_PROBLEMS = ("all_nan", "infinite_value")  # reasons for skipping that show in the values


@dataclass
class Packed:
    """The outcome of a shard.

    Attributes:
        sequences: ``TABLE_TYPES``: ids, place in the shard, ``HAND_COLUMNS`` (share of frames with any, with the left,
            with the right hand) and ``STATISTICS_COLUMNS`` of the stored values, one row per usable sequence.
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
    landmarks: str | Path, wanted: list[int], unused: set[int], file_id: int, out: Path, dtype: str = "float32"
) -> Packed:
    """Writes the shard ``out``: npy, (frames, 390), raw values, NaN kept.

    Sequences of a parquet file stand in the order in which they begin there, each with its rows in the order of `frame`
    (in the file's, if there is no such column); those of a folder stand by ascending id. Parts of a frame whose
    landmarks lie in one point, such as 0.0, become NaN.

    Args:
        landmarks: A parquet file, or a folder with one npy file per sequence.
        wanted: Sequence ids to pack.
        unused: Sequence ids that the csv files name, but that are left out on purpose.
        dtype: "float32" or "float16"; with the latter, a value beyond its range counts as infinite.

    Raises:
        UserError: ``landmarks`` is missing, cut off or something else, lacks a column, or a column has a wrong type.
    """
    recordings: Recordings = ArrayRecordings(landmarks) if Path(landmarks).is_dir() else ParquetRecordings(landmarks)
    is_wanted = set(wanted).__contains__
    num_frames = recordings.num_frames()
    refused = {one: problem for one, problem in recordings.refused.items() if is_wanted(one)}
    too_long = [one for one in num_frames if is_wanted(one) and one not in refused and num_frames[one] > MAX_FRAMES]
    places: dict[int, _Place] = {}
    total_frames = 0
    for sequence_id in (one for one in num_frames if is_wanted(one) and one not in refused and one not in too_long):
        places[sequence_id] = _Place(total_frames, num_frames[sequence_id])
        total_frames += num_frames[sequence_id]
    noted = {one: recordings.remarks.get(one, ()) for one in places}
    with open(out, "w+b") as stream:
        shard = _Shard(stream, np.dtype(DTYPES[dtype]), total_frames)
        for ids_F, x_FK in recordings.batches():
            shard.write(ids_F, x_FK, places)
        rows = []
        for sequence_id, place in places.items():
            x_TK, has_zeros = shard.settle(place, recordings.order(sequence_id))
            noted[sequence_id] += (*("zeros_for_missing",) * has_zeros, *doubts(x_TK))
            rows.append(_describe(file_id, sequence_id, place, x_TK))
    table = pd.DataFrame(rows, columns=[*TABLE_TYPES, "problem"])
    skipped = {
        recordings.absence: [one for one in wanted if one not in num_frames and one not in recordings.unreadable],
        "not_in_csv": [one for one in num_frames if not is_wanted(one) and one not in unused],
        "too_long": too_long,
        "unreadable": list(filter(is_wanted, recordings.unreadable)),
        **{reason: [one for one, problem in refused.items() if problem == reason] for reason in PROBLEMS},
        **{problem: table.loc[table["problem"] == problem, "sequence_id"].tolist() for problem in _PROBLEMS},
    }
    usable = table.loc[table["problem"] == "", list(TABLE_TYPES)].reset_index(drop=True).astype(TABLE_TYPES)
    return Packed(usable, _report(usable, skipped, noted, recordings.extra_columns))


class _Shard:
    """A shard while it is written, and then read."""

    def __init__(self, stream: BinaryIO, dtype: np.dtype, num_frames: int) -> None:
        header = {"descr": dtype.str, "fortran_order": False, "shape": (num_frames, len(COLUMNS))}
        np.lib.format.write_array_header_1_0(stream, header)
        self._stream = stream
        self._dtype = dtype
        self._start = stream.tell()
        self._frame_bytes = dtype.itemsize * len(COLUMNS)

    def write(self, ids_F: np.ndarray, x_FK: np.ndarray, places: dict[int, _Place]) -> None:
        """Puts frames behind those of their sequence that have come before; those without a place are passed over."""
        with np.errstate(over="ignore"):
            stored_FK = x_FK.astype(self._dtype, order="C", copy=False)
        for sequence_id, begin, end in runs(ids_F):
            if place := places.get(sequence_id):
                self._stream.seek(self._start + (place.offset + place.num_written) * self._frame_bytes)
                self._stream.write(stored_FK[begin:end].data)
                place.num_written += end - begin

    def settle(self, place: _Place, order_T: np.ndarray | None) -> tuple[np.ndarray, bool]:
        """A whole sequence (T, K) float32, its rows in order, parts in one point as NaN; and whether there are any.

        Args:
            order_T: Which of its rows comes first, second, …; None if they stand in order.
        """
        start = self._start + place.offset * self._frame_bytes
        self._stream.seek(start)
        content = self._stream.read(place.num_frames * self._frame_bytes)
        stored_TK = np.frombuffer(content, self._dtype).reshape(-1, len(COLUMNS))
        if order_T is not None:
            stored_TK = stored_TK[order_T]
        x_TK, has_zeros = without_zeros(stored_TK.astype(np.float32, copy=False))
        if order_T is not None or has_zeros:
            self._stream.seek(start)
            with np.errstate(over="ignore"):
                self._stream.write(x_TK.astype(self._dtype, order="C", copy=False).data)
        return x_TK, has_zeros


def _describe(file_id: int, sequence_id: int, place: _Place, x_TK: np.ndarray) -> list:
    """A row of the table, and why it cannot be used ("" where it can)."""
    is_missing_TK = np.isnan(x_TK)
    has_left_T, has_right_T = (~is_missing_TK[:, SLOTS[hand]].all(axis=1) for hand in ("left_hand", "right_hand"))
    with np.errstate(over="ignore", invalid="ignore"):
        mean_C, deviation_C = statistics(x_TK)
    problem = ""
    if is_missing_TK.all():
        problem = "all_nan"
    elif is_infinite(x_TK).any():
        problem = "infinite_value"
    shares = [has_T.mean() for has_T in (has_left_T | has_right_T, has_left_T, has_right_T)]
    return [file_id, sequence_id, place.offset, place.num_frames, *shares, *mean_C, *deviation_C, problem]


def _report(
    usable: pd.DataFrame,
    skipped: dict[str, list[int]],
    remarks: dict[int, tuple[str, ...]],
    extra_columns: list[str],
) -> dict:
    noted = {
        "no_hand": usable["hand_share"] == 0,
        "one_frame": usable["num_frames"] == 1,
        f"under_{SHORT_FRAMES}_frames": usable["num_frames"] < SHORT_FRAMES,
    }
    noted_ids = {note: usable.loc[is_noted, "sequence_id"].tolist() for note, is_noted in noted.items()}
    noted_ids |= {kind: [one for one in usable["sequence_id"].tolist() if kind in remarks[one]] for kind in MEANINGS}
    return {
        "num_sequences": len(usable),
        "num_frames": int(usable["num_frames"].sum()),
        "skipped": {reason: len(ids) for reason, ids in skipped.items() if ids},
        "noted": {note: len(ids) for note, ids in noted_ids.items() if ids},
        "examples": {reason: ids[:NUM_EXAMPLES] for reason, ids in {**skipped, **noted_ids}.items() if ids},
        "extra_columns": extra_columns[:NUM_EXAMPLES],
    }
