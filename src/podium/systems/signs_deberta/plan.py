"""What the workflow must know of `signs_deberta` before anything is made: recipes, labels, what a file has built in."""

from podium.systems.signs.labels import LABEL, LABELS
from podium.systems.signs.points import INPUT_COLUMNS
from podium.systems.signs.settings import SCORES, Dataset, Settings, inspection
from podium.systems.signs.sources import SOURCES
from podium.systems.signs_deberta.recipe import TRAINING_ONLY, Recipe

__all__ = [
    "INPUT_COLUMNS", "LABEL", "LABELS", "SCORES", "SOURCES", "TRAINING_ONLY", "Dataset", "Recipe", "Settings",
    "inspection",
]  # fmt: skip
