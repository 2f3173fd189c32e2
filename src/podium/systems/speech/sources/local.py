"""Folders of wav files that the user already has."""

from pathlib import Path
from typing import Annotated, Literal

from pydantic import Field

from podium.config import Dataset, Section
from podium.errors import UserError
from podium.provenance import digest
from podium.storage.digests import digests_of
from podium.systems.speech.folders import Folders, Layout
from podium.systems.speech.names import folders_of, wav_names
from podium.systems.speech.sources.registry import KINDS

Percent = Annotated[float, Field(ge=0, lt=50)]


class LocalSource(Section):
    """A folder for each word, in the layout of Speech Commands or of the competition."""

    kind: Literal["local"]
    root: str = Field(description="folder of all that follows, relative to the working directory")
    words: str = Field("", description="below root: a folder for each word, and perhaps _background_noise_")
    unlabelled: str | None = Field(None, description="below root: wav files without labels")
    test: str | None = Field(None, description="below root: a folder for each word or class, a hidden test")
    validation_percent: Percent = Field(10, description="of speakers, by hash; a validation_list.txt goes before")
    test_percent: Percent = Field(0, description="of speakers, by hash; a testing_list.txt goes before")


@KINDS.register("local")
class Local(Folders):
    """Folders of the user's: which there are is looked up when the workflow is planned, and their content counts."""

    section = LocalSource
    is_own = True

    def __init__(self, dataset: Dataset) -> None:
        super().__init__(dataset)
        source = dataset.source
        self.root = source.root.rstrip("/") or "/"
        self.layout = Layout(source.words.strip("/"), source.unlabelled, source.test)
        self.validation_percent, self.test_percent = source.validation_percent, source.test_percent
        for place in (place for place in self.layout if place is not None):
            if not Path(self.root, place).is_dir():
                folder = f"{self.root}/{place}"
                raise UserError(f"dataset '{dataset.name}': the folder {folder} does not exist; correct source")

    def folder_names(self, place: str) -> list[str]:
        """Folders that hold wav files, so that others beside them do no harm."""
        others = {Path(self.root, other) for other in self.layout[1:] if other}
        folders = [one for one in Path(self.root, place).iterdir() if one.is_dir() and one not in others]
        found = [one.name for one in folders if any(path.suffix.lower() == ".wav" for path in one.iterdir())]
        if not found:
            raise UserError(f"{self.root}/{place} holds no folder of wav files; each word needs one, called like it")
        return found

    def has_test_speakers(self) -> bool:
        return super().has_test_speakers() or Path(self.root, self.layout.words, "testing_list.txt").is_file()

    def fingerprint(self) -> str:
        """Of the content of all files, which is read once and remembered (`podium.storage.digests`)."""
        files = [str(folder / name) for folder in sorted(self._folders()) for name in wav_names(folder)]
        lists = [Path(self.root, self.layout.words, f"{name}_list.txt") for name in ("validation", "testing")]
        more = [str(path) for path in (*lists, Path(self.root, "labels.csv")) if path.is_file()]
        known = digests_of([*files, *more])
        shares = (self.validation_percent, self.test_percent)
        return digest({path.removeprefix(self.root): sha256 for path, sha256 in known.items()}, shares)

    def arrival(self, split: str, file_id: int | str) -> str:
        """As `Source.arrival`: the folder that holds the folders, since one path may stand for several of them."""
        return self.root

    def table_arrivals(self) -> list[str]:
        """As `Source.table_arrivals`: the folders, whose files are the rows."""
        return [self.root]

    def _folders(self) -> set[Path]:
        paths = [self.raw_file(split, file_id) for split in self.splits() for file_id in self.file_ids(split)]
        return {folder for path in paths for folder in folders_of(path)}
