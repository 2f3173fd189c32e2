"""What makes the stages run again: the code that they reach, what a recipe names, values; and why, in words."""

import shutil
from pathlib import Path

import pytest
from fingerspelling import load_recipe
from project import ROOT

from podium.config import load_dataset, load_experiment
from podium.plan import stages as workflow
from podium.plan.reasons import note_parts, read_parts, reasons
from podium.plan.stages import Stages
from podium.storage import source_code
from podium.storage.source_code import NEUTRAL, PACKAGE, reached, read_source

FINGERSPELLING = "podium.systems.fingerspelling"
CONFIG = ROOT / "config"
# Only commands beside the workflow and the library reach these.
BESIDE = {
    "data/inspect", "landmarks/clip_arrays", "landmarks/csv_rows", "landmarks/drawing", "landmarks/given_tables",
    "landmarks/timing", "recognise/clip_files", "recognise/clip_folders", "recognise/model_info",
    "recognise/predictions", "recognise/recognizer",
    "training/presets",
}  # fmt: skip
ALL = {
    "corpus", "shards", "index", "round1", "compared", "comparison", "oof", "round2", "seed_evaluation", "port",
    "export", "answers", "parity", "evaluation", "card", "benchmark", "summary", "manifest",
}  # fmt: skip
BEHIND_EXPORT = {"export", "parity", "evaluation", "card", "benchmark", "summary", "manifest"}
BEHIND_TRAINING = BEHIND_EXPORT | {"comparison", "seed_evaluation", "port", "answers"}
TRAINED = {"round1", "compared", "oof", "round2"} | BEHIND_TRAINING
BEHIND_SHARDS = {"index"} | TRAINED


def stages(weights: list[str] | None = None, licence: str = "CC0", **recipe: dict) -> Stages:
    experiment = load_experiment(CONFIG / "test/tiny_compare.yaml")
    round2 = experiment.round2.model_copy(update={"weights": weights})
    experiment = experiment.model_copy(update={"round2": round2})
    recipes = {name: load_recipe(CONFIG / f"recipes/fingerspelling/tiny_{name}.yaml") for name in ("round1", "round2")}
    values = recipes["round2"].model_dump()
    for section, changes in recipe.items():
        values[section] |= changes
    recipes["round2"] = recipes["round2"].model_validate(values)
    recipes |= {f"compare/{label}": recipes["round2"] for label in experiment.comparison.recipes}
    dataset = load_dataset(CONFIG / "datasets/tiny.yaml").model_copy(update={"licence": licence})
    return Stages(experiment, dataset, recipes, "raw")


def changed(before: Stages, after: Stages) -> set[str]:
    one, other = before.fingerprints(), after.fingerprints()
    return {name for name in one if one[name] != other[name]}


@pytest.fixture
def copy(tmp_path, monkeypatch):
    """A copy of the code whose files may be edited; a call looks at it as a new process does."""
    shutil.copytree(PACKAGE, tmp_path / "src/podium", ignore=shutil.ignore_patterns("__pycache__"))
    shutil.copytree(ROOT / "workflow/scripts", tmp_path / "workflow/scripts")
    monkeypatch.setattr(source_code, "PACKAGE", tmp_path / "src/podium")
    monkeypatch.setattr(workflow, "PACKAGE", tmp_path / "src/podium")
    monkeypatch.setattr(workflow, "SCRIPTS", tmp_path / "workflow/scripts")
    forget()
    yield tmp_path
    forget()


def forget() -> None:
    for cached in (source_code.read_source, source_code._modules, source_code._beside, source_code._known):
        cached.cache_clear()


def edit(root: Path, place: str, old: str, new: str) -> None:
    file = root / place
    text = file.read_text(encoding="utf-8") if file.is_file() else ""
    assert old in text
    file.write_text(text.replace(old, new, 1) if old else text + new, encoding="utf-8")
    forget()


NEW_AUGMENTATION = f"from {FINGERSPELLING}.augment.base import AUGMENTATIONS as R\n@R.register('new')\ndef new(): ...\n"
NEW_NETWORK = f"from {FINGERSPELLING}.networks.registry import MODELS as R\n@R.register('new')\nclass New: ...\n"
LINE = "\n\ndef nobody_calls_this():\n    return 1\n"


@pytest.mark.parametrize(
    ("place", "old", "new", "expected"),
    [
        ("src/podium/training/loop.py", "", "# a comment\n", set()),
        ("src/podium/training/loop.py", '"""', '"""Other words. ', set()),
        ("src/podium/systems/fingerspelling/networks/attention.py", "import torch\n", "import torch\n\n\n\n", set()),
        ("src/podium/landmarks/normalise.py", "", '\n\nclass Words:\n    """Documented."""\n', ALL - {"corpus"}),
        ("src/podium/systems/fingerspelling/augment/new.py", "", NEW_AUGMENTATION, set()),
        ("src/podium/systems/fingerspelling/networks/new.py", "", NEW_NETWORK, set()),
        ("src/podium/systems/fingerspelling/augment/finger_drop.py", "", LINE, set()),
        ("src/podium/systems/fingerspelling/networks/zipformer.py", "", LINE, set()),
        ("src/podium/training/optimizers/scaled_adam.py", "", LINE, set()),
        ("src/podium/data/sources/kaggle.py", "", LINE, set()),
        ("src/podium/data/download/client.py", "", LINE, set()),
        ("src/podium/runtime/gpu.py", "", LINE, set()),
        ("src/podium/recognise/recognizer.py", "", LINE, set()),
        ("src/podium/cli/predict.py", "", LINE, set()),
        ("src/podium/training/loop.py", "", LINE, TRAINED),
        ("src/podium/training/optimizers/adamw.py", "", LINE, TRAINED),
        ("src/podium/systems/fingerspelling/augment/resample.py", "", LINE, TRAINED),
        ("src/podium/landmarks/person/hand.py", "", LINE, {"corpus", "shards"} | BEHIND_SHARDS),
        ("src/podium/data/shards.py", "", LINE, {"shards"} | BEHIND_SHARDS),
        ("src/podium/data/index.py", "", LINE, BEHIND_SHARDS),
        ("src/podium/systems/fingerspelling/oof.py", "", LINE, {"oof", "round2"} | BEHIND_TRAINING - {"comparison"}),
        ("src/podium/systems/fingerspelling/twins/attention.py", "", LINE, {"port"} | BEHIND_EXPORT),
        ("src/podium/export/formats.py", "", LINE, BEHIND_EXPORT),
        ("src/podium/export/agreement.py", "", LINE, {"parity", "card", "summary", "manifest"}),
        ("src/podium/export/benchmark.py", "", LINE, {"benchmark", "summary", "manifest"}),
        ("src/podium/report/summary.py", "", LINE, {"summary", "manifest"}),
        ("src/podium/report/comparison.py", "", LINE, {"comparison"}),
        ("workflow/scripts/write_model_card.py", "", LINE, {"card", "manifest"}),
    ],
)
def test_an_edit_runs_what_it_reaches(copy, place, old, new, expected):
    before = stages()
    edit(copy, place, old, new)
    assert changed(before, stages()) == expected


def test_every_module_is_reached_or_known_to_change_no_number():
    rooms = [f"systems/fingerspelling/{room}" for room in ("networks", "twins", "augment")]
    files = [file for room in (*rooms, "training/optimizers", "data/sources") for file in (PACKAGE / room).glob("*.py")]
    names = {name for file in files for name in read_source(file).registered}
    entries = [*(ROOT / "workflow/scripts").glob("*.py"), workflow.WINNERS_WEIGHTS]
    entries += [PACKAGE / f"systems/fingerspelling/{one}.py" for one in ("samples", "learner", "answers")]
    places = {place for entry in entries for place in reached(entry, names)}
    modules = [path.relative_to(PACKAGE).with_suffix("") for path in PACKAGE.rglob("*.py")]
    forgotten = [
        one.as_posix()
        for one in modules
        if one.as_posix() not in places and not {one.as_posix(), *map(str, one.parents)} & (NEUTRAL | BESIDE)
        and not source_code._is_neutral(one.as_posix())
    ]
    assert not forgotten
    assert not places & BESIDE


@pytest.mark.parametrize("change", [{"training": {"num_workers": 3}}, {"training": {"save_every_minutes": 60}}])
def test_what_suits_a_machine_trains_nothing_again(change):
    assert not changed(stages(), stages(**change))


def test_a_corrected_licence_reaches_the_card_alone():
    assert changed(stages(), stages(licence="CC BY 4.0")) == {"card", "manifest"}


def test_what_a_network_depends_on_trains_it_again():
    found = changed(stages(), stages(training={"num_threads": 3}))
    assert {"round2", "compared", "export", "parity"} <= found and not {"index", "round1", "oof"} & found


def test_imported_weights_are_of_the_code_that_imports(copy):
    before = stages(weights=[__file__])
    edit(copy, "src/podium/systems/fingerspelling/winners_weights/network.py", "", LINE)
    assert "round2" in changed(before, stages(weights=[__file__]))
    before = stages(weights=[__file__])
    edit(copy, "src/podium/training/loop.py", "", LINE)
    assert "round2" not in changed(before, stages(weights=[__file__]))


def test_sources_that_were_parsed_are_remembered(copy, monkeypatch):
    monkeypatch.setattr(source_code, "MEMORY", copy / "state/source_code.json")
    expected = stages().fingerprints()
    source_code.remember()
    forget()
    monkeypatch.setattr(source_code, "_parse", lambda text: pytest.fail("it was parsed before"))
    assert stages().fingerprints() == expected


@pytest.mark.parametrize("content", ["", "[]", '{"a": 1}', '{"a": [1]}'])
def test_a_damaged_memory_is_parsed_anew(copy, monkeypatch, content):
    expected = stages().fingerprints()
    monkeypatch.setattr(source_code, "MEMORY", copy / "source_code.json")
    (copy / "source_code.json").write_text(content)
    forget()
    assert stages().fingerprints() == expected


def test_reasons_are_told_in_words(copy):
    before = stages()
    edit(copy, "src/podium/training/loop.py", "", LINE)
    edit(copy, "src/podium/systems/fingerspelling/augment/base.py", "", "\nfrom podium.landmarks import timing\n")
    after = stages(optimizer={"learning_rate": 0.5})
    told = reasons(before.parts[before.round2], after.parts[after.round2])
    rate = load_recipe(CONFIG / "recipes/fingerspelling/tiny_round2.yaml").optimizer.learning_rate
    assert told == [
        "landmarks/timing.py is new", "systems/fingerspelling/augment/base.py changed", "training/loop.py changed",
        f"recipe.optimizer.learning_rate {rate} → 0.5", "stage oof is made anew",
    ]  # fmt: skip
    assert reasons(after.parts[after.port], before.parts[before.port]) == ["stage round2 is made anew"]
    assert reasons({}, {f"{letter}.py": "" for letter in "abcdefg"})[-1] == "2 more"


def test_parts_are_found_from_an_artefact(tmp_path):
    found = stages()
    note_parts(tmp_path / "results/demo", found.parts)
    artefact = tmp_path / "results/demo/round2/seed1/model.safetensors"
    assert read_parts(artefact, found.round2)["recipe.model.name"] == "squeezeformer_rope"
    assert read_parts(artefact, "0" * 16) is None
    (tmp_path / f"results/demo/.provenance/stages/{found.port}.json").write_text("[]")
    assert read_parts(artefact, found.port) is None
