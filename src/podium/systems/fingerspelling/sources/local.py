"""A folder in the competition's layout that the user already has."""

from podium.data.sources import local
from podium.systems.fingerspelling.labels import LABELS
from podium.systems.fingerspelling.sources.registry import KINDS


@KINDS.register("local")
class Local(local.Local):
    """See `podium.data.sources.local.Local`."""

    labels = LABELS
