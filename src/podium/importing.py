"""Checkpoints of the 1st-place solution become networks of ours, as if we had trained them.

Nothing in a checkpoint is executed: unpickling is limited to tensors and plain containers.
"""

import re
import warnings
import zipfile
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
import torch

from podium import __version__
from podium.config import Recipe
from podium.errors import UserError
from podium.files import file_digest, write_json
from podium.landmarks import COLUMNS, NAMES, RAW_NAMES
from podium.models import create
from podium.models.attention import rotary_table
from podium.models.base import SignReader
from podium.models.checkpoint import save_weights, write_reference
from podium.models.decoder import position_table
from podium.models.original import from_original, to_original
from podium.signer.clip import record
from podium.signer.person import sample_person

ORIGINALS = ("squeezeformer_relpos", "squeezeformer_rope")  # the networks of round 1 and of round 2
State = dict[str, np.ndarray]

# Tables that the original stores and we rebuild, and how far rounding and half precision may move them.
_TABLE_TOLERANCE = 2e-3
MAX_EXPANSION = 20
_REFERENCE_PHRASE = "from the raw download to a file"
_REFERENCE_SHARES = (0.1, 0.3, 0.8, 1.6)  # lengths of the reference clips, about, in max_frames


class MisfitError(UserError):
    """A checkpoint is not of the recipe's network.

    Attributes:
        problems: All of them, of which the message may be too short to name every one.
    """

    def __init__(self, origin: str, problems: list[str]) -> None:
        super().__init__(f"{origin} does not fit the recipe, {len(problems)} problem(s): {'; '.join(problems)}")
        self.problems = problems


def import_checkpoint(path: Path, recipe: Recipe, seed: int, out: Path) -> dict[str, int]:
    """Writes what training writes for a network that is to be exported: the weights ``out``, and beside them
    recipe.json, reference.npz and inference_args.json. Earlier weights go first and the new ones come last: where there
    are weights, the others are theirs.

    The reference clips are the virtual signer's, so that no data is needed.

    Args:
        path: ``.pth``: ``{"model": state dict}`` or a state dict alone; or ``.npz``: a state dict.
        seed: For recipe.json; what the network was trained with, as far as anybody knows.
        out: Ends in ``.safetensors``.

    Returns:
        "num_tensors" and "num_values" of what was written.

    Raises:
        UserError: The file is absent, damaged, holds more than tensors, or does not fit the recipe.
    """
    if out.suffix != ".safetensors":
        raise UserError(f"{out} does not end in .safetensors; name the weights file to write")
    network = build(read_original(path), recipe, str(path))
    origin = {"file": path.name, "sha256": file_digest(path)}
    out.parent.mkdir(parents=True, exist_ok=True)
    out.unlink(missing_ok=True)
    account = {"recipe": recipe.model_dump(mode="json"), "seed": seed, "fold": None, "podium": __version__}
    write_json(out.with_name("recipe.json"), {**account, "imported": origin})
    write_json(out.with_name("inference_args.json"), {"selected_columns": COLUMNS})
    write_reference(network, recipe, reference_clips(recipe.data.max_frames), out.with_name("reference.npz"))
    save_weights(network, out)
    tensors = network.state_dict().values()
    return {"num_tensors": len(tensors), "num_values": sum(tensor.numel() for tensor in tensors)}


def read_original(path: Path) -> State:
    """The state dict of a checkpoint under the original's names, without the prefix ``module.``.

    Floating-point tensors become float32.

    Raises:
        UserError: The file is absent, damaged, or holds more than tensors.
    """
    if not path.is_file():
        raise UserError(f"{path} does not exist; name the checkpoint to import")
    _check_size(path)
    state = _read_npz(path) if path.suffix == ".npz" else _read_pth(path)
    if not state:
        raise UserError(f"{path} holds no tensors")
    if all(name.startswith("module.") for name in state):
        state = {name.removeprefix("module."): value for name, value in state.items()}
    return state


def build(state: State, recipe: Recipe, origin: str) -> SignReader:
    """A recipe's network with the original's weights, on the CPU, in evaluation mode.

    Args:
        origin: What error messages call the state.

    Raises:
        UserError: The recipe is of a network that the original does not have.
        MisfitError: A tensor is missing, extra, of another shape, not finite, or a table of constants is another: all
            of them are listed, under the original's names.
    """
    if recipe.model.name not in ORIGINALS:
        raise UserError(f"the 1st-place solution has no network {recipe.model.name}; take the recipe of one it has")
    if recipe.model.ctc_weight:
        raise UserError("the 1st-place solution has no CTC head; set the recipe's model.ctc_weight to 0")
    network = create(recipe.model)
    expected = to_original({name: value.numpy() for name, value in network.state_dict().items()}, recipe.model)
    problems = _problems(state, expected, recipe)
    if problems:
        raise MisfitError(origin, sorted(problems))
    ours = from_original({name: state[name] for name in expected}, recipe.model)
    network.load_state_dict({name: torch.from_numpy(value) for name, value in ours.items()})
    return network.eval()


def reference_clips(max_frames: int) -> list[np.ndarray]:
    """Clips for `podium.models.checkpoint.write_reference`: four of a virtual signer, the last longer than
    ``max_frames``; always the same ones.

    Returns:
        Each (T, 390) float32, NaN where a landmark is missing.
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


def _check_size(path: Path) -> None:
    """Refuses an archive that unpacks to far more than it is; weights are hardly to be compressed."""
    try:
        with zipfile.ZipFile(path) as archive:
            num_bytes = sum(member.file_size for member in archive.infolist())
    except Exception:  # no archive: older forms of .pth; or a damaged one, of which its reader will tell
        return
    if num_bytes > MAX_EXPANSION * path.stat().st_size:
        raise UserError(f"{path} would unpack to {num_bytes:,} bytes, which no weights do; nothing was read")


def _read_npz(path: Path) -> State:
    try:
        with np.load(path, allow_pickle=False) as archive:
            return {name: _plain(archive[name]) for name in archive.files}
    except Exception as error:  # a damaged archive may raise anything
        # Of pickled files numpy says how to trust them.
        reason = "it is pickled" if "pickle" in str(error) else str(error) or type(error).__name__
        raise UserError(f"{path} holds objects, or is no npz file ({reason}); nothing was read") from None


def _read_pth(path: Path) -> State:
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # of torch, about ways of pickling
            content: Any = torch.load(path, map_location="cpu", weights_only=True)
    except Exception as error:  # a damaged pickle may raise anything, and torch's own words advise to trust the file
        blamed = re.search(r"GLOBAL ([\w.]+)", str(error))
        if blamed:
            what = f"holds more than weights: loading it would call {blamed[1]}"
        else:
            what = f"is damaged, or holds something else than weights ({type(error).__name__})"
        raise UserError(f"{path} {what}; nothing was executed") from None
    state = content.get("model", content) if isinstance(content, Mapping) else content
    if not isinstance(state, Mapping):
        raise UserError(f"{path} holds a {type(state).__name__}, not a state dict")
    strangers = [str(name) for name, value in state.items() if not isinstance(value, torch.Tensor)]
    if strangers:
        raise UserError(f"{path} holds no state dict: {', '.join(strangers[:5])} is no tensor")
    try:
        return {str(name): _plain(_to_numpy(value)) for name, value in state.items()}
    except (RuntimeError, TypeError, NotImplementedError) as error:
        raise UserError(f"{path} holds a tensor that is not plain numbers ({error})") from None


def _to_numpy(tensor: torch.Tensor) -> np.ndarray:
    tensor = tensor.detach()
    if tensor.layout != torch.strided or tensor.numel() * tensor.itemsize > tensor.untyped_storage().nbytes():
        raise TypeError("it repeats its values, or leaves some out")
    return (tensor.float() if tensor.is_floating_point() else tensor).numpy()


def _plain(array: np.ndarray) -> np.ndarray:
    return array.astype(np.float32, copy=False) if array.dtype.kind == "f" else array
