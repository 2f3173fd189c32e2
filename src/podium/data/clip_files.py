"""Clips wherever they lie: in files of one clip, in landmark files of many, in whole datasets.

A source is opened at once, so that it can be counted; its clips are read one after the other. What is wrong with a clip
does not stop the others.
"""

from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq

from podium.data.arrays import COLUMNS_FILE, ArrayRecordings, column_order
from podium.data.inspect.folders import ShardRecordings, Split, open_folder
from podium.data.pack import MAX_FRAMES, Recordings
from podium.data.parquet import INDEX_COLUMN, ParquetRecordings, runs
from podium.data.sources.base import CSV_NAMES
from podium.errors import UserError
from podium.files import check_readable
from podium.landmarks import COLUMNS
from podium.npy import map_npy
from podium.tables import read_csv

SUFFIXES = (".parquet", ".npy", ".csv")


@dataclass(frozen=True)
class Clip:
    """A clip, or why there is none.

    Attributes:
        path: The file, or the folder of arrays, that holds it.
        sequence_id: Which of its clips; None where it holds a single one.
        landmarks: An array in the order of `podium.landmarks.COLUMNS`, or a table with columns by name; neither its
            shape nor its type has been looked at. None where the clip cannot be read.
        problem: Why it cannot be read, else "".
    """

    path: Path
    sequence_id: int | None
    landmarks: np.ndarray | pd.DataFrame | None
    problem: str = ""
    remarks: tuple[str, ...] = ()
    fps: float | None = None


@dataclass(frozen=True)
class Source:
    """A file or a folder of arrays: how many clips it holds, and what reads them."""

    path: Path
    num_clips: int
    clips: Callable[[], Iterator[Clip]]


def open_sources(paths: list[Path]) -> list[Source]:
    """What lies at some places.

    Args:
        paths: Files (parquet, npy, csv); or folders: of such files, in the competition's layout, prepared datasets.

    Returns:
        One source per file, in order. A file that cannot be opened counts as one clip that cannot be read.
    """
    sources = []
    for path in paths:
        try:
            files = _files(path)
        except UserError as error:
            sources.append(_broken(path, error))
            continue
        for file in files:
            try:
                sources.append(_open(file))
            except UserError as error:
                sources.append(_broken(file, error))
    return sources


def _files(path: Path) -> list[Path]:
    if not path.is_dir():
        return [path]
    splits: list[Split] = []
    with suppress(UserError):  # no layout of ours: a folder of clips
        splits = open_folder(path).splits
    files = [file for split in splits for file in split.files.values()]
    if files and all(file.parent != path for file in files):
        return files
    # Clips beside each other, though some may have names as landmark files have; tables of the layout are none.
    tables = {CSV_NAMES[split.name] for split in splits if split.table is not None}
    tables |= {shard.with_suffix(".parquet").name for shard in path.glob("*.npy") if _is_shard(shard)}
    others = {file for file in path.iterdir() if file.suffix in SUFFIXES and file.name not in tables}
    files += sorted(others.difference(files))
    if not files:
        kinds = ", ".join(SUFFIXES)
        raise UserError(f"{path} holds no clips: neither files ({kinds}) nor a dataset (see `podium data inspect`)")
    return files


def _open(path: Path) -> Source:
    if path.is_dir():
        return _of_recordings(path, ArrayRecordings(path))
    if not path.is_file():
        raise UserError(f"{path} does not exist; name files or folders of clips")
    check_readable(path)
    if path.suffix == ".parquet":
        return _open_parquet(path)
    if path.suffix == ".csv":
        return _open_csv(path)
    if path.suffix == ".npy":
        if _is_shard(path):
            return _of_recordings(path, ShardRecordings(path))
        return Source(path, 1, lambda: _read_npy(path))
    raise UserError(f"{path} is no file of clips; give one of {', '.join(SUFFIXES)}, or a folder")


def _broken(path: Path, error: UserError) -> Source:
    return Source(path, 1, lambda: iter([Clip(path, None, None, str(error))]))


def _of_recordings(path: Path, recordings: Recordings) -> Source:
    """A file of several clips; each is given as soon as its last frame has been read."""
    num_frames = recordings.num_frames()
    too_long = [sequence_id for sequence_id, number in num_frames.items() if number > MAX_FRAMES]

    def clips() -> Iterator[Clip]:
        for sequence_id in recordings.unreadable:
            yield Clip(path, sequence_id, None, "is no array of floats with 390 columns and a frame")
        for sequence_id in too_long:
            yield Clip(path, sequence_id, None, _too_long(num_frames[sequence_id]))
        begun: dict[int, list[np.ndarray]] = {}
        missing = {one: number for one, number in num_frames.items() if number <= MAX_FRAMES}
        try:
            for ids_F, x_FK in recordings.batches():
                for sequence_id, begin, end in runs(ids_F):
                    if sequence_id not in missing:
                        continue
                    begun.setdefault(sequence_id, []).append(x_FK[begin:end])
                    missing[sequence_id] -= end - begin
                    if not missing[sequence_id]:
                        parts = begun.pop(sequence_id)
                        yield Clip(path, sequence_id, np.concatenate(parts))
        except UserError as error:
            yield Clip(path, None, None, str(error))

    return Source(path, len(num_frames) + len(recordings.unreadable), clips)


def _too_long(num_frames: int) -> str:
    return f"is a clip of {num_frames:,} frames; at most {MAX_FRAMES:,} are read, cut it"


def _open_csv(path: Path) -> Source:
    """A clip, or several that a column `INDEX_COLUMN` tells apart."""
    if INDEX_COLUMN not in _read_csv(path, nrows=0).columns:
        return Source(path, 1, lambda: _read_tables(path, is_single=True))
    ids = _read_csv(path, usecols=[INDEX_COLUMN])[INDEX_COLUMN]
    if ids.dtype.kind not in "iu":
        raise UserError(f"{path}: column {INDEX_COLUMN} is {ids.dtype}, not an integer")
    return Source(path, ids.nunique(), lambda: _read_tables(path, is_single=False))


def _read_tables(path: Path, is_single: bool) -> Iterator[Clip]:
    try:
        table = _read_csv(path)
    except UserError as error:
        yield Clip(path, None, None, str(error))
        return
    if is_single:
        yield _short_enough(path, None, table)
        return
    for sequence_id, clip in table.groupby(INDEX_COLUMN, sort=False):
        yield _short_enough(path, int(sequence_id), clip)


def _short_enough(path: Path, sequence_id: int | None, table: pd.DataFrame) -> Clip:
    if len(table) > MAX_FRAMES:
        return Clip(path, sequence_id, None, _too_long(len(table)))
    return Clip(path, sequence_id, table)


def _open_parquet(path: Path) -> Source:
    try:
        if INDEX_COLUMN in pq.read_schema(path).names:
            return _of_recordings(path, ParquetRecordings(path))
    except (pa.ArrowException, OSError) as error:
        raise UserError(f"{path} is cut off or not a parquet file ({error}); fetch or make it again") from None
    return Source(path, 1, lambda: _read_single_parquet(path))


def _read_single_parquet(path: Path) -> Iterator[Clip]:
    try:
        file = pq.ParquetFile(path)
        if file.metadata.num_rows > MAX_FRAMES:
            yield Clip(path, None, None, _too_long(file.metadata.num_rows))
            return
        table = file.read(columns=COLUMNS)  # as many of them as there are
        yield Clip(path, None, table.to_pandas(ignore_metadata=True))
    except (pa.ArrowException, OSError, ValueError, KeyError) as error:
        yield Clip(path, None, None, f"{path} is damaged ({error}); fetch or make it again")


def _read_csv(path: Path, **what) -> pd.DataFrame:
    try:
        return read_csv(path, **what)
    except FileNotFoundError:
        raise UserError(f"{path} does not exist; name files or folders of clips") from None


def _read_npy(path: Path) -> Iterator[Clip]:
    try:
        array = map_npy(path)
        if array.ndim and len(array) > MAX_FRAMES:
            yield Clip(path, None, None, _too_long(len(array)))
        else:
            yield Clip(path, None, _in_order(path, array))
    except (UserError, OSError) as error:
        yield Clip(path, None, None, str(error))


def _in_order(path: Path, array: np.ndarray) -> np.ndarray:
    """The array in the order of `podium.landmarks.COLUMNS`, where a `COLUMNS_FILE` beside the file names another."""
    order_K = column_order(path.with_name(COLUMNS_FILE)) if path.with_name(COLUMNS_FILE).is_file() else None
    return array if order_K is None or array.shape[1:] != (len(COLUMNS),) else array[:, order_K]


def _is_shard(path: Path) -> bool:
    """Whether the table of a prepared dataset's shard lies beside."""
    table = path.with_suffix(".parquet")
    try:
        return table.is_file() and {"offset", "num_frames"} <= set(pq.read_schema(table).names)
    except (pa.ArrowException, OSError):
        return False
