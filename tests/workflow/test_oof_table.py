"""A published table of out-of-fold scores in place of round 1, judged by Snakemake's plan and by a run."""

import pandas as pd
import pytest
from project import RECIPES

from podium.storage.files import read_json

LATER = {"train_round2": 2, "port_seed": 2, "evaluate_seed": 2, "export_tflite": 1, "answer_in_torch": 1,
         "verify_parity": 1, "evaluate_tflite": 1, "write_model_card": 1, "benchmark_tflite": 1, "summarize": 1,
         "write_manifest": 1, "write_report": 1}  # fmt: skip


@pytest.fixture
def with_table(copied):
    """A finished run whose own scores are then named as a published table."""
    merged = pd.read_parquet(copied.root / "results/tiny/oof/train_with_oof.parquet")
    merged[["file_id", "sequence_id", "phrase", "score", "is_sup"]].to_csv(copied.root / "scores.csv", index=False)
    copied.edit("config/test/tiny.yaml", "folds: all", "folds: all\n    given: scores.csv")
    return copied


def test_round_1_leaves_the_plan(fresh):
    (fresh.root / "scores.csv").write_text("file_id,sequence_id,score\n")
    fresh.edit("config/test/tiny.yaml", "folds: all", "folds: all\n    given: scores.csv")
    planned = fresh.planned()
    assert planned["import_oof"] == 1 and planned["train_round2"] == 2
    assert "train_round1" not in planned and "merge_oof" not in planned
    assert fresh.planned("round1")["train_round1"] == 2, "unless it is asked for"


def test_the_table_is_imported_once(with_table):
    before = read_json(with_table.root / "results/tiny/oof/metrics.json")
    assert with_table.planned() == {"import_oof": 1, **LATER}
    outcome = with_table.snakemake("--cores", "2", "oof")
    assert outcome.returncode == 0, outcome.stderr[-3000:]
    metrics = read_json(with_table.root / "results/tiny/oof/metrics.json")
    assert metrics["score"] == pytest.approx(before["score"]) and metrics["table"] == "scores.csv"
    assert with_table.planned("oof") == {}
    with_table.edit(f"{RECIPES}/tiny_round1.yaml", "weight_decay: 0.05", "weight_decay: 0.06")
    assert with_table.planned("oof") == {}, "round 1's recipe does not matter"
    with_table.edit("scores.csv", "\n", "\n0,0,,0.5,0\n")
    assert with_table.planned() == {"import_oof": 1, **LATER}


def test_a_missing_table_stops_before_anything_runs(fresh):
    fresh.edit("config/test/tiny.yaml", "folds: all", "folds: all\n    given: absent.csv")
    outcome = fresh.snakemake("--cores", "1")
    assert outcome.returncode == 2
    assert [line for line in outcome.stderr.splitlines() if "error:" in line] == [
        "error: absent.csv cannot be read; correct stages.round1.given, or leave it out to train round1"
    ]
    assert {path.name for path in (fresh.root / "results").iterdir()} == {"state"}
