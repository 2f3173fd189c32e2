"""Small networks of `signs_llama` with random weights, and clips for them."""

import numpy as np
import torch
from signs_clips import random_clip

from podium.config import CosineFloor, Lion, Training
from podium.systems.signs_llama.learner import SignLearner, make
from podium.systems.signs_llama.recipe import Data, DataChoices, Model, Recipe

__all__ = ["MAX_FRAMES", "random_clip", "random_learner", "small_recipe", "state_of"]
MAX_FRAMES = 64


def small_recipe(choice: str = "corrected", **data) -> Recipe:
    """A recipe of a network that is tiny in every direction."""
    choices = DataChoices(**dict.fromkeys(DataChoices.model_fields, choice))
    return Recipe(
        model=Model(name="llama", num_heads=2, head_dim=16, num_blocks=2),
        data=Data(**{"max_frames": MAX_FRAMES, "choices": choices, **data}),
        optimizer=Lion(name="lion", learning_rate=1e-3),
        schedule=CosineFloor(name="cosine_floor", warmup_epochs=0),
        training=Training(epochs=1, device="cpu"),
    )


@torch.no_grad()
def random_learner(recipe: Recipe, seed: int = 0) -> SignLearner:
    """A learner in which nothing is an identity: gains and running statistics are random too."""
    generator = torch.Generator().manual_seed(seed)
    learner = make(recipe)
    for name, tensor in learner.network.state_dict().items():
        normal = torch.randn(tensor.shape, generator=generator)
        if name.endswith("running_var"):
            tensor.copy_(0.5 + torch.rand(tensor.shape, generator=generator))
        elif name.endswith("norm.weight"):
            tensor.copy_(1 + 0.3 * normal)
        else:
            tensor.copy_(normal * (0.3 if tensor.dim() == 1 else tensor.shape[-1] ** -0.5))
    return learner.eval()


def state_of(learner: SignLearner) -> dict[str, np.ndarray]:
    return {name: tensor.numpy() for name, tensor in learner.network.state_dict().items()}
