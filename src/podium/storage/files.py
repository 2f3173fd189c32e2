"""Writing files whole or not at all."""

import hashlib
import json
import math
import os
import shutil
import tempfile
from collections import defaultdict
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from podium.errors import UserError


@contextmanager
def atomic_path(path: str | Path) -> Iterator[Path]:
    """Yields a path beside ``path``; on a clean exit it replaces ``path``, on an error it is removed.

    Works for files and for folders. The suffix is kept, since many writers choose their format by it. If ``path`` is
    a symbolic link, what it leads to is replaced.

    Raises:
        UserError: It is a device or a pipe, of which nothing would be left.
    """
    path = Path(os.path.realpath(path))
    if path.exists() and not (path.is_file() or path.is_dir()):
        raise UserError(f"{path} is neither a file nor a folder; name another place")
    path.parent.mkdir(parents=True, exist_ok=True)
    partial = path.with_name(f".{os.getpid()}.partial.{path.name}")
    try:
        yield partial
        if partial.is_dir() and path.is_dir():
            shutil.rmtree(path)
        os.replace(partial, path)
    finally:
        remove(partial)


def remove_partials(paths: Iterable[str | Path]) -> None:
    """Removes what killed writers of these files or folders left beside them; nobody may be writing one of them now."""
    names: dict[Path, set[str]] = defaultdict(set)
    for path in (Path(os.path.realpath(path)) for path in paths):
        names[path.parent].add(path.name)
    for folder, wanted in names.items():
        for leftover in folder.glob(".*.partial.*"):
            if leftover.name.split(".partial.", 1)[1] not in wanted:
                continue
            remove(leftover)


def remove(path: str | Path) -> None:
    """Removes a file, a link or a whole folder; nothing if there is none."""
    path = Path(path)
    if path.is_dir() and not path.is_symlink():
        shutil.rmtree(path)
    else:
        path.unlink(missing_ok=True)


def check_writable(folder: str | Path) -> None:
    """Tries to write in a folder, or, if it is to be made yet, in the nearest one that is there.

    Raises:
        UserError: That fails.
    """
    path = Path(folder).absolute()
    nearest = next(place for place in (path, *path.parents) if os.path.lexists(place))
    try:
        with tempfile.TemporaryFile(dir=nearest):
            pass
    except OSError as error:
        raise UserError(f"{folder} cannot be written: {error.strerror.lower()}; fix that and run again") from None


def check_readable(path: str | Path) -> None:
    """Opens a file that is there.

    Raises:
        UserError: That fails.
    """
    try:
        with open(path, "rb"):
            pass
    except OSError as error:
        raise UserError(f"{path} cannot be opened: {error.strerror.lower()}; fix that and run again") from None


def write_text(path: str | Path, text: str) -> None:
    """Writes UTF-8 text in one piece."""
    with atomic_path(path) as partial:
        partial.write_text(text, encoding="utf-8")


def write_json(path: str | Path, value: Any) -> None:
    """Writes indented JSON in one piece. NaN and infinity are refused: JSON has no such numbers."""
    write_text(path, json.dumps(value, indent=2, ensure_ascii=False, allow_nan=False) + "\n")


def read_json(path: str | Path, *keys: str) -> Any:
    """Reads a JSON file.

    Args:
        keys: What the file must hold; it is an object then.

    Raises:
        FileNotFoundError: It is absent.
        UserError: It is no JSON, holds a number that is not finite, or lacks a key.
    """
    try:
        text = Path(path).read_text(encoding="utf-8")
        content = json.loads(text, parse_float=_finite, parse_constant=_finite)
    except (ValueError, RecursionError) as error:  # bytes that are no text; endless digits; brackets in brackets
        raise UserError(f"{path} is damaged or no JSON ({error}); make it again") from None
    missing = [key for key in keys if not isinstance(content, dict) or key not in content]
    if missing:
        raise UserError(f"{path} has no key '{missing[0]}'; make it again")
    return content


def _finite(text: str) -> float:
    value = float(text)
    if not math.isfinite(value):  # JSON has no such numbers, though Python reads them
        raise ValueError(f"{text[:20]} is no finite number")
    return value


def file_digest(path: str | Path) -> str:
    """sha256 of a file's content, as 64 hex digits."""
    with open(path, "rb") as stream:
        return hashlib.file_digest(stream, "sha256").hexdigest()
