"""A folder of raw files that the user already has."""

from functools import cached_property
from pathlib import Path

import pandas as pd

from podium.config import Dataset, LocalSource
from podium.data.sources.base import Source
from podium.data.sources.hidden_test import set_signers_aside
from podium.errors import UserError
from podium.provenance import digest
from podium.storage.digests import digests_of


class Local(Source):
    """``train.csv`` must be there; supplemental and test csv files with their folders may be.

    With ``num_test_participants`` that many people of ``train.csv`` become the split "test": their rows change the
    split and keep their path.
    """

    section = LocalSource
    is_own = True

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

    def raw_file(self, split: str, file_id: int | str) -> str:
        """As `Source.raw_file`; people set aside stay in the files of the training split."""
        return super().raw_file("train" if split == "test" and self._sets_signers_aside else split, file_id)

    def fingerprint(self) -> str:
        """Of the content of all csv and raw files, which is read once and remembered (`podium.storage.digests`).

        Raises:
            UserError: A csv names a file that is not there, or is a folder.
        """
        raw_files = {f"{split}/{file_id}": sha256 for (split, file_id), sha256 in self._digests.items()}
        return digest(list(digests_of(self.tables()).values()), raw_files)

    def digest(self, split: str, file_id: int) -> str:
        """As `Source.digest`."""
        return self._digests[split, file_id]

    def read(self) -> dict[str, pd.DataFrame]:
        return self._rows

    @cached_property
    def _csv_splits(self) -> list[str]:
        optional = [split for split in ("supplemental", "test") if Path(self.csv(split)).exists()]
        return ["train", *optional]

    @cached_property
    def _rows(self) -> dict[str, pd.DataFrame]:
        rows = {split: self.read_csv(split) for split in self._csv_splits}
        if self._sets_signers_aside:
            set_signers_aside(rows, self.dataset.source.num_test_participants, self.dataset.source.seed)
        return rows

    @cached_property
    def _digests(self) -> dict[tuple[str, int], str]:
        """sha256 of every raw file."""
        paths = {
            (split, file_id): self.raw_file(split, file_id)
            for split in self.splits()
            for file_id in self.file_ids(split)
        }
        for path in paths.values():
            if Path(path).is_dir():
                raise UserError(f"{path} is a folder, not a file; write its rows into one file")
            if not Path(path).is_file():  # a pipe would be waited for
                raise UserError(f"{path} does not exist, but a csv file in {self.root} names it")
        known = digests_of(paths.values())
        return {key: known[path] for key, path in paths.items()}
