"""All shards of a dataset in one index, and the account of what was left out."""

from collections import Counter
from pathlib import Path

import pandas as pd

from podium.config import Dataset
from podium.data import columns
from podium.data.clips import shard_path
from podium.data.folds import HELD_OUT
from podium.data.labels import Labels
from podium.data.sources import TRAINED_SPLITS
from podium.errors import UserError
from podium.storage.artefacts import made_by
from podium.storage.files import read_json
from podium.storage.tables import read_table

_LISTED = ("num_sequences", "skipped", "skipped_sequences", "ignored_columns", "test_signers")  # keys of sequences.json
_REPORTED = ("skipped", "noted", "examples", "extra_columns")  # keys of a shard's report
_NUM_EXAMPLES = 5


def build_index(root: Path, file_ids: dict[str, list[int]], label: str) -> tuple[pd.DataFrame, dict]:
    """Joins the shards' sequences with their labels and people.

    Args:
        root: The dataset's folder, with sequences.parquet and shards/.
        file_ids: The shards of each split.
        label: The label's column.

    Returns:
        `podium.data.columns.index` and what was measured of the clips, one row per usable sequence, ordered by split
        (train first), file id and offset; and the accounts of what was skipped and noted: split → reason →
        {"number", "examples"}.

    Raises:
        UserError: A file is missing, or no usable train sequence is left.
    """
    sequences = read_table(made_by(root / "sequences.parquet", "list_sequences"), columns.told(label))
    listed = read_json(made_by(root / "sequences.json", "list_sequences"), *_LISTED)
    frames, reports = [], []
    for split in TRAINED_SPLITS:
        for file_id in file_ids.get(split, []):
            shard = made_by(shard_path(root, split, file_id), "pack_shard")
            frames.append(_of_shard(shard).assign(split=split))
            reports.append((split, read_json(made_by(shard.with_suffix(".json"), "pack_shard"), *_REPORTED)))
    if not any(len(frame) for frame, (split, _) in zip(frames, reports, strict=True) if split == "train"):
        raise UserError(f"{root}: no train sequence is left after packing; see the shards' .json files for the reasons")
    frames = [frame for frame in frames if len(frame)]  # a shard without sequences has measured nothing
    if any(frame.columns.tolist() != frames[0].columns.tolist() for frame in frames):
        raise UserError(f"{root}: the tables of the shards have different columns; remove {root}/shards and run again")
    measured = [column for column in frames[0].columns if column not in ("split", *columns.SHARD)]
    keys = ["split", *columns.KEY]
    index = pd.concat(frames).merge(sequences[columns.told(label)], on=keys, validate="one_to_one")
    index["split"] = pd.Categorical(index["split"], TRAINED_SPLITS)
    index = index.sort_values(["split", "file_id", "offset"])[[*columns.index(label), *measured]]
    index = index.reset_index(drop=True).astype({"split": str})
    if not (index["split"] == "train").any():
        raise UserError(f"{root}: no train sequence is left after packing; see the shards' .json files for the reasons")
    return index, _accounts(listed, reports)


def _of_shard(shard: Path) -> pd.DataFrame:
    return read_table(made_by(shard.with_suffix(".parquet"), "pack_shard"), columns.SHARD, are_others_numbers=True)


def manifest(dataset: Dataset, index: pd.DataFrame, folds: pd.DataFrame, accounts: dict, labels: Labels) -> dict:
    """What a dataset holds, for people: plain JSON."""
    splits = {}
    for split, rows in index.groupby("split", sort=False):
        splits[split] = {
            "num_sequences": len(rows),
            "num_frames": int(rows["num_frames"].sum()),
            "median_frames": float(rows["num_frames"].median()),
            "num_participants": int(rows["participant_id"].nunique()),
            **labels.describe(rows),
        }
    return {
        "dataset": dataset.model_dump(mode="json"),
        "splits": splits,
        "folds": {
            "held_out" if fold == HELD_OUT else str(fold): {
                "num_participants": len(rows),
                "num_sequences": int(rows["num_sequences"].sum()),
                "num_supplemental": int(rows["num_supplemental"].sum()),
            }
            for fold, rows in folds.groupby("fold")
        },
        **accounts,
    }


def _accounts(listed: dict, reports: list[tuple[str, dict]]) -> dict:
    """Merges the report of `list_sequences` with those of all shards."""
    numbers: dict[str, dict[str, Counter]] = {"skipped": {}, "noted": {}}
    examples: dict[str, dict[str, list[int]]] = {}
    for split, reasons in listed["skipped"].items():
        numbers["skipped"].setdefault(split, Counter()).update(reasons)
    for row in listed["skipped_sequences"]:
        examples.setdefault(row["split"], {}).setdefault(row["skipped"], []).append(row["sequence_id"])
    for split, report in reports:
        for kind, of_split in numbers.items():
            of_split.setdefault(split, Counter()).update(report[kind])
        for reason, ids in report["examples"].items():
            examples.setdefault(split, {}).setdefault(reason, []).extend(ids)
    accounts: dict = {
        kind: {
            split: {
                reason: {"number": number, "examples": examples[split][reason][:_NUM_EXAMPLES]}
                for reason, number in sorted(counter.items())
            }
            for split, counter in of_split.items()
            if counter
        }
        for kind, of_split in numbers.items()
    }
    extra = sorted({column for _, report in reports for column in report["extra_columns"]})
    accounts["ignored_columns"] = {**listed["ignored_columns"], **({"raw files": extra} if extra else {})}
    accounts["num_test_sequences"] = listed["num_sequences"].get("test", 0)
    accounts["test_signers"] = listed["test_signers"]
    return accounts
