"""Checkpoints of the 1st-place solution become networks of ours, as if we had trained them."""

from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch

from podium.errors import MisfitError, UserError
from podium.landmarks.mediapipe import RAW_NAMES
from podium.storage.files import file_digest, write_json
from podium.systems.fingerspelling.corpus.clip import record
from podium.systems.fingerspelling.corpus.person import sample_person
from podium.systems.fingerspelling.landmarks import COLUMNS, NAMES
from podium.systems.fingerspelling.learning import FingerspellingLearner
from podium.systems.fingerspelling.networks import create
from podium.systems.fingerspelling.networks.attention import rotary_table
from podium.systems.fingerspelling.networks.base import SignReader
from podium.systems.fingerspelling.networks.decoder import position_table
from podium.systems.fingerspelling.networks.original import from_original, to_original
from podium.systems.fingerspelling.recipe import Recipe
from podium.systems.fingerspelling.winners_weights.files import read_tensors
from podium.systems.fingerspelling.winners_weights.sets import ORIGINAL, TOP, State, choose
from podium.training.weights import account, save_weights, write_reference

SYSTEM = "fingerspelling"
ORIGINALS = ("squeezeformer_relpos", "squeezeformer_rope")  # the networks of round 1 and of round 2

# Tables that the original stores and we rebuild, and how far rounding and half precision may move them.
_TABLE_TOLERANCE = 2e-3
_REFERENCE_PHRASE = "from the raw download to a file"
_REFERENCE_SHARES = (0.1, 0.3, 0.8, 1.6)  # lengths of the reference clips, about, in max_frames


@dataclass(frozen=True)
class Imported:
    """What was imported.

    Attributes:
        num_tensors, num_values: Of the weights that were written.
        weights: Name of the set of weights that was taken.
        remarks: What a person should know of that choice.
    """

    num_tensors: int
    num_values: int
    weights: str
    remarks: list[str]


def import_checkpoint(path: Path, recipe: Recipe, seed: int, out: Path, weights: str | None = None) -> Imported:
    """Writes what training writes for a network that is to be exported: the weights ``out``, and beside them
    recipe.json, reference.npz and inference_args.json. Earlier weights go first and the new ones come last: if there
    are weights, the others are theirs.

    The reference clips are the virtual signer's, so that no data is needed.

    Args:
        path: A file of weights, see `read_tensors`.
        seed: For recipe.json; what the network was trained with, as far as anybody knows.
        out: Ends in ``.safetensors``.
        weights: Name of the set of weights to take if the file holds several, see `choose`.

    Raises:
        UserError: The file is absent, damaged, holds more than tensors, or does not fit the recipe; nothing tells which
            weights to take.
    """
    if out.suffix != ".safetensors":
        raise UserError(f"{out} does not end in .safetensors; name the weights file to write")
    tensors = read_tensors(path)
    network, expected = _blank(recipe)
    if network.state_dict().keys() <= {".".join(keys) for keys in tensors}:
        raise UserError(f"{path} is a network of Podium's own; it needs no import, use it as it is")
    found = choose(tensors, expected.keys(), str(path), weights)
    is_plain = found.name in (TOP, ORIGINAL)
    _fill(network, expected, found.state, recipe, str(path) if is_plain else f"{path}: '{found.name}'")
    origin = {"file": path.name, "sha256": file_digest(path), "weights": found.name}
    if found.statistics_of:
        origin["running_statistics"] = found.statistics_of
    out.parent.mkdir(parents=True, exist_ok=True)
    out.unlink(missing_ok=True)
    write_json(out.with_name("recipe.json"), {**account(SYSTEM, recipe, seed, fold=None), "imported": origin})
    write_json(out.with_name("inference_args.json"), {"system": SYSTEM, "selected_columns": COLUMNS})
    learner = FingerspellingLearner(network, recipe.data.max_frames)
    write_reference(learner, reference_clips(recipe.data.max_frames), out.with_name("reference.npz"))
    save_weights(network, out)
    written = network.state_dict().values()
    remarks = [*found.remarks]
    if getattr(recipe.model.choices, "confidence_pooling", "published") == "corrected":
        remarks.append(
            "the original's confidence head reads frame 0 alone; choices.confidence_pooling should be 'published'"
        )
    return Imported(len(written), sum(tensor.numel() for tensor in written), found.name, remarks)


def build(state: State, recipe: Recipe, origin: str) -> SignReader:
    """A recipe's network with the original's weights, on the CPU, in evaluation mode.

    Args:
        origin: What error messages call the state.

    Raises:
        UserError: The recipe is of a network that the original does not have.
        MisfitError: A tensor is missing, extra, of another shape, not finite, or a table of constants is another: all
            of them are listed, under the original's names.
    """
    network, expected = _blank(recipe)
    _fill(network, expected, state, recipe, origin)
    return network


def _blank(recipe: Recipe) -> tuple[SignReader, State]:
    """A recipe's network, and its state under the original's names."""
    if recipe.model.name not in ORIGINALS:
        raise UserError(f"the 1st-place solution has no network {recipe.model.name}; take the recipe of one it has")
    if recipe.model.ctc_weight:
        raise UserError("the 1st-place solution has no CTC head; set the recipe's model.ctc_weight to 0")
    network = create(recipe.model)
    return network, to_original({name: value.numpy() for name, value in network.state_dict().items()}, recipe.model)


def _fill(network: SignReader, expected: State, state: State, recipe: Recipe, origin: str) -> None:
    problems = _problems(state, expected, recipe)
    if problems:
        raise MisfitError(origin, sorted(problems))
    ours = from_original({name: state[name] for name in expected}, recipe.model)
    network.load_state_dict({name: torch.from_numpy(value) for name, value in ours.items()})
    network.eval()


def reference_clips(max_frames: int) -> list[np.ndarray]:
    """Clips for `podium.training.weights.write_reference`: four of a virtual signer, the last longer than
    ``max_frames``; always the same ones.

    Returns:
        Each (T, 390) float32, NaN if a landmark is missing.
    """
    rng = np.random.default_rng(0)
    person = sample_person(rng)
    columns_L = [RAW_NAMES.index(name) for name in NAMES]
    clips = []
    for share in _REFERENCE_SHARES:
        x_TLC = record(_REFERENCE_PHRASE, person, share * max_frames / len(_REFERENCE_PHRASE), rng)[:, columns_L]
        clips.append(np.ascontiguousarray(x_TLC.transpose(0, 2, 1)).reshape(len(x_TLC), len(COLUMNS)))
    return clips


def _problems(state: State, expected: State, recipe: Recipe) -> list[str]:
    tables = _tables(recipe)
    counters = {name.replace("running_mean", "num_batches_tracked") for name in expected}
    problems = [f"missing {name}" for name in expected.keys() - state.keys()]
    problems += [f"extra {name}" for name in state.keys() - expected.keys() - tables.keys() - counters]
    for name in state.keys() & expected.keys():
        if state[name].shape != expected[name].shape:
            problems.append(f"{name} has shape {state[name].shape}, not {expected[name].shape}")
        elif state[name].dtype != np.float32:
            problems.append(f"{name} is {state[name].dtype}, not floating-point")
        elif not np.isfinite(state[name]).all():
            problems.append(f"{name} holds values that are not finite")
    for name in state.keys() & tables.keys():
        found, table = state[name], tables[name]
        if name.endswith("embed_positions.weights") and found.ndim:
            found = found[: len(table)]  # as many as the longest text needs
        if found.dtype != np.float32:
            problems.append(f"{name} is {found.dtype}, not floating-point")
        elif found.size != table.size:
            problems.append(f"{name} has shape {state[name].shape}, not the one of data.max_frames and model.dim")
        elif not np.abs(found.reshape(table.shape) - table).max() <= _TABLE_TOLERANCE:
            problems.append(f"{name} holds other constants than this network's")
    return problems


def _tables(recipe: Recipe) -> State:
    """Constants that the original stores beside its weights; a checkpoint may do without."""
    model = recipe.model
    positions = position_table(model.dim).numpy()
    tables = {"decoder.decoder.embed_positions.weights": positions}
    if model.name == "squeezeformer_rope":
        tables["decoder2.decoder.embed_positions.weights"] = positions
        rotation = rotary_table(recipe.data.max_frames, model.dim // model.num_heads, torch.device("cpu"))
        tables |= {name: table.numpy() for name, table in zip(("cos", "sin"), rotation, strict=True)}
    return tables
