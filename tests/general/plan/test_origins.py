"""Two files with one name, as against one file that was edited, moved or copied."""

import shutil

import pytest
import yaml

from podium import config
from podium.plan.origins import NAME, note_origin, rivals
from podium.systems.fingerspelling.plan import Dataset

FOLDER = "results/data/twice"


def load(files):
    return config.load(Dataset, files[0])


def write(path, num_folds=2, name="twice", comment=""):
    content = {"name": name, "source": {"kind": "local", "root": "raw"}, "folds": {"num_folds": num_folds}}
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(comment + yaml.safe_dump(content))
    return path


@pytest.fixture
def a(tmp_path, monkeypatch):
    """The file that a folder is made from."""
    monkeypatch.chdir(tmp_path)
    a = write(tmp_path / "a.yaml")
    note_origin(FOLDER, [a])
    return a


def test_another_file_with_another_content(a, tmp_path):
    assert rivals(FOLDER, [write(tmp_path / "b.yaml", 3)], load) == ["a.yaml"]
    assert rivals(FOLDER, [write(tmp_path / "elsewhere/a.yaml", 3)], load) == ["a.yaml"]
    (tmp_path / "link.yaml").symlink_to(tmp_path / "b.yaml")
    assert rivals(FOLDER, ["link.yaml"], load) == ["a.yaml"]


def test_an_edited_file_is_no_rival(a):
    write(a, 3)
    for name in (a, "a.yaml", "./a.yaml"):
        assert rivals(FOLDER, [name], load) == []


def test_a_moved_and_a_copied_file_are_no_rivals(a, tmp_path):
    shutil.copy(a, tmp_path / "copy.yaml")
    assert rivals(FOLDER, ["copy.yaml"], load) == []
    assert rivals(FOLDER, [write(tmp_path / "remarks.yaml", comment="# the same\n")], load) == []
    a.rename(tmp_path / "moved.yaml")
    write(tmp_path / "moved.yaml", 3)
    assert rivals(FOLDER, ["moved.yaml"], load) == []


@pytest.mark.parametrize("name", ["another", "damaged"])
def test_what_no_longer_asks_for_the_folder_is_no_rival(a, tmp_path, name):
    a.write_text("[") if name == "damaged" else write(a, name=name)
    assert rivals(FOLDER, [write(tmp_path / "b.yaml", 3)], load) == []


@pytest.mark.parametrize("content", ["", "[", "{}", '{"files": 1}', '{"files": []}', '{"files": [1]}'])
def test_a_note_that_says_nothing(a, tmp_path, content):
    (tmp_path / FOLDER / NAME).write_text(content)
    assert rivals(FOLDER, [write(tmp_path / "b.yaml", 3)], load) == []
    assert rivals("results/data/unmade", [a], load) == []


def test_the_note_moves_with_the_project(a, tmp_path):
    shutil.copytree(tmp_path, tmp_path.with_name("moved"))
    write(tmp_path.with_name("moved") / "a.yaml", 3)
    with pytest.MonkeyPatch.context() as patch:
        patch.chdir(tmp_path.with_name("moved"))
        assert rivals(FOLDER, ["a.yaml"], load) == []
