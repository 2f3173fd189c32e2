"""Where clips of signs come from: the competition, a folder of the user's, the virtual signer."""

import json
import shutil

import pandas as pd
import pytest
import yaml
from project import ROOT
from signs_folder import MAP, write_raw, write_tables

from podium.config import dataset_section, load, parse
from podium.data import sources
from podium.data.folds import HELD_OUT, assign_folds
from podium.data.sequences import list_sequences
from podium.errors import UserError
from podium.systems.signs.sources import SOURCES
from podium.systems.signs.vocabulary import SIGNS

Dataset = dataset_section(SOURCES)
CONFIGS = ("asl_signs", "signs_hard", "signs_synthetic", "signs_tiny")


@pytest.fixture(autouse=True)
def place(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    return tmp_path


def local(**section):
    content = {"name": "own", "source": {"kind": "local", "root": "raw", **section}}
    return sources.create(parse(Dataset, content, "a test"), SOURCES)


def config(name):
    return load(Dataset, ROOT / f"config/datasets/{name}.yaml")


def test_a_local_folder(place):
    write_raw(place / "raw")
    source = local()
    assert source.splits() == ["train"] and source.file_ids("train") == [50, 51, 52, 53]
    assert source.raw_file("train", 50) == "raw/train_landmark_files/50"
    table, report = list_sequences(source)
    assert len(table) == 16 and report["num_sequences"] == {"train": 16} and not report["ignored_columns"]
    assert table["path"].unique().tolist() == [f"train_landmark_files/{signer}" for signer in (50, 51, 52, 53)]
    assert (table["file_id"] == table["participant_id"]).all()


def test_unknown_signs_cost_their_rows(place):
    table = write_raw(place / "raw")
    table.loc[[0, 1], "sign"] = ["Hello", "coffee"]
    write_tables(place / "raw", table, {"hello": 0, "yes": 1})
    used, report = list_sequences(local())
    assert len(used) == 14 and report["skipped"] == {"train": {"unknown_sign": 2}}
    assert [row["sign"] for row in report["skipped_sequences"]] == ["Hello", "coffee"]


def test_no_sign_is_known(place):
    table = write_raw(place / "raw")
    write_tables(place / "raw", table.assign(sign="Hello"), {"hello": 0, "yes": 1})
    with pytest.raises(UserError, match="no usable row .*unknown_sign: 'Hello'; write it 'hello'"):
        list_sequences(local())


def test_signers_set_aside(place):
    write_raw(place / "raw", num_signers=5)
    source = local(num_test_participants=2)
    assert source.splits() == ["train", "test"] and len(source.file_ids("test")) == 2
    table, report = list_sequences(source)
    assert report["num_sequences"] == {"train": 12, "test": 8} and not report["test_signers"]["trained_on"]


@pytest.mark.parametrize(
    ("change", "said"),
    [
        (lambda table: table.drop(columns="sign"), "lacks the column(s) sign"),
        (lambda table: table.assign(participant_id="me"), "row 2: participant_id 'me' is not an integer"),
        (lambda table: table.assign(path=table["path"] + "x"), "row 2: path 'train_landmark_files/50/50000.parquetx'"),
        (
            lambda table: table.assign(participant_id=51),
            "should be train_landmark_files/{participant_id}/{sequence_id}",
        ),
    ],
)
def test_a_table_of_another_form(place, change, said):
    table = write_raw(place / "raw")
    change(table).to_csv("raw/train.csv", index=False)
    with pytest.raises(UserError) as caught:
        local().read()
    assert said in str(caught.value) and "raw/train.csv" in str(caught.value)


def test_a_fingerprint_is_of_content(place):
    write_raw(place / "raw")
    before = local().fingerprint()
    assert local().fingerprint() == before
    shutil.copytree("raw", "moved")
    shutil.rmtree("raw")
    shutil.move("moved", "raw")
    assert local().fingerprint() == before
    clip = place / "raw/train_landmark_files/50/50000.parquet"
    clip.write_bytes(clip.read_bytes() + b"more")
    assert local().fingerprint() != before
    clip.unlink()  # told when it is packed
    without = local().fingerprint()
    (place / "raw" / MAP).write_text(json.dumps({"yes": 0, "hello": 1}))
    assert len({before, without, local().fingerprint()}) == 3


def test_what_a_plan_refuses(place):
    write_raw(place / "raw")
    (place / "raw" / MAP).write_text(json.dumps({"hello": 0, "yes": 2}))
    with pytest.raises(UserError, match="has a gap: no sign has the number 1"):
        local().fingerprint()
    (place / "raw" / MAP).write_text(json.dumps({"hello": 0, "yes": 1}))
    shutil.rmtree("raw/train_landmark_files/51")
    with pytest.raises(UserError, match="train_landmark_files/51 is no folder"):
        local().fingerprint()


def test_the_competition():
    source = sources.create(config("asl_signs"), SOURCES)
    (part,) = source.parts()
    assert source.is_remote and len(part.promised) == 2 + 21 and part.archive.unpacked_gb == 57
    wanted = ["train.csv", MAP, "train_landmark_files/2044/1.parquet", "train_landmark_files/62590/99.parquet"]
    assert [part.place(name) for name in wanted] == wanted
    unwanted = ["train_landmark_files/1/1.parquet", "sample.csv", "train_landmark_files/2044/x.parquet"]
    assert [part.place(name) for name in unwanted] == [None] * 3
    assert 0.1 < source.stored_share < 0.15


def test_the_competitions_map_must_number_its_signs(place):
    source = sources.create(config("asl_signs"), SOURCES)
    numbers = {sign: number for number, sign in enumerate(SIGNS)}
    (place / MAP).write_text(json.dumps(numbers))
    source.check_arrived(place, [])
    (place / MAP).write_text(json.dumps({**numbers, "hello": numbers["yes"], "yes": numbers["hello"]}))
    with pytest.raises(UserError, match="does not number the 250 signs of the competition"):
        source.check_arrived(place, [])


def test_the_published_split():
    """The rule of the 26th place, and the folds of the 6th."""
    dataset = config("asl_signs")
    signers = dataset.source.splits["train"].file_ids
    index = pd.DataFrame({"participant_id": signers, "split": "train"})
    folds = dataset.folds.model_copy(update={"table": str(ROOT / dataset.folds.table)})
    table = assign_folds(index, folds).set_index("participant_id")["fold"]
    from numpy.random import RandomState

    shuffled = sorted(signers)
    RandomState(42).shuffle(shuffled)
    assert sorted(table.index[table == HELD_OUT]) == sorted(shuffled[int(21 * 19 / 21) :]) == [26734, 61333]
    assert table.value_counts().to_dict() == {0: 5, 1: 5, 2: 5, 3: 4, HELD_OUT: 2}


@pytest.mark.parametrize("name", CONFIGS)
def test_datasets_are_loaded(name):
    assert config(name).name == name.replace("asl_signs", "asl-signs")


def test_the_local_dataset_needs_its_folder():
    with pytest.raises(UserError, match="data/signs does not exist; correct source.root"):
        sources.create(config("signs_local"), SOURCES)


def test_a_virtual_corpus_goes_to_a_table(place):
    dataset = config("signs_tiny")
    source = sources.create(dataset, SOURCES)
    (place / source.root).mkdir(parents=True)
    source.write_tables(place / source.root)
    assert {f"{source.root}/{name}" for name in ("train.csv", "test.csv", MAP)} == set(source.generated_tables())
    table, report = list_sequences(source)
    number = dataset.source
    assert report["num_sequences"] == {"train": number.num_train_clips, "test": number.num_test_clips}
    assert not report["test_signers"]["trained_on"] and not report["skipped"]
    assert table.groupby("split")["participant_id"].unique().map(sorted).to_dict() == {
        split: source.file_ids(split) for split in ("train", "test")
    }


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"signs": ["hello", "helo"]}, "does not know 'helo'; did you mean 'hello'?"),
        ({"num_test_signers": 0}, "num_test_clips and num_test_signers are both 0, or neither"),
        ({"signs": ["hello"]}, "signs"),
    ],
)
def test_a_virtual_corpus_that_cannot_be(change, said):
    content = yaml.safe_load((ROOT / "config/datasets/signs_tiny.yaml").read_text())
    content["source"] |= change
    with pytest.raises(UserError) as caught:
        parse(Dataset, content, "a test")
    assert said in str(caught.value)
