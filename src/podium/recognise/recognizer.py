"""Podium as a library: landmarks in, text out.

    from podium import Recognizer

    recognizer = Recognizer("results/demo/export/model.tflite")
    print(recognizer.read(landmarks).text)

Letters in tensor names: T frames, K columns (390).
"""

import threading
from dataclasses import dataclass, replace
from numbers import Real
from pathlib import Path
from typing import Any

import numpy as np

from podium.config import FRAME_RATES
from podium.data.recordings import MAX_FRAMES
from podium.errors import ClipError, UserError
from podium.landmarks.clip_arrays import GivenClip, read_given
from podium.landmarks.plausibility import doubts, without_zeros
from podium.landmarks.remarks import MEANINGS
from podium.landmarks.timing import resample, signing
from podium.recognise.card import card_problem
from podium.recognise.inference import Reader, Reading, TfliteRecognizer, Thresholds, TorchRecognizer, read_recipe
from podium.storage.files import read_json
from podium.systems.fingerspelling.landmarks import COLUMNS, SELECTION
from podium.systems.fingerspelling.raw import SHORT_FRAMES

WEIGHTS, TFLITE = "model.safetensors", "model.tflite"
_NUMBER = ((int, float), "a number")
_SETTINGS = {"min_frames": ((int,), "a whole number"), "min_confidence": _NUMBER, "frame_rate": _NUMBER}
MAX_THREADS = 256  # beyond what the runtime can start it fails without a word
_RATES = f"a rate lies from {FRAME_RATES[0]:g} to {FRAME_RATES[1]:g} frames a second"


class Recognizer:
    """A model, whatever it is: a ``.tflite`` file, or a network in torch.

    Thread-safe: any number of threads may call `read` of one object, which reads one clip after the other. To read
    several at once, give each thread a `Recognizer` of its own.

    Args:
        path: A ``.tflite`` file; a ``.safetensors`` file with the ``recipe.json`` of its training beside it; or a
            folder that holds one of both as ``model.tflite`` or ``model.safetensors``.
        num_threads: Threads that work on one clip, at most 256. Those of torch are shared by the whole process.

    Attributes:
        path: The model file.
        frame_rate: Frames a second of the clips that it was trained on; None if nothing says.

    Raises:
        UserError: The file is absent or is none of Podium's, the model card beside it is of another file, or
            ``num_threads`` is no number of threads.
    """

    def __init__(self, path: str | Path, num_threads: int = 1) -> None:
        if not isinstance(num_threads, int) or not 1 <= num_threads <= MAX_THREADS:
            raise UserError(f"the number of threads must be from 1 to {MAX_THREADS}, not {num_threads!r}")
        self.path = find_model(path)
        settings = _read_settings(self.path.with_name("inference_args.json"))
        self.frame_rate = settings.frame_rate
        self._min_frames = settings.thresholds.min_frames if settings.thresholds else SHORT_FRAMES
        self._reader = _open(self.path, num_threads, settings.thresholds)
        self._lock = threading.Lock()

    def read(self, landmarks: Any, fps: float | None = None) -> Reading:
        """Reads one clip.

        Before the model sees it, whole parts in one point (of zeros, mostly) become missing, another frame rate becomes
        the model's, and frames without a hand are cut off at both ends.

        Args:
            landmarks: Raw values as MediaPipe Holistic gives them, x and y in fractions of the picture, NaN (or
                masked) if a landmark is missing; one row per frame. An array (T, 390) of floats has the columns
                `landmarks.COLUMNS` of the system in that order. A table of pandas, polars, pyarrow … has them by name,
                in any order and among others. Or a `podium.landmarks.clip_arrays.GivenClip`.
            fps: Frames a second of the clip; None takes the table's column ``fps``; without it, the clip counts as
                one of the model's own rate.

        Returns:
            The text, and the confidence that the clip can be read at all, in [0, 1], if the model gives it. If nothing
            was read, the text is "" and `Reading.reason` says why. `Reading.remarks` says what is doubtful.

        Raises:
            ClipError: A `UserError`. Columns are missing, the shape or the type is another, a value is infinite (or
                beyond ±1e15), a table holds several sequences, or the file takes fewer frames.
            UserError: The file cannot be run, ``fps`` is no frame rate, or that of the model is unknown.
        """
        if fps is not None:
            self.check_rate(fps)
            fps = float(fps)  # of a fraction, as decoders tell a film's rate
        given = landmarks if isinstance(landmarks, GivenClip) else read_given(landmarks, COLUMNS)
        landmarks_TK, has_zeros = without_zeros(given.landmarks_TK, SELECTION)
        found = {*given.remarks, *["zeros_for_missing"] * has_zeros, *doubts(landmarks_TK, SELECTION)}
        if fps is None and given.fps is not None and self.frame_rate is None:
            found.add("rate_not_used")
        reading = self._read(self._at_own_rate(landmarks_TK, given.fps if fps is None else fps))
        return replace(reading, remarks=tuple(remark for remark in MEANINGS if remark in found))

    def _read(self, landmarks_TK: np.ndarray) -> Reading:
        if len(landmarks_TK) == 0:
            return Reading("", None, "no_frames")
        landmarks_TK = landmarks_TK[signing(landmarks_TK, self._min_frames, SELECTION)]
        if len(landmarks_TK) == 0:
            return Reading("", None, "no_hand")
        with self._lock:
            reading = self._reader.read(landmarks_TK)
        return replace(reading, num_read_frames=len(landmarks_TK))

    def _at_own_rate(self, landmarks_TK: np.ndarray, fps: float | None) -> np.ndarray:
        if fps is None or self.frame_rate is None:
            return landmarks_TK
        if not _is_rate(fps):
            raise ClipError(f"a clip of {fps:g} frames a second cannot be read; {_RATES}")
        if len(landmarks_TK) * self.frame_rate > MAX_FRAMES * fps:
            raise ClipError(
                f"{len(landmarks_TK):,} frames at {fps:g} a second are more than {MAX_FRAMES:,} at the model's"
                f" {self.frame_rate:g}; cut the clip"
            )
        return resample(landmarks_TK, fps, self.frame_rate)

    def check_rate(self, fps: Any) -> None:
        """Raises `UserError` if ``fps`` is no frame rate, or that of the model is unknown."""
        if isinstance(fps, bool) or not isinstance(fps, Real) or not _is_rate(fps):
            raise UserError(f"fps is {fps!r}; {_RATES}")
        if self.frame_rate is None:
            raise UserError(
                f"{self.path} does not tell at which frame rate it was trained; leave fps out, or set frame_rate in the"
                " dataset's file and export the model again"
            )


def _is_rate(fps: float) -> bool:
    return FRAME_RATES[0] <= fps <= FRAME_RATES[1]


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
        raise UserError(f"{path} holds neither {TFLITE} nor {WEIGHTS}; name a model")
    return found[0]


@dataclass(frozen=True)
class _Settings:
    """What the ``inference_args.json`` beside a model says of it."""

    thresholds: Thresholds | None = None
    frame_rate: float | None = None


def _read_settings(path: Path) -> _Settings:
    """Raises `UserError` if the file is damaged, or says that the model was made for other columns."""
    if not path.is_file():
        return _Settings()
    content = read_json(path, "selected_columns")
    if content["selected_columns"] != COLUMNS:
        place = "podium.systems.fingerspelling.landmarks.COLUMNS"
        raise UserError(f"{path} names other columns than {place}; export the model again")
    numbers = {key: content.get(key) for key in _SETTINGS}
    for key, (kinds, name) in _SETTINGS.items():
        value = numbers[key]
        if value is not None and (isinstance(value, bool) or not isinstance(value, kinds)):
            raise UserError(f"{path}: {key} is {value!r}, not {name}; export the model again")
    frame_rate = numbers.pop("frame_rate")
    if frame_rate is not None and not _is_rate(frame_rate):
        raise UserError(f"{path}: frame_rate is {frame_rate!r}; {_RATES}; export the model again")
    return _Settings(None if None in numbers.values() else Thresholds(**numbers), frame_rate)


def _open(path: Path, num_threads: int, thresholds: Thresholds | None) -> Reader:
    if problem := card_problem(path):
        raise UserError(problem)
    if path.suffix == ".tflite":
        return TfliteRecognizer(path, num_threads, thresholds)
    if path.suffix != ".safetensors":
        raise UserError(f"{path} is no model; name a .tflite or .safetensors file, or the folder of one")
    recipe = read_recipe(path.with_name("recipe.json"))
    import torch

    torch.set_num_threads(num_threads)
    return TorchRecognizer.load(path, recipe, min_frames=1, min_confidence=0.0)
