"""Published checkpoints in place of round 2's training: from the checkpoints to the file, without data."""

import pytest
import torch
from fingerspelling import load_recipe
from project import RECIPES
from small_networks import random_clip, random_network, state_of

from podium import Recognizer
from podium.storage.files import file_digest, read_json
from podium.systems.fingerspelling.networks.original import to_original

PLAN = {"import_round2": 2, "port_seed": 2, "export_tflite": 1, "answer_in_torch": 1, "verify_parity": 1,
        "benchmark_tflite": 1, "write_model_card": 1}  # fmt: skip


@pytest.fixture
def published(fresh):
    """An experiment whose checkpoints lie beside it, and which has no data."""
    text = (fresh.root / f"{RECIPES}/tiny_round2.yaml").read_text()
    assert "ctc_weight: 0.3" in text
    recipe_file = fresh.root / f"{RECIPES}/own.yaml"
    recipe_file.write_text(text.replace("ctc_weight: 0.3", "ctc_weight: 0"))
    recipe = load_recipe(recipe_file)
    for seed in (1, 2):
        state = to_original(state_of(random_network(recipe, seed)), recipe.model)
        tensors = {name: torch.from_numpy(value) for name, value in state.items()}
        torch.save({"model": tensors}, fresh.root / f"checkpoint_last_seed{seed}.pth")
    files = "[checkpoint_last_seed1.pth, checkpoint_last_seed2.pth]"
    fresh.edit("config/test/tiny.yaml", "recipe: tiny_round2", f"recipe: own\n    given: {files}")
    return fresh


def test_from_checkpoints_to_the_file(published):
    assert published.planned("export") == {**PLAN, "export": 1}
    everything = {**PLAN, "write_manifest": 1, "write_report": 1}
    assert published.planned() == everything, "nothing is scored unless it is asked for"
    scored = published.planned("results/tiny/export/evaluation.json")
    assert scored["list_sequences"] == 1 and not {"train_round1", "pack_shard"} & scored.keys()
    outcome = published.snakemake("export", "--cores", "2")
    assert outcome.returncode == 0, outcome.stdout[-3000:] + outcome.stderr[-6000:]
    results = published.root / "results"
    assert not (results / "data").exists()
    export = results / "tiny/export"
    parity = read_json(export / "parity.json")
    assert parity["passed"] and "int8" in parity["formats"], "which nothing scores"
    assert {one["num_clips"] for one in parity["formats"].values()} == {4 + 5}
    card = read_json(export / "model_card.json")
    assert card["training_data"] is None and card["score"] is None
    assert [one["seed"] for one in card["networks"]] == [1, 2]
    for seed, network in enumerate(card["networks"], start=1):
        name = f"checkpoint_last_seed{seed}.pth"
        told = {"file": name, "sha256": file_digest(published.root / name), "weights": "model"}
        assert network["imported"] == told
    assert card["files"][0]["sha256"] == file_digest(export / "model.tflite")
    assert Recognizer(export).read(random_clip(40)).text
    assert published.planned("export") == {}
    torch.save({"model": {}}, published.root / "checkpoint_last_seed2.pth")
    assert published.planned("export") == {**PLAN, "export": 1}, "other weights"
    assert published.planned("round2") == {"import_round2": 2, "round2": 1}


def test_the_weights_to_take_are_part_of_the_plan(published):
    published.edit("config/test/tiny.yaml", "recipe: own\n", "recipe: own\n    weights_name: ema\n")
    outcome = published.snakemake("round2", "--cores", "2")
    assert outcome.returncode == 1 and "holds no weights 'ema': known are: model" in outcome.stdout + outcome.stderr
    for seed in (1, 2):
        path = published.root / f"checkpoint_last_seed{seed}.pth"
        content = torch.load(path)["model"]
        torch.save({"model": {name: value + 1 for name, value in content.items()}, "ema": content}, path)
    outcome = published.snakemake("round2", "--cores", "2")
    assert outcome.returncode == 0, outcome.stdout[-3000:] + outcome.stderr[-6000:]
    assert read_json(published.root / "results/tiny/round2/seed1/recipe.json")["imported"]["weights"] == "ema"
    assert published.planned("round2") == {}
    published.edit("config/test/tiny.yaml", "weights_name: ema", "weights_name: model")
    assert published.planned("round2") == {"import_round2": 2, "round2": 1}


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        ("seed2.pth", "seed3.pth", "error: checkpoint_last_seed3.pth cannot be read; correct stages.round2.given"),
        (", checkpoint_last_seed2.pth", "", "stages.round2: 2 seed(s) and 1 given; give one checkpoint per seed"),
    ],
)
def test_checkpoints_that_are_not_there(published, old, new, message):
    published.edit("config/test/tiny.yaml", old, new)
    outcome = published.snakemake("export", "--cores", "1")
    assert outcome.returncode == 2 and message in outcome.stderr
    assert not (published.root / "results/tiny").exists()  # a memory of digests may be there


def test_a_trained_experiment_has_a_card(finished):
    export = finished.root / "results/tiny/export"
    card, evaluation = read_json(export / "model_card.json"), read_json(export / "evaluation.json")
    assert card["score"]["score"] == evaluation["score"] is not None
    assert card["training_data"]["name"] == "tiny" and card["networks"][0]["imported"] is None
