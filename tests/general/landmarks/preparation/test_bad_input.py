"""Bad raw data against the real commands: one line, exit code 2, nothing half written."""

import os
import shutil
import subprocess

import pytest
from raw_folder import write_dataset
from workplace import Workplace

from podium.storage.files import write_json
from podium.systems.fingerspelling.landmarks import COLUMNS


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


@pytest.mark.parametrize("phrase", ["HELLO", "Hello there", "A1"])
def test_nothing_but_capitals(place, phrase):
    place.rows.assign(phrase=phrase).drop(columns="num_frames").to_csv(place.raw / "train.csv", index=False)
    assert_stops(place, "list_sequences", "no usable row", "unknown_character", f"'{phrase}'", "lower case")


def test_a_test_part_that_was_trained_on_is_said(place):
    rows = place.rows.assign(path=place.rows["path"].str.replace("train", "test"))
    rows.drop(columns="num_frames").to_csv(place.raw / "test.csv", index=False)
    shutil.copytree(place.raw / "train_landmarks", place.raw / "test_landmarks")
    done = place.run("list_sequences")
    assert done.returncode == 0
    assert "the test part is not hidden: 4 of its 4 people trained on, 12 of its recordings" in done.stdout


def test_too_many_test_signers(place):
    write_dataset(place.dataset, place.raw, num_test_participants=3)
    assert_stops(place, "list_sequences", "num_test_participants 3", "of 4 people")


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


def test_parquet_sequence_id_spelled_otherwise(listed):
    listed.edit_parquet(lambda frame: frame.rename_axis("Sequence-ID"))
    assert_stops(listed, "pack_shard", "lacks", "sequence_id; rename its column Sequence-ID")


def test_parquet_frame_is_text(listed):
    listed.edit_parquet(lambda frame: frame.assign(frame="first"))
    assert_stops(listed, "pack_shard", "column frame is text, not a number")


def test_parquet_column_is_text(listed):
    listed.edit_parquet(lambda frame: frame.assign(x_face_0="0.5"))
    assert_stops(listed, "pack_shard", "x_face_0", "is text, not a number")


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
    assert_stops(place, "index_data", "4 person(s) are too few", "num_folds")


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
