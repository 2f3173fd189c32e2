"""What every system offers, and a system of one page that goes through all rules."""

import shutil
from pathlib import Path

import numpy as np
import pytest
from project import Project, copy_project

from podium.export.pictures import Pictures
from podium.storage.files import read_json
from podium.systems import PARTS, names, part
from podium.systems.extras import has_part

TOY = Path(__file__).parent / "toy"
CONFIG = "config/toy.yaml"
PLACES = {"experiment": CONFIG, "dataset": "config/datasets/toy.yaml", "recipe": "config/recipes/toy/toy.yaml"}
OFFERED = {
    "plan": ["Recipe", "Dataset", "Settings", "SOURCES", "LABELS", "LABEL", "SCORES", "TRAINING_ONLY", "INPUT_COLUMNS"],
    "samples": ["open_raw", "prepare", "training", "validation", "collate", "clip_bytes", "TABLE_COLUMNS"],
    "learner": ["make", "assemble"],
    "answers": [
        "as_input", "open_clips", "check_settings", "is_own", "read", "score", "predictions", "agree", "edge_clips",
        "test_clips", "example", "card", "relabel", "REASONS", "MEANINGS",
    ],
    "twin": ["make", "assemble"],
}  # fmt: skip


@pytest.mark.parametrize("system", names())
@pytest.mark.parametrize("name", PARTS)
def test_every_system_offers_the_same(system, name):
    module = part(system, name)
    assert [one for one in OFFERED[name] if not hasattr(module, one)] == []


@pytest.mark.parametrize("system", names())
def test_a_report_can_draw_what_a_file_takes(system):
    pictures = part(system, "pictures") if has_part(system, "pictures") else Pictures("label")
    shown = pictures.shown(part(system, "answers").example(12, np.random.default_rng(0)))
    assert shown.ndim < 3 or (shown.shape[2] == 2 and np.max(pictures.lines) < shown.shape[1])


@pytest.fixture(scope="module")
def toy(tmp_path_factory) -> Project:
    """A copy of the project with one more system, whose experiment has run. No general file is another.

    This chain, the shortest of all, runs as on a user's machine: nothing is imported before it is asked for.
    """
    project = copy_project(tmp_path_factory.mktemp("toy") / "podium")
    project.is_forked = False
    ignored = shutil.ignore_patterns("*.yaml", "__pycache__")
    shutil.copytree(TOY, project.root / "src/podium/systems/toy", ignore=ignored)
    for name, place in PLACES.items():
        (project.root / place).parent.mkdir(exist_ok=True)
        shutil.copy(TOY / f"{name}.yaml", project.root / place)
    outcome = project.snakemake("--cores", "2", config=CONFIG)
    assert outcome.returncode == 0, outcome.stdout[-3000:] + outcome.stderr[-6000:]
    project.is_forked = True
    return project


def test_a_system_of_one_page_goes_through_all_rules(toy):
    files = [file for file in TOY.iterdir() if file.is_file()]
    assert sum(len(file.read_text().splitlines()) for file in files) <= 150
    results = toy.root / "results/toy"
    assert sorted(path.name for path in (results / "first").iterdir()) == ["fold0", "fold1"]
    assert read_json(results / "predicted/metrics.json")["num_sequences"] == 48
    parity, card = read_json(results / "export/parity.json"), read_json(results / "export/model_card.json")
    assert parity["passed"] and parity["formats"]["fp16"]["num_compared"] == 8
    assert [fault["is_caught"] for seed in parity["seeds"] for fault in seed["faults"]] == [True, True]
    assert read_json(results / "export/evaluation.json")["score"] == card["score"]["score"] > 0.9
    assert len(card["networks"]) == 2 and card["output"]["classes"] == ["falling", "rising"]
    assert read_json(results / "report/manifest.json")["outcome"]["predicted"]["score"] > 0.9
    page = (results / "report/report.html").read_text()
    assert "are read right" in page and "Training clips as the networks saw them" in page
    assert toy.planned(config=CONFIG) == {}


def test_its_file_reads_clips(toy):
    clips = toy.root / "clips"
    clips.mkdir()
    waves = np.load(toy.root / "results/data/toy/raw/test_waves/2.npz")
    for name in ("2000", "2001"):
        np.save(clips / f"{name}.npy", waves[name])
    done = toy.podium("predict", "clips", "--model", "results/toy/export")
    words = [line.split("\t")[1] for line in done.stdout.splitlines()]
    assert done.returncode == 0 and words == ["falling", "rising"], done.stdout + done.stderr
    again = toy.podium("predict", "clips", "--model", "results/toy/second/seed1")
    assert [line.split("\t")[1] for line in again.stdout.splitlines()] == words


def test_an_edit_of_it_reaches_what_it_reaches(toy):
    twin = toy.root / "src/podium/systems/toy/twin.py"
    text = twin.read_text()
    twin.write_text(text.replace("num_columns=2", "num_columns=1 + 1"))
    planned = toy.planned(config=CONFIG)
    assert "port_seed" in planned and not {"train_first", "train_second", "evaluate_seed"} & planned.keys()
    twin.write_text(text)
