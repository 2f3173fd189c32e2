"""npy files that nobody vouches for. Nothing in them is unpickled, and no header is believed blindly."""

import ast
import warnings
from pathlib import Path

import numpy as np

from podium.errors import UserError

MAX_HEADER_BYTES = 10_000  # numpy's own measure
_MAGIC_BYTES = 8  # and the version
_MAX_DEPTH = 20  # brackets and signs of a header; those of a description of records, which nothing here reads


def map_npy(path: str | Path) -> np.ndarray:
    """An array in a file, memory-mapped, read-only.

    Raises:
        FileNotFoundError: It is absent.
        UserError: The file is no npy file, is shorter than its header says, or holds objects.
    """
    try:
        _check_header(path)
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # of numpy, about sizes that overflow
            return np.lib.format.open_memmap(path, mode="r")
    except FileNotFoundError:
        raise
    except (ValueError, OSError, OverflowError, TypeError) as error:
        raise UserError(f"{path} is damaged or no array of numbers ({error}); make it again") from None


def _check_header(path: str | Path) -> None:
    """Raises ValueError if numpy would read on without end, or its parser would give up on it."""
    with open(path, "rb") as stream:
        magic = stream.read(_MAGIC_BYTES)
        if magic[:6] != b"\x93NUMPY":
            raise ValueError("no npy file")
        length = int.from_bytes(stream.read(2 if magic[6] == 1 else 4), "little")
        if length > MAX_HEADER_BYTES:
            raise ValueError(f"a header of {length:,} bytes")
        header = stream.read(length).decode("latin1")
    if sum(map(header.count, "([{+-~")) > _MAX_DEPTH:
        raise ValueError("a header that describes no array of numbers")
    try:
        ast.literal_eval(header.strip())
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        raise ValueError("a header that cannot be read") from None


def read_npz(path: str | Path) -> dict[str, np.ndarray]:
    """All arrays of an npz file that a command of ours has written.

    Raises:
        UserError: It is absent, damaged, or holds objects.
    """
    try:
        with np.load(path, allow_pickle=False) as file:
            return {name: file[name] for name in file.files}
    except FileNotFoundError:
        raise UserError(f"{path} does not exist; make it again") from None
    except Exception as error:  # a damaged archive may raise anything
        raise UserError(f"{path} is damaged or no npz file ({type(error).__name__}); make it again") from None
