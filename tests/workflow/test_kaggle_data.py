"""`snakemake data` from Kaggle to folds: the real client, a loopback server, the real rules."""

import io
import json
import os
import zipfile
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
import raw_folder
import yaml
from kaggle_machine import check_for_secrets, watched
from kaggle_server import KEY, TOKEN, USER, KaggleServer

from podium.systems.fingerspelling.landmarks import COLUMNS

EXPERIMENT = "config/test/kaggle.yaml"


def zip_of(folder: Path) -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        for path in sorted(folder.rglob("*.*")):
            archive.write(path, path.relative_to(folder))
    return buffer.getvalue()


@pytest.fixture(scope="module")
def served(tmp_path_factory) -> tuple[dict[str, bytes], dict[str, list[int]]]:
    """The same recordings twice: the competition's archive, and archives of arrays. And the file ids of each split."""
    raw, files = tmp_path_factory.mktemp("raw"), {}
    tables = {"train": raw_folder.table(), "supplemental": raw_folder.table(4, 2, "supplemental", 2000)}
    for split, rows in tables.items():
        raw_folder.write_raw(raw, rows, split)
        arrays = tmp_path_factory.mktemp(split)
        (arrays / "npy").mkdir()
        (arrays / "npy/inference_args.json").write_text(json.dumps({"selected_columns": COLUMNS}))
        for file_id, of_file in rows.groupby("file_id"):
            (arrays / f"npy/{file_id}").mkdir()
            frames = raw_folder.landmark_frame(of_file)
            for sequence_id, clip in frames.groupby(level=0):
                np.save(arrays / f"npy/{file_id}/{sequence_id}.npy", clip[COLUMNS].to_numpy(np.float32))
        files[f"winners/{split}.zip"] = zip_of(arrays)
        name = raw_folder.CSV_NAMES[split]
        files[name] = (raw / name).read_bytes()
    files["asl.zip"] = zip_of(raw)
    return files, {split: sorted(int(one) for one in rows["file_id"].unique()) for split, rows in tables.items()}


def describe(project, file_ids: dict[str, list[int]], **source) -> None:
    """Writes a dataset of Kaggle's and an experiment on it."""
    splits = {split: {"file_ids": ids} for split, ids in file_ids.items()}
    content = {"kind": "kaggle", "competition": "asl", "archive": {"unpacked_gb": 0.1}, "splits": splits, **source}
    name = content["kind"]
    dataset = {"name": name, "source": content, "folds": {"num_folds": 2, "num_holdout_participants": 1}}
    (project.root / f"config/datasets/{name}-test.yaml").write_text(yaml.safe_dump(dataset))
    text = (project.root / "config/test/tiny.yaml").read_text()
    (project.root / EXPERIMENT).write_text(text.replace("dataset: tiny", f"dataset: {name}-test"))


@pytest.fixture
def account(monkeypatch, tmp_path):
    """Credentials in an empty home, and a function that leads the client to a server."""
    monkeypatch.setenv("HOME", str(tmp_path / "home"))
    monkeypatch.setenv("KAGGLE_API_TOKEN", TOKEN)

    def lead_to(server: KaggleServer) -> None:
        for key, value in server.environment.items():
            monkeypatch.setenv(key, value)

    return lead_to


def test_from_kaggle_to_folds(fresh, served, account):
    files, file_ids = served
    describe(fresh, file_ids)
    with KaggleServer(files) as server:
        account(server)
        server.api_answers.append(403)
        refused = fresh.snakemake("data", "--cores", "2", config=EXPERIMENT)
        assert refused.returncode != 0
        assert "accept the rules at https://www.kaggle.com/competitions/asl/rules" in refused.stderr + refused.stdout
        outcome = fresh.snakemake("data", "--cores", "2", config=EXPERIMENT)
        assert outcome.returncode == 0, outcome.stderr[-5000:]
    for name in ("KAGGLE_API_TOKEN", "http_proxy"):  # what follows needs neither account nor network
        os.environ.pop(name)
    index = pd.read_parquet(fresh.root / "results/data/kaggle/index.parquet")
    assert index["split"].value_counts().to_dict() == {"train": 24, "supplemental": 8}
    assert fresh.planned("data", config=EXPERIMENT) == {}
    assert not (fresh.root / "results/data/kaggle/archives").exists()
    check_for_secrets([], fresh.root, but=set())

    (fresh.root / "results/data/kaggle/download.json").unlink()  # the raw files are still there: nothing is fetched
    again = fresh.snakemake("data", "--cores", "2", config=EXPERIMENT)
    assert again.returncode == 0, again.stderr[-3000:]


def test_no_secret_leaves_the_download(fresh, served, account, monkeypatch, tmp_path):
    """Snakemake says all it can: of credentials that cannot be read, that an answer repeats, and that are right."""
    files, file_ids = served
    describe(fresh, file_ids)
    receipt, log = "results/data/kaggle/download.json", "results/logs/data/kaggle/download.log"
    command = ["snakemake", receipt, "--cores", "1", "--configfile", EXPERIMENT, "--printshellcmds", "--verbose"]

    def download() -> int:
        outcome, lines = watched([*command, "--show-failed-logs"], fresh.root, fresh.environment)
        assert any("download.py" in line for line in lines) and (fresh.root / log).exists()
        check_for_secrets([outcome.stdout, outcome.stderr, *lines], tmp_path, but={"home"})
        return outcome.returncode

    with KaggleServer(files) as server:
        account(server)
        monkeypatch.setenv("KAGGLE_API_TOKEN", f"{TOKEN}\n{TOKEN}")
        assert download() == 1
        assert (fresh.root / log).read_text().startswith("error: the access token in KAGGLE_API_TOKEN holds")
        assert not server.log
        monkeypatch.setenv("KAGGLE_API_TOKEN", f'"{TOKEN}"\r\n')
        server.api_answers.append(401)
        assert download() == 1
        assert "Kaggle refuses the credentials" in (fresh.root / log).read_text()
        monkeypatch.delenv("KAGGLE_API_TOKEN")
        (tmp_path / "home/.kaggle").mkdir(parents=True)
        content = json.dumps({"username": USER, "key": f"{KEY}\n"}).encode("utf-16")
        (tmp_path / "home/.kaggle/kaggle.json").write_bytes(content)
        assert download() == 0


def test_prepared_arrays_end_in_the_same_shards(fresh, served, account):
    files, file_ids = served
    describe(fresh, file_ids)
    with KaggleServer(files) as server:
        account(server)
        assert fresh.snakemake("data", "--cores", "2", config=EXPERIMENT).returncode == 0
        splits = {
            split: {"dataset": f"winners/{split}", "archive": {"unpacked_gb": 0.1}, "file_ids": ids}
            for split, ids in file_ids.items()
        }
        text = (fresh.root / EXPERIMENT).read_text()
        describe(fresh, file_ids, kind="kaggle-prepared", splits=splits)
        prepared = yaml.safe_load((fresh.root / "config/datasets/kaggle-prepared-test.yaml").read_text())
        del prepared["source"]["archive"]
        (fresh.root / "config/datasets/kaggle-prepared-test.yaml").write_text(yaml.safe_dump(prepared))
        outcome = fresh.snakemake("data", "--cores", "2", config=EXPERIMENT)
        assert outcome.returncode == 0, outcome.stderr[-5000:]
    assert text != (fresh.root / EXPERIMENT).read_text()
    roots = [fresh.root / "results/data" / name for name in ("kaggle", "kaggle-prepared")]
    key = ["split", "file_id", "sequence_id"]
    indices = [pd.read_parquet(root / "index.parquet").sort_values(key) for root in roots]
    columns = [column for column in indices[0] if column != "offset"]
    pd.testing.assert_frame_equal(*(index[columns].reset_index(drop=True) for index in indices))
    for rows in zip(*(index.itertuples() for index in indices), strict=True):
        clips = []
        for root, row in zip(roots, rows, strict=True):
            shard = np.load(root / f"shards/{row.split}/{row.file_id}.npy")
            clips.append(shard[row.offset : row.offset + row.num_frames])
        assert np.array_equal(*clips, equal_nan=True)


def test_raw_files_leave_when_they_are_packed(fresh, served, account):
    files, file_ids = served
    describe(fresh, file_ids, keep_raw=False)
    with KaggleServer(files) as server:
        account(server)
        outcome = fresh.snakemake("data", "--cores", "2", config=EXPERIMENT)
        assert outcome.returncode == 0, outcome.stderr[-5000:]
    root = fresh.root / "results/data/kaggle"
    assert not list(root.glob("raw/*_landmarks/*"))
    assert len(pd.read_parquet(root / "index.parquet")) == 32
    assert fresh.planned("data", config=EXPERIMENT) == {}
    fresh.edit("config/datasets/kaggle-test.yaml", "name: kaggle\n", "name: kaggle\nshards: {dtype: float16}\n")
    planned = fresh.planned("data", config=EXPERIMENT)
    assert planned["download"] == 1 and planned["pack_shard"] == 5, "the plan says that it must all come again"


def test_a_lost_shard_is_made_again(fresh, served, account):
    files, file_ids = served
    describe(fresh, file_ids)
    with KaggleServer(files) as server:
        account(server)
        assert fresh.snakemake("data", "--cores", "2", config=EXPERIMENT).returncode == 0
    next((fresh.root / "results/data/kaggle/shards/train").glob("*.npy")).unlink()
    assert fresh.planned("data", config=EXPERIMENT)["pack_shard"] == 1
    assert fresh.planned("round1", config=EXPERIMENT)["pack_shard"] == 1
