"""What makes the stages run again."""

from pathlib import Path

import pytest

from podium import workflow
from podium.config import load_dataset, load_experiment, load_recipe
from podium.provenance import PACKAGE, code_digest
from podium.workflow import Stages

CONFIG = Path(__file__).parent.parent.parent / "config"
# What changes no number in an artefact: how a job starts and ends, what it says, and commands beside the workflow.
NEUTRAL = {
    "__init__", "__main__", "alone", "card", "cli", "config", "data/__init__", "data/clip_arrays", "data/clip_files",
    "data/clip_folders", "data/csv_rows", "data/download", "data/given_tables", "data/inspect", "digests", "drawing",
    "ending", "errors", "export/__init__", "gpu", "kept", "launch", "leftovers", "model_info", "origins", "prediction",
    "recognizer", "records", "registry", "remarks", "scratch", "timing", "usage", "workflow",
}  # fmt: skip


def stages(weights: list[str] | None = None, licence: str = "CC0", **recipe: dict) -> Stages:
    experiment = load_experiment(CONFIG / "test/tiny_compare.yaml")
    round2 = experiment.round2.model_copy(update={"weights": weights})
    experiment = experiment.model_copy(update={"round2": round2})
    recipes = {name: load_recipe(CONFIG / f"recipes/tiny_{name}.yaml") for name in ("round1", "round2")}
    values = recipes["round2"].model_dump()
    for section, changes in recipe.items():
        values[section] |= changes
    recipes["round2"] = recipes["round2"].model_validate(values)
    recipes |= {f"compare/{label}": recipes["round2"] for label in experiment.comparison.recipes}
    dataset = load_dataset(CONFIG / "datasets/tiny.yaml").model_copy(update={"licence": licence})
    return Stages(experiment, dataset, recipes, "raw")


def changed(before: Stages, after: Stages) -> set[str]:
    return {name for name in vars(before) if vars(before)[name] != vars(after)[name]}


def test_every_module_is_in_a_fingerprint(monkeypatch):
    covered = set(NEUTRAL)
    monkeypatch.setattr(workflow, "code_digest", lambda *rooms: covered.update(rooms) or code_digest(*rooms))
    stages()
    stages(weights=[__file__])
    modules = [path.relative_to(PACKAGE).with_suffix("") for path in PACKAGE.rglob("*.py")]
    forgotten = [one.as_posix() for one in modules if not covered & {one.as_posix(), *map(str, one.parents)}]
    assert not forgotten


@pytest.mark.parametrize("change", [{"data": {"num_workers": 3}}, {"training": {"save_every_minutes": 60}}])
def test_what_suits_a_machine_trains_nothing_again(change):
    assert not changed(stages(), stages(**change))


def test_a_corrected_licence_reaches_the_card_alone():
    assert changed(stages(), stages(licence="CC BY 4.0")) == {"card", "manifest"}


def test_what_a_network_depends_on_trains_it_again():
    found = changed(stages(), stages(training={"num_threads": 3}))
    assert {"round2", "compared", "export", "parity"} <= found and not {"index", "round1", "oof"} & found
