"""What train.py says when it cannot begin."""

import os
from pathlib import Path
from subprocess import CompletedProcess

import forked
import yaml
from project import ROOT
from test_training import recipe, write_dataset

from podium.systems.fingerspelling.recipe import Recipe


def command(tmp_path: Path, one: Recipe, root: Path) -> CompletedProcess:
    """Runs train.py on a machine whose GPUs are hidden."""
    (tmp_path / "recipe.yaml").write_text(yaml.safe_dump(one.model_dump(mode="json")))
    call = [ROOT / "workflow/scripts/train.py", "--system", "fingerspelling"]
    call += ["--recipe", tmp_path / "recipe.yaml"]
    call += ["--data", root, "--table", root / "index.parquet", "--fold", "0", "--seed", "0", "--out", tmp_path / "out"]
    return forked.run(call, ROOT, os.environ | {"PYTHONPATH": str(ROOT / "src"), "CUDA_VISIBLE_DEVICES": ""})


def test_command_without_the_gpu_that_its_recipe_demands(tmp_path):
    write_dataset(tmp_path / "data", [0, 1])
    ended = command(tmp_path, recipe(training={"device": "cuda"}), tmp_path / "data")
    assert ended.returncode == 2
    assert ended.stderr.startswith("error: the recipe demands a GPU") and ended.stderr.count("\n") == 1
    assert not (tmp_path / "out").exists()


def test_command_without_data(tmp_path):
    ended = command(tmp_path, recipe(), tmp_path / "nowhere")
    assert ended.returncode == 2
    assert ended.stderr.startswith("error: ") and "folds.parquet does not exist; index_data writes it" in ended.stderr
    assert not (tmp_path / "out").exists()
