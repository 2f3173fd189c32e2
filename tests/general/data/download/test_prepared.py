"""The winners' own npy arrays from Kaggle instead of the parquet files."""

import io
import json
import zipfile

import numpy as np
import pytest
from kaggle_machine import Machine, file_ids, zipped
from kaggle_server import KaggleServer

from podium.systems.fingerspelling.landmarks import COLUMNS


@pytest.fixture(scope="module")
def prepared(competition) -> dict[str, bytes]:
    """Archives of npy files as the winners publish them, below folders of their own."""
    archives = {}
    for split, folder in (("train", "train_landmarks_npy/"), ("supplemental", "supplemental_landmarks/")):
        files = {f"{folder}inference_args.json": json.dumps({"selected_columns": COLUMNS}).encode()}
        for file_id in file_ids(competition, split):
            for sequence_id in range(3):
                buffer = io.BytesIO()
                np.save(buffer, np.full((20, 390), sequence_id, dtype=np.float32))
                files[f"{folder}{file_id}/{file_id + sequence_id}.npy"] = buffer.getvalue()
        archives[f"winners/{split}.zip"] = zipped(files, zipfile.ZIP_DEFLATED)
    return archives


def describe_prepared(machine: Machine, competition: dict[str, bytes], **source) -> None:
    splits = {
        split: {
            "dataset": f"winners/{split}",
            "archive": {"unpacked_gb": 0.01},
            "file_ids": file_ids(competition, split),
        }
        for split in ("train", "supplemental")
    }
    machine.write({"kind": "kaggle-prepared", "competition": "asl", "retries": 3, "splits": splits, **source})


def test_prepared_arrays_with_the_competitions_tables(machine, competition, prepared):
    describe_prepared(machine, competition)
    packed = {"train.csv": zipped({"train.csv": competition["train.csv"]})}  # Kaggle packs single files as it likes
    plain = {"supplemental_metadata.csv": competition["supplemental_metadata.csv"]}
    with KaggleServer(prepared | packed | plain) as server:
        machine.succeeds(server)
    raw = machine.raw()
    assert raw["train.csv"] == competition["train.csv"]
    assert raw["supplemental_metadata.csv"] == competition["supplemental_metadata.csv"]
    first = file_ids(competition, "train")[0]
    assert np.load(io.BytesIO(raw[f"train_landmarks/{first}/{first + 2}.npy"])).mean() == 2


def test_prepared_arrays_need_no_account_where_the_tables_are_there(machine, competition, prepared):
    tables = machine.folder / "tables"
    tables.mkdir()
    for name in ("train.csv", "supplemental_metadata.csv"):
        (tables / name).write_bytes(competition[name])
    describe_prepared(machine, competition, tables=str(tables))
    with KaggleServer(prepared, is_public=True) as server:
        machine.succeeds(server, {})
    assert machine.raw()["train.csv"] == competition["train.csv"]


def bad_tables(competition: dict[str, bytes]) -> list[tuple[bytes, str]]:
    packed = zipped({"train.csv": competition["train.csv"]})
    middle = len(packed) // 2
    damaged = packed[:middle] + bytes(20) + packed[middle + 20 :]
    return [(damaged, "damaged at train.csv"), (zipped({"other.csv": b"path\n"}), "does not hold train.csv")]


def test_a_bad_table_is_fetched_anew(machine, competition, prepared):
    describe_prepared(machine, competition)
    plain = {name: content for name, content in competition.items() if name.endswith(".csv")}
    with KaggleServer(prepared | plain) as server:
        for content, words in bad_tables(competition):
            server.files["train.csv"] = content
            machine.fails(server, "competition asl, train.csv: ", words, "removed, run again")
            assert not list((machine.folder / "archives").glob("train.csv*"))
        server.files["train.csv"] = zipped({"train.csv": competition["train.csv"]})
        machine.succeeds(server)
    assert machine.raw()["train.csv"] == competition["train.csv"]


def test_packed_tables_of_a_users_stay_as_they_are(machine, competition, prepared):
    tables = machine.folder / "tables"
    tables.mkdir()
    (tables / "supplemental_metadata.csv").write_bytes(competition["supplemental_metadata.csv"])
    describe_prepared(machine, competition, tables=str(tables))
    with KaggleServer(prepared, is_public=True) as server:
        for content, words in bad_tables(competition):
            (tables / "train.csv").write_bytes(content)
            machine.fails(server, "tables/train.csv: ", words, "replace the file", credentials={})
            assert (tables / "train.csv").read_bytes() == content
        (tables / "train.csv").write_bytes(zipped({"train.csv": competition["train.csv"]}))
        machine.succeeds(server, {})
    assert machine.raw()["train.csv"] == competition["train.csv"]
    assert sorted(path.name for path in tables.iterdir()) == ["supplemental_metadata.csv", "train.csv"]


def test_tables_that_are_not_there_are_missed_before_anything_starts(machine, competition, prepared):
    describe_prepared(machine, competition, tables=str(machine.folder / "nowhere"))
    with KaggleServer(prepared) as server:
        machine.fails(server, "nowhere/", "does not exist", "source.tables")
    assert not server.log


def test_prepared_arrays_of_other_columns_are_refused(machine, competition, prepared):
    describe_prepared(machine, competition)
    tables = {name: content for name, content in competition.items() if name.endswith(".csv")}
    with zipfile.ZipFile(io.BytesIO(prepared["winners/train.zip"])) as right:
        files = {name: right.read(name) for name in right.namelist()}
    files["train_landmarks_npy/inference_args.json"] = json.dumps({"selected_columns": COLUMNS[1:]}).encode()
    other = zipped(files)
    with KaggleServer(prepared | tables | {"winners/train.zip": other}) as server:
        machine.fails(server, "inference_args.json: the arrays lack the column")
