"""Clips wherever they lie. A file is opened once, so that it can be counted; its clips are read one after the other.

A system's ``answers.open_clips`` makes them; `open_arrays` does for one whose clips are arrays.
"""

from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from podium.errors import UserError
from podium.storage.npy import map_npy

MAX_KINDS = 6  # of files that are passed over, in a line


@dataclass(frozen=True)
class Clip:
    """A clip, or why there is none.

    Attributes:
        path: The file, or the folder of arrays, that holds it.
        sequence_id: Which of its clips; None if it holds a single one. Text if a table's ids are text.
        content: What `Recognizer.read` takes. None if the clip cannot be read.
        num_frames: Of the content.
        problem: Why it cannot be read, else "".
        span: Of a part of a recording: begin and end in seconds; else None.
    """

    path: Path
    sequence_id: int | str | None
    content: Any
    num_frames: int = 0
    problem: str = ""
    span: tuple[float, float] | None = None


@dataclass
class FilmOptions:
    """How films are read; set before their clips are asked for.

    Attributes:
        task: The file of models; None takes the one in the user's cache.
        fps: Pictures a second of a folder of frames; None counts as 30.
        seconds: How long a camera is watched; None goes on until Ctrl-C.
        progress: Film → a context that is entered while it is read, and gives what is called after each picture.
    """

    task: Path | None = None
    fps: float | None = None
    seconds: float | None = None
    progress: Callable[[Any], AbstractContextManager[Callable[[], object]]] = lambda film: nullcontext(lambda: None)


@dataclass(frozen=True)
class ClipFile:
    """A file or a folder of arrays: how many clips it holds, and what reads them."""

    path: Path
    num_clips: int
    clips: Callable[[], Iterator[Clip]]
    is_film: bool = False


def is_tsv(path: Path) -> bool:
    """Whether a file may be an answer of `podium predict` by its suffix."""
    return path.suffix.lower() == ".tsv"


class ClipFiles(list[ClipFile]):
    """The files of clips, in order.

    Attributes:
        suffixes: Of files that may hold clips.
        is_answer: Whether a file may be a plain answer of `podium predict`, and none of clips.
        passed_over: Files of the folders that are not read, by suffix.
        films: How films among them are read.
    """

    def __init__(self, suffixes: tuple[str, ...] = (".npy",), is_answer: Callable[[Path], bool] = is_tsv) -> None:
        super().__init__()
        self.suffixes, self.is_answer = suffixes, is_answer
        self.passed_over: Counter[str] = Counter()
        self.films = FilmOptions()

    def add_broken(self, path: Path, error: UserError) -> None:
        """A file that cannot be opened counts as one clip that cannot be read."""
        self.append(ClipFile(path, 1, lambda: iter([Clip(path, None, None, problem=str(error))])))


def told_of(passed_over: Counter[str]) -> str:
    """Counts of files by suffix, in words."""
    told = passed_over.most_common(MAX_KINDS)
    kinds = ", ".join(f"{number} {suffix or 'without a suffix'}" for suffix, number in told)
    more = f" and {len(passed_over) - len(told)} more kinds" if len(passed_over) > len(told) else ""
    return f"{passed_over.total()} file(s): {kinds}{more}"


def open_arrays(paths: list[Path]) -> ClipFiles:
    """Clips in .npy files, one in each, below some paths."""
    opened = ClipFiles()
    for path in paths:
        for file in sorted(path.rglob("*")) if path.is_dir() else [path]:
            if file.suffix.lower() == ".npy":
                opened.append(ClipFile(file, 1, lambda file=file: _array(file)))
            elif file.is_file():
                opened.passed_over[file.suffix.lower()] += 1
    return opened


def _array(path: Path) -> Iterator[Clip]:
    try:
        array = np.array(map_npy(path))
        yield Clip(path, None, array, len(array) if array.ndim else 0)
    except (UserError, OSError) as error:
        yield Clip(path, None, None, problem=str(error))
