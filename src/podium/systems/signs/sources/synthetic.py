"""The virtual signer's corpus, which the workflow generates."""

from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING

from podium.data.sources import Generated
from podium.storage.files import write_json
from podium.systems.signs.corpus.section import SyntheticSource
from podium.systems.signs.sources.layout import COLUMNS, Layout
from podium.systems.signs.sources.registry import KINDS
from podium.systems.signs.vocabulary import SIGNS

if TYPE_CHECKING:
    from podium.systems.signs.corpus.corpus import Plan


@KINDS.register("synthetic")
class Synthetic(Layout, Generated):
    """The competition's raw layout, computed. Its map numbers all 250 signs, as the competition's does."""

    section = SyntheticSource

    def splits(self) -> list[str]:
        return ["train", "test"] if self.dataset.source.num_test_clips else ["train"]

    def file_ids(self, split: str) -> list[int]:
        from podium.systems.signs.corpus.corpus import signers

        return signers(self.dataset.source, split)

    def generated_tables(self) -> list[str]:
        """Those of all splits, and the map of signs."""
        return [*self.tables(), self.map_path]

    def table_arrivals(self) -> list[str]:
        """As `generated_tables`."""
        return self.generated_tables()

    def write_tables(self, folder: Path) -> None:
        """As `Generated.write_tables`."""
        for split in self.splits():
            table = self._plan.tables[split]
            places = (self.csv_path(split, signer) for signer in table["participant_id"])
            paths = [f"{place}/{one}.parquet" for place, one in zip(places, table["sequence_id"], strict=True)]
            table.assign(path=paths)[COLUMNS].to_csv(Path(folder, Path(self.csv(split)).name), index=False)
        write_json(Path(folder, Path(self.map_path).name), {sign: number for number, sign in enumerate(SIGNS)})

    def write_raw_file(self, split: str, file_id: int, path: Path) -> None:
        """As `Generated.write_raw_file`: a folder."""
        from podium.systems.signs.corpus.corpus import write_signer

        write_signer(self._plan, split, file_id, path)

    @cached_property
    def _plan(self) -> "Plan":
        from podium.systems.signs.corpus.corpus import plan_corpus

        return plan_corpus(self.dataset.source)
