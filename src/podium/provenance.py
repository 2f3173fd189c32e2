"""Short fingerprints of code and configuration, by content and never by time stamp."""

import hashlib
import json
import subprocess
from typing import Any

from pydantic import BaseModel

from podium.storage.source_code import PACKAGE, read_source


def digest(*parts: Any) -> str:
    """16 hex digits that change when any part changes.

    Args:
        parts: Anything that JSON can hold, and pydantic sections.
    """
    content = [plain(part) for part in parts]
    return hashlib.sha256(json.dumps(content, sort_keys=True).encode()).hexdigest()[:16]


def plain(value: Any) -> Any:
    """Pydantic sections, also inside a dictionary, as what JSON can hold."""
    if isinstance(value, BaseModel):
        return value.model_dump(mode="json")
    return {key: plain(one) for key, one in value.items()} if isinstance(value, dict) else value


def flat(value: Any, key: str = "") -> dict[str, Any]:
    """The leaves of nested dictionaries by dotted key; an empty dictionary is a leaf."""
    if not isinstance(value, dict) or not value:
        return {key: value}
    return {
        place: leaf
        for name, item in value.items()
        for place, leaf in flat(item, f"{key}.{name}" if key else str(name)).items()
    }


def code_digest(*rooms: str) -> str:
    """16 hex digits over the source of rooms of the package; comments, docstrings and layout do not count.

    Args:
        rooms: Folders or modules under ``podium``: ``"port"``, ``"errors"``, ``"data/download"``.

    Raises:
        ValueError: A room does not exist; the digest of nothing would never change.
    """
    sources = {}
    for room in rooms:
        folder = PACKAGE / room
        files = sorted(folder.rglob("*.py")) if folder.is_dir() else [folder.with_suffix(".py")]
        if not files or not files[0].is_file():
            raise ValueError(f"podium has no room '{room}'")
        for file in files:
            sources[file.relative_to(PACKAGE).as_posix()] = read_source(file).digest
    return digest(sources)


def commit() -> str | None:
    """The git commit whose checkout this package is, with "+changes" if files differ from it; None elsewhere."""
    try:
        _git("ls-files", "--error-unmatch", "__init__.py")  # not merely a folder inside somebody's repository
        return _git("rev-parse", "HEAD") + ("+changes" if _git("status", "--porcelain", ".") else "")
    except (OSError, subprocess.CalledProcessError):
        return None


def _git(*words: str) -> str:
    done = subprocess.run(["git", "-C", str(PACKAGE), *words], capture_output=True, text=True, check=True)
    return done.stdout.strip()
