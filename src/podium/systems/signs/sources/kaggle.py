"""The competition's own files, which the workflow downloads."""

import re
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from podium.data.sources import kaggle
from podium.errors import UserError
from podium.landmarks.mediapipe import RAW_NAMES
from podium.systems.signs.labels import MAP_FILE, read_map
from podium.systems.signs.points import NUM_POINTS
from podium.systems.signs.sources.layout import Layout
from podium.systems.signs.sources.registry import KINDS
from podium.systems.signs.vocabulary import SIGNS

if TYPE_CHECKING:
    from podium.data.download.layout import Part

_ROW_BYTES = 29.1  # of a landmark in the competition's files: 15.8 kB a frame, measured on 84 of them


@KINDS.register("kaggle")
class Kaggle(Layout, kaggle.Kaggle):
    """See `podium.data.sources.kaggle.Kaggle`. ``file_ids`` are those of the signers."""

    more_files = (MAP_FILE,)
    stored_share = 12 * NUM_POINTS / (_ROW_BYTES * len(RAW_NAMES))

    def parts(self) -> list["Part"]:
        """As `podium.data.sources.kaggle.Kaggle.parts`: one archive with a file for each clip."""
        from podium.data.download.client import Remote
        from podium.data.download.layout import Part

        section = self.dataset.source
        folders = [self.csv_path(split, file_id) for split in section.splits for file_id in self.file_ids(split)]
        names = [*self.table_names(), *self.more_files]
        place = partial(_place, set(names), set(folders))
        return [Part(Remote(section.competition), section.archive, place, (*names, *folders))]

    def check_arrived(self, raw: Path, paths: list[str]) -> None:
        """As `podium.data.sources.kaggle.Kaggle.check_arrived`: the competition's files number its 250 signs."""
        found = list(read_map(raw / MAP_FILE))
        if found != list(SIGNS):
            raise UserError(f"{raw / MAP_FILE} does not number the 250 signs of the competition; fetch it again")


def _place(names: set[str], folders: set[str], name: str) -> str | None:
    found = re.fullmatch(r"(.*)/\d+\.parquet", name)
    return name if name in names or found and found[1] in folders else None
