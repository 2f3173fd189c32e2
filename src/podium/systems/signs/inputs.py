"""A person's clip as the file of a sign system takes it: where it lies, and what becomes of it.

Letters in tensor names: T frames, R the 543 rows of a frame, C coordinates (x, y, z), K columns (`points.COLUMNS`).
"""

from collections.abc import Iterator
from pathlib import Path
from typing import Any, NamedTuple

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
from podium.landmarks.plausibility import doubts, without_zeros
from podium.landmarks.remarks import MEANINGS
from podium.recognise import clip_files
from podium.recognise.clip_folders import list_files
from podium.recognise.sources import Clip, Source, Sources
from podium.storage.npy import map_npy
from podium.systems.signs.labels import LABELS
from podium.systems.signs.points import COLUMNS, ROWS, SELECTION, SLOTS, as_columns, as_frames
from podium.systems.signs.raw import JUDGED, JUDGED_COLUMNS

INSPECTION = Inspection(SELECTION, LABELS, short_frames=1)
_ROWS_P = np.array(ROWS)


class Frames(NamedTuple):
    """A clip, checked.

    Attributes:
        x_TRC: (T, 543, 3) float32, NaN for what is missing, and for rows that no sign system reads.
        remarks: What is to be said of it: kinds of `podium.landmarks.remarks.MEANINGS`, in their order.
        reason: Why there is nothing to read: a key of `podium.landmarks.remarks.REASONS`, "" if there is something.
    """

    x_TRC: np.ndarray
    remarks: tuple[str, ...] = ()
    reason: str = ""


def frames_of(clip: Any, fps: float | None = None) -> Frames:
    """A person's clip as the file takes it.

    Args:
        clip: Raw values as MediaPipe Holistic gives them, x and y in fractions of the picture, NaN (or masked) if a
            landmark is missing. An array (T, 543, 3), or (T, K) in the order of `points.COLUMNS`; a table with a row
            per frame, whose columns go by name; or a `podium.landmarks.clip_arrays.GivenClip` of the K columns.
        fps: Frames a second that somebody states. Sign systems read frame by frame, so it counts for nothing here.

    Raises:
        ClipError: Columns are missing, the shape or the type is another, a value is infinite (or beyond ±1e15), or a
            table holds several sequences.
    """
    given = clip if isinstance(clip, GivenClip) else read_given(_flat(clip), COLUMNS)
    x_TK, has_zeros = without_zeros(given.landmarks_TK, SELECTION)
    found = {*given.remarks, *doubts(x_TK[:, JUDGED_COLUMNS], JUDGED)}
    found |= {"zeros_for_missing"} if has_zeros else set()
    found |= {"rate_not_used"} if given.fps is not None and fps is None else set()
    has_hand = any((~np.isnan(x_TK[:, SLOTS[hand]])).any() for hand in ("left_hand", "right_hand"))
    reason = "" if has_hand else "no_hand" if len(x_TK) else "no_frames"
    return Frames(as_frames(x_TK), tuple(kind for kind in MEANINGS if kind in found), reason)


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


def _flat(clip: Any) -> Any:
    """A clip (T, 543, 3) as (T, K); others as they are."""
    if getattr(clip, "ndim", None) == 3 and clip.shape[1:] == (NUM_ROWS, 3) and np.dtype(clip.dtype).kind == "f":
        return as_columns(np.ma.filled(clip, np.nan))
    return clip


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
