"""``podium try``: verdicts of the short runs, and that they leave nothing behind."""

import os
from pathlib import Path
from subprocess import CompletedProcess

import forked
import pytest
import yaml
from fingerspelling import load_recipe
from test_training import ROOT, recipe, write_dataset

from podium.data.folds import HELD_OUT


@pytest.fixture
def place(tmp_path) -> Path:
    """A dataset, and a recipe that would take far more than a batch and an epoch."""
    write_dataset(tmp_path / "data", [0, 1, 1, HELD_OUT])
    long = recipe(2, optimizer={"learning_rate": 0.01}, training={"epochs": 500, "accumulation": 8, "device": "cpu"})
    (tmp_path / "recipe.yaml").write_text(yaml.safe_dump(long.model_dump(mode="json")))
    return tmp_path


def attempt(place: Path, *words: str) -> CompletedProcess[str]:
    call = ["podium", "try", *words, "--recipe", place / "recipe.yaml", "--data", place / "data"]
    environment = os.environ | {"PYTHONPATH": str(ROOT / "src"), "TMPDIR": str(place)}
    return forked.run(call, place, environment, timeout=200)


def files(place: Path) -> set[str]:
    """All but an empty folder that torch makes where temporary files go."""
    return {path.relative_to(place).as_posix() for path in place.rglob("*") if "torchinductor" not in path.name}


def test_one_batch_is_learned_by_heart(place):
    before = files(place)
    ended = attempt(place, "overfit", "--steps", "80")
    assert ended.returncode == 0, ended.stderr
    assert ended.stdout.startswith("passed: 8 clips, 80 steps: loss ") and "score 1.000" in ended.stdout
    assert files(place) == before


@pytest.mark.parametrize(
    ("name", "message"),
    [
        ("demo_roun2", "config/recipes/fingerspelling/demo_roun2.yaml does not exist; did you mean 'demo_round2'?"),
        ("compare/absent_one", "config/recipes/fingerspelling/compare/absent_one.yaml does not exist; "),
        (
            "somewhere/own.yaml",
            "--recipe: somewhere/own.yaml does not exist here; name a file, or run in Podium's folder",
        ),
        ("tiny_round2", ".parquet does not exist"),
        ("config/recipes/fingerspelling/tiny_round2.yaml", ".parquet does not exist"),
        ("own", "own: key 'optimizer.name' is missing"),
    ],
)
def test_a_recipe_goes_by_name_or_file(tmp_path, monkeypatch, podium, name, message):
    (tmp_path / "config").symlink_to(ROOT / "config")
    (tmp_path / "own").write_text("optimizer: {learning_rate: 0.1}")
    monkeypatch.chdir(tmp_path)
    for words in (("overfit", "--steps", "1"), ("one-epoch",)):
        done = podium("try", *words, "--recipe", name, "--data", tmp_path / "data")
        assert done.code == 2 and message in done.err and done.err.count("\n") == 1, done.err
    if "parquet" not in message:
        done = podium("import-checkpoint", "x.pth", "--recipe", name, "--out", tmp_path / "x.safetensors")
        assert done.code == 2 and message in done.err


def test_too_few_steps_fail(place):
    ended = attempt(place, "overfit", "--steps", "2")
    assert ended.returncode == 1
    assert ended.stdout.startswith("failed: 8 clips, 2 steps") and "more --steps" in ended.stdout
    assert "Traceback" not in ended.stderr


@pytest.mark.parametrize("words", [["--fold", "1"], ["--full-fit"]])
def test_one_epoch_runs_the_whole_job(place, words):
    before = files(place)
    ended = attempt(place, "one-epoch", *words)
    assert ended.returncode == 0, ended.stderr
    assert ended.stdout.startswith("passed: one epoch with its validation took ") and "500 of them" in ended.stdout
    assert ended.stderr.count("epoch=1/1") == 1 and "score=" in ended.stderr
    assert files(place) == before


RECIPES = sorted((ROOT / "config/recipes/fingerspelling").rglob("*.yaml"))


@pytest.mark.parametrize("path", RECIPES, ids=lambda path: path.stem)
def test_every_recipe_can_be_tried(path):
    one = load_recipe(path).by_heart(num_steps=50)
    assert type(one).model_validate(one.model_dump()) == one
    assert one.training.epochs == one.training.validate_every_epochs == 50
    decoder = one.model.decoder
    assert one.model.p_dropout == decoder.p_dropout == decoder.p_attention_dropout == one.data.p_cutmix == 0
    if one.model.name == "zipformer":
        assert not one.model.layer_skip and one.model.p_const_attention == 0
    assert one.data.augment == [] and one.training.batch_size == load_recipe(path).training.batch_size


@pytest.mark.parametrize(
    "words, said",
    [
        (["overfit", "--fold", "1"], "leave --fold and --full-fit to one-epoch"),
        (["overfit", "--full-fit"], "leave --fold and --full-fit to one-epoch"),
        (["one-epoch", "--steps", "20"], "leave --steps to overfit"),
        (["one-epoch", "--full-fit", "--fold", "1"], "not allowed with argument"),
        (["overfit", "--steps", "-5"], "'-5' is not a whole number from 1 on"),
        (["overfit", "--steps", "0"], "'0' is not a whole number from 1 on"),
        (["one-epoch", "--fold", "7"], "folds.parquet has the folds 0, 1"),
    ],
)
def test_words_that_do_not_go_together(place, words, said):
    ended = attempt(place, *words)
    assert ended.returncode == 2 and said in ended.stderr and "Traceback" not in ended.stderr
