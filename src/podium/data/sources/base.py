"""What the workflow asks of a source of raw landmarks, and how the competition's csv files are read.

Every source has the competition's layout: one csv per split, and ``{split}_landmarks/{file_id}.parquet``.
"""

from abc import ABC, abstractmethod
from pathlib import Path

import numpy as np
import pandas as pd

from podium.config import Dataset
from podium.errors import UserError
from podium.registry import Registry
from podium.storage import tables

SPLITS = ("train", "supplemental", "test")
TRAINED_SPLITS = ("train", "supplemental")  # the test split never reaches a shard
CSV_NAMES = {"train": "train.csv", "supplemental": "supplemental_metadata.csv", "test": "test.csv"}
CSV_COLUMNS = ["path", "file_id", "sequence_id", "participant_id", "phrase"]
_ID_COLUMNS = ("file_id", "sequence_id", "participant_id")

SOURCES: Registry[type["Source"]] = Registry("source")


class Source(ABC):
    """A raw corpus.

    All but `read` is asked when the workflow is planned, and never looks at which files happen to lie in a folder.

    Args:
        dataset: The dataset file that names this source.

    Attributes:
        root: Folder of the raw files.
        is_remote: The raw files must be downloaded; `receipt` is the file that says so.
        discards_raw: Raw files leave when they are packed.
    """

    root: str
    receipt: str
    is_remote = False
    is_generated = False
    discards_raw = False

    def __init__(self, dataset: Dataset) -> None:
        self.dataset = dataset

    def arrival(self, split: str, file_id: int | str) -> str:
        """What must exist before a split's landmark file can be read, as a workflow's input: the file itself, or what
        says that it has been downloaded. ``"{split}"`` and ``"{file_id}"`` give the pattern of all."""
        return self.landmarks(split, file_id)

    @abstractmethod
    def splits(self) -> list[str]:
        """The splits that exist, in the order of `SPLITS`; "train" is always among them."""

    @abstractmethod
    def file_ids(self, split: str) -> list[int]:
        """Ids of the parquet files with sequences of a split, ascending."""

    @abstractmethod
    def fingerprint(self) -> str:
        """Changes when the raw data changes, and not when files are merely touched or moved."""

    def digest(self, split: str, file_id: int) -> str:
        """sha256 of a landmark file as the plan knows it; "" if the workflow itself makes or fetches the file."""
        return ""

    @abstractmethod
    def read(self) -> dict[str, pd.DataFrame]:
        """The rows of each split, as `read_csv` returns them, before odd rows are sorted out.

        ``path`` is relative to `root`.
        """

    def tables(self) -> list[str]:
        """Paths of the csv files that `read` reads."""
        return [self.csv(split) for split in self.splits()]

    def table_arrivals(self) -> list[str]:
        """What must exist before `read` can be called."""
        return self.tables()

    def csv(self, split: str) -> str:
        """Path of a split's csv file."""
        return f"{self.root}/{CSV_NAMES[split]}"

    def csv_path(self, split: str, file_id: int) -> str:
        """The landmark file's path as ``path`` in a csv must give it."""
        return self.landmarks(split, file_id).removeprefix(f"{self.root}/")

    def landmarks(self, split: str, file_id: int | str) -> str:
        """Path of a parquet file, or of a folder with one npy file per sequence; ``"{split}"`` and ``"{file_id}"`` give
        the pattern of all of them."""
        return f"{self.root}/{split}_landmarks/{file_id}.parquet"


def read_csv(path: str | Path) -> pd.DataFrame:
    """Reads one csv of the competition; its values are checked as far as their types go.

    Returns:
        Columns ``CSV_COLUMNS``: ids int64, path and phrase str (an empty field is "", the phrase "nan" stays text);
        further columns are ignored. And ``skipped``: why a row is left out, "" for rows that are used.

    Raises:
        UserError: The file is missing or no UTF-8 csv, a column is missing, an id is no integer.
    """
    try:
        frame = tables.read_csv(path, dtype=str, keep_default_na=False)
    except FileNotFoundError:
        raise UserError(f"{path} does not exist; a dataset's root must hold it") from None
    missing = [column for column in CSV_COLUMNS if column not in frame.columns]
    if missing:
        raise UserError(f"{path} lacks the column(s) {', '.join(missing)}; it has {tables.named(frame.columns)}")
    frame = frame[CSV_COLUMNS].copy()
    for column in _ID_COLUMNS:
        is_bad = ~frame[column].str.fullmatch(r"[0-9]{1,18}").to_numpy(dtype=bool)
        if is_bad.any():
            row = int(np.argmax(is_bad))
            raise UserError(f"{path} row {row + 2}: {column} '{frame[column].iloc[row]}' is not an integer")
        frame[column] = frame[column].astype("int64")
    return frame.assign(skipped="")


def extra_columns(path: str | Path) -> list[str]:
    """Columns of a csv file that nothing reads."""
    return [column for column in tables.read_csv(path, nrows=0).columns if column not in CSV_COLUMNS]
