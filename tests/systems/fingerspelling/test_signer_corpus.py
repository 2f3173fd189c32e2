"""The virtual corpus on disk: layout, determinism, signers, and its figures beside real ones."""

import json
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from corpus_statistics import describe, gap_lengths, read_clips

from podium.data.sources import CSV_NAMES
from podium.errors import UserError
from podium.landmarks.mediapipe import RAW_COLUMNS
from podium.storage.files import file_digest
from podium.systems.fingerspelling.corpus.corpus import Plan, file_ids, plan_corpus, write_raw_file, write_tables
from podium.systems.fingerspelling.corpus.section import SyntheticSource
from podium.systems.fingerspelling.text import CHARACTERS


def small_source(**changes) -> SyntheticSource:
    values = {
        "kind": "synthetic", "seed": 3, "num_train_sequences": 50, "num_supplemental_sequences": 12,
        "num_test_sequences": 10, "num_train_signers": 6, "num_test_signers": 3,
        "num_supplemental_phrases": 4, "sequences_per_file": 20, "max_characters": 12, "mean_frames_per_character": 4,
    }  # fmt: skip
    return SyntheticSource(**(values | changes))


def write_parquet(plan: Plan, split: str, file_id: int, root: Path) -> None:
    """Writes a landmark file where the competition has it."""
    write_raw_file(plan, split, file_id, root / f"{split}_landmarks/{file_id}.parquet")


@pytest.fixture(scope="module")
def corpus(tmp_path_factory):
    root = tmp_path_factory.mktemp("raw")
    plan = plan_corpus(small_source())
    write_tables(plan, root)
    for split in CSV_NAMES:
        for file_id in file_ids(plan.source, split):
            write_parquet(plan, split, file_id, root)
    return plan, root


def test_tables(corpus):
    plan, root = corpus
    sizes = {"train": 50, "supplemental": 12, "test": 10}
    for split, name in CSV_NAMES.items():
        table = pd.read_csv(root / name)
        assert list(table.columns) == ["path", "file_id", "sequence_id", "participant_id", "phrase"]
        assert len(table) == sizes[split]
        assert table["path"].tolist() == [f"{split}_landmarks/{i}.parquet" for i in table["file_id"]]
        assert sorted(table["file_id"].unique()) == file_ids(plan.source, split)
        assert all((root / path).is_file() for path in table["path"].unique())
    ids = np.concatenate([table["sequence_id"] for table in plan.tables.values()])
    assert len(np.unique(ids)) == sum(sizes.values())
    assert plan.tables["supplemental"]["phrase"].nunique() <= 4
    index = json.loads((root / "character_to_prediction_index.json").read_text())
    assert index == {character: number for number, character in enumerate(CHARACTERS)}


def test_parquet_layout(corpus):
    plan, root = corpus
    for table in plan.tables.values():
        for path, rows in table.groupby("path"):
            frames = pd.read_parquet(root / path)
            assert list(frames.columns) == RAW_COLUMNS
            assert frames.index.name == "sequence_id" and frames.index.dtype == np.int64
            assert frames.dtypes.iloc[0] == np.int16 and set(frames.dtypes.iloc[1:]) == {np.dtype(np.float32)}
            assert frames.index.unique().tolist() == rows["sequence_id"].tolist()
            for _, clip in frames.groupby(level=0, sort=False):
                assert clip["frame"].tolist() == list(range(len(clip)))
            hand = frames[[f"x_{hand}_hand_0" for hand in ("left", "right")]]
            assert hand.isna().to_numpy().any() and hand.notna().to_numpy().any()


def test_layout_is_the_real_one(corpus, shared):
    _, root = corpus
    real = pd.read_parquet(next((shared / "real" / "wide" / "train_landmarks").glob("*.parquet")))
    ours = pd.read_parquet(next((root / "train_landmarks").glob("*.parquet")))
    assert list(ours.columns) == list(real.columns)
    assert ours.dtypes.tolist() == real.dtypes.tolist()
    assert (ours.index.name, ours.index.dtype) == (real.index.name, real.index.dtype)
    table = pd.read_csv(shared / "real" / "wide" / "train.csv")
    assert list(table.columns) == list(pd.read_csv(root / "train.csv").columns)
    real_index = json.loads((shared / "real" / "fingerspelling" / "character_to_prediction_index.json").read_text())
    assert real_index == json.loads((root / "character_to_prediction_index.json").read_text())


def test_same_seed_same_bytes_in_any_order(corpus, tmp_path):
    _, root = corpus
    plan = plan_corpus(small_source())
    write_tables(plan, tmp_path)
    last = file_ids(plan.source, "train")[-1]
    write_parquet(plan, "train", last, tmp_path)  # alone, and first
    names = [*CSV_NAMES.values(), f"train_landmarks/{last}.parquet"]
    assert [file_digest(root / name) for name in names] == [file_digest(tmp_path / name) for name in names]


def test_other_seed_other_corpus():
    first, second = plan_corpus(small_source()), plan_corpus(small_source(seed=4))
    assert (first.tables["train"]["phrase"] != second.tables["train"]["phrase"]).mean() > 0.9
    assert not set(first.tables["train"]["sequence_id"]) & set(second.tables["train"]["sequence_id"])


def test_hidden_signers_appear_nowhere_else():
    tables = plan_corpus(small_source(num_train_sequences=300, num_test_sequences=100)).tables
    train, supplemental, test = (set(tables[split]["participant_id"]) for split in ("train", "supplemental", "test"))
    assert len(train) == 6 and supplemental <= train
    assert len(test) == 3 and not test & train


def test_a_supplement_by_other_people_that_spells_what_training_spells():
    changes = {"num_supplemental_signers": 5, "supplemental_phrases": "training", "num_supplemental_sequences": 40}
    tables = plan_corpus(small_source(**changes, num_supplemental_phrases=40)).tables
    train, supplemental, test = (set(tables[split]["participant_id"]) for split in ("train", "supplemental", "test"))
    assert (len(train), len(supplemental), len(test)) == (6, 5, 3)
    assert not supplemental & (train | test) and not train & test
    digits = tables["supplemental"]["phrase"].str.contains(r"\d")  # telephone numbers and addresses, no sentences
    assert digits.mean() > 0.3
    assert not plan_corpus(small_source()).tables["supplemental"]["phrase"].str.contains(r"\d").any()


def test_everyday_people_spell_the_same_in_all_splits():
    with pytest.raises(ValueError, match="supplemental_phrases says nothing beside conditions"):
        small_source(conditions={}, supplemental_phrases="training")


def test_all_characters_occur_and_lengths_hold():
    for limits in ({"min_characters": 3, "max_characters": 31}, {"min_characters": 3, "max_characters": 6}):
        phrases = plan_corpus(small_source(num_train_sequences=120, **limits)).tables["train"]["phrase"]
        assert set("".join(phrases)) == set(CHARACTERS)
        assert phrases.str.len().between(limits["min_characters"], limits["max_characters"]).all()


def test_rougher_recordings(corpus, tmp_path):
    """The same people and phrases, filmed worse."""
    plan, root = corpus
    rough = plan_corpus(small_source(jitter=3.0, gaps=2.5))
    for file_id in file_ids(rough.source, "train"):
        write_parquet(rough, "train", file_id, tmp_path)
    pd.testing.assert_frame_equal(rough.tables["train"], plan.tables["train"])
    before, after = describe(read_clips(root)), describe(read_clips(tmp_path))
    missing = "share of frames without the signing hand"
    # Of the face, since at this tempo a hand moves more than it trembles.
    assert 2.5 < after["face, jitter x"] / before["face, jitter x"] < 3.5
    assert 1.5 < after[missing] / before[missing] < 3.5


def test_empty_splits():
    plan = plan_corpus(small_source(num_supplemental_sequences=0, num_test_sequences=0))
    assert file_ids(plan.source, "test") == [] and len(plan.tables["test"]) == 0


def test_unknown_file(tmp_path):
    with pytest.raises(UserError, match="no file 7"):
        write_parquet(plan_corpus(small_source()), "train", 7, tmp_path)
    assert list(tmp_path.iterdir()) == []


def test_gap_lengths():
    assert gap_lengths(np.array([1, 0, 1, 1, 0, 0, 1, 1, 1], dtype=bool)).tolist() == [1, 2, 3]
    assert gap_lengths(np.zeros(3, dtype=bool)).tolist() == []


WITHIN_DISTANCE = {
    "share of frames without the other hand": 0.03,
    "share of frames without face": 0.01,
    "share of frames without pose": 0.0,
    "gap of the signing hand, 50 % quantile": 3,
    "shoulder y": 0.06,
    "hip y": 0.15,
    "nose x": 0.07,
    "nose y": 0.05,
    "signing wrist x, from the middle": 0.08,
    "signing wrist y": 0.08,
    "nose tip z (face)": 0.02,
    "ear side z (face)": 0.03,
    "nose z (pose)": 0.3,
    "shoulder z (pose)": 0.2,
}
WITHIN_FACTOR = {
    "shoulder width": 1.15,
    "face width": 1.15,
    "face height": 1.15,
    "face height / face width (aspect)": 1.15,
    "hand width": 1.4,
    "hand height": 1.4,
    "hand depth": 1.4,
    "face, jitter x": 1.6,
    "face, step x": 1.8,
    "signing hand, jitter x": 1.8,
    "signing hand, jitter y": 2.2,
    "signing hand, step x": 2.0,
    "pose, jitter x": 1.8,
    "pose, jitter z": 1.8,
    "pose, step x": 1.8,
}


def test_figures_beside_the_real_ones(shared, tmp_path):
    """At the real tempo the virtual corpus looks like the real one: within these factors or distances."""
    plan = plan_corpus(small_source(
        num_train_sequences=150, num_train_signers=50, sequences_per_file=150, max_characters=31,
        mean_frames_per_character=9.6, num_test_sequences=0, num_supplemental_sequences=0,
    ))  # fmt: skip
    write_parquet(plan, "train", file_ids(plan.source, "train")[0], tmp_path)
    real, virtual = describe(read_clips(shared / "real" / "wide")), describe(read_clips(tmp_path))
    assert list(real) == list(virtual)

    wrong = [f"{name}: {real[name]} {virtual[name]}" for name, distance in WITHIN_DISTANCE.items()
             if not abs(real[name] - virtual[name]) <= distance]  # fmt: skip
    wrong += [f"{name}: {real[name]} {virtual[name]}" for name, factor in WITHIN_FACTOR.items()
              if not 1 / factor <= virtual[name] / real[name] <= factor]  # fmt: skip
    assert wrong == []
    # The competition's own coverage of hands: 30 of its clips show a hand in 78 % of their frames on average.
    assert 0.1 < virtual["share of frames without the signing hand"] < 0.35
