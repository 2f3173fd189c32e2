"""The competition's own files, which the workflow downloads: 7z archives in a zip archive."""

import shutil
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Literal

from pydantic import Field, model_validator

from podium.config import Archive, Dataset, Download
from podium.data.sources import kaggle
from podium.errors import UserError
from podium.provenance import digest
from podium.storage.files import atomic_path
from podium.systems.speech.folders import Folders, Layout
from podium.systems.speech.labels import NOISE, WORDS
from podium.systems.speech.sources.local import Percent
from podium.systems.speech.sources.registry import KINDS

if TYPE_CHECKING:
    from podium.data.download.layout import Part

_ARCHIVES = ("train.7z", "test.7z")


class KaggleSource(Download):
    """The competition's own files: 30 words, noise recordings, and clips without labels."""

    kind: Literal["kaggle"]
    archive: Archive
    validation_percent: Percent = Field(10, description="of the speakers, by their hash")

    @model_validator(mode="after")
    def _check(self) -> "KaggleSource":
        if not self.keep_raw:
            raise ValueError("keep_raw must be true; remove the raw folders yourself when all is packed")
        return self

    @property
    def splits(self) -> dict:
        """None of which the dataset file could promise a number of rows."""
        return {}


@KINDS.register("kaggle")
class Kaggle(Folders, kaggle.Kaggle):
    """``train/audio/WORD`` and ``test/audio``, as the two 7z archives have them. There is no hidden test."""

    section = KaggleSource
    layout = Layout("train/audio", "test/audio", None)

    def __init__(self, dataset: Dataset) -> None:
        super().__init__(dataset)
        self.validation_percent = dataset.source.validation_percent

    def folder_names(self, place: str) -> list[str]:
        return [*WORDS, NOISE]

    def fingerprint(self) -> str:
        """As `kaggle.Kaggle.fingerprint`."""
        return digest(self.dataset.source.model_dump(mode="json", exclude=self._HANDLING))

    def table_names(self) -> list[str]:
        """None: the competition has no tables."""
        return []

    def parts(self) -> list["Part"]:
        """As `kaggle.Kaggle.parts`."""
        from podium.data.download.client import Remote
        from podium.data.download.layout import Part

        section = self.dataset.source
        place = partial(_place, set(_ARCHIVES))
        return [Part(Remote(section.competition), section.archive, place, _ARCHIVES)]

    def check_arrived(self, raw: Path, paths: list[str]) -> None:
        """As `kaggle.Kaggle.check_arrived`; unpacks both archives, unless that is done."""
        for name in _ARCHIVES:
            folder = raw / name.removesuffix(".7z")
            if not folder.is_dir():
                unpack(raw / name, folder)


def unpack(archive: Path, folder: Path) -> None:
    """Unpacks the folder of a 7z archive that is called like the archive, in one piece.

    Raises:
        UserError: The archive is damaged, holds no such folder, or py7zr is not installed.
    """
    try:
        import py7zr
    except ImportError:
        raise UserError(
            f"{archive} is a 7z archive, and py7zr is not installed; run make speech, and then again"
        ) from None
    with atomic_path(folder) as partial_path:
        try:
            with py7zr.SevenZipFile(archive) as packed:  # refuses names that lead outside
                packed.extractall(partial_path)
        except (py7zr.exceptions.ArchiveError, EOFError, ValueError) as error:
            told = str(error) or type(error).__name__
            raise UserError(f"{archive} is damaged ({told}); remove it and run again") from None
        inside = partial_path / folder.name
        if not (inside / "audio").is_dir():
            raise UserError(f"{archive} holds no folder {folder.name}/audio; it is not the competition's")
        for entry in inside.iterdir():
            shutil.move(entry, partial_path / entry.name)
        inside.rmdir()


def _place(wanted: set[str], name: str) -> str | None:
    return name if name in wanted else None
