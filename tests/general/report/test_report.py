"""The summary of an experiment, from the files that its stages leave."""

import pandas as pd
import pytest

from podium.report.summary import summarize
from podium.storage.files import read_json, write_json

ACCOUNT = {
    "runs": ["round1/fold0", "round1/fold1", "round2/seed1"],
    "members": ["round2/seed1"],
    "labels": {"oof": ["round1"]},
    "scores": {"score": "score", "score_damerau": "with Damerau's distance"},
    "recipes": "config/recipes/fingerspelling",
}
SCORES = {"score": 0.75, "score_damerau": 0.8, "num_sequences": 12}


@pytest.fixture
def folders(tmp_path):
    """A dataset's and an experiment's folder: two folds, one seed."""
    data, results = tmp_path / "data", tmp_path / "results"
    splits = {"train": {"num_sequences": 12, "num_participants": 3}}
    test = {"number": 2, "trained_on": [], "recordings_trained_on": []}
    manifest = {"dataset": {"name": "small"}, "splits": splits, "num_test_sequences": 5, "test_signers": test}
    write_json(data / "manifest.json", manifest)
    write_json(results / "oof/metrics.json", SCORES)
    write_json(results / "round2/seed1/metrics.json", {**SCORES, "validation_was_trained_on": False})
    formats = {"fp16": {"score": 0.75, "size_mb": 9.5}, "int8": {"score": None, "size_mb": 5.0}}
    write_json(results / "export/evaluation.json", {**SCORES, "formats": formats})
    latency = {"1_threads": {"50": {"median": 12.34}}}
    write_json(results / "export/benchmark.json", {"size_mb": 9.5, "latency_ms": latency})
    write_json(results / "export/parity.json", {"passed": True})
    for run in ("round1/fold0", "round1/fold1", "round2/seed1"):
        (results / run).mkdir(parents=True, exist_ok=True)
        history = pd.DataFrame({"epoch": [1, 2], "loss": [2.0, 1.0], "score": [None, 0.5]})
        history.to_csv(results / run / "history.csv", index=False)
    return data, results


def rows_of_round1(results) -> list[str]:
    lines = (results / "report/summary.md").read_text().splitlines()
    return [line for line in lines if line.startswith("| round1")]


def test_summary(folders):
    data, results = folders
    summarize(data, results, **ACCOUNT)
    assert rows_of_round1(results) == ["| round1, out of fold | 12 training clips, each unseen | 0.750 | 0.800 |"]
    summary = (results / "report/summary.md").read_text()
    assert "| as fp16 | 9.50 MB, score 0.750 |" in summary and "| as int8 | 5.00 MB, no hidden test |" in summary
    assert (results / "report/progress.png").read_bytes().startswith(b"\x89PNG")


def test_summary_without_round_1(folders):
    data, results = folders
    for fold in (0, 1):
        (results / f"round1/fold{fold}/history.csv").unlink()
    write_json(results / "oof/metrics.json", {**SCORES, "score_damerau": None, "table": "theirs.csv"})
    summarize(data, results, **ACCOUNT | {"runs": ["round2/seed1"]})
    assert rows_of_round1(results) == ["| round1, from `theirs.csv` | 12 training clips, each unseen | 0.750 |  |"]


@pytest.mark.parametrize(
    ("trained_on", "recordings", "words"),
    [
        ([50, 51], [], "test, 2 of its 2 people trained on"),
        ([51], [3000], "test, 1 of its 2 people trained on, 1 of its recordings trained on"),
        ([], [3000, 3001], "test, 2 of its recordings trained on"),
    ],
)
def test_a_test_that_was_trained_on_is_not_called_hidden(folders, trained_on, recordings, words):
    data, results = folders
    write_json(results / "round2/seed1/evaluation.json", SCORES)
    manifest = read_json(data / "manifest.json")
    told = {"number": 2, "trained_on": trained_on, "recordings_trained_on": recordings}
    write_json(data / "manifest.json", {**manifest, "test_signers": told})
    summarize(data, results, **ACCOUNT)
    summary = (results / "report/summary.md").read_text()
    assert f"| **the file, all seeds** | {words} | 0.750 |" in summary
    assert f"| round2, seed 1, torch | {words} | 0.750 |" in summary
    assert f"test: 5 clips ({words.removeprefix('test, ')})." in summary
    assert "| hidden test |" not in summary
