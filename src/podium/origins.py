"""Which files a folder under ``results/`` is made from: two files with one name would take turns in it."""

import os
from collections.abc import Callable, Sequence
from pathlib import Path

from podium.config import Dataset, Experiment
from podium.errors import UserError
from podium.files import read_json, write_json

NAME = "made_from.json"


def note_origin(folder: str | Path, files: Sequence[str | Path]) -> None:
    """Writes into a folder which files it is made from; a file below the working directory by its path from there."""
    write_json(Path(folder, NAME), {"files": _places(files)})


def rivals(
    folder: str | Path, files: Sequence[str | Path], load: Callable[[Sequence[str | Path]], Dataset | Experiment]
) -> list[str]:
    """Other files that a folder is made from.

    A file that was edited, moved, renamed or copied is no rival: a rival is still there, has the name that today's
    files have, and says something else.

    Args:
        folder: Where `note_origin` may have written.
        files: Today's files.
        load: Reads such files as one section.

    Returns:
        Their paths; none if there is no rival.
    """
    try:
        noted = read_json(Path(folder, NAME), "files")["files"]
        if not isinstance(noted, list) or not noted or not all(isinstance(file, str) for file in noted):
            return []
        if noted == _places(files):
            return []
        theirs, ours = load(noted), load(files)
    except (FileNotFoundError, UserError):  # they are gone, or are something else today
        return []
    return noted if theirs.name == ours.name and theirs != ours else []


def _places(files: Sequence[str | Path]) -> list[str]:
    places = map(os.path.relpath, files)
    return [os.path.abspath(place) if place.startswith(os.pardir) else place for place in places]
