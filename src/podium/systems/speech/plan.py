"""What the workflow must know of spoken commands before anything is made."""

from typing import Literal

from pydantic import Field

from podium.config import Count, Section, dataset_section
from podium.systems.speech.conversion import Rule
from podium.systems.speech.labels import LABEL, LABELS
from podium.systems.speech.layout import INPUT_COLUMNS
from podium.systems.speech.pseudo import WAYS
from podium.systems.speech.recipe import Recipe
from podium.systems.speech.sources import SOURCES

__all__ = [
    "INPUT_COLUMNS", "LABEL", "LABELS", "LABEL_WAYS", "SCORES", "SOURCES", "TRAINING_ONLY", "Dataset", "Recipe",
    "Settings",
]  # fmt: skip

Dataset = dataset_section(SOURCES)
LABEL_WAYS = WAYS
SCORES = {"score": "share", "score_words": "without silences", "score_classes": "mean of classes"}
TRAINING_ONLY = ()


class Settings(Section):
    """What the exported graph does beside the networks, and what it must keep to."""

    looks: Literal["once", "left_loud"] = Field("once", description="also earlier and louder: three times the work")
    rule: Rule = Field("sum", description="from 32 classes to 12, for networks of 32; 'max_softmax' as published")
    max_bytes: Count = Field(5_000_000, description="every file has fewer; the limit of the Raspberry Pi's prize")
