"""``podium info MODEL``: what a model file is."""

import argparse
import json
from pathlib import Path

from podium.errors import printable

WORDS = ("info",)
HELP = "print what a model file is: signature, operators, thresholds, recipe, score"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Adds the command's arguments."""
    parser.add_argument("model", type=Path, help=".tflite or .safetensors file, or the folder of one")
    parser.add_argument("--json", action="store_true", help="print JSON in place of text")


def run(arguments: argparse.Namespace) -> None:
    """Prints the description.

    Raises:
        UserError: The file is absent, or no model.
    """
    from podium.recognise.model_info import describe, lines
    from podium.systems import part

    description = describe(arguments.model, lambda system: part(system, "plan").TRAINING_ONLY)
    if arguments.json:
        print(json.dumps(description, indent=2, ensure_ascii=False, allow_nan=False))
    else:
        print("\n".join(map(printable, lines(description))))
