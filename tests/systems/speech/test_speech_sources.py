"""Folders of wav files become rows: labels, speakers, splits; what cannot be learned from is told."""

import io
import shutil
import tarfile

import pandas as pd
import pytest
from word_folders import SPEAKERS, source, write_wav, write_words

from podium.data.folds import HELD_OUT, assign_folds
from podium.data.sequences import list_sequences
from podium.errors import UserError
from podium.systems.speech.labels import COMMANDS, LABELS, NOISE, UNLABELLED
from podium.systems.speech.names import NOBODY, clip_id, participant_of, percentage


def told(path):
    made = source("local", root=str(path))
    return made, *list_sequences(made)


def test_a_folder_for_each_word(tmp_path):
    write_words(tmp_path)
    write_wav(tmp_path / NOISE / "pink.wav", 1, 40_000)
    (tmp_path / "README.md").write_text("no clip")
    made, table, report = told(tmp_path)
    assert report["num_sequences"] == {"train": 41} and made.splits() == ["train"]
    assert sorted(table["label"].unique()) == sorted([*COMMANDS, NOISE])
    row = table[(table["label"] == "yes") & (table["participant_id"] == participant_of(SPEAKERS[0]))]
    assert row["sequence_id"].tolist() == [clip_id("yes", f"{SPEAKERS[0]}_nohash_0.wav")]
    for path, rows in table.groupby("path"):
        assert set(rows["label"]) <= set(path.split("+")) and len(path.split("+")) <= 8


def test_speakers_validate_and_test_by_their_hash(tmp_path):
    speakers = [f"{number:08x}" for number in range(60)]
    write_words(tmp_path, COMMANDS[:1], speakers)
    write_words(tmp_path, COMMANDS[1:], speakers[:2])
    made = source("local", root=str(tmp_path), validation_percent=15, test_percent=20)
    table, _ = list_sequences(made)
    by_hash = {participant_of(speaker): percentage(speaker) for speaker in speakers}
    tested = set(table.query("split == 'test'")["participant_id"])
    assert tested == {one for one, place in by_hash.items() if 15 <= place < 35}
    table = table[table["split"] == "train"]
    trained = sorted(set(table["participant_id"]))
    assert made.held_out(trained) == {one for one, place in by_hash.items() if place < 15}
    folds = assign_folds(table, made.dataset.folds, made.held_out(trained)).set_index("participant_id")["fold"]
    assert {one for one in trained if folds[one] == HELD_OUT} == made.held_out(trained) != set()
    assert set(folds[folds != HELD_OUT]) == {0, 1, 2, 3}


def test_the_archives_lists_go_before_the_hash(tmp_path):
    write_words(tmp_path)
    (tmp_path / "testing_list.txt").write_text(f"yes/{SPEAKERS[0]}_nohash_0.wav\nno/{SPEAKERS[0]}_nohash_0.wav\n")
    (tmp_path / "validation_list.txt").write_text(f"yes/{SPEAKERS[1]}_nohash_0.wav\n")
    made, table, report = told(tmp_path)
    assert report["num_sequences"] == {"train": 38, "test": 2}
    assert set(table[table["split"] == "test"]["label"]) == {"yes", "no"}
    assert made.held_out([participant_of(one) for one in SPEAKERS]) == {participant_of(SPEAKERS[1])}


def test_the_unlabelled_part_and_what_labels_csv_tells_of_it(tmp_path):
    write_words(tmp_path / "train/audio")
    for name in ("clip_00000001.wav", "clip_00000002.wav"):
        write_wav(tmp_path / "test/audio" / name, 1)
    section = {"root": str(tmp_path), "words": "train/audio", "unlabelled": "test/audio"}
    table, _ = list_sequences(source("local", **section))
    rows = table[table["split"] == "supplemental"]
    assert rows["sequence_id"].tolist() == [1, 2] and set(rows["label"]) == {UNLABELLED}
    assert set(rows["participant_id"]) == {NOBODY}
    (tmp_path / "labels.csv").write_text("path,label,speaker\ntest/audio/clip_00000002.wav,yes,0000000a\n")
    rows = list_sequences(source("local", **section))[0].query("split == 'supplemental'")
    assert rows["label"].tolist() == [UNLABELLED, "yes"] and rows["participant_id"].tolist() == [NOBODY, 11]


def test_real_clips_as_a_hidden_test(shared, tmp_path):
    write_words(tmp_path / "words")
    (tmp_path / "test").symlink_to(shared / "real/speech/test")
    (tmp_path / "labels.csv").symlink_to(shared / "real/speech/labels.csv")
    table, report = list_sequences(source("local", root=str(tmp_path), words="words", test="test"))
    test = table[table["split"] == "test"]
    assert test["label"].value_counts().to_dict() == dict.fromkeys([*COMMANDS, "_silence_", "_unknown_"], 60)
    speakers = test.loc[test["label"] != "_silence_", "participant_id"]
    assert speakers.nunique() == 33 and report["test_signers"]["trained_on"] == []


def test_words_that_are_missing_or_others_are_counted(tmp_path):
    write_words(tmp_path, [*COMMANDS, "cat", "elephant"])
    told_of = LABELS.describe(told(tmp_path)[1])
    assert told_of["other_words"] == ["elephant"] and "dog" in told_of["absent_words"]
    assert told_of["clips_by_label"]["cat"] == 4


def test_a_command_without_clips_is_refused(tmp_path):
    write_words(tmp_path, COMMANDS[:-2])
    with pytest.raises(UserError, match="no clips to learn of left, no; each of the ten commands needs a folder"):
        told(tmp_path)


def test_folders_that_are_not_there(tmp_path):
    with pytest.raises(UserError, match="the folder .*/absent.* does not exist; correct source"):
        source("local", root=str(tmp_path / "absent"))
    with pytest.raises(UserError, match="holds no folder of wav files"):
        source("local", root=str(tmp_path)).splits()


def test_a_changed_file_changes_the_fingerprint(tmp_path):
    write_words(tmp_path)
    before = source("local", root=str(tmp_path)).fingerprint()
    assert source("local", root=str(tmp_path)).fingerprint() == before
    write_wav(tmp_path / "yes" / f"{SPEAKERS[0]}_nohash_0.wav", 999)
    assert source("local", root=str(tmp_path)).fingerprint() != before


def packed_words(path, words, name="speech.tar.gz"):
    write_words(path / "words", words)
    (path / "words/testing_list.txt").write_text(f"yes/{SPEAKERS[0]}_nohash_0.wav\n")
    (path / "words/validation_list.txt").write_text(f"yes/{SPEAKERS[1]}_nohash_0.wav\n")
    with tarfile.open(path / name, "w:gz") as packed:
        packed.add(path / "words", ".")
    return path / name


needs_filter = pytest.mark.skipif(
    not hasattr(tarfile, "data_filter"), reason="Python older than 3.11.4 cannot refuse what leads outside of a folder"
)


def everything() -> list[str]:
    return source("speech_commands", archive="none").folder_names("")


@needs_filter
def test_speech_commands_from_a_copy_of_its_archive(tmp_path, monkeypatch):
    archive = packed_words(tmp_path, everything())
    monkeypatch.chdir(tmp_path)
    made = source("speech_commands", archive=str(archive))
    receipt = made.fetch(tmp_path / made.root, tmp_path / "archives")
    assert receipt["num_files"] == 36 * 4 + 2
    table, report = list_sequences(made)
    assert report["num_sequences"] == {"train": 143, "test": 1}
    assert made.held_out(table["participant_id"].tolist()) == {participant_of(SPEAKERS[1])}


@needs_filter
def test_speech_commands_from_an_address(tmp_path, monkeypatch, served):
    archive = packed_words(served.folder, everything())
    monkeypatch.chdir(tmp_path)
    made = source("speech_commands", archive=f"{served.address}/{archive.name}", version="0.01")
    partial = tmp_path / "archives/speech.tar.gz.part"
    partial.parent.mkdir()
    partial.write_bytes(archive.read_bytes()[:1000])
    made.fetch(tmp_path / made.root, tmp_path / "archives")
    assert (tmp_path / "archives/speech.tar.gz").read_bytes() == archive.read_bytes()
    with pytest.raises(UserError, match=r"/absent.tar.gz cannot be fetched \(404\); correct it"):
        source("speech_commands", archive=f"{served.address}/absent.tar.gz").fetch(tmp_path / "raw", tmp_path)


@needs_filter
def test_archives_that_cannot_be_used(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    with pytest.raises(UserError, match="does not exist; correct source.archive"):
        source("speech_commands", archive="absent.tar.gz").fetch(tmp_path / "raw", tmp_path)
    (tmp_path / "bad.tar.gz").write_bytes(b"no archive" * 100)
    with pytest.raises(UserError, match=r"damaged or no tar.gz archive"):
        source("speech_commands", archive="bad.tar.gz").fetch(tmp_path / "raw", tmp_path)
    archive = packed_words(tmp_path, COMMANDS)
    with pytest.raises(UserError, match=r"lacks the folder\(s\) sheila, .*; correct source.version"):
        source("speech_commands", archive=str(archive)).fetch(tmp_path / "raw", tmp_path)
    with pytest.raises(UserError, match=r"the sha256 of .* is [0-9a-f]{64}, not 0000"):
        source("speech_commands", archive=str(archive), sha256="0" * 64).fetch(tmp_path / "raw", tmp_path)
    with tarfile.open(tmp_path / "out.tar.gz", "w:gz") as packed:
        packed.addfile(tarfile.TarInfo("../outside.wav"), io.BytesIO())
    with pytest.raises(UserError, match="damaged or no tar.gz archive"):
        source("speech_commands", archive="out.tar.gz").fetch(tmp_path / "raw", tmp_path)
    assert not (tmp_path / "raw/train").is_dir() or not list((tmp_path / "raw/train").glob("**/outside.wav"))


def test_an_old_python_unpacks_nothing(tmp_path, monkeypatch):
    monkeypatch.delattr(tarfile, "data_filter", raising=False)
    with pytest.raises(UserError, match=r"cannot unpack words.tar.gz safely; use 3.11.4 or newer, or unpack it by tar"):
        source("speech_commands", archive="words.tar.gz").fetch(tmp_path / "raw", tmp_path)


def test_the_competitions_archives_are_unpacked(tmp_path, monkeypatch):
    py7zr = pytest.importorskip("py7zr", reason="py7zr is not installed (make speech)")
    monkeypatch.chdir(tmp_path)
    made = source("kaggle", competition="tensorflow-speech-recognition-challenge", archive={"unpacked_gb": 1})
    write_words(tmp_path / "train/audio", made.folder_names(""))
    write_wav(tmp_path / "test/audio/clip_000000ff.wav", 1)
    raw = tmp_path / made.root
    raw.mkdir(parents=True)
    for name in ("train", "test"):
        with py7zr.SevenZipFile(raw / f"{name}.7z", "w") as packed:
            packed.writeall(tmp_path / name, name)
    made.check_arrived(raw, ["train.7z", "test.7z"])
    made.check_arrived(raw, ["train.7z", "test.7z"])
    table, report = list_sequences(made)
    assert report["num_sequences"] == {"train": 31 * 4, "supplemental": 1}
    assert table.query("split == 'supplemental'")["sequence_id"].tolist() == [255]
    assert isinstance(table, pd.DataFrame) and made.tables() == [] and made.splits() == ["train", "supplemental"]
    (raw / "test.7z").write_bytes((raw / "test.7z").read_bytes()[:-10])
    shutil.rmtree(raw / "test")
    with pytest.raises(UserError, match=r"test.7z is damaged .*; remove it and run again"):
        made.check_arrived(raw, [])
    assert not (raw / "test").exists()


def test_raw_folders_of_the_competition_stay():
    with pytest.raises(UserError, match="keep_raw must be true"):
        source("kaggle", competition="a", archive={"unpacked_gb": 1}, keep_raw=False)
