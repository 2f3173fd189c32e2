"""Fetches a dataset's raw files from Kaggle, going on where an earlier run ended."""

import argparse
import os
import sys
from pathlib import Path

from podium.config import load
from podium.data import sources
from podium.errors import run
from podium.storage.files import write_json
from podium.systems import part


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--system", required=True, help="the recogniser that it is for")
    parser.add_argument("--dataset", required=True, help="dataset YAML with a source that is downloaded")
    parser.add_argument("--raw", required=True, type=Path, help="folder for the raw files")
    parser.add_argument("--archives", required=True, type=Path, help="folder for archives")
    parser.add_argument("--out", required=True, help="receipt to write (.json)")
    arguments = parser.parse_args()
    if not sys.stderr.isatty():
        os.environ.setdefault("TQDM_MININTERVAL", "1")  # through a pipe, into a log: not ten times a second
    plan = part(arguments.system, "plan")
    source = sources.create(load(plan.Dataset, arguments.dataset), plan.SOURCES)
    receipt = source.fetch(arguments.raw, arguments.archives)
    write_json(arguments.out, receipt)
    print(f"num_files={receipt['num_files']} num_bytes={receipt['num_bytes']}")


if __name__ == "__main__":
    run(main)
