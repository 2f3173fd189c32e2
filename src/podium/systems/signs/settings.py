"""What the plans of the sign systems have in common."""

from pydantic import Field

from podium.config import Count, Section, dataset_section
from podium.landmarks.inspect.inspection import Inspection
from podium.systems.signs.labels import LABELS
from podium.systems.signs.points import SELECTION
from podium.systems.signs.sources import SOURCES

Dataset = dataset_section(SOURCES)
SCORES = {"score": "share of signs"}  # of a stage or a file → how people call it


class Settings(Section):
    """What the exported graph does beside the networks."""

    web_frames: Count = Field(160, description="most frames of a clip in the file for browsers, whose shapes are fixed")


def inspection() -> Inspection:
    """What `podium data inspect` must know."""
    return Inspection(SELECTION, LABELS, short_frames=2)
