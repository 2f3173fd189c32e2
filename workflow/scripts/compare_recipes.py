"""Writes the table and the picture of a comparison of recipes."""

import argparse
from pathlib import Path

from podium.errors import run
from podium.report.comparison import compare
from podium.systems import part


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--system", required=True, help="the recogniser that they are of")
    parser.add_argument("--folder", required=True, type=Path, help="holds {recipe}/seed{seed}/ of every training")
    parser.add_argument("--recipes", required=True, nargs="+", help="their names; the first is what others are held to")
    parser.add_argument("--seeds", required=True, nargs="+", type=int)
    arguments = parser.parse_args()
    compare(arguments.folder, arguments.recipes, arguments.seeds, part(arguments.system, "plan").TRAINING_ONLY)


if __name__ == "__main__":
    run(main)
