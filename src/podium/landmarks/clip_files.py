"""Landmarks wherever they lie: in files of one clip, in landmark files of many, in whole datasets.

What is wrong with a clip does not stop the others.
"""

from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path

import numpy as np

from podium.data.clip_files import Clip, ClipFile, ClipFiles
from podium.data.recordings import MAX_FRAMES, Recordings, clips
from podium.data.shards import ShardRecordings
from podium.errors import ClipError, UserError
from podium.landmarks import csv_rows, parquet
from podium.landmarks.arrays import ArrayRecordings, columns_beside
from podium.landmarks.clip_arrays import GivenClip, as_clip
from podium.landmarks.clip_films import film_source, film_table_clips, foreign_source
from podium.landmarks.clip_folders import SUFFIXES, is_plain_answer, is_shard, list_files, suffix_of
from podium.landmarks.csv_rows import open_csv
from podium.landmarks.film_table import is_film as is_film_table
from podium.landmarks.foreign import SUFFIXES as FOREIGN_SUFFIXES
from podium.landmarks.frames import PROBLEMS
from podium.landmarks.inspect.inspection import Inspection
from podium.landmarks.parquet import open_parquet
from podium.landmarks.pictures.films import PICTURE_SUFFIXES
from podium.landmarks.pictures.opening import is_camera, is_film
from podium.landmarks.selection import Selection
from podium.landmarks.table_recordings import TableRecordings
from podium.storage.files import check_readable
from podium.storage.npy import map_npy

_WITHOUT_FRAMES = "a clip without frames"


def open_clips(paths: list[Path], inspection: Inspection) -> ClipFiles:
    """The clips below some paths. A file that cannot be opened counts as one clip that cannot be read.

    Args:
        paths: Files (parquet, npy, csv); or folders: of such files, in the competition's layout, prepared datasets.
        inspection: What the system says of layouts, and which landmarks it reads.
    """
    opened = ClipFiles(suffixes=SUFFIXES, is_answer=partial(is_plain_answer, columns=inspection.selection.columns))
    for path in paths:
        try:
            files = list_files(path, opened.passed_over, inspection) if path.is_dir() else [path]
        except UserError as error:
            opened.add_broken(path, error)
            continue
        for file in files:
            try:
                opened.append(_open(file, inspection.selection, opened))
            except UserError as error:
                opened.add_broken(file, error)
    return opened


def _open(path: Path, selection: Selection, opened: ClipFiles) -> ClipFile:
    columns = selection.columns
    if is_film(path) or is_camera(path):
        return film_source(path, selection, opened.films)
    if path.is_dir():
        return _of_recordings(path, ArrayRecordings(path, columns), columns)
    if not path.is_file():
        raise UserError(f"{path} does not exist; name files or folders of clips")
    check_readable(path)
    suffix = suffix_of(path)
    if suffix in parquet.SUFFIXES:
        rows = open_parquet(path)
        keys = TableRecordings(rows, columns)

        def open_again() -> TableRecordings:
            return TableRecordings(open_parquet(path), columns)

        if is_film_table(rows.schema):
            return ClipFile(path, 1, lambda: film_table_clips(path, open_again, selection))
        return _of_table(path, open_again, keys, columns)
    if suffix in csv_rows.SUFFIXES:
        keys = TableRecordings(open_csv(path, with_landmarks=False), columns=[])
        return _of_table(path, lambda: TableRecordings(open_csv(path, with_landmarks=True), columns), keys, columns)
    if suffix == ".npy":
        if is_shard(path):
            return _of_recordings(path, ShardRecordings(path, len(columns)), columns)
        return ClipFile(path, 1, lambda: _array(path, columns))
    if suffix in FOREIGN_SUFFIXES:
        return foreign_source(path, selection)
    if suffix in PICTURE_SUFFIXES:
        raise UserError(f"{path} is a single picture; give a folder of pictures with numbers in their names")
    kinds = ", ".join(dict.fromkeys((*SUFFIXES, *FOREIGN_SUFFIXES)))
    raise UserError(f"{path} is no file of clips; give one of {kinds}, or a folder")


def _of_recordings(path: Path, recordings: Recordings, columns: list[str]) -> ClipFile:
    num_clips = len(recordings.num_frames()) + len(recordings.unreadable)
    return ClipFile(path, num_clips, lambda: _clips(path, recordings, columns, lambda sequence_id: sequence_id))


def _of_table(
    path: Path, open_again: Callable[[], TableRecordings], recordings: TableRecordings, columns: list[str]
) -> ClipFile:
    """A table, counted. It is opened again to be read: there may be more tables than files that can be kept open."""

    def read() -> Iterator[Clip]:
        try:
            recordings = open_again()
            recordings.rates  # noqa: B018  raises now, before anything is read, if the metadata holds a wrong rate
        except UserError as error:
            yield _bad(path, None, str(error))
            return
        if is_empty(recordings):
            yield _bad(path, None, _WITHOUT_FRAMES)
        yield from _clips(path, recordings, columns, recordings.label)

    def is_empty(recordings: TableRecordings) -> bool:
        return not recordings.has_ids and not recordings.num_frames()

    return ClipFile(path, 1 if is_empty(recordings) else len(recordings.num_frames()), read)


def _clips(
    path: Path, recordings: Recordings, columns: list[str], label: Callable[[int], int | str | None]
) -> Iterator[Clip]:
    """The clips of a file; each is given as soon as its last frame has been read."""
    for sequence_id in recordings.unreadable:
        yield _bad(path, sequence_id, f"is no array of floats with {len(columns)} columns and a frame")
    try:
        for sequence_id, number in recordings.num_frames().items():
            if problem := recordings.refused.get(sequence_id):
                yield _bad(path, label(sequence_id), PROBLEMS[problem])
            elif number > MAX_FRAMES:
                yield _bad(path, label(sequence_id), _too_long(number))
        for sequence_id, x_TK in clips(recordings):
            try:
                rate = recordings.rate(sequence_id) if isinstance(recordings, TableRecordings) else None
            except ClipError as error:
                yield _bad(path, label(sequence_id), str(error))
                continue
            yield _clip(path, label(sequence_id), x_TK, columns, recordings.remarks.get(sequence_id, ()), rate)
    except UserError as error:
        yield _bad(path, None, str(error))


def _clip(
    path: Path,
    sequence_id: int | str | None,
    landmarks: np.ndarray,
    columns: list[str],
    remarks: tuple[str, ...] = (),
    fps: float | None = None,
) -> Clip:
    """A clip, its shape and type not checked yet.

    Args:
        remarks: What is to be said of the rows: kinds of `podium.landmarks.remarks.MEANINGS`.
        fps: Frames a second, positive, as the file says; None if it does not.
    """
    try:
        landmarks_TK = as_clip(landmarks, columns)
    except ClipError as error:
        return _bad(path, sequence_id, str(error))
    if np.isnan(landmarks_TK).all():  # true of no frames, too
        return _bad(path, sequence_id, "a clip without a single landmark" if len(landmarks_TK) else _WITHOUT_FRAMES)
    return Clip(path, sequence_id, GivenClip(landmarks_TK, remarks, fps), len(landmarks_TK))


def _bad(path: Path, sequence_id: int | str | None, problem: str) -> Clip:
    return Clip(path, sequence_id, None, problem=problem)


def _too_long(num_frames: int) -> str:
    return f"is a clip of {num_frames:,} frames; at most {MAX_FRAMES:,} are read, cut it"


def _array(path: Path, columns: list[str]) -> Iterator[Clip]:
    try:
        array = map_npy(path)
        if array.ndim and len(array) > MAX_FRAMES:
            yield _bad(path, None, _too_long(len(array)))
            return
        order_K = columns_beside(path.parent, columns)
        is_ordered = order_K is None or array.shape[1:] != (len(columns),)
        yield _clip(path, None, array if is_ordered else array[:, order_K], columns)
    except (UserError, OSError) as error:
        yield _bad(path, None, str(error))
