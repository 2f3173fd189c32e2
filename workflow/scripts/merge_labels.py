"""Puts labels beside the clips of the index: what earlier stages have predicted, or what somebody has published."""

import argparse
from pathlib import Path

import yaml

from podium.data.columns import FOLD_OF
from podium.errors import run
from podium.storage.artefacts import made_by
from podium.storage.files import atomic_path, write_json
from podium.storage.tables import read_table
from podium.systems import part


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--system", required=True, help="the recogniser that it is for")
    parser.add_argument("--how", required=True, help="the system's way from predictions to labels")
    parser.add_argument("--index", required=True, type=Path, help="index.parquet")
    parser.add_argument("--folds", required=True, type=Path, help="folds.parquet")
    source = parser.add_mutually_exclusive_group(required=True)
    source.add_argument("--predictions", type=Path, nargs="+", help="oof.parquet of every run of the earlier stages")
    source.add_argument("--given", help="a published table in their place")
    parser.add_argument("--options", nargs="*", default=[], metavar="KEY=VALUE", help="keys of the way")
    parser.add_argument("--out", required=True, help="table to train on (.parquet)")
    parser.add_argument("--metrics", required=True, help="scores (.json)")
    arguments = parser.parse_args()
    answers = part(arguments.system, "answers")
    folds = read_table(made_by(arguments.folds, "index_data"), FOLD_OF)
    held_out = set(folds.loc[folds["fold"] < 0, "participant_id"])
    index = made_by(arguments.index, "index_data")
    if arguments.given:
        table, metrics = answers.import_labels(arguments.how, index, arguments.given, held_out)
    else:
        predictions = [made_by(path, "train") for path in arguments.predictions]
        options = {key: yaml.safe_load(value) for key, _, value in (one.partition("=") for one in arguments.options)}
        table, metrics = answers.relabel(arguments.how, index, predictions, held_out, **options)
    with atomic_path(arguments.out) as partial:
        table.to_parquet(partial, index=False)
    write_json(arguments.metrics, metrics)
    numbers = {name: value for name, value in metrics.items() if isinstance(value, int | float)}
    print(" ".join(f"{name}={value:.4g}" for name, value in numbers.items()))


if __name__ == "__main__":
    run(main)
