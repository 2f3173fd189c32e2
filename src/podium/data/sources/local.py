"""A folder in the competition's layout that the user already has."""

import hashlib
from functools import cached_property
from pathlib import Path

import pandas as pd

from podium.config import Dataset
from podium.data.sources.base import SOURCES, Source, read_csv
from podium.data.sources.hidden_test import set_signers_aside
from podium.errors import UserError
from podium.files import file_digest
from podium.provenance import digest

_MAGIC = b"PAR1"


@SOURCES.register("local")
class Local(Source):
    """``train.csv`` must be there; supplemental and test csv files with their folders may be.

    With ``num_test_participants`` that many signers of ``train.csv`` become the split "test": their rows change the
    split and keep their path.
    """

    def __init__(self, dataset: Dataset) -> None:
        super().__init__(dataset)
        self.root = dataset.source.root.rstrip("/") or "/"
        if not Path(self.root).is_dir():
            raise UserError(f"dataset '{dataset.name}': the folder {self.root} does not exist; correct source.root")
        self._sets_signers_aside = dataset.source.num_test_participants > 0
        if self._sets_signers_aside and Path(self.csv("test")).exists():
            raise UserError(
                f"dataset '{dataset.name}': {self.csv('test')} is a hidden test already; set num_test_participants to 0"
            )

    def splits(self) -> list[str]:
        return list(self.read())

    def file_ids(self, split: str) -> list[int]:
        return sorted(int(file_id) for file_id in self.read()[split]["file_id"].unique())

    def tables(self) -> list[str]:
        return [self.csv(split) for split in self._csv_splits]

    def landmarks(self, split: str, file_id: int | str) -> str:
        """As `Source.landmarks`; signers set aside stay in the files of the training split."""
        return super().landmarks("train" if split == "test" and self._sets_signers_aside else split, file_id)

    def fingerprint(self) -> str:
        """Of the csv files' content, and of each parquet file's size and footer, so that planning stays quick.

        The footer holds the row counts, and of every column the compressed size, the number of gaps and the extremes.

        Raises:
            UserError: A csv names a parquet file that is not there.
        """
        footers = {}
        for split in self.splits():
            for file_id in self.file_ids(split):
                path = self.landmarks(split, file_id)
                try:
                    footers[f"{split}/{file_id}"] = _size_and_footer(path)
                except FileNotFoundError:
                    raise UserError(f"{path} does not exist, but a csv file in {self.root} names it") from None
        return digest([file_digest(path) for path in self.tables()], footers)

    def read(self) -> dict[str, pd.DataFrame]:
        return self._rows

    @cached_property
    def _csv_splits(self) -> list[str]:
        optional = [split for split in ("supplemental", "test") if Path(self.csv(split)).exists()]
        return ["train", *optional]

    @cached_property
    def _rows(self) -> dict[str, pd.DataFrame]:
        rows = {split: read_csv(self.csv(split)) for split in self._csv_splits}
        if self._sets_signers_aside:
            set_signers_aside(rows, self.dataset.source.num_test_participants, self.dataset.source.seed)
        return rows


def _size_and_footer(path: str) -> list[int | str]:
    """Size in bytes, and sha256 of the footer: of the whole end after the data, or of the last 8 bytes without one."""
    try:
        stream = open(path, "rb")
    except IsADirectoryError:
        raise UserError(f"{path} is a folder, not a parquet file; write its rows into one file") from None
    with stream:
        size = stream.seek(0, 2)
        stream.seek(max(size - 8, 0))
        end = stream.read()
        length = int.from_bytes(end[:4], "little") if end[4:] == _MAGIC else 0
        stream.seek(max(size - 8 - length, 0))
        return [size, hashlib.sha256(stream.read()).hexdigest()]
