"""Odd sequences in sound raw data: skipped or kept, counted and reported."""

import numpy as np
import pandas as pd
import pytest


@pytest.mark.parametrize(
    "phrase, reason",
    [
        ("", "empty_phrase"),
        ("  ", "empty_phrase"),
        ("Hello", "unknown_character"),
        ("naïve", "unknown_character"),
        ("a" * 33, "phrase_too_long"),
    ],
)
def test_odd_phrase_is_skipped(place, phrase, reason):
    place.edit_csv("phrase", phrase)
    manifest = place.prepare()
    assert manifest["skipped"] == {"train": {reason: {"number": 1, "examples": [1001]}}}
    assert manifest["splits"]["train"]["num_sequences"] == 11
    assert 1001 not in set(pd.read_parquet(place.data / "index.parquet")["sequence_id"])


@pytest.mark.parametrize("phrase", ["nan", "null", "a" * 32])
def test_phrase_at_the_limit_is_kept(place, phrase):
    place.edit_csv("phrase", phrase)
    assert place.prepare()["skipped"] == {}
    index = pd.read_parquet(place.data / "index.parquet").set_index("sequence_id")
    assert index.loc[1001, "phrase"] == phrase


def test_sequence_in_csv_alone(place):
    place.edit_parquet(lambda frame: frame.drop(index=1001))
    assert place.prepare()["skipped"] == {"train": {"not_in_parquet": {"number": 1, "examples": [1001]}}}


def test_sequence_in_parquet_alone(place):
    place.edit_parquet(lambda frame: pd.concat([frame, frame.loc[[1001]].rename(index={1001: 77})]))
    manifest = place.prepare()
    assert manifest["skipped"] == {"train": {"not_in_csv": {"number": 1, "examples": [77]}}}
    assert manifest["splits"]["train"]["num_sequences"] == 12


@pytest.mark.parametrize(
    "number, reason", [(2, "repeated_frames"), (2.5, "odd_frames"), (np.nan, "odd_frames"), (-1, "frames_sorted")]
)
def test_numbers_of_frames(place, number, reason):
    def spoil(frame):
        frame = frame.astype({"frame": float})
        frame.iloc[frame.index.get_loc(1001).start + 7, 0] = number
        return frame

    place.edit_parquet(spoil)
    manifest = place.prepare()
    kind = "noted" if reason == "frames_sorted" else "skipped"
    assert manifest[kind] == {"train": {reason: {"number": 1, "examples": [1001]}}}
    assert manifest["splits"]["train"]["num_sequences"] == (12 if kind == "noted" else 11)


def test_all_nan_sequence(place):
    def blank(frame):
        frame.loc[1001, frame.columns[1:]] = np.nan
        return frame

    place.edit_parquet(blank)
    assert place.prepare()["skipped"] == {"train": {"all_nan": {"number": 1, "examples": [1001]}}}


@pytest.mark.parametrize("value", [np.inf, -1e20])  # of the latter float32 does not hold the square
def test_infinite_value(place, value):
    def break_one(frame):
        frame.iloc[3, 1] = value  # x_face_0 of the first sequence
        return frame

    place.edit_parquet(break_one)
    assert place.prepare()["skipped"] == {"train": {"infinite_value": {"number": 1, "examples": [1000]}}}


def save_objects(path):
    np.save(path, np.array([{"x": 0.5}], dtype=object), allow_pickle=True)


@pytest.mark.parametrize(
    "spoil",
    [
        lambda path: path.write_bytes(path.read_bytes()[:-1]),
        lambda path: path.write_bytes(b""),
        lambda path: path.write_text("frame,x_face_0"),
        lambda path: np.save(path, np.zeros((20, 389), dtype=np.float32)),
        lambda path: np.save(path, np.zeros((0, 390), dtype=np.float32)),
        lambda path: np.save(path, np.zeros((20, 390), dtype=np.int32)),
        save_objects,
    ],
    ids=["cut off", "empty", "text", "shape", "no frames", "type", "objects"],
)
def test_unreadable_array(place, spoil):
    place.to_arrays()
    spoil(place.arrays / "1001.npy")
    manifest = place.prepare()
    assert manifest["skipped"] == {"train": {"unreadable": {"number": 1, "examples": [1001]}}}
    assert manifest["splits"]["train"]["num_sequences"] == 11


def test_missing_and_strange_arrays(place):
    place.to_arrays()
    (place.arrays / "1001.npy").rename(place.arrays / "77.npy")
    assert place.prepare()["skipped"] == {
        "train": {"no_file": {"number": 1, "examples": [1001]}, "not_in_csv": {"number": 1, "examples": [77]}}
    }


def test_one_frame_and_no_hand_are_kept_and_noted(place):
    def shorten(frame):
        hands = [column for column in frame.columns if "hand" in column]
        frame.loc[1002, hands] = np.nan
        return pd.concat([frame.loc[:1000], frame.loc[[1001]].iloc[:1], frame.loc[1002:]])

    place.edit_parquet(shorten)
    manifest = place.prepare()
    assert manifest["skipped"] == {}
    assert manifest["noted"] == {
        "train": {
            "no_hand": {"number": 1, "examples": [1002]},
            "one_frame": {"number": 1, "examples": [1001]},
            "under_15_frames": {"number": 1, "examples": [1001]},
        }
    }
    assert manifest["splits"]["train"]["num_sequences"] == 12


def test_extra_columns_are_noted(place):
    place.edit_parquet(lambda frame: frame.assign(mood=1.0))
    place.rows.drop(columns="num_frames").assign(weather="fair").to_csv(place.raw / "train.csv", index=False)
    manifest = place.prepare()
    assert manifest["skipped"] == {}
    assert manifest["ignored_columns"] == {str(place.raw / "train.csv"): ["weather"], "raw files": ["mood"]}


def test_unused_columns_may_be_missing(place):
    place.edit_parquet(lambda frame: frame.drop(columns=["frame", "x_face_467"]))
    assert place.prepare()["skipped"] == {}
