"""Where raw landmarks come from. A further source is one more file in this folder that registers itself."""

import importlib
import pkgutil

from podium.config import Dataset
from podium.data.sources.base import SOURCES, SPLITS, TRAINED_SPLITS, Source

for _module in pkgutil.iter_modules(__path__):
    importlib.import_module(f"{__name__}.{_module.name}")


def create(dataset: Dataset) -> Source:
    """The source that a dataset's ``source.kind`` names.

    Raises:
        UserError: Unknown kind, or raw tables that cannot be read.
    """
    return SOURCES.get(dataset.source.kind)(dataset)


__all__ = ["SOURCES", "SPLITS", "TRAINED_SPLITS", "Source", "create"]
