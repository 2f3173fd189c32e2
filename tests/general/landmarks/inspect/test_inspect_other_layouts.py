"""A folder in another layout is named, and the line says what to do; it is never called one without problems."""

import json
import shutil

import numpy as np
import pandas as pd
import pytest
from bound import open_folder
from inspected import ROWS, reported
from raw_folder import landmark_frame

from podium.errors import UserError
from podium.systems.fingerspelling.landmarks import COLUMNS


def told(folder) -> str:
    """The one line on the layout, of whatever kind."""
    try:
        report = reported(folder)
    except UserError as error:
        return str(error)
    found = {one["examples"][0] for split in report["splits"].values() for one in split["problems"]
             if one["kind"] == "other_layout"}  # fmt: skip
    assert len(found) == 1, report
    assert report["layout"].startswith("not the competition's layout")
    return found.pop()


def long_table(num_frames: int = 3) -> pd.DataFrame:
    parts = [("face", 468), ("left_hand", 21), ("pose", 33), ("right_hand", 21)]
    rows = [
        (frame, f"{frame}-{part}-{index}", part, index, 0.5, 0.5, 0.0)
        for frame in range(7, 7 + num_frames) for part, size in parts for index in range(size)
    ]  # fmt: skip
    return pd.DataFrame(rows, columns=["frame", "row_id", "type", "landmark_index", "x", "y", "z"])


@pytest.mark.parametrize("name", ["landmarks", "train_landmark_files", "data/parquet"])
@pytest.mark.parametrize("with_csv", [True, False])
def test_landmark_files_under_another_name(copy, name, with_csv):
    (copy / name).parent.mkdir(exist_ok=True)
    (copy / "train_landmarks").rename(copy / name)
    if not with_csv:
        (copy / "train.csv").unlink()
    line = told(copy)
    assert f"2 landmark file(s) in {name}/" in line and "rename it to train_landmarks" in line


@pytest.mark.parametrize("name", ["{}.pq", "{}.PARQUET", "{}.parq", "part-{}.parquet"])
def test_landmark_files_with_other_names(copy, name):
    for path in (copy / "train_landmarks").iterdir():
        path.rename(path.with_name(name.format(path.stem)))
    line = told(copy)
    assert "2 landmark file(s) in train_landmarks/ under other names; rename them to {file_id}.parquet" in line


@pytest.mark.parametrize("below", ["", "train_landmark_files", "train_landmark_files/16069"])
def test_the_long_layout(tmp_path, below):
    for participant, number in ((16069, 11), (16069, 12), (2044, 13)):
        path = tmp_path / f"train_landmark_files/{participant}/{number}.parquet"
        path.parent.mkdir(parents=True, exist_ok=True)
        long_table().to_parquet(path)
    (tmp_path / "train.csv").write_text(
        "path,participant_id,sequence_id,sign\ntrain_landmark_files/16069/11.parquet,16069,11,hello\n"
    )
    line = told(tmp_path / below)
    assert f"{2 if '16069' in below else 3} parquet file(s) with one row per landmark" in line and "pivot" in line


def test_the_real_long_layout(shared):
    folder = shared / "real/signs_long"
    if not folder.is_dir():
        pytest.skip(f"no real recordings: {folder} is absent")
    assert "84 parquet file(s) with one row per landmark" in told(folder)


def test_long_files_where_wide_ones_belong(copy):
    for path in copy.glob("train_landmarks/*.parquet"):
        long_table().to_parquet(path)
    assert "2 parquet file(s) with one row per landmark" in told(copy)


@pytest.mark.parametrize(
    ("name", "content", "words"),
    [
        ("clip_000_keypoints.json", {"people": [{"pose_keypoints_2d": [1.0]}]}, "json file(s) of OpenPose"),
        ("clip.json", {"poseLandmarks": [{"x": 0.1}]}, "json file(s) of MediaPipe"),
        ("clip.json", [1, 2], "json file(s), which"),
    ],
)
@pytest.mark.parametrize("with_csv", [True, False])
def test_json(raw, tmp_path, name, content, words, with_csv):
    (tmp_path / "clips").mkdir()
    for number in range(3):
        (tmp_path / "clips" / f"{number}_{name}").write_text(json.dumps(content))
    if with_csv:
        shutil.copy(raw / "train.csv", tmp_path)
    line = told(tmp_path)
    assert line.removeprefix(f"{tmp_path} holds ").startswith(f"3 {words}") and COLUMNS[0] in line


@pytest.mark.parametrize(
    ("name", "words"),
    [
        ("a.mp4", "podium landmarks"), ("a.MOV", "podium landmarks"), ("a.pose", "podium landmarks"),
        ("a.jpg", "podium landmarks"), ("a.npz", "one row per frame"), ("a.csv", "podium predict"),
        ("a.xyz", "does not read"),
    ],
)  # fmt: skip
def test_files_of_other_kinds(tmp_path, name, words):
    (tmp_path / "deep/er").mkdir(parents=True)
    (tmp_path / "deep/er" / name).write_bytes(b"content")
    line = told(tmp_path)
    assert f"1 file(s) {name[1:].lower()}" in line and words in line


@pytest.mark.parametrize("shape", [(30, 543, 3), (30, 1629), (390,)])
def test_npy_files_of_another_shape(raw, tmp_path, shape):
    for number in (1, 2):
        np.save(tmp_path / f"{number}.npy", np.zeros(shape, dtype=np.float32))
    assert f"2 npy file(s), the first (1.npy) of shape {shape}" in told(tmp_path)
    shutil.copy(raw / "train.csv", tmp_path)
    assert f"2 npy file(s), the first (1.npy) of shape {shape}" in told(tmp_path)


@pytest.mark.parametrize("suffix", [".wav", ".mp4", ".pose"])
def test_the_most_frequent_files_are_named(tmp_path, suffix):
    (tmp_path / "README.md").write_text("notes")
    (tmp_path / "labels.csv").write_text("path,label\n")
    (tmp_path / "map.json").write_text("{}")
    for number in range(5):
        (tmp_path / f"{number}{suffix}").write_bytes(b"content")
    assert f"holds 5 file(s) {suffix}" in told(tmp_path)


def test_clips_of_parquet(tmp_path):
    landmark_frame(ROWS[:1]).reset_index(drop=True).to_parquet(tmp_path / "clip.parquet")
    assert "`podium predict` reads them" in told(tmp_path)


def test_what_is_known_is_not_searched_for(copy):
    """Inspection ignores a file in another layout beside landmarks in their place."""
    (copy / "notes.json").write_text("{}")
    (copy / "film.mp4").write_bytes(b"film")
    assert reported(copy)["splits"]["train"]["problems"] == []


def test_a_folder_without_files(tmp_path, raw):
    with pytest.raises(UserError, match="nothing that can be inspected; looked for"):
        open_folder(tmp_path)
    shutil.copy(raw / "train.csv", tmp_path)
    report = reported(tmp_path)
    assert report["splits"]["train"]["num_not_made"] == 2 and report["splits"]["train"]["problems"] == []
    assert "npy" not in report["layout"]
