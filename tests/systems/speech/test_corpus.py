"""The virtual corpus lies as the competition's does, has the same bytes each time, and nobody is in two splits."""

import hashlib
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
import soundfile
from word_folders import source

from podium.audio.speaker import engines
from podium.config import dataset_section, load
from podium.data.sequences import list_sequences
from podium.errors import UserError
from podium.systems.speech.corpus.corpus import Corpus
from podium.systems.speech.labels import COMMANDS, NOISE
from podium.systems.speech.sources import SOURCES

CONFIG = Path(__file__).parents[3] / "config/datasets/speech_tiny.yaml"


def tiny():
    return SOURCES["synthetic"](load(dataset_section(SOURCES), CONFIG))


def write(made, root: Path) -> None:
    made.root = str(root)
    made.write_tables(root)
    for split in reversed(made.splits()):  # any order will do
        for file_id in made.file_ids(split):
            made.write_raw_file(split, file_id, Path(made.arrival(split, file_id)))


def digests(root: Path) -> dict[str, str]:
    files = (path for path in sorted(root.rglob("*")) if path.is_file())
    return {path.relative_to(root).as_posix(): hashlib.sha256(path.read_bytes()).hexdigest() for path in files}


@pytest.fixture(scope="module")
def corpus(tmp_path_factory):
    if not engines.is_installed("espeak"):
        pytest.skip("eSpeak NG is not installed (make speech)")
    made = tiny()
    write(made, tmp_path_factory.mktemp("corpus"))
    return made


def test_the_layout_is_the_competitions(corpus):
    table, report = list_sequences(corpus)
    assert report["num_sequences"] == {"train": 12 * 13 + 3, "supplemental": 43, "test": 24}
    train, unlabelled, test = (table[table["split"] == split] for split in ("train", "supplemental", "test"))
    assert set(train["label"]) == {*COMMANDS, "cat", "seven", "unknown_unknown", NOISE}
    assert set(test["label"]) == {*COMMANDS, "_unknown_", "_silence_"}
    assert (unlabelled["label"] == "_silence_").sum() == 4 and "green" in set(unlabelled["label"])
    speakers = [set(rows["participant_id"]) for rows in (train, unlabelled, test)]
    assert not speakers[0] & speakers[1] and not speakers[1] & speakers[2] and not speakers[0] & speakers[2]
    assert [len(one) for one in speakers] == [12 + 3, 3, 2] and report["test_signers"]["trained_on"] == []
    assert Path(corpus.root, "test/audio").is_dir() and Path(corpus.root, "labels.csv").is_file()


def test_each_file_is_a_second_of_sound(corpus):
    for path in Path(corpus.root).rglob("*.wav"):
        x_S, rate = soundfile.read(path, dtype="int16")
        assert rate == 16_000 and np.abs(x_S).max() > 0, path
        assert len(x_S) == (48_000 if path.parent.name == NOISE else 16_000)


def test_the_lists_tell_the_files(corpus):
    listed = pd.read_csv(corpus.arrival("test", 0))
    for name, sha256 in listed.itertuples(index=False):
        assert hashlib.sha256(Path(corpus.root, "hidden_test", name).read_bytes()).hexdigest() == sha256
    assert len(listed) == 16


def test_the_same_seed_makes_the_same_bytes(corpus, tmp_path):
    again = tiny()
    write(again, tmp_path)
    stray = tmp_path / "train/audio/yes/stray.wav"
    stray.write_bytes(b"of another configuration")
    for file_id in again.file_ids("train"):
        again.write_raw_file("train", file_id, Path(again.arrival("train", file_id)))
    assert digests(tmp_path) == digests(Path(corpus.root))


def test_another_seed_makes_others(corpus, tmp_path):
    Corpus(corpus.dataset.source.model_copy(update={"seed": 2})).write_labels(tmp_path)
    ours, others = (pd.read_csv(Path(root, "labels.csv"), dtype=str) for root in (corpus.root, tmp_path))
    assert len(ours) == len(others) and not set(ours["path"]) & set(others["path"])
    assert not set(ours["speaker"]) & set(others["speaker"])


def test_a_file_that_the_corpus_does_not_have():
    with pytest.raises(UserError, match=r"split 'train' has no file 9; its files are \[0, 1\]"):
        tiny().write_raw_file("train", 9, Path("lists/train/9.csv"))


@pytest.mark.parametrize(
    ("change", "told"),
    [
        ({"words": ["yes", "no"]}, "words lacks the command"),
        ({"takes": 3}, "takes must not exceed recordings"),
        ({"other_words": ["New York"]}, r"other_words.*\^\[a-z\]\+\$"),
        ({"words": [True]}, "YAML reads yes, no, on and off as true and false; put these words in quotes"),
        ({"engines": {}}, "engines"),
        ({"engines": {"festival": {"train": 1}}}, "engines"),
    ],
)
def test_configurations_that_make_no_corpus(change, told):
    section = {"engines": {"espeak": {"train": 2}}, **change}
    with pytest.raises(UserError, match=told):
        source("synthetic", **section)
