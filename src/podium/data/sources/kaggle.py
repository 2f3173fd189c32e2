"""A competition's own files, which the workflow downloads."""

from functools import cached_property, partial
from pathlib import Path
from typing import TYPE_CHECKING

import pandas as pd

from podium.config import Dataset, Download, KaggleSource
from podium.data.sources.base import CSV_NAMES, Source
from podium.data.sources.hidden_test import set_signers_aside
from podium.provenance import digest

if TYPE_CHECKING:
    from podium.data.download.layout import Part


class Kaggle(Source):
    """Raw files lie under ``results/data/{dataset}/raw``; the configuration says which there will be.

    With ``num_test_participants`` any train file may hold recordings of the split "test".

    Attributes:
        more_files: Of the archive, wanted beside tables and files of clips.
        stored_share: How many bytes of a float32 shard stand for a byte of the raw files.
    """

    section: type[Download] = KaggleSource
    is_remote = True
    more_files: tuple[str, ...] = ()
    stored_share = 1.0

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

    def raw_file(self, split: str, file_id: int | str) -> str:
        """As `Source.raw_file`; people set aside stay in the files of the training split."""
        return super().raw_file("train" if split == "test" else split, file_id)

    def fingerprint(self) -> str:
        """Of what the configuration asks for; a download is never asked whether it has changed on the server."""
        asked = self.dataset.source.model_dump(mode="json", exclude=self._HANDLING)
        for split in asked["splits"].values():
            split.pop("num_sequences")
            split.pop("archive", None)
        return digest(asked)

    def read(self) -> dict[str, pd.DataFrame]:
        return self._rows

    def origin(self) -> list[str]:
        """Where the raw files come from."""
        return [self.dataset.source.competition]

    def table_names(self) -> list[str]:
        """Names of the csv files."""
        return [CSV_NAMES[split] for split in self.dataset.source.splits]

    def single_tables(self) -> list[str]:
        """Those of the csv files that no archive holds."""
        return []

    def given_tables(self) -> str | None:
        """A folder of the user's from which `single_tables` come; None fetches them from the competition."""
        return None

    def parts(self) -> list["Part"]:
        """The archives."""
        from podium.data.download.client import Remote  # asks for the network's libraries, for which no plan must wait
        from podium.data.download.layout import Part

        section = self.dataset.source
        files = [
            self.pattern.format(split=split, file_id=file_id)
            for split, promised in section.splits.items()
            for file_id in promised.file_ids
        ]
        wanted = {*self.table_names(), *self.more_files, *files}
        place = partial(_place, wanted)
        return [Part(Remote(section.competition), section.archive, place, (*self.table_names(), *files))]

    def fetch(self, raw: Path, archives: Path) -> dict:
        """As `Source.fetch`."""
        from podium.data.download.fetching import download

        return download(self, raw, archives)

    def check_arrived(self, raw: Path, paths: list[str]) -> None:
        """Looks into what was unpacked, as far as this kind of source knows it.

        Args:
            paths: Below ``raw``.

        Raises:
            UserError: It is something else than the dataset file promises.
        """

    @property
    def _num_test_participants(self) -> int:
        return self.dataset.source.num_test_participants

    @cached_property
    def _rows(self) -> dict[str, pd.DataFrame]:
        rows = {split: self.read_csv(split) for split in self.splits() if split != "test"}
        if self._num_test_participants:
            set_signers_aside(rows, self._num_test_participants, self.dataset.source.seed)
        return rows


def _place(wanted: set[str], name: str) -> str | None:
    return name if name in wanted else None
