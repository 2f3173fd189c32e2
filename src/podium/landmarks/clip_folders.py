"""Which files of a folder hold clips, and which are passed over."""

import os
from collections import Counter
from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq

from podium.data.clip_files import told_of
from podium.data.sources.base import CSV_NAMES
from podium.errors import UserError
from podium.landmarks import csv_rows, parquet
from podium.landmarks.arrays import is_columns_file
from podium.landmarks.inspect.folders import open_folder
from podium.landmarks.inspect.inspection import Inspection
from podium.storage.tables import MAX_FIELD

SUFFIXES = (*parquet.SUFFIXES, *csv_rows.SUFFIXES, ".npy")


def list_files(folder: Path, passed_over: Counter[str], inspection: Inspection) -> list[Path]:
    """Files of clips and folders of arrays, below a folder as deep as it goes, or as its layout says.

    Hidden files and folders are left out, and so are the tables of a layout.

    Args:
        passed_over: Counts, by suffix, all other files that are not read.
        inspection: What the system says of layouts.

    Raises:
        UserError: There is none, or the folder cannot be listed.
    """
    found = _list_files(folder, passed_over, set(), inspection)
    if not found:
        told = f"; passed over: {told_of(passed_over)}" if passed_over else ""
        kinds = ", ".join(SUFFIXES)
        raise UserError(
            f"{folder} holds no clips: neither files ({kinds}) nor a dataset (see `podium data inspect`){told}"
        )
    return found


def suffix_of(path: Path) -> str:
    """A file's suffix in small letters."""
    return path.suffix.lower()


def is_plain_answer(path: Path, columns: Sequence[str]) -> bool:
    """Whether a file may be an answer of `podium predict`: a .tsv file whose first line names no landmark."""
    if suffix_of(path) != ".tsv" or not path.is_file():  # a link that leads nowhere, for one
        return False
    with open(path, "rb") as stream:
        return columns[0].encode() not in stream.readline(MAX_FIELD)


def is_shard(path: Path) -> bool:
    """Whether an array is a prepared dataset's shard: the table of one lies beside."""
    table = path.with_suffix(".parquet")
    try:
        return table.is_file() and {"offset", "num_frames"} <= set(pq.read_schema(table).names)
    except (pa.ArrowException, OSError):
        return False


def _list_files(folder: Path, passed_over: Counter[str], been: set[str], inspection: Inspection) -> list[Path]:
    place = os.path.realpath(folder)
    if place in been:  # a link leads back
        return []
    been.add(place)
    try:
        entries = sorted(folder.iterdir())
    except OSError as error:
        raise UserError(f"{folder} cannot be listed: {error.strerror.lower()}; fix that and run again") from None
    splits = []
    with suppress(UserError):  # no layout of ours: a folder of clips
        splits = open_folder(folder, inspection).splits
    of_layout = {file for split in splits for file in split.files.values()}
    if of_layout and all(file.parent != folder and is_shard(file) for file in of_layout):
        return sorted(of_layout)  # a prepared dataset; the raw files below it hold the same clips
    tables = {CSV_NAMES[split.name] for split in splits if split.table is not None}
    for shard in filter(is_shard, entries):
        tables |= {shard.with_suffix(suffix).name for suffix in (".parquet", ".json")}
    found = []
    for entry in entries:
        if entry.name.startswith((".", "__MACOSX")) or entry.name in tables or is_columns_file(entry.name):
            continue
        if entry.is_dir():
            found += [entry] if entry in of_layout else _list_files(entry, passed_over, been, inspection)
        elif suffix_of(entry) in SUFFIXES and not is_plain_answer(entry, inspection.selection.columns):
            found.append(entry)
        else:
            passed_over[suffix_of(entry)] += 1
    return found
