"""The three commands one after the other: what later stages find."""

import json
import runpy
import sys
from pathlib import Path
from unittest.mock import patch

import numpy as np
import pandas as pd
import pytest
from project import ROOT
from raw_folder import landmark_frame, table, write_arrays, write_dataset, write_raw

from podium.data.clips import Clips
from podium.landmarks.normalise import normalise
from podium.systems.fingerspelling.landmarks import COLUMNS
from podium.systems.fingerspelling.recipe import Data
from podium.systems.fingerspelling.samples import TrainingClips

SCRIPTS = ROOT / "workflow/scripts"
OUTPUTS = ("index.parquet", "folds.parquet", "manifest.json", "inference_args.json")


def command(name: str, **arguments: object) -> None:
    arguments["system"] = "fingerspelling"
    flat = [str(part) for key, value in arguments.items() for part in (f"--{key.replace('_', '-')}", value)]
    with patch.object(sys, "argv", [name, *flat]):
        runpy.run_path(str(SCRIPTS / f"{name}.py"), run_name="__main__")


def prepare(dataset: Path, data: Path, splits: dict[str, pd.DataFrame], raw_file: str) -> None:
    """Runs the three commands; ``raw_file`` is the pattern of the raw files."""
    command("list_sequences", dataset=dataset, out=data / "sequences.parquet", skipped=data / "sequences.json")
    for split, rows in splits.items():
        for file_id in rows["file_id"].unique():
            command(
                "pack_shard",
                raw_file=raw_file.format(split=split, file_id=file_id),
                table=data / "sequences.parquet",
                split=split,
                file_id=file_id,
                out=data / f"shards/{split}/{file_id}.npy",
            )
    command("index_data", dataset=dataset, data=data)


@pytest.fixture(scope="module")
def prepared(tmp_path_factory):
    """A prepared local dataset with a supplement, and all its raw rows."""
    folder = tmp_path_factory.mktemp("chain")
    train = table(num_signers=5, clips_per_signer=3).sample(frac=1, random_state=0)
    supplemental = table(num_signers=5, clips_per_signer=2, split="supplemental", first_id=2000)
    splits = {"train": train, "supplemental": supplemental}
    for split, rows in splits.items():
        write_raw(folder / "raw", rows, split)
    dataset = write_dataset(folder / "dataset.yaml", folder / "raw", num_folds=2, num_holdout=1)
    prepare(dataset, folder / "data", splits, f"{folder}/raw/{{split}}_landmarks/{{file_id}}.parquet")
    return dataset, folder / "data", pd.concat([rows.assign(split=split) for split, rows in splits.items()])


def test_index_has_every_sequence_in_a_fixed_order(prepared):
    _, data, rows = prepared
    index = pd.read_parquet(data / "index.parquet")
    assert index.columns.tolist() == [
        "split", "file_id", "sequence_id", "participant_id", "phrase", "offset", "num_frames",
        "hand_share", "left_hand_share", "right_hand_share",
        "mean_x", "mean_y", "mean_z", "deviation_x", "deviation_y", "deviation_z",
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


def test_arrays_lead_to_the_same_clips(prepared, tmp_path):
    """Prepared arrays in place of the parquet files: other places in the shards, all else equal."""
    dataset, data, rows = prepared
    splits = dict(iter(rows.groupby("split")))
    for split, of_split in splits.items():
        write_arrays(tmp_path / "arrays", of_split, split)
    prepare(dataset, tmp_path / "data", splits, f"{tmp_path}/arrays/{{split}}_landmarks/{{file_id}}")
    roots = (data, tmp_path / "data")
    tables = [pd.read_parquet(root / "index.parquet") for root in roots]
    by_id = [index.sort_values(["split", "sequence_id"]).reset_index(drop=True) for index in tables]
    pd.testing.assert_frame_equal(by_id[0].drop(columns="offset"), by_id[1].drop(columns="offset"))
    assert not tables[0]["sequence_id"].equals(tables[1]["sequence_id"]), "the same order proves less"
    clips = [Clips(index, root) for index, root in zip(by_id, roots, strict=True)]
    for row in range(len(by_id[0])):
        np.testing.assert_array_equal(clips[0].raw(row), clips[1].raw(row))


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
