"""Small networks of `signs_deberta` with random weights."""

import numpy as np
import torch

from podium.config import AdamW, Linear, Training
from podium.systems.signs_deberta.learner import SignLearner, make
from podium.systems.signs_deberta.network import SignNetwork
from podium.systems.signs_deberta.recipe import Data, DataChoices, Model, ModelChoices, Recipe, Size, Teaching

MAX_FRAMES = 12


def small_recipe(
    choice: str = "corrected", max_frames: int = MAX_FRAMES, exported: str = "distilled", **more
) -> Recipe:
    """A recipe of networks that are tiny in every direction.

    Args:
        more: Keys of ``teaching``.
    """
    sizes = [Size(dense_dim=dense, layer_dims=dims, dropout_factors=[1, 2]) for dense, dims in SIZES]
    return Recipe(
        model=Model(
            name="deberta", student=sizes[0], distilled=sizes[1], exported=exported, num_heads=4, embedding_dim=8,
            choices=ModelChoices(**dict.fromkeys(ModelChoices.model_fields, choice)),
        ),
        data=Data(max_frames=max_frames, choices=DataChoices(**dict.fromkeys(DataChoices.model_fields, choice))),
        teaching=Teaching(**{"num_dropped": 1, "dropped_of": 8, **more}),
        optimizer=AdamW(name="adamw", learning_rate=1e-3, weight_decay=0.05),
        schedule=Linear(name="linear", warmup_epochs=0),
        training=Training(epochs=4, device="cpu", max_loss_rise=None),
    )  # fmt: skip


SIZES = ((24, [32, 48, 48]), (16, [24, 32, 24]))


@torch.no_grad()
def shaken(network: SignNetwork, seed: int) -> None:
    """Makes gains, biases and running statistics random, so that nothing is an identity."""
    generator = torch.Generator().manual_seed(seed)
    for name, tensor in network.state_dict().items():
        normal = torch.randn(tensor.shape, generator=generator)
        if name.endswith("running_var"):
            tensor.copy_(0.5 + torch.rand(tensor.shape, generator=generator))
        elif "norm" in name and name.endswith("weight"):
            tensor.copy_(1 + 0.3 * normal)
        elif "embedding" in name or "positions" in name:
            tensor.copy_(normal)
        else:
            tensor.copy_(normal * (0.3 if tensor.dim() == 1 else tensor[0].numel() ** -0.5))


def random_learner(recipe: Recipe, seed: int = 0) -> SignLearner:
    """A learner in evaluation mode whose networks are random in every tensor."""
    learner = make(recipe).eval()
    for number, network in enumerate(learner.networks().values()):
        shaken(network, 10 * seed + number)
    return learner


def state_of(learner: SignLearner) -> dict[str, np.ndarray]:
    return {name: tensor.numpy() for name, tensor in learner.exported.state_dict().items()}
