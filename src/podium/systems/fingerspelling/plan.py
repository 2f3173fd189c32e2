"""What the workflow must know of fingerspelling before anything is made: recipes, labels, what a file has built in."""

from pydantic import Field

from podium.config import Count, Probability, Recipe, Section

__all__ = ["LABEL", "Recipe", "Settings"]

LABEL = "phrase"  # the column of the label in tables


class Settings(Section):
    """What the exported graph does beside the networks."""

    min_frames: Count = Field(15, description="shorter clips get the dummy phrase")
    min_confidence: Probability = Field(0.15, description="less confident clips get the dummy phrase")
