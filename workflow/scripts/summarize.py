"""Writes an experiment's summary and its progress picture."""

import argparse
from pathlib import Path

from podium.errors import run
from podium.report.summary import summarize


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--data", required=True, type=Path, help="dataset folder")
    parser.add_argument("--results", required=True, type=Path, help="experiment folder")
    parser.add_argument("--folds", required=True, type=int, help="number of folds of round 1")
    parser.add_argument("--seeds", required=True, type=int, nargs="+", help="seeds of round 2")
    arguments = parser.parse_args()
    summarize(arguments.data, arguments.results, arguments.folds, arguments.seeds)


if __name__ == "__main__":
    run(main)
