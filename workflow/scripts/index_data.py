"""Merges the shards of a dataset: DATA/index.parquet, folds.parquet, manifest.json, inference_args.json."""

import argparse
from pathlib import Path

from podium.config import load
from podium.data import sources
from podium.data.folds import assign_folds
from podium.data.index import build_index, manifest
from podium.errors import run
from podium.storage.files import atomic_path, file_digest, write_json
from podium.systems import part


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--system", required=True, help="the recogniser that it is for")
    parser.add_argument("--dataset", required=True, help="dataset YAML")
    parser.add_argument("--data", required=True, type=Path, help="folder with sequences.parquet and shards/")
    arguments = parser.parse_args()
    plan = part(arguments.system, "plan")
    dataset = load(plan.Dataset, arguments.dataset)
    source = sources.create(dataset, plan.SOURCES)
    root = arguments.data
    file_ids = {split: source.file_ids(split) for split in source.splits()}
    index, accounts = build_index(root, file_ids, source.labels.column)
    trained = index.loc[index["split"] == "train", "participant_id"]
    folds = assign_folds(index, dataset.folds, source.held_out(sorted(set(trained.tolist()))))
    with (
        atomic_path(root / "index.parquet") as index_path,
        atomic_path(root / "folds.parquet") as folds_path,
        atomic_path(root / "manifest.json") as manifest_path,
        atomic_path(root / "inference_args.json") as columns_path,
    ):
        index.to_parquet(index_path, index=False)
        folds.to_parquet(folds_path, index=False)
        digests = {"index.parquet": file_digest(index_path), "folds.parquet": file_digest(folds_path)}
        write_json(manifest_path, {**manifest(dataset, index, folds, accounts, source.labels), "sha256": digests})
        write_json(columns_path, {"selected_columns": plan.INPUT_COLUMNS})
    print(f"num_sequences={len(index)} num_participants={len(folds)} num_frames={index['num_frames'].sum()}")


if __name__ == "__main__":
    run(main)
