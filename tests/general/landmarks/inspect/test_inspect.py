"""Inspection tells what is in a folder, and finds what is wrong with it."""

import numpy as np
import pandas as pd
import pytest
from bound import lines
from inspected import FIRST_FILE, HANDS, ROWS, problems, reported, rewrite, rewrite_csv, spoil_frame
from raw_folder import landmark_frame

from podium.landmarks.inspect.survey import histogram
from podium.landmarks.mediapipe import RAW_COLUMNS


def test_numbers_of_a_raw_folder(raw):
    report = reported(raw)
    train = report["splits"]["train"]
    assert list(report["splits"]) == ["train"] and train["problems"] == [] and report["folds"] is None
    assert (train["num_rows"], train["num_files"], train["num_sequences"]) == (16, 2, 16)
    assert train["participants"] == {"number": 4, "sequences_each": {"min": 4, "median": 4, "max": 4}}
    lengths = ROWS["num_frames"]
    assert train["frames"]["total"] == lengths.sum()
    assert (train["frames"]["min"], train["frames"]["max"]) == (20, 38)
    assert train["frames"]["median"] == lengths.median()
    assert sum(one["number"] for one in train["lengths"]) == 16
    left_missing = sum(num_frames // 2 - num_frames // 3 for num_frames in lengths) / lengths.sum()
    assert train["missing"]["frames"] == pytest.approx(
        {"left_hand": left_missing, "right_hand": 0, "hand": 0, "face": 0, "pose": 0}
    )
    assert train["missing"]["sequences_without_hand"] == 0


def test_phrases(copy):
    rewrite_csv(copy, lambda rows: rows.assign(phrase=["aab", "ab c", *["aab"] * 14]))
    phrases = reported(copy)["splits"]["train"]["phrases"]
    assert phrases["number"] == 2 and phrases["unknown_characters"] == []
    assert phrases["characters"] == {"mean": pytest.approx(49 / 16), "min": 3, "max": 4}
    assert [one["character"] for one in phrases["most_frequent"]] == ["a", "b", " ", "c"]
    assert phrases["most_frequent"][0]["share"] == pytest.approx(31 / 49)
    assert phrases["frames_per_character"] == pytest.approx(ROWS["num_frames"].sum() / 49)


def test_frames_without_parts(copy):
    """A third of one sequence without hands; another sequence without any."""

    def change(frame):
        frame.loc[1001, HANDS] = np.nan
        frame.iloc[:5, [frame.columns.get_loc(name) for name in RAW_COLUMNS if "_face_" in name]] = np.nan
        return frame

    rewrite(copy, FIRST_FILE, change)
    train = reported(copy)["splits"]["train"]
    total = ROWS["num_frames"].sum()
    assert train["missing"]["frames"]["hand"] == pytest.approx(ROWS["num_frames"][1] / total)
    assert train["missing"]["frames"]["face"] == pytest.approx(5 / total)
    assert train["missing"]["sequences_without_hand"] == pytest.approx(1 / 16)
    assert {one["kind"]: one["examples"] for one in train["problems"]} == {"no_hand": [1001]}


def test_only_some_files(raw):
    train = reported(raw, max_files=1)["splits"]["train"]
    assert (train["num_files"], train["num_files_read"], train["num_sequences"]) == (2, 1, 8)
    assert train["problems"] == [], "rows of files that were not read are not missed"


def test_planted_problems(copy):
    rewrite(copy, FIRST_FILE, spoil_frame)
    rewrite_csv(copy, lambda rows: pd.concat([rows, rows[14:15]]))  # 1014 twice
    found = {one["kind"]: (one["number"], one["examples"]) for one in reported(copy)["splits"]["train"]["problems"]}
    assert found == {
        "duplicate_id": (1, [1014]), "not_in_parquet": (2, [1005, 1006]), "not_in_csv": (1, [77]),
        "all_nan": (1, [1000]), "infinite_value": (1, [1001]), "no_hand": (1, [1002]), "under_15_frames": (1, [1004]),
    }  # fmt: skip


def test_a_sequence_in_two_files(copy):
    extra = landmark_frame(ROWS[ROWS["sequence_id"] == 1000])
    rewrite(copy, FIRST_FILE + 1, lambda frame: pd.concat([frame, extra]))
    assert problems(reported(copy)) == {"duplicate_id": 1, "not_in_csv": 1}


def test_examples_are_few(copy):
    rewrite(copy, FIRST_FILE, lambda frame: frame.drop([1000, 1001, 1002, 1003, 1004]))
    (problem,) = reported(copy)["splits"]["train"]["problems"]
    assert (problem["kind"], problem["number"], len(problem["examples"])) == ("not_in_parquet", 5, 3)


def test_infinite_values_are_missing_ones(copy):
    """The left hand, which is missing in some frames, is infinite in all others; z of one point in another clip."""
    left_hand = [name for name in HANDS if "left" in name]

    def change(frame):
        frame.loc[1003, left_hand] = frame.loc[1003, left_hand] * np.inf
        frame.iloc[frame.index.get_loc(1005).start, frame.columns.get_loc("z_pose_12")] = -1e20
        return frame

    before = reported(copy)["splits"]["train"]["missing"]
    rewrite(copy, FIRST_FILE, change)
    report = reported(copy)
    missing, length = report["splits"]["train"]["missing"], ROWS["num_frames"][3]
    num_spoilt = length - (length // 2 - length // 3)
    total = ROWS["num_frames"].sum()
    assert missing["frames"]["left_hand"] == pytest.approx(before["frames"]["left_hand"] + num_spoilt / total)
    assert {**missing["frames"], "left_hand": 0} == {**before["frames"], "left_hand": 0}
    assert before["infinite"] == {"num_frames": 0, "num_sequences": 0}
    assert missing["infinite"] == {"num_frames": num_spoilt + 1, "num_sequences": 2}
    assert [line.strip() for line in lines(report) if "infinite values" in line] == [
        f"infinite values in {num_spoilt + 1} frames of 2 sequences, counted as missing"
    ]
    assert problems(report) == {"infinite_value": 2}


@pytest.mark.parametrize(
    ("phrase", "kind"), [("", "empty_phrase"), ("Hallo", "unknown_character"), ("x" * 33, "phrase_too_long")]
)
def test_phrases_that_cannot_be_learned(copy, phrase, kind):
    rewrite_csv(copy, lambda rows: rows.assign(phrase=[phrase, *rows["phrase"][1:]]))
    assert problems(reported(copy)) == {kind: 1}


def test_unknown_characters_are_shown(copy):
    rewrite_csv(copy, lambda rows: rows.assign(phrase=["Ha\tß", *rows["phrase"][1:]]))
    report = reported(copy)
    assert report["splits"]["train"]["phrases"]["unknown_characters"] == ["\t", "H", "ß"]
    assert any(line.endswith("'\\t' H ß") for line in lines(report))


def test_a_path_that_leads_elsewhere(copy):
    rewrite_csv(copy, lambda rows: rows.assign(path=["train_landmarks/9.parquet", *rows["path"][1:]]))
    assert problems(reported(copy)) == {"odd_path": 1}


def test_a_missing_file(copy):
    (copy / f"train_landmarks/{FIRST_FILE}.parquet").unlink()
    report = reported(copy)
    assert problems(report) == {"missing_file": 1}
    assert report["splits"]["train"]["num_sequences"] == 8


@pytest.mark.parametrize("size", [0, 3000])
def test_a_damaged_file(copy, size):
    path = copy / f"train_landmarks/{FIRST_FILE}.parquet"
    path.write_bytes(path.read_bytes()[:size])
    report = reported(copy)
    assert problems(report) == {"unreadable_file": 1}
    assert str(path) in report["splits"]["train"]["problems"][0]["examples"][0]
    assert report["splits"]["train"]["num_sequences"] == 8


def test_nothing_but_damaged_files(copy):
    for path in copy.glob("train_landmarks/*.parquet"):
        path.write_bytes(b"no parquet")
    train = reported(copy)["splits"]["train"]
    assert train["frames"] is None and train["missing"] is None and train["lengths"] == []


def test_a_damaged_csv(copy):
    (copy / "train.csv").write_text("path,file_id\n")
    report = reported(copy)
    assert problems(report) == {"unreadable_file": 1}
    assert report["splits"]["train"]["num_sequences"] == 16 and report["splits"]["train"]["phrases"] is None


def test_landmarks_without_a_csv(copy):
    (copy / "train.csv").unlink()
    report = reported(copy)
    assert problems(report) == {} and report["splits"]["train"]["num_rows"] is None
    assert report["remarks"] == ["no train.csv: phrases and participants of train are unknown"]


def test_histogram():
    bins = histogram(np.array([3, 9, 10, 25, *[40] * 300, 900]))
    assert [one["from"] for one in bins] == [0, 5, 10, 15, 20, 25, 30, 35, 40, 45]
    assert [one["number"] for one in bins] == [1, 1, 1, 0, 0, 1, 0, 0, 300, 1]
    assert bins[-1]["to"] is None and bins[0]["to"] == 4
    assert histogram(np.array([7])) == [{"from": 7, "to": 7, "number": 1}]
    assert histogram(np.array([], dtype=int)) == []
