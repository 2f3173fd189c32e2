"""Weights in a file, and the reference numbers that a port is held against.

``reference.npz`` holds what a learner observes of each clip (``0``, ``1``, …) under ``{clip}/{stage}``, ``raw`` first:
from a clip by itself, without padding.
"""

from collections.abc import Iterable
from pathlib import Path
from types import ModuleType
from typing import Any

import numpy as np
from safetensors import SafetensorError
from safetensors.torch import load_file, save
from torch import nn

from podium import __version__
from podium.config import Recipe
from podium.errors import UserError
from podium.storage.files import atomic_path
from podium.training.learner import Learner


def save_weights(network: nn.Module, path: str | Path) -> None:
    """Writes parameters and running statistics as safetensors, under the names of the state dict."""
    tensors = {name: tensor.detach().cpu().contiguous() for name, tensor in network.state_dict().items()}
    with atomic_path(path) as partial:
        partial.write_bytes(save(tensors))


def account(system: str, recipe: Recipe, seed: int, fold: int | None) -> dict[str, Any]:
    """What recipe.json says of any network, trained or imported."""
    return {
        "system": system,
        "recipe": recipe.model_dump(mode="json"),
        "seed": seed,
        "fold": fold,
        "podium": __version__,
    }


def load_network(path: str | Path, module: ModuleType, recipe: Recipe) -> nn.Module:
    """The network that `load_learner` exports."""
    return load_learner(path, module, recipe).exported


def load_learner(path: str | Path, module: ModuleType, recipe: Recipe) -> Learner:
    """A recipe's learner whose exported network has the weights of a file, on the CPU, in evaluation mode.

    Args:
        module: The system's ``learner``.

    Raises:
        UserError: There is no such file, it is no safetensors, or it does not fit the recipe: names or shapes differ.
    """
    learner = module.make(recipe)
    _load(learner.exported, path)
    return learner.eval()


def _load(network: nn.Module, path: str | Path) -> None:
    try:
        found = load_file(path)
    except FileNotFoundError:
        raise UserError(f"{path} does not exist; train the network first") from None
    except (SafetensorError, OSError, ValueError, RuntimeError) as error:
        raise UserError(f"{path} is not a safetensors file ({error}); delete it and train again") from None
    expected = network.state_dict()
    problems = [f"missing {name}" for name in expected.keys() - found.keys()]
    problems += [f"unexpected {name}" for name in found.keys() - expected.keys()]
    problems += [
        f"{name} has shape {tuple(found[name].shape)}, not {tuple(expected[name].shape)}"
        for name in expected.keys() & found.keys()
        if expected[name].shape != found[name].shape
    ]
    problems += [
        f"{name} does not hold finite {'floating-point' if expected[name].is_floating_point() else 'whole'} numbers"
        for name in expected.keys() & found.keys()
        if found[name].is_floating_point() != expected[name].is_floating_point() or not found[name].isfinite().all()
    ]
    if problems:
        more = f" and {len(problems) - 5} more" if len(problems) > 5 else ""
        raise UserError(f"{path} does not fit the recipe: {'; '.join(sorted(problems)[:5])}{more}")
    network.load_state_dict(found)


def write_reference(learner: Learner, raw_clips: Iterable[np.ndarray], path: str | Path) -> None:
    """Writes what a learner observes of a few clips.

    Args:
        learner: On the CPU, in evaluation mode.
        raw_clips: As the exported file takes them.
    """
    arrays = {
        f"{clip}/{stage}": value for clip, x in enumerate(raw_clips) for stage, value in learner.observe(x).items()
    }
    with atomic_path(path) as partial:
        with open(partial, "wb") as stream:
            np.savez_compressed(stream, **arrays)
