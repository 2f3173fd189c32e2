"""The raw layout of the isolated-sign competition, whoever has made the files.

``train.csv`` (path, participant_id, sequence_id, sign), ``sign_to_prediction_index_map.json``, and one parquet file for
each clip: ``train_landmark_files/{participant_id}/{sequence_id}.parquet``. All clips of a signer together are one raw
file: a folder, which becomes one shard. So a signer's id is the id of the raw file as well.
"""

from functools import cached_property
from pathlib import Path

import pandas as pd

from podium.data import columns
from podium.data.sources.base import Source
from podium.errors import UserError
from podium.storage import tables
from podium.systems.signs.labels import LABEL, MAP_FILE, Signs, read_map

COLUMNS = ["path", "participant_id", "sequence_id", LABEL]
PATTERN = "{split}_landmark_files/{file_id}"


class Layout(Source):
    """What the kinds of sources have in common; see `podium.data.sources.base.Source`."""

    pattern = PATTERN

    @cached_property
    def labels(self) -> Signs:
        """The signs that the corpus numbers.

        Raises:
            UserError: Its map is absent, or numbers them wrongly.
        """
        return Signs(list(read_map(self.map_path)))

    @property
    def map_path(self) -> str:
        """Of the file that numbers the signs."""
        return f"{self.root}/{MAP_FILE}"

    def read_csv(self, split: str) -> pd.DataFrame:
        """As `Source.read_csv`. ``path`` is a signer's folder, as `Source.csv_path` gives it."""
        return read_csv(self.csv(split), split)


def read_csv(path: str | Path, split: str) -> pd.DataFrame:
    """The rows of a csv file of this layout; its values are checked as far as their types go.

    Returns:
        As `podium.data.sources.base.read_csv`; ``file_id`` is the participant's.

    Raises:
        UserError: The file is missing or no UTF-8 csv, a column is missing, an id is no integer, or a path is not that
            of its row's ids.
    """
    try:
        frame = tables.read_csv(path, dtype=str, keep_default_na=False)
    except FileNotFoundError:
        raise UserError(f"{path} does not exist; a dataset's root must hold it") from None
    if missing := [column for column in COLUMNS if column not in frame.columns]:
        raise UserError(f"{path} lacks the column(s) {', '.join(missing)}; it has {tables.named(frame.columns)}")
    for column in ("participant_id", "sequence_id"):
        _check(path, frame, column, frame[column].str.fullmatch(r"[0-9]{1,18}"), "is not an integer")
    folders = PATTERN.format(split=split, file_id="") + frame["participant_id"]
    is_right = frame["path"] == folders + "/" + frame["sequence_id"] + ".parquet"
    wanted = PATTERN.format(split=split, file_id="{participant_id}")
    _check(path, frame, "path", is_right, f"should be {wanted}/{{sequence_id}}.parquet")
    ids = frame[["participant_id", "sequence_id"]].astype("int64")
    rows = frame.assign(path=folders, file_id=ids["participant_id"], **ids)
    return rows[columns.raw(LABEL)].assign(skipped="")


def _check(path: str | Path, frame: pd.DataFrame, column: str, is_right: pd.Series, problem: str) -> None:
    if not is_right.all():
        row = int((~is_right.astype(bool)).to_numpy().argmax())
        raise UserError(f"{path} row {row + 2}: {column} '{frame[column].iloc[row]}' {problem}")
