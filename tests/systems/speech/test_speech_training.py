"""A run from its files to its files, with the labels that it gives to clips without one."""

import numpy as np
import pandas as pd
import pytest
from speech import recipe, write_dataset

from podium.storage.files import read_json
from podium.storage.npy import read_npz
from podium.systems import part
from podium.systems.speech.pseudo import relabel
from podium.training.learner import Parts
from podium.training.run import Job, train_job

PARTS = Parts.of("speech", part)
QUICK = {
    "optimizer": {"learning_rate": 0.006},
    "model": {"dropout": 0.0, "batch_norm_momentum": 0.3},
    "training": {"epochs": 12, "batch_size": 8, "validate_every_epochs": 3, "kept": "best"},
}
CALM = {"data": {"augment": {"p_gain": 0, "p_shift": 0, "p_noise": 0.2}}}


@pytest.fixture(scope="module")
def trained(tmp_path_factory):
    """A run of 32 words that labels clips, and one of 12 classes that learns from these labels."""
    root = tmp_path_factory.mktemp("words")
    write_dataset(root, num_speakers=10)
    first = recipe("attention_mean", 32, **QUICK, **CALM)
    train_job(Job(root, root / "index.parquet", None, 1, root / "base", labels_supplemental=True), first, PARTS)
    told = [root / "base/supplemental.parquet"]
    table, account = relabel("threshold", root / "index.parquet", told, {0}, p=0.1)
    table.to_parquet(root / "labelled.parquet", index=False)
    second = recipe("attention_max", 12, **QUICK, data={**CALM["data"], "pseudo_share": 0.3})
    train_job(Job(root, root / "labelled.parquet", None, 1, root / "second"), second, PARTS)
    return root, account


def test_a_run_labels_all_clips_without_a_label(trained):
    root, account = trained
    told = pd.read_parquet(root / "base/supplemental.parquet")
    index = pd.read_parquet(root / "index.parquet")
    assert told["sequence_id"].tolist() == index.loc[index["split"] == "supplemental", "sequence_id"].tolist()
    probs = np.stack(told["probabilities"].tolist())
    assert probs.shape == (10, 32) and probs.sum(1) == pytest.approx(1, abs=1e-5)
    assert account["num_labelled"] >= 5 and account["precision"] > 0.3  # by guessing 0.1
    assert not (root / "second/supplemental.parquet").exists()


def test_it_learns_and_keeps_the_best_validation(trained):
    root, _ = trained
    for run in ("base", "second"):
        history = pd.read_csv(root / run / "history.csv")
        metrics = read_json(root / run / "metrics.json")
        assert metrics["score"] == history["score"].max() > 0.3, history["score"].tolist()
        best = history[history["score"] == metrics["score"]]  # of several the last may be kept
        assert metrics["validation_loss"] in best["validation_loss"].tolist()
        assert not metrics["validation_was_trained_on"]  # the first speaker is held out


def test_what_it_notes_for_the_port(trained):
    root, _ = trained
    reference = read_npz(root / "second/reference.npz")
    assert reference["0/raw"].shape == (16000,) and reference["0/1"].shape == (399, 16)
    assert [key.split("/")[1] for key in reference if key.startswith("0/")][-2:] == ["logits", "probabilities"]
