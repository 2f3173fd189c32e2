"""Folders of twins: one seed in TensorFlow.

``weights.safetensors`` (parameters in TensorFlow's layout), ``recipe.json`` (of the training) and ``saved_model/``,
whose ``inside`` takes one clip and returns everything that the network computes for it.
"""

from collections.abc import Callable
from pathlib import Path
from types import ModuleType

import tensorflow as tf

from podium.config import parse
from podium.port.twin import Twin
from podium.port.weights import load_variables, save_variables
from podium.recognise.settings import read_recipe_file
from podium.storage.files import atomic_path, read_json, write_json


def save_twin(twin: Twin, recipe_file: str | Path, folder: str | Path) -> None:
    """Writes the folder of a twin, whole or not at all."""
    with atomic_path(folder) as partial:
        save_variables(twin.weights, partial / "weights.safetensors")
        write_json(partial / "recipe.json", read_json(recipe_file))
        tf.saved_model.save(twin, str(partial / "saved_model"), signatures=twin.inside.get_concrete_function())


def load_twin(folder: str | Path, part: Callable[[str], ModuleType]) -> Twin:
    """The twin of a folder.

    Args:
        part: Modules of its system by name.
    """
    place = Path(folder, "recipe.json")
    twin = part("twin").make(parse(part("plan").Recipe, read_recipe_file(place)["recipe"], str(place)))
    load_variables(twin.weights, Path(folder, "weights.safetensors"))
    return twin
