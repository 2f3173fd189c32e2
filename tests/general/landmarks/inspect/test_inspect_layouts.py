"""Inspection recognises prepared datasets, shards alone and npy files."""

import os
import shutil
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from bound import lines
from inspected import FIRST_FILE, ROWS, problems, reported
from raw_folder import table, write_arrays

from podium.storage.files import write_json

SHOWN = ["splits", "folds", "accounts", "problems"]
NOT_MADE = "{} that the table names: not made (or downloaded) yet"


def test_prepared_folder(prepared, raw):
    report = reported(prepared)
    assert report["layout"] == "prepared dataset" and report["problems"] == []
    from_raw = reported(raw)["splits"]["train"]
    assert report["splits"]["train"] == from_raw, "preparing changes no number"
    assert report["splits"]["supplemental"]["num_sequences"] == 3
    assert [(fold["fold"], fold["num_sequences"]) for fold in report["folds"]] == [("held out", 4), (0, 8), (1, 4)]
    assert sum(fold["num_participants"] for fold in report["folds"]) == 4
    assert sum(fold["num_supplemental"] for fold in report["folds"]) == 3
    assert report["accounts"]["skipped"]["supplemental"]["unknown_character"]["number"] == 1
    assert any("unknown_character" in line and "2000" in line for line in lines(report))


def test_spoilt_prepared_folder(prepared, tmp_path):
    folder = shutil.copytree(prepared, tmp_path / "prepared")
    first, second = sorted(folder.glob("shards/train/*.npy"))
    first.write_bytes(first.read_bytes()[:-4])
    rows = pd.read_parquet(second.with_suffix(".parquet"))
    rows[1:].to_parquet(second.with_suffix(".parquet"))
    (folder / "folds.parquet").write_bytes(b"no parquet")
    next(folder.glob("shards/supplemental/*.npy")).unlink()
    report = reported(folder)
    assert problems(report) == {"unreadable_file": 1, "not_in_shard": 1}
    assert problems(report, "supplemental") == {"missing_file": 1}
    assert report["folds"] is None and "folds.parquet" in report["problems"][0]["examples"][0]


@pytest.mark.parametrize(
    "content",
    [
        {"skipped": {"train": {"x": 3}}}, {"skipped": [1]}, {"noted": {"train": 5}}, {"skipped": None}, [1],
        {"noted": {"train": {"x": {"number": "a", "examples": []}}}}, {"noted": {"train": {"x": {"number": 1}}}},
    ],
)  # fmt: skip
def test_a_manifest_that_is_none(prepared, tmp_path, content):
    folder = shutil.copytree(prepared, tmp_path / "prepared")
    whole = {"skipped": {}, "noted": {}, **content} if isinstance(content, dict) else content
    write_json(folder / "manifest.json", whole)
    report = reported(folder)
    assert report["accounts"] == {} and "manifest.json" in report["problems"][0]["examples"][0]


@pytest.mark.parametrize(
    ("columns", "value"),
    [(["num_frames"], 0), (["offset"], 10**6), (["offset"], 2**62), (["offset", "num_frames"], 2**62)],
)
def test_a_shard_and_a_table_that_do_not_fit(prepared, tmp_path, columns, value):
    folder = shutil.copytree(prepared, tmp_path / "prepared")
    table = next(folder.glob("shards/train/*.parquet"))
    pd.read_parquet(table).assign(**dict.fromkeys(columns, value)).to_parquet(table)
    report = reported(folder)
    assert problems(report) == {"unreadable_file": 1}
    assert "its table tells of others" in report["splits"]["train"]["problems"][0]["examples"][0]


def test_names_of_more_digits_than_an_id(prepared, tmp_path):
    write_arrays(tmp_path / "arrays", ROWS)
    folder = shutil.copytree(prepared, tmp_path / "prepared")
    for place in (next(tmp_path.glob("arrays/*/*")), folder / "shards/train"):
        shutil.copy(next(place.glob("*.npy")), place / f"{'9' * 20}.npy")
    assert problems(reported(tmp_path / "arrays")) == problems(reported(folder)) == {}


def test_half_prepared_folder(prepared, tmp_path):
    folder = shutil.copytree(prepared, tmp_path / "prepared")
    for name in ("index.parquet", "folds.parquet", "manifest.json"):
        (folder / name).unlink()
    report = reported(folder)
    assert report["remarks"] == ["no index.parquet: index_data has not finished"]
    assert problems(report) == {} and report["splits"]["train"]["num_sequences"] == 16


@pytest.mark.parametrize("below", ["", "train_landmarks_npy"])
def test_npy_files(raw, tmp_path, below):
    """The landmark folder itself, its csv beside it; or the folder above both."""
    write_arrays(tmp_path, ROWS)
    (tmp_path / "train_landmarks").rename(tmp_path / "train_landmarks_npy")
    shutil.copy(raw / "train.csv", tmp_path)
    report = reported(tmp_path / below)
    assert report["layout"] == "npy files, one per sequence"
    assert report["splits"]["train"] == reported(raw)["splits"]["train"]


def test_spoilt_npy_files(raw, tmp_path):
    write_arrays(tmp_path, ROWS)
    shutil.copy(raw / "train.csv", tmp_path)
    folder = tmp_path / f"train_landmarks/{FIRST_FILE}"
    clip = np.load(folder / "1002.npy")
    np.save(folder / "1000.npy", np.zeros((20, 7), dtype=np.float32))
    (folder / "1001.npy").unlink()
    np.save(folder / "1002.npy", clip[:3])
    np.save(folder / "55.npy", clip)
    assert problems(reported(tmp_path)) == {"unreadable_file": 1, "no_file": 1, "not_in_csv": 1, "under_15_frames": 1}


def test_npy_files_without_csv(tmp_path):
    write_arrays(tmp_path, ROWS, "supplemental")
    report = reported(tmp_path / "supplemental_landmarks")
    assert list(report["splits"]) == ["supplemental"] and report["splits"]["supplemental"]["num_sequences"] == 16


def test_two_forms_of_one_split(copy):
    write_arrays(copy, ROWS[:3])
    (copy / "train_landmarks_npy").mkdir()
    (copy / f"train_landmarks/{FIRST_FILE}").rename(copy / f"train_landmarks_npy/{FIRST_FILE}")
    report = reported(copy)
    assert report["splits"]["train"]["num_sequences"] == 16 and "train_landmarks_npy" in report["remarks"][0]


@pytest.mark.parametrize("below", ["shards", "./shards/../shards/"])
def test_all_shards_alone(prepared, below):
    whole, part = reported(prepared), reported(prepared / below)
    assert part["remarks"] == [f"tables from {prepared}"] and part["layout"] == "shards of a prepared dataset"
    assert {key: part[key] for key in SHOWN} == {key: whole[key] for key in SHOWN}


@pytest.mark.parametrize("split", ["train", "supplemental"])
def test_shards_of_one_split_alone(prepared, split, monkeypatch):
    whole = reported(prepared)
    monkeypatch.chdir(prepared / "shards" / split)
    for name in (prepared / "shards" / split, Path(".")):
        part = reported(name)
        assert part["splits"] == {split: whole["splits"][split]}
        assert part["folds"] is None, "folds tell of all splits"
        assert set(part["accounts"].get("skipped", {})) == {split} & {"supplemental"}
    assert part["remarks"] == [f"tables from {os.path.join('..', '..')}"]


def test_shards_without_tables(prepared, tmp_path):
    shutil.copytree(prepared / "shards/train", tmp_path / "somewhere/else")
    report = reported(tmp_path / "somewhere/else")
    assert report["remarks"] == [f"no index.parquet in {tmp_path}: phrases are unknown"]
    assert report["splits"]["train"]["num_sequences"] == 16 and problems(report) == {}


def test_raw_files_are_no_shards(copy):
    assert reported(copy / "train_landmarks")["layout"].startswith("raw parquet")


def test_a_split_that_is_not_made_yet(copy):
    """As after `snakemake data`, which leaves the hidden test for later."""
    rows = table(4, 4, "test", 3000).assign(participant_id=99)
    rows.drop(columns="num_frames").to_csv(copy / "test.csv", index=False)
    report = reported(copy)
    assert report["splits"]["test"]["num_not_made"] == 2 and problems(report, "test") == {}
    assert report["splits"]["train"]["num_not_made"] == 0
    assert [line.strip() for line in lines(report) if "yet" in line] == [NOT_MADE.format(2)]


@pytest.mark.parametrize(("is_indexed", "num_made"), [(False, 0), (False, 1), (True, 0)])
def test_shards_that_are_not_made_yet(prepared, tmp_path, is_indexed, num_made):
    folder = shutil.copytree(prepared, tmp_path / "prepared")
    for path in sorted(folder.glob("shards/train/*.npy"))[num_made:]:
        path.unlink()
    if not is_indexed:
        (folder / "index.parquet").unlink()
    report = reported(folder)
    assert report["splits"]["train"]["num_not_made"] == 2 - num_made and problems(report) == {}
    assert [line.strip() for line in lines(report) if "made (" in line] == [NOT_MADE.format(2 - num_made)]
