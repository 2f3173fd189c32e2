"""Podium as a library: landmarks in, text out.

    from podium import Recognizer

    recognizer = Recognizer("results/demo/export/model.tflite")
    print(recognizer.read(landmarks).text)

Letters in tensor names: T frames, K columns (390).
"""

import threading
from pathlib import Path
from typing import TYPE_CHECKING

from podium.data.clip_arrays import as_clip
from podium.errors import UserError
from podium.files import read_json
from podium.inference import Reader, Reading, TfliteRecognizer, TorchRecognizer, read_recipe
from podium.landmarks import COLUMNS

if TYPE_CHECKING:
    import numpy as np
    import pandas as pd

WEIGHTS, TFLITE = "model.safetensors", "model.tflite"
MAX_THREADS = 256  # beyond what the runtime can start it fails without a word


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

    Raises:
        UserError: The file is absent or is none of Podium's, or ``num_threads`` is no number of threads.
    """

    def __init__(self, path: str | Path, num_threads: int = 1) -> None:
        if not isinstance(num_threads, int) or not 1 <= num_threads <= MAX_THREADS:
            raise UserError(f"the number of threads must be from 1 to {MAX_THREADS}, not {num_threads!r}")
        self.path = find_model(path)
        self._reader = _open(self.path, num_threads)
        self._lock = threading.Lock()

    def read(self, landmarks: "np.ndarray | pd.DataFrame") -> Reading:
        """Reads one clip.

        Args:
            landmarks: Raw values as MediaPipe Holistic gives them, x and y in fractions of the picture, NaN where a
                landmark is missing; one row per frame. An array (T, 390) of floats has the columns
                `podium.landmarks.COLUMNS` in that order; a table has them by name, in any order and among others.

        Returns:
            The text, never empty: too short a clip, or one that the file does not trust, gets the dummy phrase
            (`Reading.is_dummy`). And the confidence that the clip can be read at all, in [0, 1], where the model tells
            it. A network in torch has no thresholds; it reads whatever has a frame.

        Raises:
            ClipError: A `UserError`. Columns are missing, the shape or the type is another, a value is infinite (or
                beyond ±1e15), a table holds several sequences, or the file takes fewer frames.
            UserError: The file cannot be run.
        """
        landmarks_TK = as_clip(landmarks)
        with self._lock:
            return self._reader.read(landmarks_TK)


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


def _open(path: Path, num_threads: int) -> Reader:
    if path.suffix == ".tflite":
        _check_columns(path.with_name("inference_args.json"))
        return TfliteRecognizer(path, num_threads)
    if path.suffix != ".safetensors":
        raise UserError(f"{path} is no model; name a .tflite or .safetensors file, or the folder of one")
    recipe = read_recipe(path.with_name("recipe.json"))
    import torch

    torch.set_num_threads(num_threads)
    return TorchRecognizer.load(path, recipe, min_frames=1, min_confidence=0.0)


def _check_columns(path: Path) -> None:
    """Raises `UserError` where the file's own list says that it was made for other columns."""
    if not path.is_file():
        return
    if read_json(path, "selected_columns")["selected_columns"] != COLUMNS:
        raise UserError(f"{path} names other columns than podium.landmarks.COLUMNS; export the model again")
