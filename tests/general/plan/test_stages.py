"""What makes the stages run again: the code that they reach, what a recipe names, values; and why, in words."""

import dataclasses
import shutil
from pathlib import Path

import pytest
import yaml
from fingerspelling import load_recipe
from project import ROOT

from podium.errors import UserError
from podium.plan import fingerprints as planned
from podium.plan import keep
from podium.plan.fingerprints import Fingerprints
from podium.plan.reasons import note_parts, read_parts, reasons
from podium.plan.stages import Plan, load_experiment, parse_experiment
from podium.storage import source_code
from podium.storage.files import write_json
from podium.storage.source_code import NEUTRAL, PACKAGE, reached, read_source

FINGERSPELLING = "podium.systems.fingerspelling"
CONFIG = ROOT / "config"
COMPARED = {"relative": "tiny_round2", "rotary": "tiny_round2"}
# Only commands beside the workflow and the library reach these, or other systems.
BESIDE = {
    "audio", "console", "data/whole_clips", "export/classes", "training/assembly",
    "landmarks/clip_arrays", "landmarks/csv_rows", "landmarks/drawing", "landmarks/given_tables", "landmarks/inspect",
    "landmarks/clip_files", "landmarks/clip_films", "landmarks/clip_folders", "landmarks/film_table",
    "landmarks/foreign", "landmarks/long_parquet", "landmarks/pictures", "landmarks/timing", "landmarks/utterances",
    "recognise/model_info", "recognise/predictions", "recognise/pretrained", "recognise/recognizer",
    "recognise/subtitles", "data/clip_files", "page", "systems/fingerspelling/answers",
    "systems/fingerspelling/inputs", "systems/fingerspelling/learner", "systems/fingerspelling/twin",
    "systems/recognizer", "training/presets",
}  # fmt: skip
ALL = {
    "corpus", "shards", "index", "round1", "relative", "rotary", "comparison", "oof", "round2", "seed_evaluation",
    "port", "export", "answers", "parity", "evaluation", "card", "benchmark", "summary", "manifest", "report",
}  # fmt: skip
BEHIND_EXPORT = {"export", "parity", "evaluation", "card", "benchmark", "summary", "manifest", "report"}
BEHIND_TRAINING = BEHIND_EXPORT | {"comparison", "seed_evaluation", "port", "answers"}
TRAINED = {"round1", "relative", "rotary", "oof", "round2"} | BEHIND_TRAINING
BEHIND_SHARDS = {"index"} | TRAINED


def experiment(**round2: object) -> dict:
    """The tiny experiment, with two stages beside it that are compared; keys of its second stage may be others."""
    content = yaml.safe_load((CONFIG / "test/tiny.yaml").read_text())
    content["stages"] |= {name: {"recipe": one, "fold": 0, "seeds": [1, 2]} for name, one in COMPARED.items()}
    content["stages"]["round2"] |= round2
    return content | {"comparison": list(COMPARED)}


def stages(
    given: list[str] | None = None, licence: str = "CC0", kept: dict[str, str] | None = None, **recipe: dict
) -> Fingerprints:
    plan = Plan(parse_experiment(experiment(given=given), "tiny.yaml"))
    plan.dataset = plan.dataset.model_copy(update={"licence": licence})
    values = plan.stages["round2"].recipe.model_dump()
    for section, changes in recipe.items():
        values[section] |= changes
    other = plan.system.Recipe.model_validate(values)
    for name in ("round2", *COMPARED):
        plan.stages[name] = dataclasses.replace(plan.stages[name], recipe=other)
    return Fingerprints(plan, "raw", True, kept)


def changed(before: Fingerprints, after: Fingerprints) -> set[str]:
    one, other = before.by_name(), after.by_name()
    return {name for name in one if one[name] != other[name]}


@pytest.fixture
def copy(tmp_path, monkeypatch):
    """A copy of the code whose files may be edited; a call looks at it as a new process does."""
    shutil.copytree(PACKAGE, tmp_path / "src/podium", ignore=shutil.ignore_patterns("__pycache__"))
    shutil.copytree(ROOT / "workflow/scripts", tmp_path / "workflow/scripts")
    monkeypatch.setattr(source_code, "PACKAGE", tmp_path / "src/podium")
    monkeypatch.setattr(planned, "PACKAGE", tmp_path / "src/podium")
    monkeypatch.setattr(planned, "SCRIPTS", tmp_path / "workflow/scripts")
    forget()
    yield tmp_path
    forget()


def forget() -> None:
    for cached in (
        source_code.read_source, source_code._modules, source_code._files, source_code._beside, source_code._known,
    ):  # fmt: skip
        cached.cache_clear()


def edit(root: Path, place: str, old: str, new: str) -> None:
    file = root / place
    text = file.read_text(encoding="utf-8") if file.is_file() else ""
    assert old in text
    file.parent.mkdir(exist_ok=True)
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
        ("src/podium/systems/another/plan.py", "", LINE, set()),
        ("src/podium/training/loop.py", "", LINE, TRAINED),
        ("src/podium/training/optimizers/adamw.py", "", LINE, TRAINED),
        ("src/podium/systems/fingerspelling/augment/resample.py", "", LINE, TRAINED),
        ("src/podium/landmarks/person/hand.py", "", LINE, {"corpus", "shards"} | BEHIND_SHARDS),
        ("src/podium/data/shards.py", "", LINE, {"shards"} | BEHIND_SHARDS),
        ("src/podium/data/index.py", "", LINE, BEHIND_SHARDS),
        ("src/podium/systems/fingerspelling/oof.py", "", LINE, {"oof", "round2"} | BEHIND_TRAINING - {"comparison"}),
        ("src/podium/systems/fingerspelling/twins/attention.py", "", LINE, {"port"} | BEHIND_EXPORT),
        ("src/podium/export/formats.py", "", LINE, BEHIND_EXPORT),
        ("src/podium/export/agreement.py", "", LINE, {"parity", "card", "summary", "manifest", "report"}),
        ("src/podium/export/benchmark.py", "", LINE, {"benchmark", "summary", "manifest", "report"}),
        ("src/podium/report/summary.py", "", LINE, {"summary", "manifest", "report"}),
        ("src/podium/report/comparison.py", "", LINE, {"comparison"}),
        ("workflow/scripts/write_model_card.py", "", LINE, {"card", "manifest", "report"}),
    ],
)
def test_an_edit_runs_what_it_reaches(copy, place, old, new, expected):
    before = stages()
    edit(copy, place, old, new)
    assert changed(before, stages()) == expected


def test_every_module_is_reached_or_known_to_change_no_number():
    rooms = [f"systems/fingerspelling/{room}" for room in ("networks", "twins", "augment", "sources")]
    files = [file for room in (*rooms, "training/optimizers") for file in (PACKAGE / room).glob("*.py")]
    names = {name for file in files for name in read_source(file).registered}
    entries = [*(ROOT / "workflow/scripts").glob("*.py")]
    for uses in (one for name, one in vars(planned).items() if name.isupper() and isinstance(one, dict)):
        for module, wanted in uses.items():
            entries += source_code.defining(PACKAGE / f"systems/fingerspelling/{module}.py", wanted)
    places = {place for entry in entries for place in reached(entry, names)}
    others = [place for place in (PACKAGE / "systems").iterdir() if place.is_dir() and place.name != "fingerspelling"]
    modules = [
        path.relative_to(PACKAGE).with_suffix("")
        for path in PACKAGE.rglob("*.py")
        if not any(path.is_relative_to(other) for other in others)
    ]
    forgotten = [
        one.as_posix()
        for one in modules
        if one.as_posix() not in places
        and not {one.as_posix(), *map(str, one.parents)} & (NEUTRAL | BESIDE)
        and not source_code._is_neutral(one.as_posix())
    ]
    assert not forgotten
    assert not places & BESIDE


@pytest.mark.parametrize("change", [{"training": {"num_workers": 3}}, {"training": {"save_every_minutes": 60}}])
def test_what_suits_a_machine_trains_nothing_again(change):
    assert not changed(stages(), stages(**change))


def test_a_corrected_licence_reaches_the_card_alone():
    assert changed(stages(), stages(licence="CC BY 4.0")) == {"card", "manifest", "report"}


def test_what_a_network_depends_on_trains_it_again():
    found = changed(stages(), stages(training={"num_threads": 3}))
    assert {"round2", *COMPARED, "export", "parity"} <= found and not {"index", "round1", "oof"} & found


def test_imported_weights_are_of_the_code_that_imports(copy):
    before = stages(given=[__file__, __file__])
    edit(copy, "src/podium/systems/fingerspelling/winners_weights/network.py", "", LINE)
    assert "round2" in changed(before, stages(given=[__file__, __file__]))
    before = stages(given=[__file__, __file__])
    edit(copy, "src/podium/training/loop.py", "", LINE)
    assert "round2" not in changed(before, stages(given=[__file__, __file__]))


def test_sources_that_were_parsed_are_remembered(copy, monkeypatch):
    monkeypatch.setattr(source_code, "MEMORY", copy / "state/source_code.json")
    expected = stages().by_name()
    source_code.remember()
    forget()
    monkeypatch.setattr(source_code, "_parse", lambda text: pytest.fail("it was parsed before"))
    assert stages().by_name() == expected


@pytest.mark.parametrize("content", ["", "[]", '{"a": 1}', '{"a": [1]}'])
def test_a_damaged_memory_is_parsed_anew(copy, monkeypatch, content):
    expected = stages().by_name()
    monkeypatch.setattr(source_code, "MEMORY", copy / "source_code.json")
    (copy / "source_code.json").write_text(content)
    forget()
    assert stages().by_name() == expected


def test_reasons_are_told_in_words(copy):
    before = stages()
    edit(copy, "src/podium/training/loop.py", "", LINE)
    edit(copy, "src/podium/systems/fingerspelling/augment/base.py", "", "\nfrom podium.landmarks import timing\n")
    after = stages(optimizer={"learning_rate": 0.5})
    told = reasons(before.parts[before.stages["round2"]], after.parts[after.stages["round2"]])
    rate = load_recipe(CONFIG / "recipes/fingerspelling/tiny_round2.yaml").optimizer.learning_rate
    assert told == [
        "landmarks/timing.py is new", "systems/fingerspelling/augment/base.py changed", "training/loop.py changed",
        f"recipe.optimizer.learning_rate {rate} → 0.5", "stage oof is made anew",
    ]  # fmt: skip
    assert reasons(after.parts[after.port], before.parts[before.port]) == ["stage round2 is made anew"]
    assert reasons({}, {f"{letter}.py": "" for letter in "abcdefg"})[-1] == "2 more"


def test_parts_are_found_from_an_artefact(tmp_path):
    found = stages()
    note_parts(tmp_path / "results/demo", found.parts, found.by_name())
    artefact = tmp_path / "results/demo/round2/seed1/model.safetensors"
    assert read_parts(artefact, found.stages["round2"])["recipe.model.name"] == "squeezeformer_rope"
    assert read_parts(artefact, "0" * 16) is None
    (tmp_path / f"results/demo/.provenance/stages/{found.port}.json").write_text("[]")
    assert read_parts(artefact, found.port) is None


def made(folder: Path, found: Fingerprints, stage: str) -> None:
    """As if a stage had run."""
    note_parts(folder, found.parts, found.by_name())
    write_json(folder / stage / ".provenance/x.json", {"rule": "r", "params": [repr(found.by_name()[stage])]})


def test_a_neutral_change_is_kept_and_undone(copy):
    results, before = copy / "results/tiny", stages()
    for stage in ("round1", "round2", "port"):
        made(results, before, stage)
    assert keep.changed(before, [results]) == {}
    edit(copy, "src/podium/training/loop.py", "", LINE)
    words = ["training/loop.py changed"]
    assert list(keep.changed(stages(), [results])) == ["round1", "round2"], "the port is only behind them"
    compute = lambda: stages(kept=keep.accepted([results]))  # noqa: E731
    assert keep.keep("round1", compute, [results]) == words
    assert keep.keep("round2", compute, [results]) == words
    assert changed(before, compute()) == {"comparison", *COMPARED}, "which were not kept"
    assert keep.read_kept(results)["round2"]["changes"] == words
    edit(copy, "src/podium/training/loop.py", "", LINE.replace("1", "2"))
    assert {"round1", "round2", "port"} <= changed(before, compute()), "another change counts"
    edit(copy, "src/podium/training/loop.py", LINE.replace("1", "2"), "")
    keep.undo("round2", [results])
    assert "round2" in changed(before, compute()) and "round1" not in changed(before, compute())
    keep.undo("round1", [results])
    assert not (results / keep.FILE).exists()


@pytest.mark.parametrize(
    ("stage", "words"),
    [("port", "nothing was made of port that differs"), ("rond1", "unknown stage 'rond1': did you mean 'round1'")],
)
def test_what_cannot_be_kept(tmp_path, stage, words):
    with pytest.raises(UserError, match=words):
        keep.keep(stage, stages, [tmp_path])
    with pytest.raises(UserError, match="is not kept"):
        keep.undo(stage, [tmp_path])


def test_files_of_two_states_are_not_kept(copy):
    results = copy / "results/tiny"
    for learning_rate in (0.5, 0.6):
        found = stages(optimizer={"learning_rate": learning_rate})
        note_parts(results, found.parts, found.by_name())
        record = {"rule": "r", "params": [repr(found.stages["round2"])]}
        write_json(results / f"round2/{learning_rate}/.provenance/x.json", record)
    with pytest.raises(UserError, match="has files of round2 in 2 states; run the stage"):
        keep.keep("round2", stages, [results])


def test_runs_of_stages():
    plan = Plan(parse_experiment(experiment(), "tiny.yaml"))
    assert [run.name for run in plan.stages["round1"].runs] == ["fold0", "fold1"]
    assert [(run.name, run.fold, run.seed) for run in plan.stages["rotary"].runs] == [("seed1", 0, 1), ("seed2", 0, 2)]
    assert plan.stages["rotary"].folder == "comparison/rotary" and list(plan.members) == ["seed1", "seed2"]
    assert [stage.name for stage in plan.needed] == ["round1", "round2"]
    assert plan.table_of(plan.stages["round2"]) == "results/tiny/oof/train_with_oof.parquet"
    both = experiment()
    both["stages"]["more"] = both["stages"]["round2"] | {"labels": None}
    both["export"]["members"] = ["round2", "more"]
    members = Plan(parse_experiment(both, "x")).members
    assert list(members) == ["round2_seed1", "round2_seed2", "more_seed1", "more_seed2"]


def test_later_files_change_earlier_ones(tmp_path):
    (tmp_path / "other.yaml").write_text("export: {settings: {min_frames: 3}}\n")
    found = load_experiment(CONFIG / "test/tiny.yaml", tmp_path / "other.yaml")
    assert found.export.settings.min_frames == 3 and found.export.settings.min_confidence == 0.0


@pytest.mark.parametrize(
    ("place", "value", "words"),
    [
        (("stages", "a"), {"recipe": "tiny_round2", "seeds": [1], "fold": 7}, "stages.a.fold is 7; folds go from 0"),
        (("stages", "round2", "labels"), {"from": ["relative"], "how": "oof"}, "'relative' is no earlier stage"),
        (("stages", "round2", "given"), ["absent.pth", "absent.pth"], "correct stages.round2.given, or leave it out"),
        (("stages", "round1", "given"), "absent.csv", "correct stages.round1.given, or leave it out to train round1"),
        (("stages", "round1"), {"recipe": "tiny_round1", "seeds": [1]}, "'round1' trains on all folds, so that it"),
        (("system",), "fingerspeling", "unknown system 'fingerspeling': did you mean 'fingerspelling'?"),
        (("export", "settings", "min_frame"), 3, "unknown key 'export.settings.min_frame'; did you mean 'min_frames'"),
        (("export", "members"), ["round1"], "'round1' leaves out folds; a member has seeds"),
        (("export", "members"), ["round3"], "export.members: 'round3' is no stage"),
        (("comparison",), ["rotary", "round2"], "comparison: 'round2' needs a fold that it leaves out"),
        (("stages", "rotary", "seeds"), [1, 3], "'rotary' has another fold or other seeds than 'relative'"),
        (("stages", "export"), {"recipe": "tiny_round1", "seeds": [1]}, "cannot be called 'export'; the name is taken"),
        (("stages", "oof"), {"recipe": "tiny_round1", "seeds": [1]}, "cannot be called 'oof'; the name is taken"),
        (("stages", "round1", "seeds"), [1], "give either 'folds: all' or 'seeds: [1, 2, …]'"),
        (("stages", "round1", "fold"), 1, "'fold' goes with 'seeds'"),
        (("stages", "round2", "given"), ["a.pth"], "2 seed(s) and 1 given; give one checkpoint per seed"),
        (("stages", "round2", "given"), "a.csv", "a given table takes the place of a stage with 'folds: all'"),
        (("stages", "round2", "weights_name"), "ema", "weights_name chooses within checkpoints"),
        # The spelling of before.
        (("round1",), {"recipe": "r"}, "'round1' is a stage; stages stand together now: stages: {round1: {…}}"),
        (("oof_table",), "a.csv", "'oof_table' stands at its stage now"),
        (("stages", "round2", "weights"), ["a.pth"], "'weights' is called 'given' now"),
        (("export", "min_frames"), 3, "'min_frames' stands one level deeper now: settings: {min_frames: 3}"),
        (("comparison",), {"recipes": {}}, "'comparison' lists names of stages now"),
    ],
)
def test_mistakes_in_an_experiment_are_named(place, value, words):
    content = section = experiment()
    for key in place[:-1]:
        section = section[key]
    section[place[-1]] = value
    with pytest.raises(UserError) as error:
        Fingerprints(Plan(parse_experiment(content, "tiny.yaml")), "raw", True)
    assert words in str(error.value), error.value
