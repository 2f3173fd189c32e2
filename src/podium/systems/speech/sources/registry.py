"""Names of kinds of corpora → their sources."""

from podium.data.sources.base import Source
from podium.registry import Registry

KINDS: Registry[type[Source]] = Registry("source")
