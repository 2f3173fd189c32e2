"""What runs again, and what does not: judged by Snakemake's own plan after a finished run."""

import os
import time

import pytest
from project import RECIPES

AFTER_PORT = {
    "export_tflite": 1,
    "verify_parity": 1,
    "evaluate_tflite": 1,
    "write_model_card": 1,
    "benchmark_tflite": 1,
    "summarize": 1,
    "write_manifest": 1,
    "write_report": 1,
}
EXPORT = {"answer_in_torch": 1, **AFTER_PORT}
AFTER_BENCHMARK = {"benchmark_tflite": 1, "summarize": 1, "write_manifest": 1, "write_report": 1}
AFTER_ROUND2 = {"port_seed": 2, "evaluate_seed": 2, **EXPORT}
FROM_ROUND2 = {"train_round2": 2, **AFTER_ROUND2}
FROM_ROUND1 = {"train_round1": 2, "merge_oof": 1, **FROM_ROUND2}

CODE = ("\nfrom podium", "\nCHANGED = 1\nfrom podium")


def test_nothing_runs_twice(finished):
    assert finished.planned() == {}


def test_touching_files_runs_nothing(copied):
    """What comes first in the chain is touched last, so that every file looks newer than what was made of it."""
    stages = ["report", "export", "port", "round2", "oof", "round1", "shards", "sequences.parquet", "raw", "config"]
    now = time.time()
    for path in (path for path in copied.root.rglob("*") if path.is_file()):
        place = next((number for number, stage in enumerate(stages) if stage in path.parts), len(stages))
        os.utime(path, times=(now + 10 * place, now + 10 * place))
    assert copied.planned() == {}


def test_moving_the_tree_runs_nothing(copied):
    assert copied.planned() == {}


def test_comments_in_a_recipe_run_nothing(copied):
    copied.edit(f"{RECIPES}/tiny_round1.yaml", "model:", "# a remark\nmodel:")
    assert copied.planned() == {}


@pytest.mark.parametrize(
    ("file", "old", "new", "expected"),
    [
        (f"{RECIPES}/tiny_round1.yaml", "weight_decay: 0.05", "weight_decay: 0.06", FROM_ROUND1),
        (f"{RECIPES}/tiny_round2.yaml", "weight_decay: 0.05", "weight_decay: 0.06", FROM_ROUND2),
        ("config/test/tiny.yaml", "min_confidence: 0.0", "min_confidence: 0.2", {"evaluate_seed": 2, **EXPORT}),
        ("src/podium/training/loop.py", *CODE, FROM_ROUND1),
        ("src/podium/systems/fingerspelling/oof.py", *CODE, {"merge_oof": 1, **FROM_ROUND2}),
        ("src/podium/systems/fingerspelling/twins/decoder.py", *CODE, {"port_seed": 2, **AFTER_PORT}),
        ("src/podium/export/benchmark.py", *CODE, AFTER_BENCHMARK),
        ("src/podium/runtime/gpu.py", *CODE, {}),
        ("src/podium/training/loop.py", '"""', '"""Changed. ', {}),
        ("src/podium/systems/fingerspelling/networks/zipformer.py", *CODE, {}),
    ],
    ids=[
        "recipe1", "recipe2", "export", "training code", "merge code", "port code", "benchmark code", "lease code",
        "docstring", "another network",
    ],
)  # fmt: skip
def test_exactly_the_stages_behind_an_edit_run(copied, file, old, new, expected):
    copied.edit(file, old, new)
    assert copied.planned() == expected


@pytest.mark.parametrize(
    ("file", "old", "new", "reason"),
    [
        ("src/podium/training/loop.py", *CODE, "training/loop.py changed"),
        (f"{RECIPES}/tiny_round2.yaml", "decay: 0.05", "decay: 0.06", "recipe.optimizer.weight_decay 0.05 → 0.06"),
        ("config/test/tiny.yaml", "frames: [50]", "frames: [60]", "benchmark_frames [50] → [60]"),
    ],
)
def test_a_plan_says_why_in_words(copied, file, old, new, reason):
    copied.edit(file, old, new)
    assert f"Params have changed since last execution: {reason}\n" in copied.snakemake("-n").stdout


def test_an_added_seed_trains_alone(copied):
    copied.edit("config/test/tiny.yaml", "seeds: [1, 2]", "seeds: [1, 2, 3]")
    assert copied.planned() == {"train_round2": 1, "port_seed": 1, "evaluate_seed": 1, **EXPORT}


def test_a_deleted_artefact_is_made_again_without_its_finished_upstream(copied):
    (copied.root / "results/tiny/export/benchmark.json").unlink()
    results = copied.root / "results/tiny"
    leftovers = [results / "export/.7.partial.benchmark.json", results / ".8.partial.export"]
    for leftover in leftovers:  # of writers that were killed: a file, and a folder that was to be written whole
        leftover.mkdir()
    assert copied.planned() == AFTER_BENCHMARK
    outcome = copied.snakemake("--cores", "2")
    assert outcome.returncode == 0, outcome.stderr[-3000:]
    assert (copied.root / "results/tiny/export/benchmark.json").is_file()
    assert not any(leftover.exists() for leftover in leftovers)
    assert copied.planned() == {}


def test_an_interrupted_change_is_remembered(copied):
    """The first stage behind an edit has run, the others have not: they are still due."""
    copied.edit("src/podium/systems/fingerspelling/oof.py", *CODE)
    outcome = copied.snakemake("--cores", "2", "oof")
    assert outcome.returncode == 0, outcome.stderr[-3000:]
    assert copied.planned() == FROM_ROUND2
