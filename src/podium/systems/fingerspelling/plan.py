"""What the workflow must know of fingerspelling before anything is made: recipes, labels, what a file has built in."""

from pydantic import Field

from podium.config import TRAINING_ONLY, Count, Dataset, Probability, Recipe, Section
from podium.systems.fingerspelling.augment import build_augmentations

__all__ = ["LABEL", "SCORES", "TRAINING_ONLY", "Dataset", "Recipe", "Settings", "check_recipe"]

LABEL = "phrase"  # the column of the label in tables
SCORES = {"score": "score", "score_damerau": "with Damerau's distance"}  # of a stage or a file → how people call it


class Settings(Section):
    """What the exported graph does beside the networks."""

    min_frames: Count = Field(15, description="shorter clips get the dummy phrase")
    min_confidence: Probability = Field(0.15, description="less confident clips get the dummy phrase")


def check_recipe(recipe: Recipe) -> None:
    """Raises `UserError` if a recipe names what there is not, which its sections alone cannot tell."""
    build_augmentations(recipe.data.augment)
