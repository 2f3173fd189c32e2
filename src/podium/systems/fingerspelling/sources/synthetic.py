"""The virtual signer's corpus, which the workflow generates."""

from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING

from podium.data.sources import SPLITS, Generated
from podium.systems.fingerspelling.corpus.section import SyntheticSource
from podium.systems.fingerspelling.labels import LABELS, Phrases, PhrasesOrNothing
from podium.systems.fingerspelling.sources.registry import KINDS

if TYPE_CHECKING:
    from podium.systems.fingerspelling.corpus.corpus import Plan


@KINDS.register("synthetic")
class Synthetic(Generated):
    """The competition's raw layout, computed."""

    section = SyntheticSource

    @property
    def labels(self) -> Phrases:
        """Everyday corpora hold clips with nothing to read."""
        return PhrasesOrNothing() if self.dataset.source.conditions else LABELS

    def splits(self) -> list[str]:
        config = self.dataset.source
        numbers = {"supplemental": config.num_supplemental_sequences, "test": config.num_test_sequences}
        return ["train"] + [split for split, number in numbers.items() if number > 0]

    def file_ids(self, split: str) -> list[int]:
        from podium.systems.fingerspelling.corpus import corpus

        return sorted(corpus.file_ids(self.dataset.source, split))

    def generated_tables(self) -> list[str]:
        """Those of all splits, also if they are empty, and the competition's map of characters."""
        return [*map(self.csv, SPLITS), f"{self.root}/character_to_prediction_index.json"]

    def write_tables(self, folder: Path) -> None:
        """As `Generated.write_tables`."""
        from podium.systems.fingerspelling.corpus import corpus

        corpus.write_tables(self._plan, folder)

    def write_raw_file(self, split: str, file_id: int, path: Path) -> None:
        """As `Generated.write_raw_file`."""
        from podium.systems.fingerspelling.corpus import corpus

        corpus.write_raw_file(self._plan, split, file_id, path)

    @cached_property
    def _plan(self) -> "Plan":
        from podium.systems.fingerspelling.corpus import corpus

        return corpus.plan_corpus(self.dataset.source)
