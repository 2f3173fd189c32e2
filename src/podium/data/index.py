"""All shards of a dataset in one index, and the account of what was left out."""

from collections import Counter
from pathlib import Path

import pandas as pd

from podium.config import Dataset
from podium.data.clips import shard_path
from podium.data.folds import HELD_OUT
from podium.data.shards import HAND_COLUMNS, TABLE_TYPES
from podium.data.sources import TRAINED_SPLITS
from podium.errors import UserError
from podium.landmarks.normalise import STATISTICS_COLUMNS
from podium.storage.artefacts import made_by
from podium.storage.files import read_json
from podium.storage.tables import read_table

INDEX_COLUMNS = [
    "split", "file_id", "sequence_id", "participant_id", "phrase", "offset", "num_frames",
    *HAND_COLUMNS, *STATISTICS_COLUMNS,
]  # fmt: skip
_SEQUENCE_COLUMNS = ["split", "file_id", "sequence_id", "participant_id", "phrase"]
_LISTED = ("num_sequences", "skipped", "skipped_sequences", "ignored_columns", "test_signers")  # keys of sequences.json
_REPORTED = ("skipped", "noted", "examples", "extra_columns")  # keys of a shard's report
_NUM_EXAMPLES = 5


def build_index(root: Path, file_ids: dict[str, list[int]]) -> tuple[pd.DataFrame, dict]:
    """Joins the shards' sequences with their phrases and signers.

    Args:
        root: The dataset's folder, with sequences.parquet and shards/.
        file_ids: The shards of each split.

    Returns:
        ``INDEX_COLUMNS``, one row per usable sequence, ordered by split (train first), file id and offset; and the
        accounts of what was skipped and noted: split → reason → {"number", "examples"}.

    Raises:
        UserError: A file is missing, or no usable train sequence is left.
    """
    sequences = read_table(made_by(root / "sequences.parquet", "list_sequences"), _SEQUENCE_COLUMNS)
    listed = read_json(made_by(root / "sequences.json", "list_sequences"), *_LISTED)
    frames, reports = [], []
    for split in TRAINED_SPLITS:
        for file_id in file_ids.get(split, []):
            shard = made_by(shard_path(root, split, file_id), "pack_shard")
            frame = read_table(made_by(shard.with_suffix(".parquet"), "pack_shard"), list(TABLE_TYPES))
            frames.append(frame.assign(split=split))
            reports.append((split, read_json(made_by(shard.with_suffix(".json"), "pack_shard"), *_REPORTED)))
    phrases = sequences[_SEQUENCE_COLUMNS]
    index = pd.concat(frames).merge(phrases, on=["split", "file_id", "sequence_id"], validate="one_to_one")
    index["split"] = pd.Categorical(index["split"], TRAINED_SPLITS)
    index = index.sort_values(["split", "file_id", "offset"])[INDEX_COLUMNS].reset_index(drop=True)
    index["split"] = index["split"].astype(str)
    if not (index["split"] == "train").any():
        raise UserError(f"{root}: no train sequence is left after packing; see the shards' .json files for the reasons")
    return index, _accounts(listed, reports)


def manifest(dataset: Dataset, index: pd.DataFrame, folds: pd.DataFrame, accounts: dict) -> dict:
    """What a dataset holds, for people: plain JSON."""
    splits = {}
    for split, rows in index.groupby("split", sort=False):
        splits[split] = {
            "num_sequences": len(rows),
            "num_frames": int(rows["num_frames"].sum()),
            "median_frames": float(rows["num_frames"].median()),
            "num_participants": int(rows["participant_id"].nunique()),
            "num_phrases": int(rows["phrase"].nunique()),
            "mean_characters": round(float(rows["phrase"].str.len().mean()), 2),
            "hand_share": round(float(rows["hand_share"].mean()), 4),
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
    accounts["ignored_columns"] = {**listed["ignored_columns"], **({"landmarks": extra} if extra else {})}
    accounts["num_test_sequences"] = listed["num_sequences"].get("test", 0)
    accounts["test_signers"] = listed["test_signers"]
    return accounts
