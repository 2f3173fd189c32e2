"""Files of weights: all their tensors, by the keys that lead to them.

Nothing in a file is executed: unpickling is limited to tensors and plain containers.
"""

import re
import warnings
import zipfile
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
import torch
from safetensors.torch import load

from podium.errors import UserError

Keys = tuple[str, ...]  # from the outermost dictionary on; of an item of a list its number
Tensors = dict[Keys, torch.Tensor | np.ndarray]

MAX_EXPANSION = 20
MAX_KEY_CHARACTERS = 20_000_000  # of all tensors together; a checkpoint with its optimizer's state has about 200,000
_CONTAINERS = (torch.Tensor, np.ndarray, Mapping, list, tuple)


def read_tensors(path: Path) -> Tensors:
    """All tensors of an ``.npz``, a ``.safetensors`` or (whatever else the name) a PyTorch file.

    Raises:
        UserError: The file is absent, damaged, holds more than tensors and plain values, or holds no tensors.
    """
    if path.is_dir():
        raise UserError(f"{path} is a folder; name a file (put a checkpoint in several files together first)")
    if not path.is_file():
        raise UserError(f"{path} does not exist; name the checkpoint to import")
    _check_size(path)
    readers = {".npz": _read_npz, ".safetensors": _read_safetensors}
    tensors = _tensors(readers.get(path.suffix.lower(), _read_pth)(path), path)
    if not tensors:
        raise UserError(f"{path} holds no tensors")
    return tensors


def to_plain(value: torch.Tensor | np.ndarray) -> np.ndarray:
    """A tensor as an array; floating-point numbers become float32.

    Raises:
        TypeError, RuntimeError, NotImplementedError: It is sparse, quantised or the like.
    """
    if isinstance(value, torch.Tensor):
        value = value.detach()
        if value.layout != torch.strided or value.numel() * value.itemsize > value.untyped_storage().nbytes():
            raise TypeError("it repeats its values, or leaves some out")
        value = (value.float() if value.is_floating_point() else value).numpy()
    return value.astype(np.float32, copy=False) if value.dtype.kind == "f" else value


def _check_size(path: Path) -> None:
    """Refuses an archive that unpacks to far more than its size: weights hardly compress."""
    try:
        with zipfile.ZipFile(path) as archive:
            num_bytes = sum(member.file_size for member in archive.infolist())
    except Exception:  # no archive: older forms of .pth; or a damaged one, which its reader refuses
        return
    if num_bytes > MAX_EXPANSION * path.stat().st_size:
        raise UserError(f"{path} would unpack to {num_bytes:,} bytes, which no weights do; nothing was read")


def _read_npz(path: Path) -> dict[str, np.ndarray]:
    try:
        with np.load(path, allow_pickle=False) as archive:
            return {name: archive[name] for name in archive.files}
    except Exception as error:  # a damaged archive may raise anything
        # Of pickled files numpy says how to trust them.
        reason = "it is pickled" if "pickle" in str(error) else str(error) or type(error).__name__
        raise UserError(f"{path} holds objects, or is no npz file ({reason}); nothing was read") from None


def _read_safetensors(path: Path) -> dict[str, torch.Tensor]:
    try:
        return load(path.read_bytes())
    except Exception as error:  # a damaged header may raise anything
        raise UserError(f"{path} is not a safetensors file ({error}); fetch it again") from None


def _read_pth(path: Path) -> Any:
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # of torch, about ways of pickling
            return torch.load(path, map_location="cpu", weights_only=True)
    except Exception as error:  # a damaged pickle may raise anything, and torch's own words advise to trust the file
        blamed = re.search(r"GLOBAL ([\w.]+)", str(error))
        if blamed:
            what = f"holds more than weights: loading it would call {blamed[1]}"
            raise UserError(f"{path} {what}; nothing was executed; save its state dict alone") from None
        what = f"is damaged, or holds something else than weights ({type(error).__name__})"
        raise UserError(f"{path} {what}; nothing was executed") from None


def _tensors(content: Any, path: Path) -> Tensors:
    """The tensors in nested dictionaries and lists. A container may hold itself, so there is a limit."""
    found: Tensors = {}
    waiting: list[tuple[Keys, Any]] = [((), content)] if isinstance(content, _CONTAINERS) else []
    num_characters = 0
    while waiting:
        keys, value = waiting.pop()
        num_characters += 1 + sum(map(len, keys))
        if num_characters > MAX_KEY_CHARACTERS:
            raise UserError(f"{path} holds more dictionaries than any checkpoint; save its state dict alone")
        if isinstance(value, torch.Tensor | np.ndarray):
            found[keys] = value
            continue
        items = value.items() if isinstance(value, Mapping) else enumerate(value)
        inner = [((*keys, str(key)), one) for key, one in items if isinstance(one, _CONTAINERS)]
        waiting += reversed(inner)
    return found
