"""Puts the scores of a published out-of-fold table beside the clips of the index, in place of round 1."""

import argparse
from pathlib import Path

from podium.errors import run
from podium.storage.artefacts import made_by
from podium.storage.files import atomic_path, write_json
from podium.storage.tables import read_table
from podium.systems.fingerspelling.oof import INDEX_COLUMNS, import_oof, oof_metrics, read_oof_table


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--system", required=True, help="the recogniser that it is for")
    parser.add_argument("--index", required=True, type=Path, help="index.parquet")
    parser.add_argument("--folds", required=True, type=Path, help="folds.parquet")
    parser.add_argument("--table", required=True, help="csv with file_id, sequence_id and score of every train clip")
    parser.add_argument("--out", required=True, help="merged table (.parquet)")
    parser.add_argument("--metrics", required=True, help="scores (.json)")
    arguments = parser.parse_args()
    folds = read_table(made_by(arguments.folds, "index_data"), ["participant_id", "fold"])
    held_out = set(folds.loc[folds["fold"] < 0, "participant_id"])
    index = read_table(made_by(arguments.index, "index_data"), INDEX_COLUMNS)
    table, num_unknown = import_oof(index, read_oof_table(arguments.table), held_out)
    metrics = {**oof_metrics(table), "num_unknown": num_unknown, "table": arguments.table}
    with atomic_path(arguments.out) as partial:
        table.to_parquet(partial, index=False)
    write_json(arguments.metrics, metrics)
    print(" ".join(f"{name}={metrics[name]:.4g}" for name in ("score", "num_sequences", "num_unknown")))


if __name__ == "__main__":
    run(main)
