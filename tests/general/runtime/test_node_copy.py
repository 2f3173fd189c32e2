"""Shards on a disk of the node's own: once, complete, and never an obstacle."""

import os
import shutil
import subprocess
import sys

import pytest

from podium.runtime.node_copy import near


@pytest.fixture
def data(tmp_path):
    """A dataset's folder."""
    folder = tmp_path / "data"
    for name in ("shards/train/1.npy", "shards/supplemental/2.npy", "shards/train/1.json", "folds.parquet", "raw/huge"):
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_text(name)
    return folder


def content(folder):
    return {str(path.relative_to(folder)): path.read_text() for path in folder.rglob("*") if path.is_file()}


def test_what_a_training_reads_is_copied_once(data, tmp_path, monkeypatch):
    copy = near(data, str(tmp_path / "scratch"))
    names = ("shards/train/1.npy", "shards/supplemental/2.npy", "folds.parquet")
    assert content(copy) == {name: name for name in names}
    monkeypatch.setattr(shutil, "copyfile", None)  # a second copy would fail
    assert near(data, str(tmp_path / "scratch")) == copy


def test_another_content_is_another_copy(data, tmp_path):
    copy = near(data, str(tmp_path / "scratch"))
    (data / "shards/train/1.npy").write_text("packed anew")
    other = near(data, str(tmp_path / "scratch"))
    assert other != copy and content(other)["shards/train/1.npy"] == "packed anew"


def test_variables_are_those_of_the_node(data, tmp_path, monkeypatch):
    monkeypatch.setenv("NODE_DISK", str(tmp_path / "disk"))
    monkeypatch.setenv("PODIUM_SCRATCH", "$NODE_DISK/fast")
    assert near(data).is_relative_to(tmp_path / "disk/fast")
    monkeypatch.delenv("PODIUM_SCRATCH")
    assert near(data) == data


def test_without_room_the_shared_folder_serves(data, tmp_path, monkeypatch, caplog):
    usage = shutil.disk_usage(tmp_path)
    monkeypatch.setattr(shutil, "disk_usage", lambda _: usage._replace(free=1 << 30))
    assert near(data, str(tmp_path / "scratch")) == data
    assert "do not fit into 1.1 GB" in caplog.text
    assert not list((tmp_path / "scratch").rglob("*.npy"))


def test_a_place_that_is_none(data, tmp_path, caplog):
    (tmp_path / "file").touch()
    assert near(data, str(tmp_path / "file")) == data
    assert "cannot be used" in caplog.text


def test_what_a_killed_copy_has_left_is_cleared(data, tmp_path):
    copy = near(data, str(tmp_path / "scratch"))
    leftover = copy.with_name(f".99.partial.{copy.name}")
    os.rename(copy, leftover)
    assert near(data, str(tmp_path / "scratch")) == copy
    assert not leftover.exists()


def test_jobs_that_start_together_make_one_copy(data, tmp_path):
    code = "import sys, pathlib, podium.runtime.node_copy as s; print(s.near(pathlib.Path(sys.argv[1]), sys.argv[2]))"
    command = [sys.executable, "-c", code, data, tmp_path / "scratch"]
    jobs = [subprocess.Popen(command, stdout=subprocess.PIPE, text=True) for _ in range(3)]
    places = {job.communicate(timeout=60)[0].strip() for job in jobs}
    assert len(places) == 1 and all(job.returncode == 0 for job in jobs)
    assert len(list((tmp_path / "scratch").rglob("1.npy"))) == 1
