"""The archives that a source expects of Kaggle, where their files go, and what must be there in the end."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from pathlib import Path

from podium.config import Archive, Download
from podium.data.download.client import Remote
from podium.data.sources.base import CSV_NAMES
from podium.errors import UserError
from podium.storage.tables import read_csv


@dataclass(frozen=True)
class Part:
    """One archive of a dataset.

    Attributes:
        place: From a member's name to its path below the raw folder, or None for what nobody needs.
        promised: Paths below the raw folder that it must fill, files or folders.
    """

    remote: Remote
    archive: Archive
    place: Callable[[str], str | None]
    promised: tuple[str, ...]


def missing(promised: Iterable[str], paths: Iterable[str]) -> list[str]:
    """What is promised and neither among ``paths`` nor a folder above one of them."""
    known = {place for path in paths for place in (path, path.rsplit("/", 1)[0])}
    return [path for path in promised if path not in known]


def check_rows(section: Download, raw: Path) -> None:
    """Compares the csv files with ``num_sequences``.

    Raises:
        UserError: Another number of rows.
    """
    for name, split in section.splits.items():
        path = raw / CSV_NAMES[name]
        if split.num_sequences is not None and (num_rows := len(read_csv(path, usecols=[0]))) != split.num_sequences:
            raise UserError(
                f"{path} has {num_rows} rows, splits.{name}.num_sequences says {split.num_sequences}; correct it if the"
                " data is right"
            )
