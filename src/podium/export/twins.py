"""Folders of twins: one seed in TensorFlow.

``weights.safetensors`` (parameters in TensorFlow's layout), ``recipe.json`` (of the training) and ``saved_model/``,
whose ``inside`` takes one normalised clip and returns everything that the network computes for it.
"""

from pathlib import Path

import tensorflow as tf

from podium.port.weights import load_variables, save_variables
from podium.recognise.inference import read_recipe
from podium.storage.files import atomic_path, read_json, write_json
from podium.systems.fingerspelling.twins import Twin, create


def save_twin(twin: Twin, recipe_file: str | Path, folder: str | Path) -> None:
    """Writes the folder of a twin, whole or not at all."""
    with atomic_path(folder) as partial:
        save_variables(twin.weights, partial / "weights.safetensors")
        write_json(partial / "recipe.json", read_json(recipe_file))
        tf.saved_model.save(twin, str(partial / "saved_model"), signatures=twin.inside.get_concrete_function())


def load_twin(folder: str | Path) -> Twin:
    """The twin of a folder."""
    folder = Path(folder)
    twin = create(read_recipe(folder / "recipe.json"))
    load_variables(twin.weights, folder / "weights.safetensors")
    return twin
