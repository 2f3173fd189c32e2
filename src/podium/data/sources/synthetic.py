"""The virtual signer's corpus, which the workflow generates."""

from functools import cached_property

import pandas as pd

from podium.config import Dataset
from podium.data.sources.base import SOURCES, Source, read_csv
from podium.provenance import digest


@SOURCES.register("synthetic")
class Synthetic(Source):
    """Raw files lie under ``results/data/{dataset}/raw``; which there are follows from the configuration alone."""

    is_generated = True

    def __init__(self, dataset: Dataset) -> None:
        super().__init__(dataset)
        self.root = f"results/data/{dataset.name}/raw"

    def splits(self) -> list[str]:
        config = self.dataset.source
        numbers = {"supplemental": config.num_supplemental_sequences, "test": config.num_test_sequences}
        return ["train"] + [split for split, number in numbers.items() if number > 0]

    def file_ids(self, split: str) -> list[int]:
        from podium.systems.fingerspelling.corpus import corpus

        return sorted(corpus.file_ids(self.dataset.source, split))

    def fingerprint(self) -> str:
        """Of the configuration; the workflow adds the generator's code."""
        return digest(self.dataset.source)

    def read(self) -> dict[str, pd.DataFrame]:
        return self._rows

    @cached_property
    def _rows(self) -> dict[str, pd.DataFrame]:
        return {split: read_csv(self.csv(split)) for split in self.splits()}
