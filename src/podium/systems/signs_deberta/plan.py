"""What the workflow must know of `signs_deberta` before anything is made: recipes, labels, what a file has built in."""

from pydantic import Field

from podium.config import Count, Section, dataset_section
from podium.landmarks.inspect.inspection import Inspection
from podium.systems.signs.labels import LABEL, LABELS
from podium.systems.signs.points import INPUT_COLUMNS, SELECTION
from podium.systems.signs.sources import SOURCES
from podium.systems.signs_deberta.recipe import TRAINING_ONLY, Recipe

__all__ = [
    "INPUT_COLUMNS", "LABEL", "LABELS", "SCORES", "SOURCES", "TRAINING_ONLY", "Dataset", "Recipe", "Settings",
    "inspection",
]  # fmt: skip

Dataset = dataset_section(SOURCES)
SCORES = {"score": "share of signs"}  # of a stage or a file → how people call it


class Settings(Section):
    """What the exported graph does beside the networks."""

    web_frames: Count = Field(160, description="most frames of a clip in the file for browsers, whose shapes are fixed")


def inspection() -> Inspection:
    """What `podium data inspect` must know."""
    return Inspection(SELECTION, LABELS, short_frames=2)
