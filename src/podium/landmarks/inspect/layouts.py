"""Names what lies in a folder that is in no layout of ours, and says what to do with it."""

import os
from contextlib import suppress
from pathlib import Path

import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq

from podium.data.sources.base import CSV_NAMES, SPLITS
from podium.errors import UserError
from podium.landmarks import csv_rows, parquet
from podium.landmarks.identity import INDEX_COLUMN
from podium.landmarks.rows import LONG_COLUMNS
from podium.storage.npy import map_npy

INDEX_NAMES = ("index.parquet", "sequences.parquet")  # of a prepared folder
_MAX_FILES = 10_000  # that are looked at
_SNIFFED = 1 << 16  # bytes of a json file
_RAW_LAYOUT = 'see "Raw layout" in docs/data.md'
_ELSE = "to inspect or train on them, "
_RUN_HOLISTIC = "find the landmarks with `podium landmarks` first, and "
# What files of a suffix are, and what to do before writing them in our layout.
_NAMES = {
    **dict.fromkeys((".mp4", ".mov", ".avi", ".mkv", ".webm", ".m4v", ".mpg"), ("videos", _RUN_HOLISTIC)),
    **dict.fromkeys((".jpg", ".jpeg", ".png", ".webp"), ("pictures", _RUN_HOLISTIC)),
    ".pose": (".pose files", _RUN_HOLISTIC),
    **dict.fromkeys((".npz", ".h5", ".hdf5", ".pkl", ".pickle", ".pt", ".mat"), ("arrays in containers", "")),
    **dict.fromkeys(csv_rows.SUFFIXES, ("text tables", f"`podium predict` reads tables of clips; {_ELSE}")),
}
_NOTES = (*csv_rows.SUFFIXES, ".md", ".txt", ".yaml", ".log")  # may lie beside what matters
_SPLIT_FOLDERS = [f"{split}_landmarks" for split in SPLITS]
_LANDMARKS = (*parquet.SUFFIXES, ".npy")
# What a json file of a known tool holds.
_JSON_SIGNS = {"pose_keypoints_2d": "OpenPose", "landmark": "MediaPipe", "keypoints": "keypoints"}


def table_columns(root: Path) -> set[str]:
    """The columns of a folder's tables, prepared or raw; empty if none can be read."""
    found: set[str] = set()
    for name in INDEX_NAMES:
        with suppress(OSError, pa.ArrowInvalid):
            found |= set(pq.read_schema(root / name).names)
    for name in CSV_NAMES.values():
        with suppress(OSError, ValueError):
            found |= set(pd.read_csv(root / name, nrows=0).columns)
    return found


def is_long(path: Path) -> bool:
    """Whether a parquet file has one row per landmark and frame."""
    return LONG_COLUMNS <= _columns(path)


def long_layout(num_files: int, columns: list[str]) -> str:
    """What is said of such files."""
    return (
        f"{num_files:,} parquet file(s) with one row per landmark, the long layout of the isolated-sign competition;"
        " recognisers of isolated signs train on it and read it as it is (docs/signs.md); to inspect it, or for others,"
        f" pivot them: {_wide(columns)}"
    )


def recognise(root: Path, columns: list[str], tables: set[str] = frozenset()) -> str:
    """What most files of a folder and its subfolders are, and what to do; "" if there are none.

    Args:
        columns: That the system reads.
        tables: Names of files right in the folder that are known already.
    """
    found: dict[str, list[Path]] = {}
    for place, folders, names in os.walk(root):
        folders[:] = sorted(name for name in folders if not name.startswith("."))
        for name in sorted(names):
            suffix = Path(name).suffix.lower()
            if not name.startswith(".") and not (name in tables and Path(place) == root):
                found.setdefault(suffix, []).append(Path(place, name))
        if sum(map(len, found.values())) >= _MAX_FILES:
            break
    if not found:
        return ""
    suffix = max(found, key=lambda one: (one not in _NOTES, len(found[one]), one in _LANDMARKS))
    return _describe(root, suffix, found[suffix], columns)


def _wide(columns: list[str]) -> str:
    return (
        f"write parquet files with one row per frame, the clip's number as the index {INDEX_COLUMN}, and the columns"
        f" {columns[0]}, …; {_RAW_LAYOUT}"
    )


def _describe(root: Path, suffix: str, paths: list[Path], columns: list[str]) -> str:
    number, first = len(paths), paths[0]
    if suffix in parquet.SUFFIXES:
        return _describe_parquet(root, paths, columns)
    if suffix == ".npy":
        return (
            f"{number:,} npy file(s), the first ({first.relative_to(root)}) {_shape(first)}; `podium predict` reads"
            f" clips of shape (frames, {len(columns)}); {_ELSE}{_wide(columns)}"
        )
    if suffix == ".json":
        with open(first, encoding="utf-8", errors="replace") as stream:
            text = stream.read(_SNIFFED).lower()
        tool = next((f" of {tool}" for sign, tool in _JSON_SIGNS.items() if sign in text), "")
        return f"{number:,} json file(s){tool}, which Podium does not read; {_wide(columns)}"
    if suffix in _NAMES:
        kind, advice = _NAMES[suffix]
        return f"{number:,} file(s) {suffix} ({kind}); {advice}{_wide(columns)}"
    return f"{number:,} file(s) {suffix or 'without a suffix'}, which Podium does not read; {_wide(columns)}"


def _describe_parquet(root: Path, paths: list[Path], columns: list[str]) -> str:
    first = paths[0]
    if is_long(first):
        return long_layout(len(paths), columns)
    place = first.parent.relative_to(root)
    if {INDEX_COLUMN, columns[0]} <= _columns(first) and first.parent != root:
        found = f"{len(paths):,} landmark file(s) in {place}/"
        if str(place) in _SPLIT_FOLDERS:
            return f"{found} under other names; rename them to {{file_id}}.parquet; {_RAW_LAYOUT}"
        first_name, *others = _SPLIT_FOLDERS
        return (
            f"{found}, which is no name of a split; rename it to {first_name} (or {', '.join(others)}), and the files"
            f" to {{file_id}}.parquet; {_RAW_LAYOUT}"
        )
    if columns[0] in _columns(first):
        found = f"{len(paths):,} parquet file(s) of clips"
        return f"{found}; `podium predict` reads them; {_ELSE}{_wide(columns)}"
    return f"{len(paths):,} parquet file(s), the first ({first.relative_to(root)}) without landmarks; {_wide(columns)}"


def _columns(path: Path) -> set[str]:
    try:
        return set(pq.read_schema(path).names)
    except (pa.ArrowException, OSError):
        return set()


def _shape(path: Path) -> str:
    try:
        array = map_npy(path)
    except (UserError, OSError):
        return "cannot be read"
    return f"of shape {array.shape} and type {array.dtype}"
