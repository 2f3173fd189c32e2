"""Folders of clips: what is read, what is passed over, and that every name of a file means the same."""

import os
import shutil

import numpy as np
import pytest
from raw_folder import table, write_arrays, write_clip, write_raw
from small_networks import random_clip, small_recipe, write_network

from podium.landmarks.clip_folders import told_of
from podium.storage.files import write_json
from podium.systems.fingerspelling.answers import open_clips
from podium.systems.fingerspelling.landmarks import COLUMNS

CLIP = random_clip(24)
ROWS = table(num_signers=4, clips_per_signer=2)


def names(folder):
    sources = open_clips([folder])
    for source in sources:
        for clip in source.clips():
            assert clip.problem == "" and clip.content.landmarks_TK.shape[1] == 390
    return sorted(str(source.path.relative_to(folder)) for source in sources), dict(sources.passed_over)


def test_suffixes_and_subfolders(tmp_path):
    expected = ["A.PARQUET", "b.pq", "c.Parq", "D.CSV", "e.tsv", "F.NPY", "more/g.parquet", "more/and/more/h.npy"]
    write_clip(tmp_path / "table.parquet", CLIP)
    for name in expected:
        path = tmp_path / name
        path.parent.mkdir(parents=True, exist_ok=True)
        kind = {"p": ".parquet", "c": ".csv", "t": ".csv", "n": ".npy"}[path.suffix[1].lower()]
        shutil.move(write_clip(tmp_path / f"x{kind}", CLIP), path)
    assert names(tmp_path) == (sorted([*expected, "table.parquet"]), {})
    for name in expected:
        (source,) = open_clips([tmp_path / name])
        assert [clip.problem for clip in source.clips()] == [""]


@pytest.mark.parametrize("name", ["clip.npy", "clip.csv", "clip.tsv", "clip.parquet"])
def test_a_link_that_leads_nowhere_stops_no_other(tmp_path, name):
    write_clip(tmp_path / "a.npy", CLIP)
    (tmp_path / name).symlink_to(tmp_path / "gone")
    problems = [clip.problem for source in open_clips([tmp_path]) for clip in source.clips()]
    assert problems[0] == "" and "does not exist" in problems[1]


def test_what_is_passed_over_is_counted(tmp_path):
    write_clip(tmp_path / "a.npy", CLIP)
    for name in (
        "b.json",
        "more/c.JSON",
        "d.txt",
        "e.csv.gz",
        "README",
        ".hidden.json",
        ".git/x.npy",
        "__MACOSX/._a.npy",
    ):
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_text("")
    found, passed_over = names(tmp_path)
    assert found == ["a.npy"] and passed_over == {".json": 2, ".txt": 1, ".gz": 1, "": 1}
    assert told_of(open_clips([tmp_path]).passed_over) == "5 file(s): 2 .json, 1 without a suffix, 1 .txt, 1 .gz"


def test_the_command_says_so(podium, tmp_path):
    model = write_network(tmp_path / "model", small_recipe(max_frames=64), seed=4)
    write_clip(tmp_path / "clips.npy", CLIP)
    (tmp_path / "clips").mkdir()
    for name in ("a.wav", "b.txt", "c.txt"):
        (tmp_path / "clips" / name).write_text("")
    done = podium("predict", tmp_path / "clips", "--model", model)
    assert done.code == 2 and "holds no clips" in done.err and "passed over: 3 file(s): 2 .txt, 1 .wav" in done.err
    (tmp_path / "clips.npy").rename(tmp_path / "clips/d.NPY")
    done = podium("predict", tmp_path / "clips", "--model", model)
    assert done.code == 0 and "\npassed over: 3 file(s): 2 .txt, 1 .wav\n" in f"\n{done.err}"


def test_links_that_lead_back(tmp_path):
    write_clip(tmp_path / "a.npy", CLIP)
    (tmp_path / "more").mkdir()
    write_clip(tmp_path / "more/b.npy", CLIP)
    for link, target in (("more/up", tmp_path), ("self", tmp_path / "self"), ("twin", tmp_path / "more")):
        os.symlink(target, tmp_path / link)
    os.symlink(tmp_path / "absent.npy", tmp_path / "lost.npy")
    sources = open_clips([tmp_path])
    assert [source.path.name for source in sources] == ["a.npy", "lost.npy", "b.npy"]
    assert "does not exist" in next(sources[1].clips()).problem


def test_layouts_keep_their_tables_to_themselves(tmp_path):
    write_raw(tmp_path / "raw", ROWS)
    write_clip(tmp_path / "raw/extra.npy", CLIP)
    (tmp_path / "raw/notes.txt").write_text("")
    for place in (tmp_path, tmp_path / "raw"):
        found, passed_over = names(place)
        assert [name.rsplit("/", 1)[-1] for name in found] == ["extra.npy", "10000.parquet", "10001.parquet"]
        assert passed_over == {".txt": 1}
    write_arrays(tmp_path / "arrays", ROWS)
    found, passed_over = names(tmp_path / "arrays")
    assert [name.rsplit("/", 1)[-1] for name in found] == ["10000", "10001"] and passed_over == {}


ORDER = sorted(COLUMNS)


@pytest.fixture
def arrays(tmp_path):
    """{file_id}/{sequence_id}.npy with columns in another order."""
    (tmp_path / "123").mkdir()
    np.save(tmp_path / "123/7.npy", CLIP[:, [COLUMNS.index(name) for name in ORDER]])
    return tmp_path


@pytest.mark.parametrize("place", ["inference_args.json", "123/inference_args.json", "Inference-Args.JSON"])
def test_every_name_of_an_array_means_the_same(arrays, place, monkeypatch):
    write_json(arrays / place, {"selected_columns": ORDER})
    monkeypatch.chdir(arrays / "123")
    for name in (arrays, arrays / "123", arrays / "123/7.npy", "7.npy", "."):
        (source,) = open_clips([type(arrays)(name)])
        (clip,) = source.clips()
        np.testing.assert_array_equal(clip.content.landmarks_TK, CLIP)


@pytest.mark.parametrize("spoil", ["a folder", "a lost link", "no JSON", "two of them"])
def test_a_columns_file_that_cannot_be_read_is_said(arrays, spoil):
    path = arrays / "inference_args.json"
    if spoil == "a folder":
        path.mkdir()
    elif spoil == "a lost link":
        os.symlink(arrays / "nowhere.json", path)
    elif spoil == "no JSON":
        path.write_text("no JSON")
    else:
        for name in (path, arrays / "inference-args.json"):
            write_json(name, {"selected_columns": ORDER})
    for name in (arrays, arrays / "123", arrays / "123/7.npy"):
        (source,) = open_clips([name])
        (clip,) = source.clips()
        assert clip.content is None and ("remove all but one" if spoil == "two of them" else "columns") in clip.problem
