"""Puts the out-of-fold scores of all folds beside the clips of the index."""

import argparse
from pathlib import Path

from podium.errors import run
from podium.storage.artefacts import made_by
from podium.storage.files import atomic_path, write_json
from podium.storage.tables import read_table
from podium.systems.fingerspelling.oof import INDEX_COLUMNS, OOF_COLUMNS, merge_oof, oof_metrics


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--system", required=True, help="the recogniser that it is for")
    parser.add_argument("--index", required=True, type=Path, help="index.parquet")
    parser.add_argument("--folds", required=True, type=Path, help="folds.parquet")
    parser.add_argument("--oof", required=True, type=Path, nargs="+", help="oof.parquet of every fold")
    parser.add_argument("--out", required=True, help="merged table (.parquet)")
    parser.add_argument("--metrics", required=True, help="scores (.json)")
    arguments = parser.parse_args()
    folds = read_table(made_by(arguments.folds, "index_data"), ["participant_id", "fold"])
    held_out = set(folds.loc[folds["fold"] < 0, "participant_id"])
    predictions = [read_table(made_by(path, "train"), OOF_COLUMNS) for path in arguments.oof]
    table = merge_oof(read_table(made_by(arguments.index, "index_data"), INDEX_COLUMNS), predictions, held_out)
    metrics = oof_metrics(table)
    with atomic_path(arguments.out) as partial:
        table.to_parquet(partial, index=False)
    write_json(arguments.metrics, metrics)
    print(" ".join(f"{name}={value:.4g}" for name, value in metrics.items()))


if __name__ == "__main__":
    run(main)
