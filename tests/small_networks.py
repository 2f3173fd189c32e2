"""Small networks with random weights, in torch and in TensorFlow."""

from pathlib import Path

import numpy as np
import torch
from fingerspelling import model_section, recipe_of

from podium.recognise.readings import Reading
from podium.storage.files import write_json
from podium.systems.fingerspelling.answers import read
from podium.systems.fingerspelling.assembly import Assembly
from podium.systems.fingerspelling.learning import FingerspellingLearner
from podium.systems.fingerspelling.networks import create
from podium.systems.fingerspelling.networks.base import SignReader
from podium.systems.fingerspelling.recipe import Recipe
from podium.training.weights import account, save_weights

# All the parts that a network may have.
KEYS = {
    "zipformer": {
        "stacks": [{"num_layers": 1, "rate": 2, "kernel_size": 5}, {"num_layers": 1}],
        "query_head_dim": 8, "value_head_dim": 6, "ff_dim": 48,
    }
}  # fmt: skip


def small_recipe(name: str = "squeezeformer_rope", max_frames: int = 384, **model) -> Recipe:
    """A recipe of a network that is tiny in every direction."""
    values = {"dim": 32, "num_blocks": 2, "kernel_size": 9, "ctc_weight": 0.1, **KEYS.get(name, {}), **model}
    return recipe_of(model_section(name, **values), data={"max_frames": max_frames})


@torch.no_grad()
def random_network(recipe: Recipe, seed: int = 0) -> SignReader:
    """A network in which nothing is an identity: norms, affines and running statistics are random too."""
    generator = torch.Generator().manual_seed(seed)
    network = create(recipe.model)
    for name, tensor in network.state_dict().items():
        normal = torch.randn(tensor.shape, generator=generator)
        if name.endswith("running_var"):
            tensor.copy_(0.5 + torch.rand(tensor.shape, generator=generator))
        elif name.endswith(("norm.weight", "scale")) or ".norm_" in name and name.endswith("weight"):
            tensor.copy_(1 + 0.3 * normal)
        elif name.endswith("bypass.scale"):
            tensor.copy_(0.6 + 0.1 * normal)
        elif tensor.dim() == 1:
            tensor.copy_((0.1 if name.startswith("decoder.") else 0.3) * normal)
        else:
            # Logits of the size of trained ones; tokens weak beside positions and clip, so that texts vary.
            gain = {"decoder.lm_head.weight": 3, "decoder.embed_tokens.weight": 0.3}.get(name, 1.5)
            if recipe.model.name == "zipformer" and name.startswith("encoder."):
                gain = 0.7  # nothing normalises inside its layers
            tensor.copy_(normal * gain / tensor[0].numel() ** 0.5)
    return network.eval()


def learner_of(network: SignReader, recipe: Recipe) -> FingerspellingLearner:
    return FingerspellingLearner(network, recipe.data.max_frames)


def state_of(network: SignReader) -> dict[str, np.ndarray]:
    return {name: tensor.numpy() for name, tensor in network.state_dict().items()}


def account_of(recipe: Recipe, **more) -> dict:
    """A recipe.json."""
    return {"system": "fingerspelling", "recipe": recipe.model_dump(mode="json"), **more}


def built_in(min_frames: int, min_confidence: float) -> dict:
    """What a file has built in."""
    return {"min_frames": min_frames, "min_confidence": min_confidence}


def in_torch(networks: list[SignReader], recipe: Recipe, min_frames: int = 1, min_confidence: float = 0.0) -> Assembly:
    """Networks of one recipe together."""
    return Assembly(networks, [recipe] * len(networks), built_in(min_frames, min_confidence))


def read_in_torch(network: SignReader, recipe: Recipe, clip: np.ndarray, *thresholds) -> Reading:
    """What one network says of a clip."""
    assembly = in_torch([network], recipe, *thresholds)
    return read(assembly.answer(clip), built_in(assembly.min_frames, assembly.min_confidence), clip)


def write_network(folder: Path, recipe: Recipe, seed: int) -> Path:
    """A folder as training leaves it, as far as readers need it."""
    save_weights(random_network(recipe, seed), folder / "model.safetensors")
    write_json(folder / "recipe.json", account("fingerspelling", recipe, seed, fold=None))
    return folder


def random_clip(num_frames: int, seed: int = 0) -> np.ndarray:
    """(num_frames, 390) float32: wandering landmarks, one in ten missing, the left hand missing in some frames."""
    rng = np.random.default_rng([seed, num_frames])
    steps = rng.normal(0, 0.02, (num_frames, 3, 130))
    values = (rng.normal(0.5, 0.2, (1, 3, 130)) + steps.cumsum(0)).astype(np.float32)
    is_missing = rng.random((num_frames, 130)) < 0.1
    is_missing[num_frames // 3 : num_frames // 2, 40:61] = True
    values.transpose(0, 2, 1)[is_missing] = np.nan
    return values.reshape(num_frames, 390)
