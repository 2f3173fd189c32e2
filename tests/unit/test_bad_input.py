"""Bad raw data against the real commands: one line, exit code 2, nothing half written; or skipped and counted."""

import json
import os
import runpy
import shutil
import subprocess
import sys
from pathlib import Path
from unittest.mock import patch

import numpy as np
import pandas as pd
import pytest
from raw_folder import landmark_frame, table, write_arrays, write_dataset, write_raw

from podium.files import write_json
from podium.landmarks import COLUMNS

SCRIPTS = Path(__file__).parents[2] / "workflow/scripts"


class Workplace:
    """A raw folder of four signers in two files, its dataset file, and the commands that prepare it."""

    rows = table(num_signers=4, clips_per_signer=3)

    def __init__(self, folder: Path, raw: Path) -> None:
        self.folder = folder
        self.raw = folder / "raw"
        self.data = folder / "data"
        self.file_id = int(self.rows["file_id"].iloc[0])
        self.parquet = self.raw / f"train_landmarks/{self.file_id}.parquet"
        self.arrays = self.raw / f"train_landmarks/{self.file_id}"  # read in place of the parquet file, once there
        shutil.copytree(raw, self.raw)
        self.dataset = write_dataset(folder / "dataset.yaml", self.raw)

    @property
    def shard(self) -> Path:
        return self.data / f"shards/train/{self.file_id}.npy"

    def command(self, name: str, file_id: int | None = None) -> list[str]:
        file_id = file_id or self.file_id
        parquet = self.raw / f"train_landmarks/{file_id}.parquet"
        arguments = {
            "list_sequences": {"out": self.data / "sequences.parquet", "skipped": self.data / "sequences.json"},
            "pack_shard": {
                "landmarks": parquet.with_suffix("" if parquet.with_suffix("").is_dir() else ".parquet"),
                "table": self.data / "sequences.parquet",
                "split": "train",
                "file-id": file_id,
                "out": self.data / f"shards/train/{file_id}.npy",
            },
            "index_data": {"data": self.data},
        }[name]
        if name != "pack_shard":
            arguments["dataset"] = self.dataset
        flat = [str(part) for key, value in arguments.items() for part in (f"--{key}", value)]
        return [sys.executable, str(SCRIPTS / f"{name}.py"), *flat]

    def run(self, name: str, file_id: int | None = None) -> subprocess.CompletedProcess:
        return subprocess.run(self.command(name, file_id), capture_output=True, text=True, check=False)

    def prepare(self) -> dict:
        """Runs everything, in this process since that is quicker; returns the manifest."""
        files = [("pack_shard", file_id) for file_id in sorted(set(self.rows["file_id"]))]
        for name, file_id in [("list_sequences", None), *files, ("index_data", None)]:
            with patch.object(sys, "argv", self.command(name, file_id)[1:]):
                runpy.run_path(sys.argv[0], run_name="__main__")
        return json.loads((self.data / "manifest.json").read_text())

    def edit_csv(self, column: str, value: object, row: int = 1) -> None:
        rows = self.rows.drop(columns="num_frames").astype(object)
        rows.loc[row, column] = value
        rows.to_csv(self.raw / "train.csv", index=False)

    def to_arrays(self) -> None:
        write_arrays(self.raw, self.rows[self.rows["file_id"] == self.file_id])

    def edit_parquet(self, edit) -> None:
        edit(landmark_frame(self.rows[self.rows["file_id"] == self.file_id])).to_parquet(self.parquet)


@pytest.fixture(scope="module")
def raw(tmp_path_factory):
    folder = tmp_path_factory.mktemp("good") / "raw"
    write_raw(folder, Workplace.rows)
    return folder


@pytest.fixture
def place(tmp_path, raw):
    return Workplace(tmp_path, raw)


@pytest.fixture
def listed(place):
    assert place.run("list_sequences").returncode == 0
    return place


def assert_stops(place: Workplace, name: str, *words: str) -> None:
    """The command says one line with these words, ends with 2 and leaves no trace of its outputs."""
    before = sorted(place.data.rglob("*"))
    done = place.run(name)
    assert done.returncode == 2, done.stderr
    assert done.stderr.count("\n") == 1 and done.stderr.startswith("error: "), done.stderr
    for word in words:
        assert word in done.stderr
    after = [path for path in sorted(place.data.rglob("*")) if path not in before and path.is_file()]
    assert after == []


# ------------------------------------------------------------------------------------------------ the run stops


def test_unknown_key_in_dataset(place):
    place.dataset.write_text(place.dataset.read_text().replace("num_folds", "num_fold"))
    assert_stops(place, "list_sequences", "num_fold", "did you mean 'num_folds'")


def test_unknown_source_kind(place):
    place.dataset.write_text(place.dataset.read_text().replace("kind: local", "kind: lokal"))
    assert_stops(place, "list_sequences", "local")


def test_missing_root(place):
    place.raw.rename(place.folder / "elsewhere")
    assert_stops(place, "list_sequences", str(place.raw), "does not exist", "source.root")


def test_missing_csv(place):
    (place.raw / "train.csv").unlink()
    assert_stops(place, "list_sequences", "train.csv", "does not exist")


def test_csv_that_is_none(place):
    (place.raw / "train.csv").write_bytes(bytes(range(128, 256)))
    assert_stops(place, "list_sequences", "train.csv", "cannot be read")


def test_empty_csv(place):
    (place.raw / "train.csv").write_text("")
    assert_stops(place, "list_sequences", "train.csv", "cannot be read")


def test_csv_lacks_column(place):
    place.rows.drop(columns=["num_frames", "phrase"]).to_csv(place.raw / "train.csv", index=False)
    assert_stops(place, "list_sequences", "train.csv", "lacks", "phrase")


def test_csv_id_is_no_integer(place):
    place.edit_csv("participant_id", "anna")
    assert_stops(place, "list_sequences", "row 3", "participant_id", "'anna'")


def test_csv_path_of_another_file(place):
    place.edit_csv("path", "train_landmarks/1.parquet")
    assert_stops(place, "list_sequences", "train_landmarks/1.parquet", f"{place.file_id}.parquet")


def test_duplicate_sequence_id(place):
    place.edit_csv("sequence_id", 1000)
    assert_stops(place, "list_sequences", "sequence_id 1000", "more than once")


def test_no_usable_row(place):
    place.rows.assign(phrase="").drop(columns="num_frames").to_csv(place.raw / "train.csv", index=False)
    assert_stops(place, "list_sequences", "no usable row", "empty_phrase")


def test_too_many_test_signers(place):
    write_dataset(place.dataset, place.raw, num_test_participants=3)
    assert_stops(place, "list_sequences", "num_test_participants 3", "of 4 signers")


def test_missing_parquet(listed):
    listed.parquet.unlink()
    assert_stops(listed, "pack_shard", listed.parquet.name, "does not exist; fetch or make it again")


def test_parquet_cut_off(listed):
    listed.parquet.write_bytes(listed.parquet.read_bytes()[:-5000])
    assert_stops(listed, "pack_shard", listed.parquet.name, "cut off or not a parquet file")


def test_parquet_damaged_inside(listed):
    content = bytearray(listed.parquet.read_bytes())
    content[4 : len(content) // 2] = bytes(len(content) // 2 - 4)
    listed.parquet.write_bytes(content)
    assert_stops(listed, "pack_shard", listed.parquet.name, "damaged")


def test_not_a_parquet_file(listed):
    listed.parquet.write_text("frame,x_face_0\n0,0.5\n")
    assert_stops(listed, "pack_shard", listed.parquet.name, "cut off or not a parquet file")


def test_parquet_lacks_columns(listed):
    listed.edit_parquet(lambda frame: frame.drop(columns=["x_face_0", "z_pose_22"]))
    assert_stops(listed, "pack_shard", "lacks", "x_face_0", "z_pose_22")


def test_parquet_lacks_sequence_id(listed):
    listed.edit_parquet(lambda frame: frame.reset_index(drop=True))
    assert_stops(listed, "pack_shard", "lacks", "sequence_id")


def test_parquet_column_is_text(listed):
    listed.edit_parquet(lambda frame: frame.assign(x_face_0="0.5"))
    assert_stops(listed, "pack_shard", "x_face_0", "not a floating-point number")


def test_sequence_id_is_no_integer(listed):
    listed.edit_parquet(lambda frame: frame.set_index(frame.index.astype(str)))
    assert_stops(listed, "pack_shard", "sequence_id", "not an integer")


def test_folder_without_arrays(listed):
    listed.arrays.mkdir()
    assert_stops(listed, "pack_shard", str(listed.arrays), "holds no", "fetch or make it again")


def test_no_array_can_be_read(listed):
    listed.to_arrays()
    for path in listed.arrays.iterdir():
        path.write_bytes(path.read_bytes()[:-1])
    assert_stops(listed, "pack_shard", str(listed.arrays), "none of its 6 npy files", "fetch or make it again")


@pytest.mark.parametrize(
    "names, words",
    [
        (COLUMNS[1:], ["lack the column x_face_0"]),
        ([*COLUMNS, "x_face_7"], ["names 391 columns"]),
        (None, ["does not name the arrays' columns"]),
    ],
)
def test_arrays_have_other_columns(listed, names, words):
    listed.to_arrays()
    write_json(listed.arrays.parent / "inference_args.json", {"selected_columns": names})
    assert_stops(listed, "pack_shard", "inference_args.json", *words)


def test_table_is_not_there(place):
    assert_stops(place, "pack_shard", "sequences.parquet", "list_sequences")


def test_shard_is_not_there(listed):
    assert_stops(listed, "index_data", f"{listed.file_id}.npy", "pack_shard")


def test_too_few_signers_for_folds(place):
    place.prepare()
    for name in ("index.parquet", "folds.parquet", "manifest.json", "inference_args.json"):
        (place.data / name).unlink()
    write_dataset(place.dataset, place.raw, num_folds=4, num_holdout=1)
    assert_stops(place, "index_data", "4 signer(s) are too few", "num_folds")


@pytest.mark.parametrize(
    "name, free_kb", [("list_sequences", 0), ("pack_shard", 0), ("pack_shard", 64), ("index_data", 0)]
)
def test_full_disk(place, name, free_kb):
    """On a real file system without room: a small one in memory, filled up."""
    place.prepare()
    disk = place.folder / "disk"
    disk.mkdir()
    if name == "list_sequences":
        outputs = ["sequences.parquet", "sequences.json"]
    elif name == "pack_shard":
        outputs = [f"shards/train/{place.file_id}{suffix}" for suffix in (".npy", ".parquet", ".json")]
    else:
        outputs = ["index.parquet", "folds.parquet", "manifest.json", "inference_args.json"]
    for output in outputs:
        (place.data / output).unlink()
    kept, place.data = place.data, disk / "data"
    script = f"""
        mount -t tmpfs -o size=4m tmpfs {disk} || exit 77
        cp -r {kept} {place.data}
        head -c {free_kb}k /dev/zero > {disk}/room
        cat /dev/zero > {disk}/filler 2> /dev/null
        rm {disk}/room
        (cd {place.data} && find . -type f | sort) > {place.folder}/before
        "$@"
        code=$?
        (cd {place.data} && find . -type f | sort) > {place.folder}/after
        exit $code
    """
    arguments = ["unshare", "--map-root-user", "--mount", "sh", "-c", script, "sh", *place.command(name)]
    try:
        done = subprocess.run(arguments, capture_output=True, text=True, check=False, env={**os.environ, "LC_ALL": "C"})
    except FileNotFoundError:
        pytest.skip("no unshare: a file system of our own cannot be mounted")
    if done.returncode == 77 or "unshare:" in done.stderr:
        pytest.skip(f"a file system of our own cannot be mounted: {done.stderr.strip()}")
    assert done.returncode == 2, done.stderr
    assert done.stderr.count("\n") == 1 and "no space left" in done.stderr, done.stderr
    assert (place.folder / "after").read_text() == (place.folder / "before").read_text()


# ---------------------------------------------------------------------------------------- skipped, counted, reported


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


def test_all_nan_sequence(place):
    def blank(frame):
        frame.loc[1001, frame.columns[1:]] = np.nan
        return frame

    place.edit_parquet(blank)
    assert place.prepare()["skipped"] == {"train": {"all_nan": {"number": 1, "examples": [1001]}}}


def test_infinite_value(place):
    def break_one(frame):
        frame.iloc[3, 1] = np.inf  # x_face_0 of the first sequence
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
    assert manifest["ignored_columns"] == {str(place.raw / "train.csv"): ["weather"], "landmarks": ["mood"]}


def test_unused_columns_may_be_missing(place):
    place.edit_parquet(lambda frame: frame.drop(columns=["frame", "x_face_467"]))
    assert place.prepare()["skipped"] == {}
