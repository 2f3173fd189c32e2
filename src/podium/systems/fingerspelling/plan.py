"""What the workflow must know of fingerspelling before anything is made: recipes, labels, what a file has built in."""

from typing import Literal

from pydantic import Field

from podium.config import Count, Probability, Section, dataset_section
from podium.landmarks.inspect.inspection import Inspection
from podium.systems.fingerspelling.distillation import WAYS
from podium.systems.fingerspelling.labels import LABELS
from podium.systems.fingerspelling.landmarks import INPUT_COLUMNS, SELECTION, SHORT_FRAMES
from podium.systems.fingerspelling.recipe import Recipe
from podium.systems.fingerspelling.sources import SOURCES
from podium.systems.fingerspelling.tensors import TRAINING_ONLY

__all__ = [
    "INPUT_COLUMNS", "LABEL", "LABELS", "SCORES", "SOURCES", "TEACHING_WAYS", "TRAINING_ONLY", "Dataset", "Recipe",
    "Settings", "inspection",
]  # fmt: skip

LABEL = LABELS.column  # in tables
TEACHING_WAYS = WAYS
Dataset = dataset_section(SOURCES)
SCORES = {"score": "score", "score_damerau": "with Damerau's distance"}  # of a stage or a file → how people call it


class Settings(Section):
    """What the exported graph does beside the networks."""

    min_frames: Count = Field(15, description="shorter clips get the dummy phrase")
    min_confidence: Probability = Field(0.15, description="less confident clips get the dummy phrase")
    holds: Literal["all", "short"] = Field(
        "all", description="'short': whoever reads people's clips makes holds short before the file gets them"
    )


def inspection() -> Inspection:
    """What `podium data inspect` must know."""
    return Inspection(SELECTION, LABELS, SHORT_FRAMES)
