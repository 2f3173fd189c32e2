"""Weights in a file, and the reference numbers that a port is held against.

``reference.npz`` holds, for each clip (``0``, ``1``, …): ``{clip}/raw`` (T, 390) · ``{clip}/x`` (T, 130, 3) normalised
and resized · ``{clip}/mid/frontend``, ``{clip}/mid/parts`` (round 2) and ``{clip}/mid/blocks.{i}`` (T, D) ·
``{clip}/encoder`` (T, D) · ``{clip}/confidence_logit`` () · ``{clip}/logits`` (S, 63) and ``{clip}/ids`` (S,) of each
greedy step. All in float32 from a clip by itself, without padding.
"""

from pathlib import Path

import numpy as np
import torch
from safetensors import SafetensorError
from safetensors.torch import load_file, save
from torch import nn

from podium.config import Recipe
from podium.errors import UserError
from podium.landmarks.normalise import normalise, resize
from podium.storage.files import atomic_path
from podium.systems.fingerspelling.networks.base import SignReader
from podium.systems.fingerspelling.networks.decoder import greedy
from podium.systems.fingerspelling.networks.registry import create


def save_weights(model: nn.Module, path: str | Path) -> None:
    """Writes parameters and running statistics as safetensors, under the names of the state dict."""
    tensors = {name: tensor.detach().cpu().contiguous() for name, tensor in model.state_dict().items()}
    with atomic_path(path) as partial:
        partial.write_bytes(save(tensors))


def load_model(path: str | Path, recipe: Recipe) -> SignReader:
    """A recipe's network with the weights of a file, on the CPU, in evaluation mode.

    Raises:
        UserError: There is no such file, it is no safetensors, or it does not fit the recipe: names or shapes differ.
    """
    model = create(recipe.model)
    try:
        found = load_file(path)
    except FileNotFoundError:
        raise UserError(f"{path} does not exist; train the network first") from None
    except (SafetensorError, OSError, ValueError, RuntimeError) as error:
        raise UserError(f"{path} is not a safetensors file ({error}); delete it and train again") from None
    expected = model.state_dict()
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
    model.load_state_dict(found)
    return model.eval()


@torch.no_grad()
def write_reference(model: SignReader, recipe: Recipe, raw_clips: list[np.ndarray], path: str | Path) -> None:
    """Writes what the network computes inside, for a few clips.

    Args:
        model: On the CPU, in evaluation mode.
        raw_clips: Each (T, 390) float32, NaN kept.
    """
    arrays: dict[str, np.ndarray] = {}
    for clip, raw_TK in enumerate(raw_clips):
        x_TLC = resize(normalise(raw_TK), recipe.data.max_frames)
        arrays[f"{clip}/raw"], arrays[f"{clip}/x"] = raw_TK, x_TLC
        x_BTLC = torch.from_numpy(np.ascontiguousarray(x_TLC))[None]
        mask_BT = torch.ones(x_BTLC.shape[:2], dtype=torch.bool)
        for name, value in observe(model, x_BTLC, mask_BT).items():
            arrays[f"{clip}/{name}"] = value[0].numpy()
    with atomic_path(path) as partial:
        with open(partial, "wb") as stream:
            np.savez_compressed(stream, **arrays)


@torch.no_grad()
def observe(model: SignReader, x_BTLC: torch.Tensor, mask_BT: torch.Tensor) -> dict[str, torch.Tensor]:
    """What a network computes inside, batch dimension first, under the names at this file's head."""
    seen = observe_encoder(model, x_BTLC, mask_BT)
    e_BTD = seen["encoder"]
    logit_B = model.confidence_logit(e_BTD, mask_BT)
    if logit_B is not None:
        seen["confidence_logit"] = logit_B
    published = model.config.choices.generation == "published"
    seen["ids"], seen["logits"] = greedy([model.decoder], [e_BTD], mask_BT, published)
    return seen


@torch.no_grad()
def observe_encoder(model: SignReader, x_BTLC: torch.Tensor, mask_BT: torch.Tensor) -> dict[str, torch.Tensor]:
    """What a network's encoder computes, in the order of computation; the last is "encoder"."""
    seen: dict[str, torch.Tensor] = {}
    parts = getattr(model, "parts", {})
    stages = {"mid/frontend": model.frontend, **parts}
    stages |= {f"mid/blocks.{index}": block for index, block in enumerate(model.encoder.blocks)}
    hooks = [
        stage.register_forward_hook(lambda module, inputs, output, name=name: seen.update({name: output}))
        for name, stage in stages.items()
    ]
    e_BTD = model.encode(x_BTLC, mask_BT)
    for hook in hooks:
        hook.remove()
    front = {"mid/frontend": seen.pop("mid/frontend")}
    if parts:
        front["mid/parts"] = torch.cat([seen.pop(part) for part in parts], dim=-1)
    return {**front, **seen, "encoder": e_BTD}
