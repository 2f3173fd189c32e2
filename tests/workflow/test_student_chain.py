"""A stage that networks teach, through the real Snakemake: from its teachers to a file of the student alone."""

import pandas as pd
from project import RECIPES, Project

from podium.storage.files import read_json

CONFIG = "config/test/tiny_student.yaml"
FOLDER = "results/tiny_student"
BEHIND = {
    "port_seed": 1, "export_tflite": 1, "answer_in_torch": 1, "verify_parity": 1, "evaluate_tflite": 1,
    "evaluate_seed": 1, "benchmark_tflite": 1, "write_model_card": 1, "summarize": 1, "write_manifest": 1,
    "write_report": 1,
}  # fmt: skip
STUDENT = {"train_student": 1, **BEHIND}


def keep(project: Project, *words: str) -> str:
    """What `podium keep` says."""
    outcome = project.podium("keep", *words, "--configfile", CONFIG)
    assert outcome.returncode == 0, outcome.stderr
    return outcome.stdout


def test_student_from_its_teachers_to_a_proven_file(copied):
    assert copied.planned(config=CONFIG) == {"train_teacher": 2, "read_distill": 1, **STUDENT}
    outcome = copied.snakemake("--cores", "1", config=CONFIG)
    assert outcome.returncode == 0, outcome.stdout[-3000:] + outcome.stderr[-6000:]
    folder = copied.root / FOLDER
    parity = read_json(folder / "export/parity.json")
    assert parity["passed"] and len(parity["seeds"]) == 1, "the student alone"
    assert read_json(folder / "student/seed1/recipe.json")["recipe"]["model"]["frames_per_step"] == 2
    table = pd.read_parquet(folder / "distill/train_with_distill.parquet")
    read = table[table["split"] == "supplemental"]
    account = read_json(folder / "distill/metrics.json")
    assert len(read) == account["num_sequences"] and account["supplemental"] == "read"
    assert "read by the networks that teach" in (folder / "report/summary.md").read_text()

    assert copied.planned(config=CONFIG) == {}
    assert keep(copied) == "no stage has changed since its files were made, and none is kept\n"
    copied.edit(f"{RECIPES}/tiny_student.yaml", "text: 0.5", "text: 0.6")
    assert copied.planned(config=CONFIG) == STUDENT
    assert keep(copied, "student").startswith("student is kept: ")
    assert copied.planned(config=CONFIG) == {"write_manifest": 1, "write_report": 1}, "which say that it is kept"
    assert keep(copied).startswith("student is kept: ")
    assert keep(copied, "student", "--undo") == "student: its change counts again\n"
    copied.edit(CONFIG, "min_confidence: 0.0}", "min_confidence: 0.1}")
    assert copied.planned(config=CONFIG) == {"read_distill": 1, **STUDENT}
    copied.edit(f"{RECIPES}/tiny_round2.yaml", "weight_decay: 0.05", "weight_decay: 0.06")
    assert copied.planned(config=CONFIG) == {"train_teacher": 2, "read_distill": 1, **STUDENT}
