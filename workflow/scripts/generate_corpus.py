"""Writes the virtual corpus: its tables, or one landmark file.

generate_corpus.py tables --dataset config/datasets/synthetic.yaml --out results/data/synthetic/raw
generate_corpus.py landmarks --dataset … --split train --file-id 100000000 --out
…/train_landmarks/100000000.parquet
"""

import argparse

from podium.config import SyntheticSource, load_dataset
from podium.errors import UserError, run
from podium.systems.fingerspelling.corpus.corpus import SPLITS, plan_corpus, write_landmarks, write_tables


def main() -> None:
    """Parses the command line and writes."""
    parser = argparse.ArgumentParser(description="Write the virtual corpus.")
    commands = parser.add_subparsers(dest="command", required=True)
    tables = commands.add_parser("tables", help="csv tables and the character map")
    landmarks = commands.add_parser("landmarks", help="one landmark file")
    for command, out in ((tables, "folder of the raw corpus"), (landmarks, "the parquet file")):
        command.add_argument("--system", required=True, help="the recogniser that it is for")
        command.add_argument("--dataset", required=True, help="YAML file of a synthetic dataset")
        command.add_argument("--out", required=True, help=out)
    landmarks.add_argument("--split", required=True, choices=SPLITS)
    landmarks.add_argument("--file-id", required=True, type=int)
    arguments = parser.parse_args()

    source = load_dataset(arguments.dataset).source
    if not isinstance(source, SyntheticSource):
        raise UserError(f"{arguments.dataset}: source.kind is '{source.kind}'; only 'synthetic' can be generated")
    plan = plan_corpus(source)
    if arguments.command == "tables":
        write_tables(plan, arguments.out)
    else:
        write_landmarks(plan, arguments.split, arguments.file_id, arguments.out)


if __name__ == "__main__":
    run(main)
