"""The manifest of a finished run and of a failed one, the report that holds it, and a run after a killed one."""

import base64
import importlib.metadata

import pandas as pd

from podium.report.manifest import differences
from podium.report.metrics import meanings
from podium.storage.files import file_digest, read_json


def test_manifest_of_a_finished_run(finished):
    results = finished.root / "results/tiny"
    manifest = read_json(results / "report/manifest.json")
    assert manifest["state"] == "finished" and not (results / "report/manifest.failed.json").exists()
    assert {job["state"] for job in manifest["jobs"].values()} == {"finished"}
    assert all(job["seconds"] > 0 for job in manifest["jobs"].values())
    training = manifest["jobs"]["round2/seed2"]
    assert (training["seed"], training["device"], training["num_processes"]) == (2, "cpu", 1)
    assert manifest["experiment"]["stages"]["round2"]["seeds"] == [1, 2]
    assert manifest["recipes"]["round1"]["training"] and manifest["data"]["sha256"]["index.parquet"]
    assert manifest["packages"]["torch"] == importlib.metadata.version("torch")
    assert manifest["code"]["rooms"]["systems"] and manifest["data_jobs"]["num_jobs"] > 0
    assert manifest["outcome"]["sha256"]["model.tflite"] == file_digest(results / "export/model.tflite")
    assert manifest["outcome"]["parity"] == {"passed": True}


def test_every_number_of_a_finished_run_is_explained(finished):
    results = finished.root / "results/tiny"
    files = [file for name in ("metrics.json", "evaluation.json") for file in results.rglob(name)]
    keys = {key for file in files for key in read_json(file)}
    columns = {column for file in results.rglob("history.csv") for column in pd.read_csv(file).columns}
    assert {"num_without_prediction", "p_dummy", "validation_was_trained_on"} <= keys and "gradient_norm" in columns
    assert (keys | {one for one in columns if not one.startswith("loss_")}) <= meanings("fingerspelling").keys()


def test_a_failed_run_says_how_far_it_came(copied):
    results = copied.root / "results/tiny"
    before = read_json(results / "report/manifest.json")
    copied.edit("config/test/tiny.yaml", "seeds: [1, 2]", "seeds: [1, 3]")
    copied.edit("workflow/scripts/port_seed.py", "def main() -> None:", "def main() -> None:\n    raise SystemExit(2)")
    outcome = copied.snakemake("--cores", "2")
    assert outcome.returncode == 1
    assert read_json(results / "report/manifest.json") == before, "of the last that was finished"
    manifest = read_json(results / "report/manifest.failed.json")
    states = {name: job["state"] for name, job in manifest["jobs"].items()}
    assert manifest["state"] == "failed"
    assert states["round2/seed3"] == states["round2/seed1"] == "finished"
    assert "failed or interrupted" in {states["port_seed/seed1"], states["port_seed/seed3"]}
    keys = [key for key, *_ in differences(before, manifest)]
    assert "experiment.stages.round2.seeds" in keys and "state" in keys
    assert not [key for key in keys if key.startswith(("recipes", "data", "packages", "machine"))]


def test_a_failure_beside_a_finished_experiment(copied):
    results = copied.root / "results/tiny/report"
    before = (results / "manifest.json").read_bytes()
    copied.edit("workflow/scripts/port_seed.py", "def main() -> None:", "def main() -> None:\n    raise SystemExit(2)")
    outcome = copied.snakemake("--cores", "2", "--force", "results/tiny/port/seed1/weights.safetensors", "--notemp")
    assert outcome.returncode == 1
    assert (results / "manifest.json").read_bytes() == before
    assert read_json(results / "manifest.failed.json")["state"] == "failed"


def test_report_holds_it(finished, tmp_path):
    outcome = finished.snakemake("--report", str(tmp_path / "report.html"))
    assert outcome.returncode == 0, outcome.stderr[-3000:]
    page = (tmp_path / "report.html").read_text(encoding="utf-8")
    assert "manifest.json" in page and "summary.md" in page and "progress.png" in page


def test_what_a_killed_run_had_begun_hides_nothing(fresh):
    """Killed between the writing of a file that later stages take for ancient and Snakemake's note that it is done."""
    begun = "results/data/tiny/raw/train_landmarks/100000000.parquet"
    assert fresh.snakemake("--cores", "2", begun).returncode == 0
    marker = fresh.root / ".snakemake/incomplete" / base64.b64encode(begun.encode()).decode()
    marker.parent.mkdir(exist_ok=True)
    marker.touch()
    assert fresh.planned("data") == {"generate_raw_file": 1}, "Snakemake overlooks the rest"
    outcome = fresh.snakemake("--cores", "2", "data")
    assert outcome.returncode == 0, outcome.stderr[-3000:]
    assert "the rest follows" in outcome.stdout
    assert (fresh.root / "results/data/tiny/index.parquet").is_file()
    assert fresh.planned("data") == {}
