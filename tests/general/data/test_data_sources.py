"""ClipFiles: what the workflow learns from them when it is planned."""

import os
import shutil

import numpy as np
import pandas as pd
import pytest
from bound import create
from raw_folder import table, write_raw

from podium.config import load
from podium.data.sequences import list_sequences
from podium.data.sources.hidden_test import choose_test_participants
from podium.errors import UserError
from podium.storage.files import file_digest
from podium.systems.fingerspelling.plan import Dataset

SYNTHETIC = {
    "kind": "synthetic", "num_train_sequences": 50, "num_supplemental_sequences": 0, "num_test_sequences": 12,
    "num_train_signers": 5, "num_test_signers": 2, "sequences_per_file": 20,
}  # fmt: skip


@pytest.fixture
def raw(tmp_path):
    write_raw(tmp_path / "raw", table(num_signers=6, clips_per_signer=2))
    supplemental = table(num_signers=6, clips_per_signer=1, split="supplemental", first_id=2000)
    write_raw(tmp_path / "raw", supplemental, "supplemental")
    return tmp_path / "raw"


def local(root, **source):
    return create(Dataset(name="small", source={"kind": "local", "root": str(root), **source}))


def test_local_knows_its_files_from_the_csv(raw):
    source = local(raw)
    (raw / "train_landmarks/99.parquet").write_bytes(b"nobody names this file")
    assert source.splits() == ["train", "supplemental"]
    assert source.file_ids("train") == [10000, 10001, 10002]
    assert source.file_ids("supplemental") == [20000, 20001, 20002]
    assert source.tables() == [f"{raw}/train.csv", f"{raw}/supplemental_metadata.csv"]
    assert source.raw_file("train", 10000) == f"{raw}/train_landmarks/10000.parquet"
    assert source.raw_file("{split}", "{file_id}") == f"{raw}/{{split}}_landmarks/{{file_id}}.parquet"


def test_supplement_is_optional(raw):
    (raw / "supplemental_metadata.csv").unlink()
    assert local(raw).splits() == ["train"]


def test_fingerprint_ignores_time_and_place(raw, tmp_path):
    before = local(raw).fingerprint()
    for path in raw.rglob("*.*"):
        os.utime(path, (1, 1))
    shutil.copytree(raw, tmp_path / "moved")
    assert local(raw).fingerprint() == local(tmp_path / "moved").fingerprint() == before


def test_fingerprint_sees_other_landmarks(raw):
    before = local(raw).fingerprint()
    path = raw / "train_landmarks/10001.parquet"
    frame = pd.read_parquet(path)
    frame.iloc[0, 5] += 1
    frame.to_parquet(path)
    assert local(raw).fingerprint() != before


def swapped(frame):
    frame.iloc[[1, 2], 1:] = frame.iloc[[2, 1], 1:].to_numpy()


def halved(frame):
    frame.iloc[:, 1:] *= np.float32(0.5)


def renumbered(frame):
    frame.index = frame.index[::-1]


@pytest.mark.parametrize("change", [swapped, halved, renumbered])
@pytest.mark.parametrize("has_statistics", [False, True])
def test_fingerprint_sees_what_size_and_footer_may_not_tell(raw, change, has_statistics):
    path = raw / "train_landmarks/10001.parquet"
    frame = pd.read_parquet(path)
    prints = set()
    for one in (lambda _: None, change):
        one(frame)
        frame.to_parquet(path, compression=None, use_dictionary=False, write_statistics=has_statistics)
        os.utime(path, (1, 1))
        prints.add(local(raw).fingerprint())
    assert len(prints) == 2


def test_the_plan_knows_the_digest_of_each_file(raw):
    source = local(raw, num_test_participants=2)
    path = raw / "train_landmarks/10001.parquet"
    assert source.digest("train", 10001) == source.digest("test", 10001) == file_digest(path)


def test_fingerprint_sees_another_phrase(raw):
    before = local(raw).fingerprint()
    (raw / "train.csv").write_text((raw / "train.csv").read_text().replace("phrase 3", "phrase x"))
    assert local(raw).fingerprint() != before


def test_fingerprint_needs_every_file(raw):
    (raw / "supplemental_landmarks/20001.parquet").unlink()
    with pytest.raises(UserError, match=r"20001\.parquet does not exist"):
        local(raw).fingerprint()


def test_fingerprint_of_a_folder_in_place_of_a_file(raw):
    path = next((raw / "train_landmarks").glob("*.parquet"))
    path.unlink()
    path.mkdir()
    with pytest.raises(UserError, match=f"{path.name} is a folder, not a file"):
        local(raw).fingerprint()


def test_signers_set_aside(raw):
    source = local(raw, num_test_participants=2, seed=1)
    assert source.splits() == ["train", "supplemental", "test"]
    rows, report = list_sequences(source)
    signers = {split: set(frame["participant_id"]) for split, frame in rows.groupby("split")}
    assert len(signers["test"]) == 2 and not signers["test"] & (signers["train"] | signers["supplemental"])
    # Their recordings stay in the training files; their supplemental ones are not used at all.
    file_id = source.file_ids("test")[0]
    assert source.raw_file("test", file_id) == f"{raw}/train_landmarks/{file_id}.parquet"
    assert report["skipped"] == {"supplemental": {"test_signer": 2}}
    assert report["num_sequences"] == {"train": 8, "supplemental": 4, "test": 4}


def test_own_test_csv_and_signers_set_aside_exclude_each_other(raw):
    shutil.copy(raw / "train.csv", raw / "test.csv")
    assert local(raw).splits() == ["train", "supplemental", "test"]
    with pytest.raises(UserError, match="num_test_participants to 0"):
        local(raw, num_test_participants=1)


def test_choice_of_test_signers_is_seeded_and_balanced():
    participants = pd.Series([signer for signer in range(20) for _ in range(5 * (signer + 1))])
    chosen = choose_test_participants(participants, 4, seed=0)
    assert chosen == choose_test_participants(participants.sample(frac=1, random_state=1), 4, seed=0)
    assert len({tuple(choose_test_participants(participants, 4, seed)) for seed in range(5)}) > 1
    share = participants.isin(chosen).mean()
    assert 0.1 < share < 0.3, "four of twenty signers hold about a fifth"


def test_synthetic_is_known_before_it_exists():
    dataset = Dataset(name="unmade", source=SYNTHETIC)
    source = create(dataset)
    assert source.splits() == ["train", "test"]
    assert len(source.file_ids("train")) == 3 and len(source.file_ids("test")) == 1
    assert source.tables() == ["results/data/unmade/raw/train.csv", "results/data/unmade/raw/test.csv"]
    other = dataset.model_copy(update={"source": dataset.source.model_copy(update={"seed": 7})})
    assert source.fingerprint() != create(other).fingerprint()


def test_real_folder(shared, tmp_path):
    content = f"name: wide\nsource: {{kind: local, root: {shared / 'real/wide'}, num_test_participants: 4}}\n"
    (tmp_path / "wide.yaml").write_text(content)
    rows, report = list_sequences(create(load(Dataset, tmp_path / "wide.yaml")))
    assert len(rows) == 132 and rows["participant_id"].nunique() == 21 and not report["skipped"]


def test_counts_are_none_without_a_test_part(raw):
    assert list_sequences(local(raw))[1]["test_signers"] is None


@pytest.mark.parametrize(
    ("participants", "trained_on"), [([50, 51] * 3, [50, 51]), ([50, 90] * 3, [50]), ([90, 91] * 3, [])]
)
def test_signers_in_test_too(raw, participants, trained_on):
    rows = table(2, 3, "test", 3000).assign(participant_id=participants)
    write_raw(raw, rows, "test")
    _, report = list_sequences(local(raw))
    assert report["test_signers"] == {"number": 2, "trained_on": trained_on, "recordings_trained_on": []}


def test_signers_of_the_supplement_in_test_too(raw):
    supplemental = pd.read_csv(raw / "supplemental_metadata.csv")
    supplemental.assign(participant_id=80).to_csv(raw / "supplemental_metadata.csv", index=False)
    write_raw(raw, table(2, 3, "test", 3000).assign(participant_id=80), "test")
    assert list_sequences(local(raw))[1]["test_signers"]["trained_on"] == [80]


def test_signers_whose_rows_are_left_out_are_not_trained_on(raw):
    train = pd.read_csv(raw / "train.csv")
    train.loc[train["participant_id"] == 51, "phrase"] = "CAPITALS"
    train.to_csv(raw / "train.csv", index=False)
    write_raw(raw, table(2, 3, "test", 3000), "test")
    supplement = pd.read_csv(raw / "supplemental_metadata.csv")
    supplement[supplement["participant_id"] != 51].to_csv(raw / "supplemental_metadata.csv", index=False)
    assert list_sequences(local(raw))[1]["test_signers"]["trained_on"] == [50]


def test_the_same_rows_in_test(raw):
    rows = pd.read_csv(raw / "train.csv").iloc[:3]
    rows["path"] = rows["path"].str.replace("train_", "test_")
    rows.to_csv(raw / "test.csv", index=False)
    told = list_sequences(local(raw))[1]["test_signers"]
    assert told["recordings_trained_on"] == sorted(rows["sequence_id"])


def test_a_copied_landmark_file_in_test(raw):
    """Under another name, with other signers and phrases."""
    train = pd.read_csv(raw / "train.csv")
    first = train["file_id"].iloc[0]
    rows = train[train["file_id"] == first].assign(
        path="test_landmarks/7.parquet", file_id=7, participant_id=90, phrase="another"
    )
    rows.to_csv(raw / "test.csv", index=False)
    (raw / "test_landmarks").mkdir()
    shutil.copy(raw / f"train_landmarks/{first}.parquet", raw / "test_landmarks/7.parquet")
    told = list_sequences(local(raw))[1]["test_signers"]
    assert told == {"number": 1, "trained_on": [], "recordings_trained_on": sorted(rows["sequence_id"])}


def test_signers_set_aside_are_not_trained_on(raw):
    told = list_sequences(local(raw, num_test_participants=2))[1]["test_signers"]
    assert told == {"number": 2, "trained_on": [], "recordings_trained_on": []}


def test_a_test_part_needs_its_signers(raw):
    rows = table(2, 3, "test", 3000)
    write_raw(raw, rows, "test")
    rows.drop(columns=["num_frames", "participant_id"]).to_csv(raw / "test.csv", index=False)
    with pytest.raises(UserError, match=r"test.csv lacks the column\(s\) participant_id"):
        list_sequences(local(raw))


@pytest.mark.parametrize(("num_signers", "advice"), [(4, "at most 2"), (3, "at most 1"), (2, "leave it at 0")])
def test_too_many_signers_set_aside(num_signers, advice):
    participants = pd.Series(range(num_signers)).repeat(3)
    for number in (num_signers - 1, num_signers, num_signers + 1):
        with pytest.raises(UserError, match=f"leaves {max(num_signers - number, 0)} of {num_signers} .*{advice}"):
            choose_test_participants(participants, number, seed=0)
