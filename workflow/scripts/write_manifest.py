"""Writes what an experiment was made of and how it went: configuration, data, code, machine, jobs, outcome."""

import argparse
import json
from pathlib import Path

from podium.errors import run
from podium.report.manifest import write_manifest


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--results", required=True, type=Path, help="the experiment's folder")
    parser.add_argument("--account", required=True, type=json.loads, help="arguments of write_manifest, as JSON")
    arguments = parser.parse_args()
    print(f"written={write_manifest(arguments.results, **arguments.account)}")


if __name__ == "__main__":
    run(main)
