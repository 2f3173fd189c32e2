"""A person's clips of signs wherever they lie: parquet files of one clip in the long layout, arrays of whole frames,
and all that general code knows (`podium.recognise.clip_files`).

Legend: T frames, K columns (`podium.systems.signs.points.COLUMNS`).
"""

from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from podium.data.recordings import MAX_FRAMES
from podium.data.sources.base import CSV_NAMES
from podium.errors import ClipError, UserError
from podium.landmarks import parquet
from podium.landmarks.clip_arrays import GivenClip, read_given
from podium.landmarks.inspect.inspection import Inspection
from podium.landmarks.long_parquet import LONG_PROBLEMS, NUM_ROWS, is_long, read_long
from podium.recognise import clip_files
from podium.recognise.clip_folders import list_files
from podium.recognise.sources import Clip, Source, Sources
from podium.storage.npy import map_npy
from podium.systems.signs.labels import LABELS
from podium.systems.signs.points import COLUMNS, ROWS, SELECTION, as_columns

INSPECTION = Inspection(SELECTION, LABELS, short_frames=2)
_ROWS_P = np.array(ROWS)


def open_sources(paths: list[Path]) -> Sources:
    """The clips below some paths: parquet files of the long layout, arrays (T, 543, 3), and all that
    `podium.recognise.clip_files.open_sources` reads.

    A folder in the competition's layout gives the clips that lie in it, whatever its csv files name.
    """
    sources = clip_files.open_sources([], INSPECTION)
    for path in paths:
        try:
            files = list_files(path, sources.passed_over, INSPECTION) if path.is_dir() else [path]
        except UserError as error:
            sources.add_broken(path, error)
            continue
        for file in files:
            if file.name in CSV_NAMES.values() and path.is_dir():
                continue
            if _has_long_layout(file):
                sources.append(Source(file, 1, lambda file=file: _long_clip(file)))
            elif _has_frames(file):
                sources.append(Source(file, 1, lambda file=file: _array_clip(file)))
            else:
                sources += clip_files.open_sources([file], INSPECTION)
    return sources


def _has_long_layout(path: Path) -> bool:
    try:
        return path.suffix.lower() in parquet.SUFFIXES and path.is_file() and is_long(pq.read_schema(path))
    except (pa.ArrowException, OSError):  # told when it is opened as another file
        return False


def _has_frames(path: Path) -> bool:
    try:
        return path.suffix.lower() == ".npy" and path.is_file() and map_npy(path).shape[1:] == (NUM_ROWS, 3)
    except (UserError, OSError):
        return False


def _long_clip(path: Path) -> Iterator[Clip]:
    try:
        found = read_long(path, _ROWS_P)
    except UserError as error:
        yield Clip(path, None, None, problem=str(error))
        return
    if found.x_TCR is None:
        yield Clip(path, None, None, problem=LONG_PROBLEMS[found.problem])
        return
    x_TK = found.x_TCR.reshape(found.num_frames, len(COLUMNS))
    is_sorted = found.order_T is not None
    yield _given(path, x_TK[found.order_T] if is_sorted else x_TK, ("frames_sorted",) if is_sorted else ())


def _array_clip(path: Path) -> Iterator[Clip]:
    try:
        yield _given(path, as_columns(map_npy(path)))
    except (UserError, OSError) as error:
        yield Clip(path, None, None, problem=str(error))


def _given(path: Path, x_TK: np.ndarray, remarks: tuple[str, ...] = ()) -> Clip:
    if len(x_TK) > MAX_FRAMES:
        problem = f"is a clip of {len(x_TK):,} frames; at most {MAX_FRAMES:,} are read, cut it"
        return Clip(path, None, None, problem=problem)
    try:
        given = read_given(x_TK, COLUMNS)
    except ClipError as error:
        return Clip(path, None, None, problem=str(error))
    if np.isnan(x_TK).all():
        return Clip(path, None, None, problem="a clip without a single landmark" if len(x_TK) else "has no frames")
    return Clip(path, None, GivenClip(given.landmarks_TK, remarks), len(x_TK))
