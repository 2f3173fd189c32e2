"""What the workflow asks of a source of raw files, and how their csv files are read."""

from abc import ABC, abstractmethod
from pathlib import Path

import numpy as np
import pandas as pd

from podium.config import Dataset, Section
from podium.data import columns
from podium.data.labels import Labels
from podium.errors import UserError
from podium.storage import tables

SPLITS = ("train", "supplemental", "test")
TRAINED_SPLITS = ("train", "supplemental")  # the test split never reaches a shard
CSV_NAMES = {"train": "train.csv", "supplemental": "supplemental_metadata.csv", "test": "test.csv"}
_ID_COLUMNS = (*columns.KEY, "participant_id")


class Source(ABC):
    """A raw corpus: one csv per split, and files of clips that its rows name.

    All but `read` is asked when the workflow is planned, and never looks at which files happen to lie in a folder.

    Args:
        dataset: The dataset file that names this source.

    Attributes:
        section: Of the dataset file; its ``kind`` is a literal.
        labels: What its rows are labelled with.
        pattern: Of a file of clips below `root`.
        root: Folder of the raw files.
        is_generated: The workflow makes the raw files; see `podium.data.sources.generated.Generated`.
        is_remote: The raw files must be downloaded; `receipt` is the file that says so.
        is_own: The raw files are the user's, who may move or copy them: their content counts, not their time.
        discards_raw: Raw files leave when they are packed.
    """

    section: type[Section]
    labels = Labels()
    pattern = "{split}_landmarks/{file_id}.parquet"
    root: str
    receipt: str
    is_generated = False
    is_remote = False
    is_own = False
    discards_raw = False

    def __init__(self, dataset: Dataset) -> None:
        self.dataset = dataset

    def arrival(self, split: str, file_id: int | str) -> str:
        """What must exist before a split's file can be read, as a workflow's input: the file itself, or what says that
        it has been downloaded. ``"{split}"`` and ``"{file_id}"`` give the pattern of all."""
        return self.raw_file(split, file_id)

    @abstractmethod
    def splits(self) -> list[str]:
        """The splits that exist, in the order of `SPLITS`; "train" is always among them."""

    @abstractmethod
    def file_ids(self, split: str) -> list[int]:
        """Ids of the files with sequences of a split, ascending."""

    @abstractmethod
    def fingerprint(self) -> str:
        """Changes when the raw data changes, and not when files are merely touched or moved."""

    def digest(self, split: str, file_id: int) -> str:
        """sha256 of a file of clips as the plan knows it; "" if the workflow itself makes or fetches the file."""
        return ""

    @abstractmethod
    def read(self) -> dict[str, pd.DataFrame]:
        """The rows of each split, as `read_csv` returns them, before odd rows are sorted out.

        ``path`` is relative to `root`.
        """

    def held_out(self, participants: list[int]) -> set[int] | None:
        """Which of some participants validate, if the corpus itself says so; None deals them as its `Folds` say."""
        return None

    def fetch(self, raw: Path, archives: Path) -> dict:
        """Fetches what is not yet there of a source that is remote.

        Args:
            raw: Folder of the raw files.
            archives: Folder for what is under way.

        Returns:
            The receipt, for JSON: at least ``num_files`` and ``num_bytes``.

        Raises:
            UserError: Something is missing or wrong; what has arrived stays.
        """
        name, kind = self.dataset.name, self.dataset.source.kind
        raise UserError(f"dataset '{name}': source.kind is '{kind}'; nothing has to be downloaded")

    def tables(self) -> list[str]:
        """Paths of the csv files that `read` reads."""
        return [self.csv(split) for split in self.splits()]

    def table_arrivals(self) -> list[str]:
        """What must exist before `read` can be called."""
        return self.tables()

    def csv(self, split: str) -> str:
        """Path of a split's csv file."""
        return f"{self.root}/{CSV_NAMES[split]}"

    def read_csv(self, split: str) -> pd.DataFrame:
        """The rows of a split's csv file; see `read_csv`."""
        return read_csv(self.csv(split), self.labels.column)

    def csv_path(self, split: str, file_id: int) -> str:
        """A file's path as ``path`` in a csv must give it."""
        return self.raw_file(split, file_id).removeprefix(f"{self.root}/")

    def raw_file(self, split: str, file_id: int | str) -> str:
        """Path of a file of clips, or of a folder with one file per sequence; ``"{split}"`` and ``"{file_id}"`` give
        the pattern of all of them."""
        return f"{self.root}/{self.pattern.format(split=split, file_id=file_id)}"


def read_csv(path: str | Path, label: str) -> pd.DataFrame:
    """Reads one csv of the raw data; its values are checked as far as their types go.

    Args:
        label: The label's column.

    Returns:
        `podium.data.columns.raw`: ids int64, path and label str (an empty field is "", the text "nan" stays text);
        further columns are ignored. And ``skipped``: why a row is left out, "" for rows that are used.

    Raises:
        UserError: The file is missing or no UTF-8 csv, a column is missing, an id is no integer.
    """
    wanted = columns.raw(label)
    try:
        frame = tables.read_csv(path, dtype=str, keep_default_na=False)
    except FileNotFoundError:
        raise UserError(f"{path} does not exist; a dataset's root must hold it") from None
    missing = [column for column in wanted if column not in frame.columns]
    if missing:
        raise UserError(f"{path} lacks the column(s) {', '.join(missing)}; it has {tables.named(frame.columns)}")
    frame = frame[wanted].copy()
    for column in _ID_COLUMNS:
        is_bad = ~frame[column].str.fullmatch(r"[0-9]{1,18}").to_numpy(dtype=bool)
        if is_bad.any():
            row = int(np.argmax(is_bad))
            raise UserError(f"{path} row {row + 2}: {column} '{frame[column].iloc[row]}' is not an integer")
        frame[column] = frame[column].astype("int64")
    return frame.assign(skipped="")


def extra_columns(path: str | Path, label: str) -> list[str]:
    """Columns of a csv file that nothing reads."""
    return [column for column in tables.read_csv(path, nrows=0).columns if column not in columns.raw(label)]
