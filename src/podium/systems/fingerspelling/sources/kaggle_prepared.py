"""Arrays that the winning team has published: the 390 columns of each clip as one npy file."""

import re
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Literal

from pydantic import Field, model_validator

from podium.config import Archive, Download, RemoteSplit
from podium.data.sources import kaggle
from podium.data.sources.base import Source
from podium.landmarks.arrays import COLUMNS_FILE, column_order
from podium.systems.fingerspelling.labels import LABELS
from podium.systems.fingerspelling.landmarks import COLUMNS
from podium.systems.fingerspelling.sources.registry import KINDS

if TYPE_CHECKING:
    from podium.data.download.layout import Part


class PreparedSplit(RemoteSplit):
    """A split of which somebody has published arrays."""

    dataset: Annotated[str, Field(pattern=r"^[\w-]+/[\w-]+$")] = Field(description="owner/name of the Kaggle dataset")
    archive: Archive


class KagglePreparedSource(Download):
    """Arrays that the winning team has published: ``{file_id}/{sequence_id}.npy``, the 390 columns of each clip."""

    kind: Literal["kaggle-prepared"]
    tables: str | None = Field(None, description="folder with the csv files; null fetches them from the competition")
    splits: dict[Literal["train", "supplemental"], PreparedSplit]

    @model_validator(mode="after")
    def _check(self) -> "KagglePreparedSource":
        if "train" not in self.splits:
            raise ValueError("splits must hold 'train'")
        return self


@KINDS.register("kaggle-prepared")
class KagglePrepared(kaggle.Kaggle):
    """``{split}_landmarks/{file_id}/{sequence_id}.npy`` in place of parquet files, beside the competition's csv files.

    There is no hidden test: the arrays hold only what the csv files of training name.
    """

    section = KagglePreparedSource
    labels = LABELS
    pattern = "{split}_landmarks/{file_id}"

    def csv_path(self, split: str, file_id: int) -> str:
        """The csv files still name the competition's parquet files."""
        return Source.pattern.format(split=split, file_id=file_id)

    def origin(self) -> list[str]:
        """As `Kaggle.origin`."""
        return [*super().origin(), *(split.dataset for split in self.dataset.source.splits.values())]

    def single_tables(self) -> list[str]:
        """As `Kaggle.single_tables`."""
        return self.table_names()

    def given_tables(self) -> str | None:
        """As `Kaggle.given_tables`."""
        return self.dataset.source.tables

    def parts(self) -> list["Part"]:
        """As `Kaggle.parts`: one for each split."""
        from podium.data.download.client import Remote
        from podium.data.download.layout import Part

        return [
            Part(
                Remote(split.dataset),
                split.archive,
                partial(_place, name, set(split.file_ids)),
                tuple(self.pattern.format(split=name, file_id=file_id) for file_id in split.file_ids),
            )
            for name, split in self.dataset.source.splits.items()
        ]

    def check_arrived(self, raw: Path, paths: list[str]) -> None:
        """As `Kaggle.check_arrived`: the arrays' columns, if a file names them, must be ours."""
        for path in (path for path in paths if path.endswith(COLUMNS_FILE)):
            column_order(raw / path, COLUMNS)

    @property
    def _num_test_participants(self) -> int:
        return 0


def _place(split: str, file_ids: set[int], name: str) -> str | None:
    """Folders above are the publisher's: train_landmarks_npy/ in one archive, supplemental_landmarks/ in another."""
    found = re.fullmatch(r"(?:.*/)?(\d+)/(\d+)\.npy", name)
    if found and int(found[1]) in file_ids:
        return f"{split}_landmarks/{found[1]}/{found[2]}.npy"
    return f"{split}_landmarks/{COLUMNS_FILE}" if name.split("/")[-1] == COLUMNS_FILE else None
