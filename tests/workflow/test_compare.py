"""Recipes against each other, through the real Snakemake."""

import pandas as pd
import pytest
from project import RECIPES
from safetensors.numpy import load_file

from podium.storage.files import read_json
from podium.systems.fingerspelling.plan import TRAINING_ONLY

CONFIG = "config/test/tiny_compare.yaml"
FOLDER = "results/tiny_compare/comparison"


@pytest.fixture
def compared(copied):
    """A comparison upon the data that the tiny experiment has prepared."""
    outcome = copied.snakemake("compare", "--cores", "2", config=CONFIG)
    assert outcome.returncode == 0, outcome.stdout[-3000:] + outcome.stderr[-3000:]
    return copied


def test_comparison(compared):
    folder = compared.root / FOLDER
    assert (folder / "comparison.png").read_bytes().startswith(b"\x89PNG")
    rows = [line.split("|") for line in (folder / "comparison.md").read_text().splitlines() if line.startswith("|")]
    assert [row[1].strip() for row in rows[2:]] == ["relative", "rotary"]
    for label, row in (("relative", rows[2]), ("rotary", rows[3])):
        scores = [read_json(folder / label / f"seed{seed}/metrics.json")["score"] for seed in (1, 2)]
        assert row[3].strip().startswith(f"{50 * sum(scores):.1f} ± ")
        weights = load_file(folder / label / "seed1/model.safetensors")
        num_exported = sum(value.size for name, value in weights.items() if not name.startswith(TRAINING_ONLY))
        assert int(row[2].replace(",", "")) == num_exported < sum(value.size for value in weights.values())

    # All are scored on the same clips, by signers that none has trained on.
    folds = pd.read_parquet(compared.root / "results/data/tiny/folds.parquet")
    unseen = set(folds.loc[folds["fold"] == 0, "participant_id"])
    clips = [pd.read_parquet(path)["sequence_id"].tolist() for path in sorted(folder.glob("*/seed*/oof.parquet"))]
    assert len(clips) == 4 and all(one == clips[0] for one in clips)
    assert set(pd.read_parquet(folder / "rotary/seed1/oof.parquet")["participant_id"]) <= unseen

    assert read_json(compared.root / "results/tiny_compare/report/manifest.json")["state"] == "finished"
    page = (compared.root / "results/tiny_compare/report/report.html").read_text()
    for said in ("has the highest mean", "there is no hidden test", "No file was exported", 'id="losses"'):
        assert said in page
    assert 'id="latency"' not in page and 'class="missing"' not in page.split('id="recipes"')[1].split("</section>")[0]

    assert compared.planned("compare", config=CONFIG) == {}
    compared.edit(f"{RECIPES}/tiny_round2.yaml", "weight_decay: 0.05", "weight_decay: 0.06")
    later = {"compare_recipes": 1, "write_manifest": 1, "write_report": 1, "compare": 1}
    assert compared.planned("compare", config=CONFIG) == {"train_rotary": 2, **later}

    compared.edit("workflow/scripts/train.py", "def main() -> None:", "def main() -> None:\n    raise SystemExit(2)")
    outcome = compared.snakemake("compare", "--cores", "2", "--preemptible-retries", "0", config=CONFIG)
    assert outcome.returncode == 1 and "Traceback" not in outcome.stderr
    assert read_json(compared.root / "results/tiny_compare/report/manifest.failed.json")["state"] == "failed"
