"""What the workflow must know of fingerspelling before anything is made: recipes, labels, what a file has built in."""

from pydantic import Field

from podium.config import TRAINING_ONLY, Count, Dataset, Probability, Section
from podium.systems.fingerspelling.recipe import Recipe

__all__ = ["LABEL", "SCORES", "TRAINING_ONLY", "Dataset", "Recipe", "Settings"]

LABEL = "phrase"  # the column of the label in tables
SCORES = {"score": "score", "score_damerau": "with Damerau's distance"}  # of a stage or a file → how people call it


class Settings(Section):
    """What the exported graph does beside the networks."""

    min_frames: Count = Field(15, description="shorter clips get the dummy phrase")
    min_confidence: Probability = Field(0.15, description="less confident clips get the dummy phrase")

