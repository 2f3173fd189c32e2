"""Two processes that share a batch learn what one learns from all of it."""

from pathlib import Path

import numpy as np
import torch
import torch.distributed as dist
from torch.multiprocessing import spawn

from podium.config import load
from podium.systems.speech import learning
from podium.systems.speech.recipe import Recipe
from podium.training.ranks import average_gradients

ROOT = Path(__file__).parents[3]
NUM_CLIPS = 7  # an odd number: the two have different shares


def learned(recipe: Recipe, keys: slice) -> dict[str, torch.Tensor]:
    """Gradients and running statistics behind one step on some clips, and the loss."""
    torch.set_num_threads(1)
    torch.manual_seed(0)
    learner = learning.make(recipe).train()
    rng = np.random.default_rng(0)
    x_NW = rng.normal(0, 0.1, (NUM_CLIPS, 16000)) * np.linspace(0.2, 2, NUM_CLIPS)[:, None]
    target_NV = np.eye(recipe.model.num_classes)[rng.integers(recipe.model.num_classes, size=NUM_CLIPS)]
    batch = {"x_BW": torch.from_numpy(x_NW[keys]).float(), "target_BV": torch.from_numpy(target_NV[keys]).float()}
    loss = learner(batch, None, None)["loss"]
    loss.backward()
    average_gradients(learner.parameters())
    found = {name: one.grad for name, one in learner.named_parameters()} | dict(learner.named_buffers())
    return found | {"loss": loss.detach()}


def member(rank: int, recipe: Recipe, folder: str) -> None:
    dist.init_process_group("gloo", init_method=f"file://{folder}/store", rank=rank, world_size=2)
    torch.save(learned(recipe, slice(rank, None, 2)), f"{folder}/{rank}.pt")
    dist.destroy_process_group()


def test_two_processes_learn_what_one_learns(tmp_path):
    recipe = load(Recipe, ROOT / "config/recipes/speech/tiny12.yaml")
    recipe = recipe.model_copy(update={"model": recipe.model.model_copy(update={"dropout": 0.0})})
    alone = learned(recipe, slice(None))
    spawn(member, (recipe, str(tmp_path)), nprocs=2)
    one, other = (torch.load(tmp_path / f"{rank}.pt") for rank in (0, 1))
    torch.testing.assert_close((one["loss"] + other["loss"]) / 2, alone["loss"])
    for name, value in alone.items():
        if name != "loss":
            torch.testing.assert_close(one[name], value, rtol=1e-3, atol=2e-5, msg=name)
            assert torch.equal(one[name], other[name]), name
