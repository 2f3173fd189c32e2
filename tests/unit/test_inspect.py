"""Inspection tells what is in a folder, and finds what is wrong with it."""

import json
import shutil
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from matplotlib import image
from raw_folder import landmark_frame, table, write_arrays, write_dataset, write_raw

from podium.config import load_dataset
from podium.data import sources
from podium.data.folds import assign_folds
from podium.data.index import build_index, manifest
from podium.data.inspect.film import choose, draw, presence
from podium.data.inspect.folders import open_folder, read_clip
from podium.data.inspect.survey import histogram, survey
from podium.data.inspect.text import lines
from podium.data.pack import pack_shard
from podium.data.sequences import list_sequences
from podium.errors import UserError
from podium.files import write_json
from podium.landmarks import COLUMNS, RAW_COLUMNS

ROWS = table(num_signers=4, clips_per_signer=4)  # two files, sequences 1000 … 1015, 20 to 38 frames
FIRST_FILE = int(ROWS["file_id"].iloc[0])
HANDS = [name for name in RAW_COLUMNS if "_hand_" in name]


@pytest.fixture(scope="module")
def raw(tmp_path_factory):
    folder = tmp_path_factory.mktemp("inspect") / "raw"
    write_raw(folder, ROWS)
    return folder


@pytest.fixture(scope="module")
def prepared(raw, tmp_path_factory):
    """The same rows, and supplemental ones, as the workflow prepares them; one phrase has an unknown character."""
    folder = tmp_path_factory.mktemp("inspect")
    shutil.copytree(raw, folder / "raw")
    supplemental = table(num_signers=4, clips_per_signer=1, split="supplemental", first_id=2000)
    supplemental.loc[0, "phrase"] = "Capital"
    write_raw(folder / "raw", supplemental, "supplemental")
    dataset = load_dataset(write_dataset(folder / "dataset.yaml", folder / "raw"))
    source, out = sources.create(dataset), folder / "prepared"
    rows, report = list_sequences(source)
    file_ids = {split: source.file_ids(split) for split in source.splits()}
    for split, file_id in [(split, file_id) for split, ids in file_ids.items() for file_id in ids]:
        shard = out / f"shards/{split}/{file_id}.npy"
        shard.parent.mkdir(parents=True, exist_ok=True)
        wanted = rows.loc[(rows["split"] == split) & (rows["file_id"] == file_id), "sequence_id"].tolist()
        packed = pack_shard(source.landmarks(split, file_id), wanted, {2000}, file_id, shard)
        packed.sequences.to_parquet(shard.with_suffix(".parquet"))
        write_json(shard.with_suffix(".json"), packed.report)
    rows.to_parquet(out / "sequences.parquet")
    write_json(out / "sequences.json", report)
    index, accounts = build_index(out, file_ids)
    folds = assign_folds(index, dataset.folds)
    index.to_parquet(out / "index.parquet")
    folds.to_parquet(out / "folds.parquet")
    write_json(out / "manifest.json", manifest(dataset, index, folds, accounts))
    return out


@pytest.fixture
def copy(raw, tmp_path):
    """A raw folder to spoil."""
    return shutil.copytree(raw, tmp_path / "raw")


def reported(folder: Path, max_files: int | None = None) -> dict:
    report, _ = survey(open_folder(folder), max_files)
    json.dumps(report, allow_nan=False)
    assert all(line == line.rstrip() for line in lines(report))
    return report


def problems(report: dict, split: str = "train") -> dict[str, int]:
    return {one["kind"]: one["number"] for one in report["splits"][split]["problems"]}


def rewrite(folder: Path, file_id: int, change) -> None:
    """Replaces a parquet file by what ``change`` makes of its frame."""
    path = folder / f"train_landmarks/{file_id}.parquet"
    change(pd.read_parquet(path)).to_parquet(path)


def rewrite_csv(folder: Path, change) -> None:
    path = folder / "train.csv"
    change(pd.read_csv(path, keep_default_na=False)).to_csv(path, index=False)


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


def spoil_frame(frame):
    """Seven sequences of the first file with a problem each; see `test_planted_problems`."""
    frame.loc[1000, COLUMNS] = np.nan
    frame.iloc[frame.index.get_loc(1001).start, frame.columns.get_loc("z_pose_12")] = np.inf
    frame.loc[1002, HANDS] = np.nan
    stranger = frame.loc[[1003]].set_axis(pd.Index([77] * len(frame.loc[[1003]]), name="sequence_id"))
    return pd.concat([frame.drop([1004]), frame.loc[[1004]][:14], stranger]).drop([1005, 1006])


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
    np.save(folder / "1000.npy", np.zeros((20, 7), dtype=np.float32))
    (folder / "1001.npy").unlink()
    np.save(folder / "1002.npy", np.zeros((3, 390), dtype=np.float32))
    np.save(folder / "55.npy", np.zeros((30, 390), dtype=np.float32))
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


def test_histogram():
    bins = histogram(np.array([3, 9, 10, 25, *[40] * 300, 900]))
    assert [one["from"] for one in bins] == [0, 5, 10, 15, 20, 25, 30, 35, 40, 45]
    assert [one["number"] for one in bins] == [1, 1, 1, 0, 0, 1, 0, 0, 300, 1]
    assert bins[-1]["to"] is None and bins[0]["to"] == 4
    assert histogram(np.array([7])) == [{"from": 7, "to": 7, "number": 1}]
    assert histogram(np.array([], dtype=int)) == []


def test_a_clip_is_the_same_from_every_layout(raw, prepared, tmp_path):
    write_arrays(tmp_path, ROWS)
    clips = [
        read_clip(path, 1003)
        for path in (
            raw / f"train_landmarks/{FIRST_FILE}.parquet",
            prepared / f"shards/train/{FIRST_FILE}.npy",
            tmp_path / f"train_landmarks/{FIRST_FILE}",
        )
    ]
    assert [clip.shape[1:] for clip in clips] == [(543, 2), (130, 2), (130, 2)]
    np.testing.assert_array_equal(clips[1], clips[2])
    for clip in clips:
        np.testing.assert_array_equal(presence(clip), presence(clips[0]))
    expected = landmark_frame(ROWS[ROWS["sequence_id"] == 1003])
    np.testing.assert_array_equal(clips[0][:, 468, 1], expected["y_left_hand_0"])
    np.testing.assert_array_equal(clips[1][:, 40, 1], expected["y_left_hand_0"])
    assert np.isnan(clips[0]).any() and presence(clips[0])[0].mean() < 1


def drawn(folder: Path, out: Path, sequence_id: int | None = None, num_frames: int = 6) -> np.ndarray:
    opened = open_folder(folder)
    _, clips = survey(opened)
    draw(choose(opened, clips, sequence_id), out, num_frames)
    return image.imread(out)


@pytest.mark.parametrize("kind", ["raw", "prepared"])
def test_film(kind, raw, prepared, tmp_path):
    pixels = drawn({"raw": raw, "prepared": prepared}[kind], tmp_path / "new/film.png")
    colors = np.unique((pixels[..., :3].reshape(-1, 3) * 255).round().astype(int), axis=0)
    for color in ([44, 160, 44], [0, 0, 0], [214, 39, 40], [31, 119, 180]):  # left hand, right hand, face, pose
        assert (colors == color).all(axis=1).any()
    assert pixels.shape[1] > pixels.shape[0] > 200


def test_film_of_many_frames_is_wrapped(raw, tmp_path):
    few, many = (drawn(raw, tmp_path / "film.png", num_frames=number) for number in (12, 19))
    assert many.shape[1] == few.shape[1] and many.shape[0] > few.shape[0]


def test_film_of_awkward_sequences(copy, tmp_path):
    """Nothing in it; an infinite coordinate; a single frame; a phrase that looks like a formula."""
    rewrite(copy, FIRST_FILE, lambda frame: pd.concat([spoil_frame(frame).drop(1003), frame.loc[[1003]][:1]]))
    rewrite_csv(copy, lambda rows: rows.assign(phrase="$x_{$"))
    for sequence_id in (1000, 1001, 1003):
        assert drawn(copy, tmp_path / f"{sequence_id}.png", sequence_id).std() > 0


def test_the_sequence_of_median_length_is_chosen(copy):
    rewrite(copy, FIRST_FILE, lambda frame: frame.assign(**dict.fromkeys(HANDS, np.nan)).astype("float32"))
    folder = open_folder(copy)
    _, clips = survey(folder)
    with_hand = ROWS[ROWS["file_id"] != FIRST_FILE].sort_values(["num_frames", "sequence_id"])
    choice = choose(folder, clips)
    assert choice.sequence_id == with_hand["sequence_id"].iloc[3]
    told = (choice.participant_id, choice.phrase)
    assert told == tuple(with_hand[["participant_id", "phrase"]].iloc[3]), "the title tells who signs what"


def test_a_sequence_of_a_file_that_was_not_read(raw):
    folder = open_folder(raw)
    _, clips = survey(folder, max_files=1)
    assert choose(folder, clips, 1015).path.stem == str(FIRST_FILE + 1)
    with pytest.raises(UserError, match="no landmarks of sequence 4"):
        choose(folder, clips, 4)


def test_real_landmarks(shared, tmp_path):
    folder = shared / "real/wide"
    if not folder.is_dir():
        pytest.skip(f"no real landmarks: {folder} is absent")
    report = reported(folder)
    train = report["splits"]["train"]
    assert (train["num_sequences"], train["num_files"], train["participants"]["number"]) == (132, 21, 21)
    assert problems(report) == {"under_15_frames": 53}
    columns = [name for name in COLUMNS if name.startswith("x_")]
    is_missing = pd.concat([pd.read_parquet(path, columns=columns) for path in folder.glob("*/*.parquet")]).isna()
    for part in ("left_hand", "right_hand", "face", "pose"):
        share = is_missing[[name for name in columns if part in name]].all(axis=1).mean()
        assert train["missing"]["frames"][part] == pytest.approx(share)
    nothing_read = {"train": pd.DataFrame(columns=["file_id", "sequence_id"])}
    draw(choose(open_folder(folder), nothing_read, 1925998736), tmp_path / "film.png", 12)
    assert image.imread(tmp_path / "film.png").std() > 0
