"""The virtual speakers' corpus, which the workflow generates."""

from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING

from podium.config import Dataset
from podium.data.sources import Generated
from podium.errors import UserError
from podium.systems.speech.corpus.section import SyntheticSource
from podium.systems.speech.folders import Folders, Layout
from podium.systems.speech.labels import COMMANDS, NOISE, SILENCE, UNKNOWN
from podium.systems.speech.sources.registry import KINDS

if TYPE_CHECKING:
    from podium.systems.speech.corpus.corpus import Corpus

OTHERS = "unknown_unknown"  # the competition's winner put such words there


@KINDS.register("synthetic")
class Synthetic(Folders, Generated):
    """The competition's raw layout, computed; and beside it the truth about its unlabelled part.

    Each raw file, a few folders, is made by itself. What says that it is whole is a list of its files.
    """

    section = SyntheticSource

    def __init__(self, dataset: Dataset) -> None:
        super().__init__(dataset)
        speakers = dataset.source.engines.values()
        has_unlabelled, has_test = any(one.unlabelled for one in speakers), any(one.test for one in speakers)
        self.layout = Layout(
            "train/audio", "test/audio" if has_unlabelled else None, "hidden_test" if has_test else None
        )

    def folder_names(self, place: str) -> list[str]:
        source = self.dataset.source
        if place == self.layout.test:
            return [*COMMANDS, UNKNOWN, SILENCE]
        return [*source.words, NOISE, *([OTHERS] if source.other_words else [])]

    def arrival(self, split: str, file_id: int | str) -> str:
        """As `Source.arrival`: the list of the files in its folders."""
        return f"{self.root}/lists/{split}/{file_id}.csv"

    def table_arrivals(self) -> list[str]:
        """As `Source.table_arrivals`: the rows are the files in the folders."""
        lists = [self.arrival(split, file_id) for split in self.splits() for file_id in self.file_ids(split)]
        return [*self.generated_tables(), *lists]

    def generated_tables(self) -> list[str]:
        """As `Generated.generated_tables`: the truth about the unlabelled part."""
        return [f"{self.root}/labels.csv"]

    def write_tables(self, folder: Path) -> None:
        """As `Generated.write_tables`."""
        self._corpus.write_labels(Path(folder))

    def write_raw_file(self, split: str, file_id: int, path: Path) -> None:
        """As `Generated.write_raw_file`: the folders, and then the list of their files.

        Args:
            path: Of the list, as `arrival` gives it below any folder.
        """
        if file_id not in self.file_ids(split):
            raise UserError(f"split '{split}' has no file {file_id}; its files are {self.file_ids(split)}")
        self._corpus.write_folders(split, *self._places[split][file_id], Path(path))

    @cached_property
    def _corpus(self) -> "Corpus":
        from podium.systems.speech.corpus.corpus import Corpus

        return Corpus(self.dataset.source)
