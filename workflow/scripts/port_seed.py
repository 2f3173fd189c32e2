"""Copies one seed's weights into its TensorFlow twin."""

import argparse

from podium.errors import run
from podium.export.twins import save_twin
from podium.port.weights import load_torch_state
from podium.systems import part
from podium.systems.files import read_recipe


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--model", required=True, help="weights of the torch network (.safetensors)")
    parser.add_argument("--recipe", required=True, help="recipe.json of the training")
    parser.add_argument("--out", required=True, help="folder to write")
    arguments = parser.parse_args()
    system, recipe = read_recipe(arguments.recipe)
    twin = part(system, "twin").make(recipe).port(load_torch_state(arguments.model), arguments.model)
    save_twin(twin, arguments.recipe, arguments.out)
    print(f"num_tensors={len(twin.parameters)} num_values={sum(int(p.shape.num_elements()) for p in twin.parameters)}")


if __name__ == "__main__":
    run(main)
