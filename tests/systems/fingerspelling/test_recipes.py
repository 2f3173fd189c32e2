"""Every recipe loads, and its network takes steps with its optimiser and reads."""


import numpy as np
import pytest
import torch
from project import ROOT

from podium.config import load_recipe
from podium.systems.fingerspelling.augment import build_augmentations
from podium.systems.fingerspelling.networks import create
from podium.systems.fingerspelling.text import encode
from podium.training.optimizers import make_optimizer

RECIPES = sorted((ROOT / "config/recipes/fingerspelling").rglob("*.yaml"))


@pytest.mark.parametrize("path", RECIPES, ids=lambda path: path.stem)
def test_recipe_takes_steps(path):
    recipe = load_recipe(path)
    build_augmentations(recipe.data.augment)
    torch.manual_seed(0)
    model = create(recipe.model)
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
        loss = model(batch, torch.Generator().manual_seed(0))["loss"]
        loss.backward()
        optimizer.step()
        assert torch.isfinite(loss)
    changed = [name for name, parameter in model.named_parameters() if not torch.equal(parameter, before[name])]
    assert len(changed) > 0.9 * len(before)
    ids, _ = model.eval().generate(batch["x_BTLC"], batch["mask_BT"])
    assert ids.shape == (8, 33)


@pytest.mark.parametrize("path", RECIPES, ids=lambda path: path.stem)
def test_recipe_says_what_it_is_for(path):
    assert path.read_text().startswith("# "), "a recipe's head comment says what it is and costs"
