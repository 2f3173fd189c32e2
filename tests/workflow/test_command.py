"""What people type: plans, single targets, stages, graphs, reports; and what they type wrong."""

import json
import re

import pytest
from project import RECIPES

OF_A_POOR_NETWORK = {"confusions", "worst-clips"}  # one that reads nothing at all makes no such errors
STAGES = ["data", "round1", "oof", "round2", "export"]


def test_the_summary_ends_the_run(finished):
    said = (finished.root / "run.log").read_text()
    assert "wall clock" in said and "peak memory" in said
    assert "results/tiny/export/model.tflite" in said


def test_every_format_is_made_and_scored(finished):
    export = finished.root / "results/tiny/export"
    formats = json.loads((export / "evaluation.json").read_text())["formats"]
    files = {"fp16": "model.tflite"} | {name: f"model_{name}.tflite" for name in ("fp32", "int8", "web")}
    sizes = {name: (export / file).stat().st_size / 1e6 for name, file in files.items()}
    assert {name: one["size_mb"] for name, one in formats.items()} == sizes
    assert all(one["score"] is not None for one in formats.values())


def test_a_dropped_format_is_not_made(fresh):
    fresh.edit("config/test/tiny.yaml", "export:", "export:\n  formats: [fp16]")
    assert "model_int8.tflite" not in fresh.snakemake("-n", "export").stdout


def test_stages_build_on_each_other(fresh):
    jobs = [sum(fresh.planned(stage).values()) for stage in STAGES]
    assert jobs == sorted(jobs) and len(set(jobs)) == len(jobs)


def test_a_single_target_asks_for_its_own_fold_only(fresh):
    planned = fresh.planned("results/tiny/round1/fold1/model.safetensors")
    assert planned["train_round1"] == 1
    assert "merge_oof" not in planned


def test_the_main_job_is_the_demo(fresh):
    planned = fresh.planned(config="config/config.yaml")
    assert planned["train_round1"] == 4 and planned["train_round2"] == 2


def test_gpu_is_declared_on_the_training_rules(fresh):
    said = fresh.snakemake("-n", "round2").stdout
    for rule in ("train_round1", "train_round2"):
        block = said.split(f"rule {rule}:")[1].split("rule ")[0]
        assert "gpu=1" in block


def test_rule_graph(fresh):
    graph = fresh.snakemake("--rulegraph").stdout
    for rule in ("generate_raw_file", "pack_shard", "train_round1", "merge_oof", "train_round2", "export_tflite"):
        assert rule in graph


def test_report(finished):
    outcome = finished.snakemake("--report", "report.html")
    assert outcome.returncode == 0, outcome.stderr
    page = (finished.root / "report.html").read_text()
    assert "summary.md" in page and "progress.png" in page
    assert "report.html" in page and "data:text/html" in page, "shown inside, not a download"


def test_the_page_of_pictures(finished, tmp_path):
    page = (finished.root / "results/tiny/report/report.html").read_text()
    assert "on no real person" in page
    told = dict(re.findall(r'<h3 id="([\w-]+)">[^<]*</h3><p(?: class="(missing)")?>', page))
    shown = {name for name, is_missing in told.items() if not is_missing}
    assert len(told) == 15 and told.keys() - shown <= OF_A_POOR_NETWORK, "all files that pictures need are there"
    assert page.count("<svg") >= len(shown)
    again = finished.podium("report", "tiny", "tiny", "--out", str(tmp_path / "two.html"))
    assert again.returncode == 0, again.stderr
    assert (tmp_path / "two.html").read_text().count("<svg") == 2 * page.count("<svg")


@pytest.mark.parametrize(
    ("file", "old", "new", "words"),
    [
        ("config/test/tiny.yaml", "dataset: tiny", "datset: tiny", ["datset", "did you mean 'dataset'"]),
        ("config/test/tiny.yaml", "dataset: tiny", "dataset: tiny\ndataset: tiny",
         ["tiny.yaml", "key 'dataset' is in lines"]),
        ("config/test/tiny.yaml", "seeds: [1, 2]", "seeds: [1, 9999999999]", ["round2.seeds", "less than 4294967296"]),
        ("config/test/tiny.yaml", "recipe: tiny_round1", "recipe: tiny_rond1", ["tiny_rond1", "tiny_round1"]),
        ("config/datasets/tiny.yaml", "num_train_signers: 8", "num_train_signers: 0", ["num_train_signers", "got 0"]),
        (f"{RECIPES}/tiny_round2.yaml", "  epochs:", "  epoch:", ["training.epoch", "did you mean 'epochs'"]),
        (f"{RECIPES}/tiny_round2.yaml", "name: squeezeformer_rope", "name: squeezeformr_rope",
         ["tiny_round2.yaml", "did you mean 'squeezeformer_rope'"]),
        ("config/test/tiny.yaml", "dataset: tiny",
         "dataset: tiny\ncomparison: {recipes: {a: tiny_round1, b: tiny_round2}, seeds: [1, 2], fold: 9}",
         ["tiny.yaml", "'comparison' lists names of stages now"]),
        ("config/test/tiny.yaml", "  round2:", "  other: {recipe: tiny_round1, seeds: [1], fold: 9}\n  round2:",
         ["stages.other.fold is 9", "folds go from 0 to"]),
        (f"{RECIPES}/tiny_round2.yaml", "name: affine", "name: afine",
         ["tiny_round2.yaml", "data.augment", "'affine'"]),
    ],
)  # fmt: skip
def test_a_mistake_in_a_file_stops_before_anything_runs(fresh, file, old, new, words):
    fresh.edit(file, old, new)
    outcome = fresh.snakemake("--cores", "1")
    errors = [line for line in outcome.stderr.splitlines() if "error:" in line]
    assert outcome.returncode == 2, outcome.stderr
    assert len(errors) == 1 and "Traceback" not in outcome.stderr
    for word in words:
        assert word in errors[0]
    assert {path.name for path in (fresh.root / "results").iterdir()} == {"state"}
