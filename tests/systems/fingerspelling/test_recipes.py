"""Every recipe loads, and its learner takes steps with its optimiser and reads. Old spellings name the new ones."""

import numpy as np
import pytest
import torch
from fingerspelling import load_recipe
from project import ROOT

from podium.config import parse
from podium.errors import UserError
from podium.storage.files import write_json
from podium.systems.files import read_recipe
from podium.systems.fingerspelling import learner
from podium.systems.fingerspelling.recipe import Recipe
from podium.systems.fingerspelling.text import encode
from podium.training.learner import Progress
from podium.training.optimizers import make_optimizer

RECIPES = sorted((ROOT / "config/recipes/fingerspelling").rglob("*.yaml"))


@pytest.mark.parametrize("path", RECIPES, ids=lambda path: path.stem)
def test_recipe_takes_steps(path):
    recipe = load_recipe(path)
    torch.manual_seed(0)
    model = learner.make(recipe)
    optimizer = make_optimizer(model, recipe.optimizer)
    batch = {
        "x_BTLC": torch.randn(8, 20, 130, 3),
        "mask_BT": torch.arange(20) < torch.tensor([[20], [16]] * 4),
        "labels_BS": torch.from_numpy(np.stack([encode("3 creek"), encode("ab")] * 4)),
        "score_B": torch.tensor([1.0, 0.3] * 4),
    }
    before = {name: parameter.detach().clone() for name, parameter in model.named_parameters()}
    for _ in range(3):  # a first step may leave layers out of all clips
        optimizer.zero_grad()
        loss = model(batch, Progress(0, 3, 0, 1), torch.Generator().manual_seed(0))["loss"]
        loss.backward()
        optimizer.step()
        assert torch.isfinite(loss)
    changed = [name for name, parameter in model.named_parameters() if not torch.equal(parameter, before[name])]
    assert len(changed) > 0.9 * len(before)
    answers = model.eval().answer(batch)
    assert len(answers) == 8 and all(one["ids"].shape == (33,) for one in answers)


@pytest.mark.parametrize("path", RECIPES, ids=lambda path: path.stem)
def test_recipe_says_what_it_is_for(path):
    assert path.read_text().startswith("# "), "a recipe's head comment says what it is and costs"


OLD = [
    ({"optimizer": {"schedule": "cosine"}}, "'optimizer.schedule' is a section of its own now, beside 'optimizer'"),
    ({"optimizer": {"warmup_epochs": 10}}, "'optimizer.warmup_epochs' is in a section 'schedule' now, beside"),
    ({"optimizer": {"eden": {}}}, "'optimizer.eden' is now the schedule eden; write schedule: {name: eden"),
    ({"optimizer": {"name": "scaled_adam", "scaled_adam": {}}}, "'optimizer.scaled_adam' is gone; write its keys"),
    ({"model": {"zipformer": {}}}, "'model.zipformer' is gone; write its keys beside model.name"),
    ({"data": {"num_workers": 2}}, "'data.num_workers' is now training.num_workers"),
    ({"optimizer": {"name": "scaled_adam", "weight_decay": 0.1}}, "unknown key 'optimizer.weight_decay'"),
    ({"schedule": {"num_batches": 9}}, "unknown key 'schedule.num_batches'"),
    ({"model": {"name": "squeezeformer_relpos", "backward_weight": 0.4}}, "unknown key 'model.backward_weight'"),
    ({"model": {"name": "zipformer", "choices": {"conv_padding": "published"}}}, "'model.choices.conv_padding'"),
    ({"model": {"name": "zipformer", "stacks": [{"num_layers": 2}]}}, "stacks hold 2 layers and num_blocks is 1"),
    ({"model": {"name": "squeezeformer_rop"}}, "'squeezeformer_rop' is unknown; did you mean 'squeezeformer_rope'?"),
    ({"data": {"augment": [{"name": "afine"}]}}, "some.yaml: data.augment[0]: unknown augmentation 'afine'"),
]


@pytest.mark.parametrize(("changes", "words"), OLD)
def test_what_a_recipe_cannot_say(changes, words):
    values = {
        "model": {"name": "squeezeformer_rope", "dim": 32, "num_blocks": 1},
        "data": {},
        "optimizer": {"name": "adamw", "learning_rate": 0.1},
        "schedule": {"name": "cosine"},
        "training": {"epochs": 1},
    }
    with pytest.raises(UserError) as error:
        parse(Recipe, {section: keys | changes.get(section, {}) for section, keys in values.items()}, "some.yaml")
    assert words in str(error.value) and str(error.value).startswith("some.yaml: ")


def test_a_network_of_an_earlier_version_is_to_be_trained_again(tmp_path):
    old = {"model": {"name": "squeezeformer_rope", "dim": 32, "num_blocks": 1, "p_attention_dropout": 0.1}}
    write_json(tmp_path / "recipe.json", {"recipe": old, "seed": 1})
    with pytest.raises(UserError, match="recipe.json does not name its system, as of an older Podium; make it again"):
        read_recipe(tmp_path / "recipe.json")
    write_json(tmp_path / "recipe.json", {"system": "fingerspelling", "recipe": old, "seed": 1})
    with pytest.raises(UserError, match="unknown key 'model.p_attention_dropout'"):
        read_recipe(tmp_path / "recipe.json")
