"""Where raw clips come from. Kinds that any system may have are here; a system lists its own in ``plan.SOURCES``."""

from collections.abc import Mapping

from podium.config import Dataset
from podium.data.sources.base import CSV_NAMES, SPLITS, TRAINED_SPLITS, Source
from podium.data.sources.generated import Generated


def create(dataset: Dataset, kinds: Mapping[str, type[Source]]) -> Source:
    """The source that a dataset's ``source.kind`` names.

    Args:
        dataset: Of the system's own section, which knows the kinds.
        kinds: The system's ``plan.SOURCES``.

    Raises:
        UserError: Raw tables that cannot be read.
    """
    return kinds[dataset.source.kind](dataset)


__all__ = ["CSV_NAMES", "SPLITS", "TRAINED_SPLITS", "Generated", "Source", "create"]
