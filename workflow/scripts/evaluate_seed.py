"""Scores one seed in torch on the hidden test, by the same code that scores the file."""

import argparse
import json

from podium.errors import run
from podium.export.evaluation import evaluate, read_test_table
from podium.recognise.inference import TorchRecognizer, read_recipe
from podium.storage.files import write_json
from podium.systems.fingerspelling.landmarks import COLUMNS


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--model", required=True, help="weights (.safetensors)")
    parser.add_argument("--recipe", required=True, help="recipe.json of the training")
    parser.add_argument("--root", required=True, help="folder of the raw files, which the table's paths start from")
    parser.add_argument("--sequences", required=True, help="table of sequences; those of split 'test' are read")
    parser.add_argument("--settings", required=True, type=json.loads, help="what the file has built in, as JSON")
    parser.add_argument("--out", required=True, help="report to write (.json)")
    arguments = parser.parse_args()
    recognizer = TorchRecognizer.load(
        arguments.model, read_recipe(arguments.recipe), **arguments.settings
    )
    report, _ = evaluate(recognizer, read_test_table(arguments.sequences), arguments.root, COLUMNS)
    write_json(arguments.out, report)
    print(f"score={report['score']} num_sequences={report['num_sequences']}")


if __name__ == "__main__":
    run(main)
