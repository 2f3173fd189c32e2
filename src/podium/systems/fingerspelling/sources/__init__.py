"""The kinds of corpora that fingerspelling is trained on. A further kind is one more file that registers itself."""

from podium.registry import import_all
from podium.systems.fingerspelling.sources.registry import KINDS

import_all(__name__, __path__)

SOURCES = KINDS.entries()

__all__ = ["KINDS", "SOURCES"]
