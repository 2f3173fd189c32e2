"""Which files a folder under ``results/`` is made from: two files with one name would take turns in it."""

import os
from collections.abc import Callable, Sequence
from contextlib import suppress
from pathlib import Path

from podium.config import Dataset, Experiment, load, parse, read_yaml
from podium.errors import UserError
from podium.storage.files import read_json, write_json

NAME = "made_from.json"


def note_origin(folder: str | Path, files: Sequence[str | Path]) -> None:
    """Writes into a folder which files it is made from; a file below the working directory by its path from there."""
    noted, content = Path(folder, NAME), {"files": _places(files)}
    with suppress(FileNotFoundError, UserError):  # nothing is written twice: the disk may be full
        if read_json(noted) == content:
            return
    write_json(noted, content)


def check_dataset_name(dataset: Dataset, file: str | Path) -> None:
    """Refuses a dataset whose folder is made from another file.

    Raises:
        UserError: Another file gives the same name to another dataset.
    """
    folder = f"results/data/{dataset.name}"
    if others := rivals(folder, [file], lambda files: load(type(dataset), files[0])):
        raise UserError(
            f"{folder} is made from {others[0]}, and {file} gives the same name to something else: change `name` in one"
            f" of them (or delete {others[0]})"
        )


def note_on_experiment_name(experiment: Experiment, files: Sequence[str | Path]) -> str:
    """What to say if the experiment's folder is made from other files; "" if it is not."""
    folder = f"results/{experiment.name}"
    others = rivals(folder, files, _load_experiment)
    if not others:
        return ""
    return (
        f"{folder} is made from {', '.join(others)}, and {', '.join(map(str, files))} gives the same name to another"
        " experiment: what differs is made again in its place. To keep both, change `name` in one of them."
    )


def _load_experiment(files: Sequence[str | Path]) -> Experiment:
    """As Snakemake puts several config files together."""
    from snakemake.utils import update_config

    content: dict = {}
    for file in files:
        update_config(content, read_yaml(file))
    return parse(Experiment, content, str(files[0]))


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
