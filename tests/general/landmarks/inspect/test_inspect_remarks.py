"""Inspection names doubtful clips (geometry, zeros), and a test part that was trained on."""

import shutil

import numpy as np
import pandas as pd
import pytest
from bound import lines
from inspected import FIRST_FILE, HANDS, ROWS, problems, reported, rewrite, rewrite_csv
from planted import FAULTS
from raw_folder import table, write_arrays, write_raw

from podium.landmarks.remarks import MEANINGS
from podium.storage.files import read_json, write_json
from podium.systems.fingerspelling.landmarks import COLUMNS

TEST_ROWS = table(num_signers=2, clips_per_signer=3, split="test", first_id=3000)  # signers 50 and 51


def spoil(fault, sequence_ids):
    """Plants a fault in some sequences of a landmark frame."""

    def change(frame):
        for number in sequence_ids:
            clip = frame.loc[number, COLUMNS].to_numpy(np.float32)
            frame.loc[number, COLUMNS] = FAULTS[fault][0](clip, np.random.default_rng(0))
        return frame

    return change


@pytest.mark.parametrize("fault", FAULTS)
def test_implausible_geometry(copy, fault):
    rewrite(copy, FIRST_FILE, spoil(fault, [1001, 1002, 1003, 1006]))
    report, kind = reported(copy), FAULTS[fault][1]
    (found,) = [one for one in report["splits"]["train"]["problems"] if one["kind"] == kind]
    assert (found["number"], found["examples"], found["meaning"]) == (4, [1001, 1002, 1003], MEANINGS[kind])
    assert any(kind in line and MEANINGS[kind] in line for line in lines(report))


def test_a_sequence_spread_over_a_file_is_judged_once(copy):
    """Its rows alternate with those of another one."""

    def change(frame):
        frame = spoil("y upwards", [1001])(frame)
        return frame.iloc[np.argsort(np.concatenate([np.arange(len(frame))[::2], np.arange(len(frame))[1::2]]))]

    rewrite(copy, FIRST_FILE, change)
    assert problems(reported(copy)) == {"upside_down": 1, "frames_sorted": 1}


def test_shards_and_arrays_are_judged_too(prepared, raw, tmp_path):
    folder = shutil.copytree(prepared, tmp_path / "prepared")
    shard = sorted(folder.glob("shards/train/*.npy"))[0]
    clips = np.load(shard)
    np.save(shard, FAULTS["hands swapped"][0](clips, None))
    assert problems(reported(folder)) == {"hands_swapped": 8}
    write_arrays(tmp_path / "arrays", ROWS)
    shutil.copy(raw / "train.csv", tmp_path / "arrays")
    for number in (1000, 1001):
        path = tmp_path / f"arrays/train_landmarks/{FIRST_FILE}/{number}.npy"
        np.save(path, FAULTS["x mirrored"][0](np.load(path), None))
    assert problems(reported(tmp_path / "arrays")) == {"mirrored": 2}


def test_arrays_in_another_order_of_columns(tmp_path):
    """Columns in another order are doubted, unless inference_args.json names the order. Arrays are in Fortran order."""
    write_arrays(tmp_path, ROWS)
    for path in tmp_path.glob("train_landmarks/*/*.npy"):
        np.save(path, np.asfortranarray(np.load(path)[:, ::-1]))
    assert problems(reported(tmp_path)) == {"columns_in_another_order": 16}
    write_json(tmp_path / "train_landmarks/inference_args.json", {"selected_columns": COLUMNS[::-1]})
    assert problems(reported(tmp_path)) == {}


@pytest.mark.parametrize("part", ["left_hand", "right_hand", "face", "pose", ""])
def test_zeros_count_as_missing(copy, part):
    """The same shares as with NaN in their place, and a problem of their own."""
    columns = [name for name in COLUMNS if part in name]

    def change(value):
        def changed(frame):
            block = frame.loc[1001, columns].copy()
            block.iloc[:10] = value
            frame.loc[1001, columns] = block.to_numpy()
            return frame

        return changed

    rewrite(copy, FIRST_FILE, change(np.nan))
    with_gaps = reported(copy)["splits"]["train"]
    rewrite(copy, FIRST_FILE, change(0.0))
    with_zeros = reported(copy)["splits"]["train"]
    assert with_zeros["missing"] == with_gaps["missing"]
    (told,) = [one for one in with_zeros["problems"] if one["kind"] == "zeros_for_missing"]
    assert told["examples"] == [1001] and "0.0" in told["meaning"] and with_gaps["problems"] == []


def test_a_table_without_any_gap(copy):
    rewrite(copy, FIRST_FILE, lambda frame: frame.fillna(0.0))
    rewrite(copy, FIRST_FILE + 1, lambda frame: frame.assign(**dict.fromkeys(HANDS, 0.0)))
    assert problems(reported(copy)) == {"zeros_for_missing": 16, "no_hand": 8}


def test_signers_of_train_in_test(copy):
    write_raw(copy, TEST_ROWS, "test")
    report = reported(copy)
    assert problems(report, "test") == {"signer_in_test_too": 2} and problems(report) == {}
    assert report["splits"]["test"]["problems"][0]["examples"] == [50, 51]


def test_signers_of_the_supplement_in_test(copy):
    write_raw(copy, table(1, 2, "supplemental", 2000).assign(participant_id=90), "supplemental")
    write_raw(copy, TEST_ROWS.assign(participant_id=[90, 91] * 3), "test")
    report = reported(copy)
    assert problems(report, "test") == {"signer_in_test_too": 1}
    assert report["splits"]["test"]["problems"][0]["examples"] == [90]


def test_other_signers_in_test(copy):
    write_raw(copy, TEST_ROWS.assign(participant_id=[90, 91] * 3), "test")
    assert problems(reported(copy), "test") == {}


def test_recordings_of_train_in_test(copy):
    """A copied recording is found by its values, under another id, signer and phrase."""
    write_raw(copy, TEST_ROWS.assign(participant_id=90), "test")
    path = copy / f"test_landmarks/{TEST_ROWS['file_id'].iloc[0]}.parquet"
    test, train = pd.read_parquet(path), pd.read_parquet(copy / f"train_landmarks/{FIRST_FILE}.parquet")
    moved = [train.loc[[one]].set_axis([other] * len(train.loc[[one]])) for one, other in ((1003, 3000), (1000, 3005))]
    pd.concat([test.drop([3000, 3005]), *moved]).rename_axis("sequence_id").to_parquet(path)
    report = reported(copy)
    assert problems(report, "test") == {"recording_in_test_too": 2}
    assert report["splits"]["test"]["problems"][0]["examples"] == [3000, 3005]


def test_a_test_that_is_a_copy_of_train(copy):
    write_raw(copy, ROWS.assign(path=ROWS["path"].str.replace("train", "test")), "test")
    assert problems(reported(copy), "test") == {"signer_in_test_too": 4, "recording_in_test_too": 16}


def test_rows_of_train_in_a_test_that_is_not_made_yet(copy):
    ROWS.drop(columns="num_frames").to_csv(copy / "test.csv", index=False)
    rewrite_csv(copy, lambda rows: rows[:10])
    found = problems(reported(copy), "test")
    assert found == {"signer_in_test_too": 3, "recording_in_test_too": 10, "odd_path": 16}


def test_empty_clips_are_no_copies_of_each_other(copy):
    write_raw(copy, TEST_ROWS.assign(participant_id=90), "test")
    file_id = TEST_ROWS["file_id"].iloc[0]
    for path in (copy / f"test_landmarks/{file_id}.parquet", copy / f"train_landmarks/{FIRST_FILE}.parquet"):
        frame = pd.read_parquet(path)
        frame.loc[frame.index[0], COLUMNS] = np.nan
        frame.to_parquet(path)
    assert problems(reported(copy), "test") == {"all_nan": 1}


@pytest.mark.parametrize(
    ("trained_on", "recordings", "words"),
    [([50, 51], [], "2 of its 2 people"), ([50], [], "1 of its 2 people"), ([], [7], "1 of its recordings")],
)
def test_a_prepared_folder_tells_of_its_test(prepared, tmp_path, trained_on, recordings, words):
    folder = shutil.copytree(prepared, tmp_path / "prepared")
    manifest = read_json(folder / "manifest.json")
    told = {"number": 2, "trained_on": trained_on, "recordings_trained_on": recordings}
    write_json(folder / "manifest.json", {**manifest, "test_signers": told})
    assert reported(folder)["remarks"] == [f"the test part is not hidden: {words} trained on"]


@pytest.mark.parametrize("told", [5, {"number": 2}, {"trained_on": 3, "recordings_trained_on": [], "number": 1}])
def test_a_manifest_with_a_damaged_test(prepared, tmp_path, told):
    folder = shutil.copytree(prepared, tmp_path / "prepared")
    write_json(folder / "manifest.json", {**read_json(folder / "manifest.json"), "test_signers": told})
    report = reported(folder)
    assert report["remarks"] == [] and "manifest.json" in report["problems"][0]["examples"][0]


def test_capitals_say_what_to_do(copy):
    rewrite_csv(copy, lambda rows: rows.assign(phrase=rows["phrase"].str.upper()))
    (problem,) = reported(copy)["splits"]["train"]["problems"]
    assert (problem["kind"], problem["number"]) == ("unknown_character", 16) and "lower case" in problem["meaning"]
