"""Fingerspelling as the general rooms are handed it."""

from pathlib import Path
from typing import Any

from pydantic import TypeAdapter

from podium.config import AdamW, Cosine, Training, load
from podium.systems import part
from podium.systems.fingerspelling.recipe import Model, Recipe
from podium.training.learner import Parts

PARTS = Parts.of("fingerspelling", part)


def load_recipe(path: str | Path) -> Recipe:
    return load(Recipe, path)


def model_section(name: str, **values: Any) -> Model:
    return TypeAdapter(Model).validate_python({"name": name, **values})


def recipe_of(model: Model, **sections: Any) -> Recipe:
    """A recipe whose training is of no interest."""
    training = {"optimizer": AdamW(name="adamw", learning_rate=1e-3), "schedule": Cosine(name="cosine")}
    return Recipe(**{**training, "training": Training(epochs=1), "model": model, **sections})
