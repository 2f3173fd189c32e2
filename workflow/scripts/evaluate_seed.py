"""Scores one seed in torch on the hidden test, by the same code that scores the file."""

import argparse

import torch

from podium.errors import run
from podium.export.evaluation import evaluate, read_test_table
from podium.storage.files import write_json
from podium.systems import part
from podium.systems.files import parse_settings, read_recipe
from podium.training.weights import load_network


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--model", required=True, help="weights (.safetensors)")
    parser.add_argument("--recipe", required=True, help="recipe.json of the training")
    parser.add_argument("--root", required=True, help="folder of the raw files, which the table's paths start from")
    parser.add_argument("--sequences", required=True, help="table of sequences; those of split 'test' are read")
    parser.add_argument("--settings", required=True, nargs="*", metavar="KEY=VALUE", help="what the file has built in")
    parser.add_argument("--out", required=True, help="report to write (.json)")
    arguments = parser.parse_args()
    torch.set_num_threads(1)  # clips one by one: more threads only get in each other's way
    system, recipe = read_recipe(arguments.recipe)
    settings, label = parse_settings(system, arguments.settings), part(system, "plan").LABEL
    learner = part(system, "learner")
    assembly = learner.assemble([load_network(arguments.model, learner, recipe)], [recipe], settings)
    table = read_test_table(arguments.sequences, label)
    report, _ = evaluate(assembly.answer, part(system, "answers"), settings, table, arguments.root, label)
    write_json(arguments.out, report)
    print(f"score={report['score']} num_sequences={report['num_sequences']}")


if __name__ == "__main__":
    run(main)
