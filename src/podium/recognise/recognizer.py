"""Any model: opened, and a person's clip read. People use `podium.Recognizer`, which finds out whose model it is."""

import threading
from collections.abc import Callable, Mapping
from dataclasses import replace
from numbers import Real
from pathlib import Path
from types import ModuleType
from typing import Any

import numpy as np

from podium.errors import UserError
from podium.recognise.card import card_problem
from podium.recognise.readings import Reading
from podium.recognise.settings import RATES, is_rate
from podium.recognise.tflite import TfliteFile

WEIGHTS, TFLITE = "model.safetensors", "model.tflite"
MAX_THREADS = 256  # beyond what the runtime can start it fails without a word

Ask = Callable[[np.ndarray], Mapping[str, np.ndarray]]


class Recognizer:
    """A model of a system that is known.

    Thread-safe: any number of threads may call `read` of one object, which reads one clip after the other.

    Args:
        path: The model file; of a stage's seeds the folder.
        answers: The system's module.
        ask: What the file takes → its outputs.
        settings: What is said of the model beside it, see `podium.recognise.settings.read_settings`.

    Attributes:
        path: The model file; of a stage's seeds the folder.
        answers: The system's module.
        frame_rate: Frames a second of the clips that it was trained on; None if nothing says.
    """

    def __init__(self, path: Path, answers: ModuleType, ask: Ask, settings: Mapping[str, Any]) -> None:
        self.path, self.answers = path, answers
        self.frame_rate = settings.get("frame_rate")
        self._ask, self._settings = ask, settings
        self._lock = threading.Lock()

    def read(self, clip: Any, fps: float | None = None) -> Reading:
        """Reads one clip.

        Args:
            clip: What the system's ``answers.as_input`` takes.
            fps: Frames a second of the clip; None takes what the clip itself tells; without it, the clip counts as
                one of the model's own rate.

        Returns:
            The text, and the confidence that the clip can be read at all, in [0, 1], if the model gives it. If nothing
            was read, the text is "" and `Reading.reason` says why. `Reading.remarks` says what is doubtful.

        Raises:
            ClipError: A `UserError`. The clip is none of the system's, or the file takes fewer frames.
            UserError: The file cannot be run, ``fps`` is no frame rate, or that of the model is unknown.
        """
        if fps is not None:
            self.check_rate(fps)
            fps = float(fps)  # of a fraction, as decoders tell a film's rate
        prepared = self.answers.as_input(clip, self._settings, fps)
        if prepared.reason:
            return Reading("", None, prepared.reason, prepared.remarks)
        with self._lock:
            outputs = self._ask(prepared.x)
        reading = self.answers.read(outputs, self._settings, prepared.x)
        return replace(reading, remarks=prepared.remarks, num_read_frames=len(prepared.x))

    def check_rate(self, fps: Any) -> None:
        """Raises `UserError` if ``fps`` is no frame rate, or that of the model is unknown."""
        if isinstance(fps, bool) or not isinstance(fps, Real) or not is_rate(fps):
            raise UserError(f"fps is {fps!r}; {RATES}")
        if self.frame_rate is None:
            raise UserError(
                f"{self.path} does not tell at which frame rate it was trained; leave fps out, or set frame_rate in the"
                " dataset's file and export the model again"
            )


def find_model(path: str | Path) -> Path:
    """The model file that a path means; a folder means the one that it holds.

    Raises:
        UserError: There is none.
    """
    path = Path(path)
    if path.is_file():
        return path
    if not path.is_dir():
        raise UserError(f"{path} does not exist; name a .tflite or .safetensors file, or the folder of one")
    found = [path / name for name in (TFLITE, WEIGHTS) if (path / name).is_file()]
    if not found:
        folds = [one.name for one in sorted(path.glob("fold*")) if (one / WEIGHTS).is_file()]
        if folds:
            raise UserError(f"{path} holds folds, which do not read together; name one of {', '.join(folds)} in it")
        raise UserError(f"{path} holds neither {TFLITE} nor {WEIGHTS}; name a model")
    return found[0]


def seeds_in(path: str | Path) -> list[Path]:
    """The trained networks in the folder of a stage, seed by seed; none if it is no such folder.

    Raises:
        UserError: A seed has not been trained to its end.
    """
    path = Path(path)
    if any((path / name).is_file() for name in (TFLITE, WEIGHTS)):
        return []
    folders = [one for one in path.glob("seed*") if one.is_dir() and one.name.removeprefix("seed").isdecimal()]
    seeds = [one / WEIGHTS for one in sorted(folders, key=lambda one: int(one.name.removeprefix("seed")))]
    for seed in seeds:
        if not seed.is_file():
            raise UserError(f"{seed} does not exist; train this seed to its end, or name the folder of another")
    return seeds


def check_threads(num_threads: Any) -> None:
    """Raises `UserError` if this is no number of threads."""
    if not isinstance(num_threads, int) or not 1 <= num_threads <= MAX_THREADS:
        raise UserError(f"the number of threads must be from 1 to {MAX_THREADS}, not {num_threads!r}")


def open_tflite(path: Path, num_threads: int) -> TfliteFile:
    """A .tflite file, of the export that the card beside it describes.

    Raises:
        UserError: It is absent or none of ours, or the model card beside it is of another file.
    """
    if problem := card_problem(path):
        raise UserError(problem)
    return TfliteFile(path, num_threads)
