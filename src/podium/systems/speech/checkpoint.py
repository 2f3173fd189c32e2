"""The winner's checkpoints (Keras, ``.hdf5``) become networks of ours, as if we had trained them.

Today's Keras does not load such a file, since it knows its depthwise layers no more. The arrays are read under their
names instead: layers of a kind are numbered in the order in which they were made, which is that of the network.
"""

import re
from collections import defaultdict
from pathlib import Path
from typing import NamedTuple

import numpy as np
import torch

from podium.errors import MisfitError, UserError
from podium.storage.files import file_digest, write_json
from podium.systems.speech.layout import CLIP_SAMPLES, INPUT_COLUMNS, RATE
from podium.systems.speech.learning import WordLearner
from podium.systems.speech.network import Network
from podium.systems.speech.recipe import Recipe
from podium.systems.speech.shapes import BLOCKS
from podium.training.weights import account, save_weights, write_reference

SYSTEM = "speech"
_NORM = {"weight": "gamma", "bias": "beta", "running_mean": "moving_mean", "running_var": "moving_variance"}
_LAYER = re.compile(r"(conv1d|depthwise_conv2d|batch_normalization|dense)(?:_(\d+))?")

Arrays = dict[str, np.ndarray]


class Imported(NamedTuple):
    """What was imported: how many tensors and values were written, which set of weights, what is to be said of it."""

    num_tensors: int
    num_values: int
    weights: str
    remarks: list[str]


def import_checkpoint(path: Path, recipe: Recipe, seed: int, out: Path, weights: str | None = None) -> Imported:
    """Writes what training writes for a network that is to be exported: the weights ``out``, and beside them
    recipe.json, reference.npz and inference_args.json. The reference clips are computed, so that no data is needed.

    Args:
        path: An ``.hdf5`` file that Keras 2 has written, of a model or of its weights alone.
        seed: For recipe.json.
        out: Ends in ``.safetensors``.
        weights: Such a file holds one set; None.

    Raises:
        UserError: The file is absent or damaged, or does not fit the recipe.
    """
    if out.suffix != ".safetensors":
        raise UserError(f"{out} does not end in .safetensors; name the weights file to write")
    if weights is not None:
        raise UserError(f"{path} holds one set of weights; leave the choice '{weights}' away")
    network = Network(recipe.model)
    state = from_keras(read_arrays(path), str(path))
    _check(state, network, str(path))
    network.load_state_dict({name: torch.from_numpy(value.copy()) for name, value in state.items()})
    network.eval()
    out.parent.mkdir(parents=True, exist_ok=True)
    out.unlink(missing_ok=True)
    origin = {"file": path.name, "sha256": file_digest(path), "weights": "keras"}
    write_json(out.with_name("recipe.json"), {**account(SYSTEM, recipe, seed, fold=None), "imported": origin})
    write_json(out.with_name("inference_args.json"), {"system": SYSTEM, "selected_columns": INPUT_COLUMNS})
    write_reference(WordLearner(network, recipe), reference_clips(), out.with_name("reference.npz"))
    save_weights(network, out)
    written = network.state_dict().values()
    return Imported(len(written), sum(tensor.numel() for tensor in written), "keras", [])


def read_arrays(path: Path) -> dict[str, Arrays]:
    """The arrays of a Keras file by layer and name, such as ``conv1d_3`` → ``kernel``.

    Raises:
        UserError: It is absent or no such file.
    """
    import h5py

    layers: dict[str, Arrays] = defaultdict(dict)

    def visit(place: str, node: object) -> None:
        parts = place.removeprefix("model_weights/").split("/")
        if isinstance(node, h5py.Dataset) and _LAYER.fullmatch(parts[0]):
            layers[parts[0]][parts[-1].partition(":")[0]] = np.asarray(node, np.float32)

    try:
        with h5py.File(path) as file:
            file.visititems(visit)
    except FileNotFoundError:
        raise UserError(f"{path} does not exist; name the checkpoint") from None
    except OSError as error:
        raise UserError(f"{path} is no hdf5 file ({error}); fetch it again") from None
    return layers


def from_keras(layers: dict[str, Arrays], origin: str) -> Arrays:
    """The state of a network of ours out of Keras' layers.

    Raises:
        UserError: There are more or fewer layers than the network has.
    """
    of_kind: dict[str, list[Arrays]] = defaultdict(list)
    for name in sorted(layers, key=lambda name: int(_LAYER.fullmatch(name)[2] or 0)):
        of_kind[_LAYER.fullmatch(name)[1]].append(layers[name])
    num = len(BLOCKS)
    wanted = {"conv1d": num + 1, "depthwise_conv2d": num, "batch_normalization": num + 1, "dense": 2}
    found = {kind: len(of_kind[kind]) for kind in wanted}
    if found != wanted:
        raise UserError(f"{origin} holds the layers {found}, not {wanted}; it is of another network")
    try:
        state = {"stem.weight": of_kind["conv1d"][0]["kernel"].transpose(2, 1, 0)}
        places = ["stem", *(f"blocks.{block.name}" for block in BLOCKS)]
        for place, norm in zip(places, of_kind["batch_normalization"], strict=True):
            state |= {f"{place}.norm.{ours}": norm[theirs] for ours, theirs in _NORM.items()}
        for place, pointwise, depthwise in zip(
            places[1:], of_kind["conv1d"][1:], of_kind["depthwise_conv2d"], strict=True
        ):
            state[f"{place}.pointwise"] = pointwise["kernel"][0].T[:, :, None]
            state[f"{place}.depthwise"] = depthwise["depthwise_kernel"][0, :, :, 0].T[:, None]
        for name, dense in zip(("attention", "output"), of_kind["dense"], strict=True):
            state[f"head.{name}.weight"] = dense["kernel"].T
            if "bias" in dense:
                state[f"head.{name}.bias"] = dense["bias"]
    except (KeyError, IndexError, ValueError) as error:
        raise UserError(f"{origin} holds layers of other arrays than the network's ({error}); it is another") from None
    return state


def reference_clips() -> list[np.ndarray]:
    """Four clips that are always the same: a rising tone, a falling one, noise, and next to nothing."""
    time_S = np.arange(CLIP_SAMPLES) / RATE
    noise_S = np.random.default_rng(0).normal(size=CLIP_SAMPLES)
    bell_S = np.hanning(CLIP_SAMPLES)
    phases = [2 * np.pi * (begin + slope * time_S) * time_S for begin, slope in ((200, 800), (2000, -700))]
    tones = [0.3 * bell_S * np.sin(phase_S) for phase_S in phases]
    return [np.asarray(clip, np.float32) for clip in (*tones, 0.1 * noise_S, 1e-3 * noise_S)]


def _check(state: Arrays, network: Network, origin: str) -> None:
    expected = {name: tuple(value.shape) for name, value in network.state_dict().items()}
    problems = [f"missing {name}" for name in expected.keys() - state.keys()]
    problems += [f"left over {name}" for name in state.keys() - expected.keys()]
    for name in expected.keys() & state.keys():
        if state[name].shape != expected[name]:
            problems.append(f"{name} has shape {state[name].shape}, not {expected[name]}")
        elif not np.isfinite(state[name]).all():
            problems.append(f"{name} does not hold finite numbers")
    if problems:
        raise MisfitError(origin, sorted(problems))
