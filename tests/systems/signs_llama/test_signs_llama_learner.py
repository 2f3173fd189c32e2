"""What corrected choices change in training, and that every recipe takes a step."""

from pathlib import Path

import numpy as np
import pytest
import torch
from signs_llama_small import random_clip, random_learner, small_recipe

from podium.config import load
from podium.systems.signs_llama import samples
from podium.systems.signs_llama.keypoints import ROWS
from podium.systems.signs_llama.learner import make
from podium.systems.signs_llama.preparation import centred_points
from podium.systems.signs_llama.recipe import ModelChoices, Recipe
from podium.systems.signs_llama.samples import Draws, Sample
from podium.training.device import make_autocast
from podium.training.learner import LOSS, Progress
from podium.training.optimizers import make_optimizer

RECIPES = sorted((Path(__file__).parents[3] / "config/recipes/signs_llama").rglob("*.yaml"))
PROGRESS, LENGTHS = Progress(0, 1, 0, 1), (5, 12, 30)


def batch_of(recipe: Recipe, lengths=LENGTHS, is_training: bool = True) -> dict[str, torch.Tensor]:
    use = "training" if is_training else "evaluation"
    clips = [
        Sample(centred_points(random_clip(length)[:, ROWS], recipe.data, use), row, row, Draws(0.3, 0.4, 0.5))
        for row, length in enumerate(lengths)
    ]
    arrays = samples.collate(clips, recipe, is_training)
    return {name: torch.from_numpy(array) for name, array in arrays.items()}


def with_choices(recipe: Recipe, **choices: str) -> Recipe:
    model = recipe.model.model_copy(update={"choices": ModelChoices(**choices)})
    return recipe.model_copy(update={"model": model})


@pytest.mark.parametrize("path", RECIPES, ids=lambda path: path.stem)
def test_every_recipe_takes_a_step(path):
    recipe = load(Recipe, path)
    torch.manual_seed(0)
    learner = make(recipe).train()
    before = {name: value.clone() for name, value in learner.network.named_parameters()}
    with make_autocast(recipe.training, torch.device("cpu"))():
        losses = learner(batch_of(recipe), PROGRESS, torch.Generator())
    assert 4 < losses["loss"].item() < 8
    losses["loss"].backward()
    optimizer = make_optimizer(learner, recipe.optimizer)
    optimizer.step()
    for name, value in learner.network.named_parameters():
        assert torch.isfinite(value).all() and (name == "stem.bias" or not torch.equal(value, before[name])), name


def test_sizes_of_the_networks():
    sizes = {
        path.stem: sum(one.numel() for one in make(load(Recipe, path)).network.parameters())
        for path in RECIPES
        if path.stem in ("single", "member", "member_published")
    }
    bits = {"single": 4 * 384, "member": 4 * 128, "member_published": 0}  # the stem's weights for visibility
    published = {"single": 9_213_946, "member": 1_704_570, "member_published": 1_704_570}
    assert sizes == {name: number + bits[name] for name, number in published.items()}


@pytest.mark.parametrize("choice", ["published", "corrected"])
def test_padding_changes_no_answer(choice):
    learner = random_learner(small_recipe(choice))
    batch = batch_of(small_recipe(choice), is_training=False)
    logits_BV = learner.answer(batch)
    for answer, target in zip(logits_BV, batch["target_B"].tolist(), strict=True):
        cost = np.logaddexp.reduce(answer["outputs"]) - answer["outputs"][target]
        assert answer[LOSS] == pytest.approx(cost, rel=1e-4)
    for row, length in enumerate(LENGTHS):
        alone = learner.answer(batch_of(small_recipe(choice), (length,), is_training=False))
        np.testing.assert_allclose(alone[0]["outputs"], logits_BV[row]["outputs"], atol=1e-5)


def test_statistics_leave_out_padding_in_corrected_mode_alone():
    recipe = small_recipe()
    for choice, is_equal in (("corrected", True), ("published", False)):
        means = []
        for num_pads in (0, 20):
            learner = random_learner(with_choices(recipe, batch_norm=choice)).train()
            batch = batch_of(recipe)
            pads = {"x_BTF": (0, 0, 0, num_pads), "mask_BT": (0, num_pads)}
            batch |= {name: torch.nn.functional.pad(batch[name], pad) for name, pad in pads.items()}
            learner(batch, PROGRESS, torch.Generator())
            means.append(learner.network.stem_norm.running_mean)
        assert torch.allclose(*means, atol=1e-6) == is_equal, choice


def test_attention_is_dropped_in_evaluation_in_published_mode_alone():
    recipe = small_recipe()
    batch = batch_of(recipe, is_training=False)
    for choice, is_equal in (("corrected", True), ("published", False)):
        learner = random_learner(with_choices(recipe, attention_dropout=choice))
        once, twice = (learner.outputs(batch)["outputs"] for _ in range(2))
        assert torch.equal(once, twice) == is_equal
        assert not any(module.training for module in learner.modules())
        observed = [learner.observe(random_clip(9))["outputs"] for _ in range(2)]
        np.testing.assert_array_equal(*observed)  # the file drops nothing
