"""A person's clips of signs wherever they lie: parquet files of one clip in the long layout, and all that general code
knows (`podium.recognise.clip_files`)."""

from collections.abc import Iterator
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq

from podium.errors import UserError
from podium.landmarks.clip_arrays import GivenClip
from podium.landmarks.inspect.inspection import Inspection
from podium.landmarks.long_parquet import LONG_PROBLEMS, is_long, read_long
from podium.recognise import clip_files
from podium.recognise.sources import Clip, Source, Sources
from podium.systems.signs.labels import LABELS, MAP_FILE
from podium.systems.signs.points import ROWS, SELECTION

_TABLES = ("train.csv", MAP_FILE)


def open_sources(paths: list[Path]) -> Sources:
    """The sources below some paths; a folder with files in the long layout gives these and nothing else."""
    inspection = Inspection(SELECTION, LABELS, short_frames=2)
    sources = clip_files.open_sources([], inspection)
    for path in paths:
        files = sorted(path.rglob("*.parquet")) if path.is_dir() else [path]
        files = [file for file in files if _is_long(file)]
        if not files:
            found = clip_files.open_sources([path], inspection)
            sources.extend(found)
            sources.passed_over.update(found.passed_over)
            continue
        sources.extend(Source(file, 1, lambda file=file: _clip(file)) for file in files)
        if path.is_dir():
            others = {file for file in path.rglob("*") if file.is_file() and file.name not in _TABLES} - set(files)
            sources.passed_over.update(file.suffix.lower() for file in others)
    return sources


def _is_long(path: Path) -> bool:
    try:
        return path.suffix.lower() == ".parquet" and path.is_file() and is_long(pq.read_schema(path))
    except (pa.ArrowException, OSError):
        return False  # whoever opens it says what is wrong with it


def _clip(path: Path) -> Iterator[Clip]:
    try:
        clip = read_long(path, ROWS)
    except UserError as error:
        yield Clip(path, None, None, problem=str(error))
        return
    if clip.problem:
        yield Clip(path, None, None, problem=f"{path} {LONG_PROBLEMS[clip.problem]}")
        return
    x_TK, remarks = clip.x_TCR.reshape(clip.num_frames, -1), ()
    if clip.order_T is not None:
        x_TK, remarks = x_TK[clip.order_T], ("frames_sorted",)
    yield Clip(path, None, GivenClip(x_TK, remarks), len(x_TK))
