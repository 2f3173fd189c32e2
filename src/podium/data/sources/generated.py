"""A corpus that the workflow makes: its tables first, then each file of clips by itself."""

from abc import abstractmethod
from functools import cached_property
from pathlib import Path

import pandas as pd

from podium.config import Dataset
from podium.data import columns
from podium.data.sources.base import Source
from podium.provenance import digest


class Generated(Source):
    """Raw files lie under ``results/data/{dataset}/raw``; which there are follows from the configuration alone.

    A kind of corpus derives from this and says `splits`, `file_ids`, either `rows` or `write_tables`, and how its files
    are written.
    """

    is_generated = True

    def __init__(self, dataset: Dataset) -> None:
        super().__init__(dataset)
        self.root = f"results/data/{dataset.name}/raw"

    def rows(self, split: str) -> list[tuple[int, int, int, str]]:
        """The clips of a split: file_id, sequence_id, participant_id, label."""
        raise NotImplementedError(f"{type(self).__name__} says neither `rows` nor `write_tables`")

    def write_tables(self, folder: Path) -> None:
        """Writes what `generated_tables` names into a folder: of each split a csv file with its `rows`."""
        for split in self.splits():
            rows = [(self.csv_path(split, row[0]), *row) for row in self.rows(split)]
            table = pd.DataFrame(rows, columns=columns.raw(self.labels.column))
            table.to_csv(Path(folder, Path(self.csv(split)).name), index=False)

    @abstractmethod
    def write_raw_file(self, split: str, file_id: int, path: Path) -> None:
        """Writes one file of clips, in any order and on any machine with the same bytes.

        Raises:
            UserError: The split has no such file.
        """

    def generated_tables(self) -> list[str]:
        """Paths of the files that `write_tables` writes."""
        return self.tables()

    def fingerprint(self) -> str:
        """Of the configuration; the workflow adds the generator's code."""
        return digest(self.dataset.source)

    def read(self) -> dict[str, pd.DataFrame]:
        return self._rows

    @cached_property
    def _rows(self) -> dict[str, pd.DataFrame]:
        return {split: self.read_csv(split) for split in self.splits()}
