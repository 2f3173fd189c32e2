"""Writes a corpus that is computed: its tables, or one file of clips.

generate_corpus.py tables --system SYSTEM --dataset config/datasets/synthetic.yaml --out results/data/synthetic/raw
generate_corpus.py raw-file --system SYSTEM --dataset … --split train --file-id 100000000 --out
…/train_landmarks/100000000.parquet
"""

import argparse
from pathlib import Path

from podium.config import load
from podium.data import sources
from podium.errors import UserError, run
from podium.systems import part


def main() -> None:
    """Parses the command line and writes."""
    parser = argparse.ArgumentParser(description="Write a corpus that is computed.")
    commands = parser.add_subparsers(dest="command", required=True)
    tables = commands.add_parser("tables", help="csv tables, and what belongs to them")
    raw_file = commands.add_parser("raw-file", help="one file of clips")
    for command, out in ((tables, "folder of the raw corpus"), (raw_file, "the file")):
        command.add_argument("--system", required=True, help="the recogniser that it is for")
        command.add_argument("--dataset", required=True, help="YAML file of a dataset that is computed")
        command.add_argument("--out", required=True, type=Path, help=out)
    raw_file.add_argument("--split", required=True, choices=sources.SPLITS)
    raw_file.add_argument("--file-id", required=True, type=int)
    arguments = parser.parse_args()

    plan = part(arguments.system, "plan")
    dataset = load(plan.Dataset, arguments.dataset)
    source = sources.create(dataset, plan.SOURCES)
    if not isinstance(source, sources.Generated):
        kinds = ", ".join(f"'{kind}'" for kind, one in plan.SOURCES.items() if one.is_generated)
        raise UserError(f"{arguments.dataset}: source.kind is '{dataset.source.kind}'; only {kinds} can be generated")
    if arguments.command == "tables":
        source.write_tables(arguments.out)
    else:
        source.write_raw_file(arguments.split, arguments.file_id, arguments.out)


if __name__ == "__main__":
    run(main)
