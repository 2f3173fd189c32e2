"""Writes the page of pictures of an experiment that has run."""

import argparse
from pathlib import Path

from podium.errors import run
from podium.report.report import write_report


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--manifest", required=True, type=Path, help="the experiment's manifest.json")
    parser.add_argument("--out", required=True, type=Path, help="the page")
    arguments = parser.parse_args()
    write_report(arguments.manifest, arguments.out)


if __name__ == "__main__":
    run(main)
