"""Folders for `podium data inspect` to look at, and what it says of them, for tests."""

import json
import shutil
from pathlib import Path

import numpy as np
import pandas as pd
from bound import create, lines, open_folder, survey
from raw_folder import pack as pack_shard
from raw_folder import table, write_dataset, write_raw

from podium.config import load
from podium.data.folds import assign_folds
from podium.data.index import build_index, manifest
from podium.data.sequences import list_sequences
from podium.landmarks.mediapipe import RAW_COLUMNS
from podium.storage.files import write_json
from podium.systems.fingerspelling.landmarks import COLUMNS
from podium.systems.fingerspelling.plan import LABELS, Dataset

ROWS = table(num_signers=4, clips_per_signer=4)  # two files, sequences 1000 … 1015, 20 to 38 frames
FIRST_FILE = int(ROWS["file_id"].iloc[0])
HANDS = [name for name in RAW_COLUMNS if "_hand_" in name]


def write_prepared(raw: Path, folder: Path) -> Path:
    """The same rows, and supplemental ones, as the workflow prepares them; one phrase has an unknown character."""
    shutil.copytree(raw, folder / "raw")
    supplemental = table(num_signers=4, clips_per_signer=1, split="supplemental", first_id=2000)
    supplemental.loc[0, "phrase"] = "Capital"
    write_raw(folder / "raw", supplemental, "supplemental")
    dataset = load(Dataset, write_dataset(folder / "dataset.yaml", folder / "raw"))
    source, out = create(dataset), folder / "prepared"
    rows, report = list_sequences(source)
    file_ids = {split: source.file_ids(split) for split in source.splits()}
    for split, file_id in [(split, file_id) for split, ids in file_ids.items() for file_id in ids]:
        shard = out / f"shards/{split}/{file_id}.npy"
        shard.parent.mkdir(parents=True, exist_ok=True)
        wanted = rows.loc[(rows["split"] == split) & (rows["file_id"] == file_id), "sequence_id"].tolist()
        packed = pack_shard(source.raw_file(split, file_id), wanted, {2000}, file_id, shard)
        packed.sequences.to_parquet(shard.with_suffix(".parquet"))
        write_json(shard.with_suffix(".json"), packed.report)
    rows.to_parquet(out / "sequences.parquet")
    write_json(out / "sequences.json", report)
    index, accounts = build_index(out, file_ids, LABELS.column)
    folds = assign_folds(index, dataset.folds)
    index.to_parquet(out / "index.parquet")
    folds.to_parquet(out / "folds.parquet")
    write_json(out / "manifest.json", manifest(dataset, index, folds, accounts, LABELS))
    return out


def reported(folder: Path, max_files: int | None = None) -> dict:
    report, _ = survey(open_folder(folder), max_files=max_files)
    json.dumps(report, allow_nan=False)
    assert all(line == line.rstrip() for line in lines(report))
    return report


def problems(report: dict, split: str = "train") -> dict[str, int]:
    return {one["kind"]: one["number"] for one in report["splits"][split]["problems"]}


def rewrite(folder: Path, file_id: int, change) -> None:
    """Replaces a parquet file by what ``change`` makes of its frame."""
    path = folder / f"train_landmarks/{file_id}.parquet"
    change(pd.read_parquet(path)).to_parquet(path)


def rewrite_csv(folder: Path, change) -> None:
    path = folder / "train.csv"
    change(pd.read_csv(path, keep_default_na=False)).to_csv(path, index=False)


def spoil_frame(frame):
    """Seven sequences of the first file with a problem each; see `test_planted_problems`."""
    frame.loc[1000, COLUMNS] = np.nan
    frame.iloc[frame.index.get_loc(1001).start, frame.columns.get_loc("z_pose_12")] = np.inf
    frame.loc[1002, HANDS] = np.nan
    stranger = frame.loc[[1003]].set_axis(pd.Index([77] * len(frame.loc[[1003]]), name="sequence_id"))
    return pd.concat([frame.drop([1004]), frame.loc[[1004]][:14], stranger]).drop([1005, 1006])
