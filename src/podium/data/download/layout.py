"""What a dataset file expects of Kaggle: which archives, where their files go, and what must be there in the end."""

import re
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from functools import partial
from pathlib import Path

from podium.config import Archive, KagglePreparedSource, KaggleSource
from podium.data.download.client import Remote
from podium.data.sources.base import CSV_NAMES
from podium.errors import UserError
from podium.landmarks.arrays import COLUMNS_FILE, column_order
from podium.storage.tables import read_csv

KaggleLike = KaggleSource | KagglePreparedSource


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


def origin(source: KaggleLike) -> list[str]:
    """Where the raw files come from."""
    if isinstance(source, KaggleSource):
        return [source.competition]
    return [source.competition, *(split.dataset for split in source.splits.values())]


def tables(source: KaggleLike) -> list[str]:
    """Names of the csv files."""
    return [CSV_NAMES[split] for split in source.splits]


def parts(source: KaggleLike) -> list[Part]:
    """The archives."""
    if isinstance(source, KaggleSource):
        files = [f"{name}_landmarks/{one}.parquet" for name, split in source.splits.items() for one in split.file_ids]
        promised = (*tables(source), *files)
        return [Part(Remote(source.competition), source.archive, partial(_place_competition, source), promised)]
    return [
        Part(
            Remote(split.dataset),
            split.archive,
            partial(_place_prepared, name, set(split.file_ids)),
            tuple(f"{name}_landmarks/{one}" for one in split.file_ids),
        )
        for name, split in source.splits.items()
    ]


def missing(promised: Iterable[str], paths: Iterable[str]) -> list[str]:
    """What is promised and neither among ``paths`` nor a folder above one of them."""
    known = {place for path in paths for place in (path, path.rsplit("/", 1)[0])}
    return [path for path in promised if path not in known]


def check_rows(source: KaggleLike, raw: Path) -> None:
    """Compares the csv files with ``num_sequences``.

    Raises:
        UserError: Another number of rows.
    """
    for name, split in source.splits.items():
        path = raw / CSV_NAMES[name]
        if split.num_sequences is not None and (num_rows := len(read_csv(path, usecols=[0]))) != split.num_sequences:
            raise UserError(
                f"{path} has {num_rows} rows, splits.{name}.num_sequences says {split.num_sequences}; correct it if the"
                " data is right"
            )


def check_columns(raw: Path, paths: Iterable[str]) -> None:
    """Compares the columns of prepared arrays with ours.

    Raises:
        UserError: Others.
    """
    for path in (path for path in paths if path.endswith(COLUMNS_FILE)):
        column_order(raw / path)


def _place_competition(source: KaggleSource, name: str) -> str | None:
    wanted = {*tables(source), "character_to_prediction_index.json"}
    split, _, file = name.partition("_landmarks/")
    if split in source.splits and re.fullmatch(r"\d+\.parquet", file):
        return name if int(file.removesuffix(".parquet")) in source.splits[split].file_ids else None
    return name if name in wanted else None


def _place_prepared(split: str, file_ids: set[int], name: str) -> str | None:
    """Folders above are the publisher's: train_landmarks_npy/ in one archive, supplemental_landmarks/ in another."""
    found = re.fullmatch(r"(?:.*/)?(\d+)/(\d+)\.npy", name)
    if found and int(found[1]) in file_ids:
        return f"{split}_landmarks/{found[1]}/{found[2]}.npy"
    return f"{split}_landmarks/{COLUMNS_FILE}" if name.split("/")[-1] == COLUMNS_FILE else None
