"""The competition's own files, which the workflow downloads."""

from functools import cached_property

import pandas as pd

from podium.config import Dataset
from podium.data.sources.base import SOURCES, Source, read_csv
from podium.data.sources.hidden_test import set_signers_aside
from podium.provenance import digest


@SOURCES.register("kaggle")
class Kaggle(Source):
    """Raw files lie under ``results/data/{dataset}/raw``; the configuration says which there will be.

    With ``num_test_participants`` any train file may hold recordings of the split "test".
    """

    is_remote = True

    # What a download may change without the data being another.
    _HANDLING = {"keep_archive", "keep_raw", "retries", "timeout_s", "archive"}

    def __init__(self, dataset: Dataset) -> None:
        super().__init__(dataset)
        self.root = f"results/data/{dataset.name}/raw"
        self.receipt = f"results/data/{dataset.name}/download.json"
        self.discards_raw = not dataset.source.keep_raw

    def splits(self) -> list[str]:
        known = [split for split in ("train", "supplemental") if split in self.dataset.source.splits]
        return [*known, "test"] if self._num_test_participants else known

    def file_ids(self, split: str) -> list[int]:
        return sorted(self.dataset.source.splits["train" if split == "test" else split].file_ids)

    def arrival(self, split: str, file_id: int | str) -> str:
        return self.receipt

    def table_arrivals(self) -> list[str]:
        return [self.receipt]

    def tables(self) -> list[str]:
        return [self.csv(split) for split in self.splits() if split != "test"]

    def landmarks(self, split: str, file_id: int | str) -> str:
        """As `Source.landmarks`; signers set aside stay in the files of the training split."""
        return super().landmarks("train" if split == "test" else split, file_id)

    def fingerprint(self) -> str:
        """Of what the configuration asks for; a download is never asked whether it has changed on the server."""
        asked = self.dataset.source.model_dump(mode="json", exclude=self._HANDLING)
        for split in asked["splits"].values():
            split.pop("num_sequences")
            split.pop("archive", None)
        return digest(asked)

    def read(self) -> dict[str, pd.DataFrame]:
        return self._rows

    @property
    def _num_test_participants(self) -> int:
        return self.dataset.source.num_test_participants

    @cached_property
    def _rows(self) -> dict[str, pd.DataFrame]:
        rows = {split: read_csv(self.csv(split)) for split in self.splits() if split != "test"}
        if self._num_test_participants:
            set_signers_aside(rows, self._num_test_participants, self.dataset.source.seed)
        return rows
