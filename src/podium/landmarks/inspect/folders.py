"""Recognises what a folder holds, and gives every kind of it the same shape: splits of landmark files with their table.

Legend: F frames, L landmarks (all 543 of MediaPipe, or those that a system reads), C coordinates.
"""

import os
import re
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, TypeVar

import numpy as np
import pandas as pd

from podium.data import columns
from podium.data.recordings import Recordings, pieces
from podium.data.shards import ShardRecordings
from podium.data.sources.base import CSV_NAMES, SPLITS, read_csv
from podium.data.unseen import trained_share
from podium.errors import UserError
from podium.landmarks.arrays import ArrayRecordings, is_id
from podium.landmarks.inspect.inspection import Inspection
from podium.landmarks.inspect.layouts import INDEX_NAMES, is_long, long_layout, recognise
from podium.landmarks.mediapipe import RAW_NAMES
from podium.landmarks.parquet import ParquetRecordings
from podium.storage.files import read_json
from podium.storage.tables import read_table

_LOOKED_FOR = (
    "train.csv, supplemental_metadata.csv or test.csv; {split}_landmarks/{file_id}.parquet;"
    " {file_id}/{sequence_id}.npy; index.parquet, sequences.parquet or shards/ of a prepared dataset;"
    " {file_id}.npy and {file_id}.parquet of its shards"
)
_RAW_XY = [f"{axis}_{name}" for axis in "xy" for name in RAW_NAMES]
T = TypeVar("T")


@dataclass
class Split:
    """A part of a folder.

    Attributes:
        name: "train", "supplemental" or "test".
        table: file_id, sequence_id, participant_id, the label and, if a csv gave it, path; None if no table is.
        files: file_id → parquet file, folder of npy files, or shard; ascending.
        unreadable: What is wrong with the table's file, if it cannot be read.
        is_unfinished: Files are still being made, so that none is missed.
        other_layout: What lies there in place of landmark files in a layout of ours, and what to do; "" mostly.
    """

    name: str
    table: pd.DataFrame | None = None
    files: dict[int, Path] = field(default_factory=dict)
    unreadable: list[str] = field(default_factory=list)
    is_unfinished: bool = False
    other_layout: str = ""

    @property
    def absent_files(self) -> list[int]:
        """File ids that the table names and that are not there, ascending."""
        return [] if self.table is None else sorted(set(self.table["file_id"].tolist()) - set(self.files))

    @property
    def is_unmade(self) -> bool:
        """Whether the absent files are not made yet, rather than lost among others."""
        return self.is_unfinished or not self.files


@dataclass
class Folder:
    """What was recognised.

    Attributes:
        layout: For people.
        splits: In the order of `podium.data.sources.SPLITS`.
        folds: participant_id, num_sequences, num_supplemental, fold; None if there are none.
        accounts: "skipped" and "noted" of a prepared dataset's manifest: split → reason → {"number", "examples"}.
        unreadable: What is wrong with files that belong to no split.
        remarks: One line each.
    """

    root: Path
    layout: str
    splits: list[Split]
    folds: pd.DataFrame | None = None
    accounts: dict[str, dict] = field(default_factory=dict)
    unreadable: list[str] = field(default_factory=list)
    remarks: list[str] = field(default_factory=list)


def open_folder(root: Path, inspection: Inspection) -> Folder:
    """Recognises a folder; reads its tables, and no landmarks.

    Args:
        inspection: Of the system that the folder is for.

    Raises:
        UserError: It does not exist, or holds nothing of what is looked for.
    """
    if not root.is_dir():
        raise UserError(f"{root} is not a folder; name one that holds landmarks")
    if any((root / name).exists() for name in (*INDEX_NAMES, "shards")):
        return _open_prepared(root, root, {name: root / "shards" / name for name in SPLITS}, inspection)
    folder = _open_shards(root, inspection) or _open_competition(root, inspection)
    if folder.splits:
        return folder
    found = recognise(root, inspection.selection.columns)
    looked_for = f"nothing that can be inspected; looked for {_LOOKED_FOR}"
    raise UserError(f"{root} holds {found or looked_for}")


def open_recordings(path: Path, columns: list[str]) -> Recordings:
    """A landmark file of any kind.

    Args:
        columns: That are wanted.

    Raises:
        UserError: It is missing or damaged.
    """
    if path.is_dir():
        return ArrayRecordings(path, columns)
    return ShardRecordings(path, len(columns)) if path.suffix == ".npy" else ParquetRecordings(path, columns)


def read_clip(path: Path, sequence_id: int, columns: list[str]) -> np.ndarray:
    """One sequence of a landmark file.

    Args:
        columns: Of the landmarks that the system reads: all x, all y, all z.

    Returns:
        (F, L, 2) float32: x and y in fractions of the picture, NaN for gaps; all 543 landmarks if a parquet
        file holds them, otherwise those of the system. F is 0 if the file lacks the sequence.

    Raises:
        UserError: The file is missing or damaged.
    """
    recordings, num_axes = open_recordings(path, columns), 3
    if path.suffix == ".parquet":
        with suppress(UserError):  # some are missing, but none that the system reads: `open_recordings` had refused it
            recordings, num_axes = ParquetRecordings(path, _RAW_XY), 2
    parts = [x_TK for _, x_TK in pieces(recordings, {sequence_id})]
    x_FK = np.concatenate(parts or [np.empty((0, len(columns)), dtype=np.float32)])
    num_axes = num_axes if parts else 3
    return x_FK.reshape(len(x_FK), num_axes, x_FK.shape[1] // num_axes).transpose(0, 2, 1)[..., :2]


def _open_competition(root: Path, inspection: Inspection) -> Folder:
    """The competition's layout, with parquet files or with npy files in their place; or one landmark folder alone."""
    splits, remarks, is_raw = [], [], False
    label = inspection.labels.column
    places = {name: _landmark_folders(root, name) for name in SPLITS}
    tables = root
    own_files = _landmark_files(root)
    if own_files:  # the folder is a landmark folder itself; its csv lies beside it
        own_split = next((name for name in SPLITS if root.resolve().name.startswith(name)), "train")
        places[own_split] = {root: own_files}
        tables = root if (root / CSV_NAMES[own_split]).is_file() else root.resolve().parent
    for name in SPLITS:
        found, csv = places[name], tables / CSV_NAMES[name]
        if not found and (own_files or not csv.is_file()):
            continue
        split = Split(name)
        if csv.is_file():
            try:
                split.table = read_csv(csv, label)[columns.raw(label)]
            except UserError as error:
                split.unreadable.append(str(error))
        else:
            remarks.append(f"no {csv.name}: {label}s and participants of {name} are unknown")
        for place, files in found.items():
            if not split.files:
                split.files = files
                is_raw |= any(path.suffix == ".parquet" for path in files.values())
            else:
                remarks.append(f"{place} is another form of {name} and was not looked at; inspect it by itself")
        splits.append(split)
    layout = "raw parquet files in the competition's layout" if is_raw else "npy files, one per sequence"
    _find_other_layouts(tables, splits, inspection.selection.columns)
    if any(split.other_layout for split in splits):
        layout = "not the competition's layout; the problems name what was found"
    elif not any(split.files for split in splits):
        layout = "tables of the competition's layout, no landmarks yet"
    return Folder(root, layout, splits, remarks=remarks)


def _find_other_layouts(root: Path, splits: list[Split], columns: list[str]) -> None:
    """Looks for landmarks in other layouts: in other folders if there are none in their place, and inside the files."""
    elsewhere = ""
    if not any(split.files for split in splits):
        tables = {name for name in os.listdir(root) if name.endswith((".csv", ".json"))}
        elsewhere = recognise(root, columns, tables)
    for split in splits:
        first = next(iter(split.files.values()), None)
        if first is None:
            split.other_layout = elsewhere
        elif first.suffix == ".parquet" and is_long(first):
            split.other_layout = long_layout(len(split.files), columns)


def _landmark_folders(root: Path, split: str) -> dict[Path, dict[int, Path]]:
    """Folders with landmarks of a split and their files, the competition's own name and parquet files first."""
    found = {place: _landmark_files(place) for place in sorted(root.glob(f"{split}_landmarks*")) if place.is_dir()}
    found = {place: files for place, files in found.items() if files}
    return dict(sorted(found.items(), key=lambda item: next(iter(item[1].values())).is_dir()))


def _landmark_files(place: Path) -> dict[int, Path]:
    """``{file_id}.parquet`` or, if there are none, ``{file_id}/`` with npy files."""
    named = [path for path in place.iterdir() if re.fullmatch(r"\d{1,18}", path.stem)]
    found = [path for path in named if path.suffix == ".parquet"] or [
        path for path in named if path.is_dir() and next(path.glob("*.npy"), None)
    ]
    return {int(path.stem): path for path in sorted(found, key=lambda path: int(path.stem))}


def _open_shards(root: Path, inspection: Inspection) -> Folder | None:
    """``shards/`` or ``shards/{split}/`` of a prepared dataset, whose tables lie above; None if it is neither."""
    if any(_holds_shards(root / name) for name in SPLITS):
        return _open_prepared(root, root / "..", {name: root / name for name in SPLITS}, inspection)
    if not _holds_shards(root):
        return None
    own_name = Path(os.path.abspath(root)).name
    shards = {own_name if own_name in SPLITS else "train": root}
    return _open_prepared(root, root / "../..", shards, inspection)


def _holds_shards(place: Path) -> bool:
    return any(path.with_suffix(".parquet").is_file() for path in place.glob("*.npy"))


def _open_prepared(root: Path, dataset: Path, shards: dict[str, Path], inspection: Inspection) -> Folder:
    """A dataset that `index_data`, or a part of the commands before it, has written; or some of its splits.

    Args:
        root: As the user named it.
        dataset: Where the tables lie.
        shards: Split → folder with its shards.
    """
    is_whole = dataset == root
    dataset = Path(os.path.normpath(dataset))
    folder = Folder(root, "prepared dataset" if is_whole else "shards of a prepared dataset", [])
    index = next((path for name in INDEX_NAMES if (path := dataset / name).is_file()), None)
    label = inspection.labels.column
    table = _try(folder, read_table, index, columns.told(label)) if index else None
    is_finished = index is not None and index.name == "index.parquet"
    if not is_whole:
        tables = f"tables from {dataset}" if index else f"no index.parquet in {dataset}: {label}s are unknown"
        folder.remarks.append(tables)
    if not is_finished and (is_whole or index):
        folder.remarks.append("no index.parquet: index_data has not finished")
    for name, place in shards.items():
        files = {int(path.stem): path for path in place.glob("*.npy") if is_id(path.stem)}
        of_split = None if table is None else table.loc[table["split"] == name, columns.told(label)[1:]]
        rows = None if of_split is None else of_split.reset_index(drop=True)
        if files or rows is not None and len(rows) and name != "test":  # the test split never reaches a shard
            folder.splits.append(Split(name, rows, dict(sorted(files.items())), is_unfinished=not is_finished))
    if set(shards) == set(SPLITS) and (dataset / "folds.parquet").is_file():  # folds tell of all splits
        folder.folds = _try(folder, read_table, dataset / "folds.parquet", columns.FOLDS)
    if (dataset / "manifest.json").is_file():
        accounts, share = _try(folder, _read_manifest, dataset / "manifest.json") or ({}, "")
        for kind, of_splits in accounts.items():
            if told := {name: account for name, account in of_splits.items() if name in shards}:
                folder.accounts[kind] = told
        if share:
            folder.remarks.append(f"the test part is not hidden: {share}")
    return folder


def _try(folder: Folder, read: Callable[..., T], *arguments: Any) -> T | None:
    """The outcome of ``read``; None, and an entry in the folder's unreadable files, if it raises `UserError`."""
    try:
        return read(*arguments)
    except UserError as error:
        folder.unreadable.append(str(error))
        return None


def _read_manifest(path: Path) -> tuple[dict[str, dict], str]:
    """What a manifest says of recordings left out or noted, as `Folder.accounts`, of all splits; and what of the test
    part was trained on, as `podium.data.unseen.trained_share` says it."""
    manifest = read_json(path, "skipped", "noted")
    try:
        accounts = {kind: {**manifest[kind]} for kind in ("skipped", "noted")}
        told = [one for of_splits in accounts.values() for reasons in of_splits.values() for one in reasons.values()]
        is_right = all(isinstance(one["number"], int) and isinstance(one["examples"], list) for one in told)
        share = trained_share(manifest.get("test_signers"))
    except (TypeError, AttributeError, KeyError):
        is_right = False
    if not is_right:
        raise UserError(
            f"{path}: 'skipped' and 'noted' do not hold numbers by split and reason, or 'test_signers' no lists of ids;"
            " make it again"
        )
    return accounts, share
