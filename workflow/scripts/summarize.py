"""Writes an experiment's summary and its progress picture."""

import argparse
import json
from pathlib import Path

from podium.errors import run
from podium.report.summary import summarize


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--data", required=True, type=Path, help="dataset folder")
    parser.add_argument("--results", required=True, type=Path, help="experiment folder")
    parser.add_argument("--account", required=True, type=json.loads, help="further arguments of summarize, as JSON")
    arguments = parser.parse_args()
    summarize(arguments.data, arguments.results, **arguments.account)


if __name__ == "__main__":
    run(main)
