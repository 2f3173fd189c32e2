"""The three commands one after the other: what later stages find."""

import json
import runpy
import sys
from pathlib import Path
from unittest.mock import patch

import numpy as np
import pandas as pd
import pytest
from raw_folder import landmark_frame, table, write_dataset, write_raw

from podium.config import Data
from podium.data.dataset import TrainingClips
from podium.landmarks import COLUMNS
from podium.normalise import normalise

SCRIPTS = Path(__file__).parents[2] / "workflow/scripts"
OUTPUTS = ("index.parquet", "folds.parquet", "manifest.json", "inference_args.json")


def command(name: str, **arguments: object) -> None:
    flat = [str(part) for key, value in arguments.items() for part in (f"--{key.replace('_', '-')}", value)]
    with patch.object(sys, "argv", [name, *flat]):
        runpy.run_path(str(SCRIPTS / f"{name}.py"), run_name="__main__")


@pytest.fixture(scope="module")
def prepared(tmp_path_factory):
    """A prepared local dataset with a supplement, and all its raw rows."""
    folder = tmp_path_factory.mktemp("chain")
    train = table(num_signers=5, clips_per_signer=3).sample(frac=1, random_state=0)
    supplemental = table(num_signers=5, clips_per_signer=2, split="supplemental", first_id=2000)
    write_raw(folder / "raw", train)
    write_raw(folder / "raw", supplemental, "supplemental")
    dataset = write_dataset(folder / "dataset.yaml", folder / "raw", num_folds=2, num_holdout=1)
    data = folder / "data"
    command("list_sequences", dataset=dataset, out=data / "sequences.parquet", skipped=data / "sequences.json")
    for split, rows in (("train", train), ("supplemental", supplemental)):
        for file_id in rows["file_id"].unique():
            command(
                "pack_shard",
                parquet=folder / f"raw/{split}_landmarks/{file_id}.parquet",
                table=data / "sequences.parquet",
                split=split,
                file_id=file_id,
                out=data / f"shards/{split}/{file_id}.npy",
            )
    command("index_data", dataset=dataset, data=data)
    return dataset, data, pd.concat([train.assign(split="train"), supplemental.assign(split="supplemental")])


def test_index_has_every_sequence_in_a_fixed_order(prepared):
    _, data, rows = prepared
    index = pd.read_parquet(data / "index.parquet")
    assert index.columns.tolist() == [
        "split", "file_id", "sequence_id", "participant_id", "phrase", "offset", "num_frames", "hand_share",
    ]  # fmt: skip
    keys = ["split", "sequence_id"]
    names = ["file_id", "participant_id", "phrase", "num_frames"]
    pd.testing.assert_frame_equal(
        index.set_index(keys)[names].sort_index(), rows.set_index(keys)[names].sort_index(), check_dtype=False
    )
    assert index["split"].tolist() == ["train"] * 15 + ["supplemental"] * 10
    for _, part in index.groupby("split"):
        assert part[["file_id", "offset"]].apply(tuple, axis=1).is_monotonic_increasing


def test_clips_of_the_index_are_the_raw_ones(prepared):
    _, data, rows = prepared
    index = pd.read_parquet(data / "index.parquet")
    clips = TrainingClips(index, data, Data(p_mirror=0, p_cutmix=0, supplemental="all"), seed=0)
    for item in (0, 7, 24):
        row = rows.set_index("sequence_id").loc[[index["sequence_id"][item]]].reset_index()
        raw = landmark_frame(row)[COLUMNS].to_numpy(dtype=np.float32)
        assert np.array_equal(clips[0, item].x_TLC, normalise(raw))


def test_folds_hold_every_signer_once(prepared):
    _, data, rows = prepared
    folds = pd.read_parquet(data / "folds.parquet")
    assert sorted(folds["participant_id"]) == sorted(set(rows["participant_id"]))
    assert sorted(set(folds["fold"])) == [-1, 0, 1]


def test_inference_args_are_the_columns(prepared):
    _, data, _ = prepared
    assert json.loads((data / "inference_args.json").read_text()) == {"selected_columns": COLUMNS}


def test_manifest_counts(prepared):
    _, data, rows = prepared
    manifest = json.loads((data / "manifest.json").read_text())
    for split, part in rows.groupby("split"):
        described = manifest["splits"][split]
        assert described["num_sequences"] == len(part) and described["num_frames"] == part["num_frames"].sum()
    assert manifest["splits"]["supplemental"]["num_phrases"] == 3
    assert manifest["skipped"] == manifest["noted"] == {} and manifest["num_test_sequences"] == 0
    assert sum(fold["num_sequences"] for fold in manifest["folds"].values()) == 15


def test_same_input_same_bytes(prepared):
    dataset, data, _ = prepared
    before = {name: (data / name).read_bytes() for name in OUTPUTS}
    command("index_data", dataset=dataset, data=data)
    assert {name: (data / name).read_bytes() for name in OUTPUTS} == before


def test_nothing_temporary_is_left(prepared):
    _, data, _ = prepared
    assert [path for path in data.rglob("*") if "partial" in path.name] == []
