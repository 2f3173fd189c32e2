"""Landmarks that somebody has prepared: a folder with one npy file per sequence, ``{sequence_id}.npy``.

Each holds (frames, columns), float16, float32 or float64, in C or Fortran order. Nothing in them is ever unpickled.

Legend: F frames of a sequence, K the columns asked for.
"""

import os
import re
from collections.abc import Iterator, Sequence
from pathlib import Path

import numpy as np

from podium.data.recordings import Recordings
from podium.errors import UserError
from podium.storage.files import read_json
from podium.storage.npy import map_npy

COLUMNS_FILE = "inference_args.json"  # names the columns, as the competition's submissions do
_DTYPES = ("<f2", "<f4", "<f8")


class ArrayRecordings(Recordings):
    """The sequences of a folder, by ascending id; see `podium.data.recordings.Recordings`.

    Files whose name is no id are passed over. `COLUMNS_FILE`, in the folder or beside it, says how the columns are
    ordered; without it they stand as asked for.

    Args:
        columns: Names of the columns that each array must hold, and no others, in the order in which they are given.

    Attributes:
        unreadable: Ids of files that are cut off or hold something else, an array without frames among them.

    Raises:
        UserError: The folder holds no readable array, or its columns are others.
    """

    absence = "no_file"
    extra_columns: list[str] = []

    def __init__(self, folder: str | Path, columns: Sequence[str]) -> None:
        self._folder = Path(folder)
        self._order_K = columns_beside(self._folder, columns)
        self.num_columns = len(columns)
        ids = sorted(int(path.stem) for path in self._folder.glob("*.npy") if is_id(path.stem))
        lengths = {one: _read_length(self._path(one), len(columns)) for one in ids}
        self._num_frames = {one: length for one, length in lengths.items() if length}
        self.unreadable = [one for one, length in lengths.items() if not length]
        if not self._num_frames:
            found = f"none of its {len(ids)} npy files is" if ids else "it holds no"
            raise UserError(
                f"{folder}: {found} {{sequence_id}}.npy of shape (frames, {len(columns)}) and type float16, float32 or"
                " float64; fetch or make it again"
            )

    def num_frames(self) -> dict[int, int]:
        """Frames of each readable sequence."""
        return self._num_frames

    def batches(self) -> Iterator[tuple[np.ndarray, np.ndarray]]:
        """Yields ids (F,) int64, all equal, and values (F, K) float32 of each readable sequence."""
        for sequence_id, num_frames in self._num_frames.items():
            stored_FK = map_npy(self._path(sequence_id))
            with np.errstate(over="ignore"):  # of a float64: becomes infinite, and is found as such
                x_FK = stored_FK.astype(np.float32, order="C", copy=False)
            if self._order_K is not None:
                x_FK = x_FK[:, self._order_K]
            yield np.full(num_frames, sequence_id, dtype=np.int64), x_FK

    def _path(self, sequence_id: int) -> Path:
        return self._folder / f"{sequence_id}.npy"


def is_id(stem: str) -> bool:
    """Whether a file's name, without its suffix, is an id: as many digits as an int64 holds, none too many."""
    return len(stem) <= 18 and stem.isascii() and stem.isdecimal() and str(int(stem)) == stem


def _read_length(path: Path, num_columns: int) -> int:
    """Frames of an array, from its header; 0 if it cannot be used."""
    try:
        x_FK = map_npy(path)
    except (UserError, OSError):
        return 0
    is_usable = x_FK.ndim == 2 and x_FK.shape[1] == num_columns and x_FK.dtype in _DTYPES
    return len(x_FK) if is_usable else 0


def columns_beside(folder: Path, columns: Sequence[str]) -> np.ndarray | None:
    """The order of columns, as `column_order` returns it, of the arrays in a folder: by the `COLUMNS_FILE` in it or, if
    there is none, beside it. Capitals, hyphens and blanks in the file's name do not matter.

    Raises:
        UserError: It cannot be read or names other columns, or a folder holds several.
    """
    folder = Path(os.path.abspath(folder))
    for place in (folder, folder.parent):
        try:
            found = sorted(filter(is_columns_file, os.listdir(place)))
        except PermissionError:  # of a folder that holds one that may be read
            continue
        if len(found) > 1:
            raise UserError(f"{place} holds {' and '.join(found)}; remove all but one")
        if found:
            return column_order(place / found[0], columns)
    return None


def is_columns_file(name: str) -> bool:
    """Whether a file of this name is a `COLUMNS_FILE`, in this or another spelling."""
    return re.sub(r"[-_ ]", "", name).casefold() == COLUMNS_FILE.replace("_", "")


def column_order(path: Path, columns: Sequence[str]) -> np.ndarray | None:
    """(K,) int64: where each of some columns stands in arrays, as a `COLUMNS_FILE` says; None if they stand in order.

    Raises:
        UserError: The file cannot be read, or does not name the columns, or names others.
    """
    try:
        names = read_json(path, "selected_columns")["selected_columns"]
    except (UserError, OSError):
        names = None
    if not isinstance(names, list) or not all(isinstance(name, str) for name in names):
        raise UserError(f"{path} does not name the arrays' columns ('selected_columns'); fetch it again")
    positions = {name: position for position, name in enumerate(names)}
    missing = [name for name in columns if name not in positions]
    if missing:
        raise UserError(f"{path}: the arrays lack the column {missing[0]} ({len(missing)} of {len(columns)} in all)")
    if len(names) != len(columns):
        raise UserError(f"{path} names {len(names)} columns; the arrays must hold the {len(columns)} and no others")
    return None if names == list(columns) else np.array([positions[name] for name in columns])
