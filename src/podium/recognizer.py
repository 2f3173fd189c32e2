"""Podium as a library: landmarks in, text out.

    from podium import Recognizer

    recognizer = Recognizer("results/demo/export/model.tflite")
    print(recognizer.read(landmarks).text)

Letters in tensor names: T frames, K columns (390).
"""

import threading
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from podium.data.pack import MAX_FRAMES, SHORT_FRAMES
from podium.errors import ClipError, UserError
from podium.files import read_json
from podium.inference import Reader, Reading, TfliteRecognizer, Thresholds, TorchRecognizer, read_recipe
from podium.landmarks import COLUMNS
from podium.normalise import is_infinite
from podium.plausibility import doubts, without_zeros
from podium.timing import FRAME_RATES, resample, signing

if TYPE_CHECKING:
    import pandas as pd

WEIGHTS, TFLITE = "model.safetensors", "model.tflite"
MAX_THREADS = 256  # beyond what the runtime can start it fails without a word
_NUM_NAMED = 5


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
        frame_rate: Frames a second of the clips that it was trained on; None if no file tells.

    Raises:
        UserError: The file is absent or is none of Podium's, or ``num_threads`` is no number of threads.
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

    def read(self, landmarks: "np.ndarray | pd.DataFrame", fps: float | None = None) -> Reading:
        """Reads one clip.

        Before the model sees it, whole parts of zeros become missing, another frame rate becomes the model's, and
        frames without a hand are cut off at both ends.

        Args:
            landmarks: Raw values as MediaPipe Holistic gives them, x and y in fractions of the picture, NaN if a
                landmark is missing; one row per frame. An array (T, 390) of floats has the columns
                `podium.landmarks.COLUMNS` in that order; a table has them by name, in any order and among others.
            fps: Frames a second of the clip; None takes those that the model was trained at.

        Returns:
            The text, and the confidence that the clip can be read at all, in [0, 1], if the model tells it. If nothing
            was read, the text is "" and `Reading.reason` says why. `Reading.remarks` says what is doubtful.

        Raises:
            ClipError: A `UserError`. Columns are missing, the shape or the type is another, a value is infinite (or
                beyond ±1e15), a table holds several sequences, or the file takes fewer frames.
            UserError: The file cannot be run, ``fps`` is no frame rate, or the model does not tell its own.
        """
        if fps is not None:
            self.check_rate(fps)
        landmarks_TK, has_zeros = without_zeros(as_clip(landmarks))
        remarks = (*["zeros_for_missing"] * has_zeros, *doubts(landmarks_TK))
        if len(landmarks_TK) == 0:
            return Reading("", None, "no_frames", remarks)
        if fps is not None:
            if len(landmarks_TK) * self.frame_rate > MAX_FRAMES * fps:
                raise ClipError(
                    f"{len(landmarks_TK):,} frames at {fps:g} a second are more than {MAX_FRAMES:,} at the model's"
                    f" {self.frame_rate:g}; cut the clip"
                )
            landmarks_TK = resample(landmarks_TK, fps, self.frame_rate)
        landmarks_TK = landmarks_TK[signing(landmarks_TK, self._min_frames)]
        if len(landmarks_TK) == 0:
            return Reading("", None, "no_hand", remarks)
        with self._lock:
            reading = self._reader.read(landmarks_TK)
        return replace(reading, remarks=remarks, num_read_frames=len(landmarks_TK))

    def check_rate(self, fps: float) -> None:
        """Raises `UserError` if ``fps`` is no frame rate, or the model does not tell its own."""
        low, high = FRAME_RATES
        if isinstance(fps, bool) or not isinstance(fps, (int, float, np.number)) or not low <= fps <= high:
            raise UserError(f"fps must be from {low:g} to {high:g} frames a second, not {fps!r}")
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
        raise UserError(f"{path} holds neither {TFLITE} nor {WEIGHTS}; name a model")
    return found[0]


def as_clip(landmarks: "np.ndarray | pd.DataFrame") -> np.ndarray:
    """What a reader wants, (T, 390) float32, NaN kept. For arguments and errors see `Recognizer.read`."""
    if hasattr(landmarks, "columns"):
        landmarks = _select(landmarks)
    try:
        array = np.asarray(landmarks)
    except ValueError:  # rows of several lengths
        raise ClipError(f"a clip must be an array (frames, {len(COLUMNS)}) or a table") from None
    if array.ndim != 2 or array.shape[1] != len(COLUMNS):
        raise ClipError(
            f"a clip of the shape {array.shape} cannot be read; it must be (frames, {len(COLUMNS)}),"
            " the columns of podium.landmarks.COLUMNS"
        )
    if array.dtype.kind != "f":
        raise ClipError(f"a clip of the type {array.dtype} cannot be read; landmarks are floating-point numbers")
    with np.errstate(over="ignore"):  # of a float64: becomes infinite, and is found as such
        landmarks_TK = np.ascontiguousarray(array, dtype=np.float32)
    is_infinite_TK = is_infinite(landmarks_TK)
    if is_infinite_TK.any():
        frame, column = np.argwhere(is_infinite_TK)[0]
        raise ClipError(f"frame {frame} has an infinite {COLUMNS[column]}; a missing landmark is NaN")
    return landmarks_TK


def _select(table: "pd.DataFrame") -> np.ndarray:
    """The 390 columns of a table in their order, as floats."""
    for ids in (table.index.to_series() if table.index.name == "sequence_id" else None, table.get("sequence_id")):
        if ids is not None and ids.ndim > 1:
            raise ClipError("a clip has the column sequence_id more than once")
        if ids is not None and ids.nunique() > 1:
            raise ClipError(f"the table holds {ids.nunique()} sequences; give one at a time, or use `podium predict`")
    missing = [name for name in COLUMNS if name not in table.columns]
    if missing:
        more = f" and {len(missing) - _NUM_NAMED} more" if len(missing) > _NUM_NAMED else ""
        raise ClipError(f"a clip lacks the column(s) {', '.join(missing[:_NUM_NAMED])}{more}")
    table = table[COLUMNS]
    if table.shape[1] != len(COLUMNS):
        twice = table.columns[table.columns.duplicated()][0]
        raise ClipError(f"a clip has the column {twice} more than once")
    if table.empty:  # without values a column has no type
        return np.zeros(table.shape)
    for name, dtype in table.dtypes.items():
        if dtype.kind not in "fiu":
            raise ClipError(f"column {name} is {dtype}, not a number")
    return table.to_numpy(dtype=np.float64, na_value=np.nan)


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
        raise UserError(f"{path} names other columns than podium.landmarks.COLUMNS; export the model again")
    numbers = {key: content.get(key) for key in ("min_frames", "min_confidence", "frame_rate")}
    for key, value in numbers.items():
        if value is not None and (isinstance(value, bool) or not isinstance(value, (int, float))):
            raise UserError(f"{path}: {key} is {value!r}, not a number; export the model again")
    frame_rate = numbers.pop("frame_rate")
    return _Settings(None if None in numbers.values() else Thresholds(**numbers), frame_rate)


def _open(path: Path, num_threads: int, thresholds: Thresholds | None) -> Reader:
    if path.suffix == ".tflite":
        return TfliteRecognizer(path, num_threads, thresholds)
    if path.suffix != ".safetensors":
        raise UserError(f"{path} is no model; name a .tflite or .safetensors file, or the folder of one")
    recipe = read_recipe(path.with_name("recipe.json"))
    import torch

    torch.set_num_threads(num_threads)
    return TorchRecognizer.load(path, recipe, min_frames=1, min_confidence=0.0)
