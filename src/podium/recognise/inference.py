"""Readers of clips: the TFLite file, and one torch network with the same rules around it. They take a clip as it is, as
a competition's host gives it. People use `podium.Recognizer`, which opens either and checks what it is given.

Letters in tensor names: B batch, T frames, K columns (390), L landmarks, C coordinates, S output positions.
"""

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Protocol

import numpy as np

from podium.config import parse
from podium.errors import ClipError, UserError
from podium.landmarks.normalise import normalise, resize
from podium.storage.files import check_readable, read_json
from podium.systems.fingerspelling.recipe import Recipe
from podium.systems.fingerspelling.text import CHARACTERS, DUMMY_PHRASE, NUM_CHARACTERS, decode

if TYPE_CHECKING:
    from torch import nn

SIGNATURE = "serving_default"  # as TensorFlow calls the one that it finds
# (11, 59): a file's outputs if it has not read the clip; logits are never exactly 0 and 1.
DUMMY_SV = np.eye(NUM_CHARACTERS, dtype=np.float32)[[CHARACTERS.index(character) for character in DUMMY_PHRASE]]


@dataclass(frozen=True)
class Reading:
    """The answer to a clip.

    Attributes:
        text: "" if nothing was read.
        confidence: That the clip can be read at all, in [0, 1]; None if the reader does not know.
        reason: Why there is no text, a key of `podium.landmarks.remarks.REASONS`; else "".
        remarks: What is doubtful about the clip, keys of `podium.landmarks.remarks.MEANINGS`.
        num_read_frames: Frames that the reader was given; None if nothing was left to read.
    """

    text: str
    confidence: float | None
    reason: str = ""
    remarks: tuple[str, ...] = ()
    num_read_frames: int | None = None

    @property
    def host_text(self) -> str:
        """What a competition's host gets: the dummy phrase if nothing was read."""
        return DUMMY_PHRASE if self.reason else self.text


@dataclass(frozen=True)
class Thresholds:
    """A reader does not read clips of fewer frames or with less confidence."""

    min_frames: int
    min_confidence: float

    def reason(self, num_frames: int, confidence: float | None) -> str:
        """Why a clip got no text, as a key of `podium.landmarks.remarks.REASONS`."""
        if num_frames < self.min_frames:
            return "too_short"
        if confidence is not None and confidence < self.min_confidence:
            return "not_trusted"
        return "ended_at_once"


class Reader(Protocol):
    """Anything that reads clips."""

    def read(self, landmarks_TK: np.ndarray) -> Reading:
        """Reads one clip.

        Args:
            landmarks_TK: (T, 390) float32, raw values of `mediapipe.COLUMNS`, NaN where a landmark is missing;
                T may be 0.
        """
        ...


class TfliteRecognizer:
    """The file in a plain TFLite runtime. Not thread-safe: the runtime works in buffers of its own.

    Args:
        path: The .tflite file.
        num_threads: Threads of the runtime.
        thresholds: Those in the file's graph, which cannot be read from it; they say why a clip has no text.

    Raises:
        UserError: The file is absent or is not one of ours.
    """

    def __init__(self, path: str | Path, num_threads: int = 1, thresholds: Thresholds | None = None) -> None:
        from ai_edge_litert.interpreter import Interpreter

        if not Path(path).is_file():
            raise UserError(f"{path} does not exist; name a .tflite file")
        check_readable(path)
        self._path = path
        self._thresholds = thresholds
        try:
            interpreter = Interpreter(str(path), num_threads=num_threads)
            if SIGNATURE not in interpreter.get_signature_list():
                raise UserError(f"{path} has no signature '{SIGNATURE}'; it is not one of Podium's files")
            self._run = interpreter.get_signature_runner(SIGNATURE)
            shapes = {name: one["shape"] for name, one in self._run.get_input_details().items()}
            returned = self._run.get_output_details().keys()
        except (ValueError, RuntimeError) as error:
            raise UserError(f"{path} is not a TFLite file ({error})") from None
        if "inputs" not in shapes or not ({"outputs"} <= returned or {"logits", "ids"} <= returned):
            raise UserError(f"{path} does not take 'inputs' or return 'outputs'; it is not one of Podium's files")
        self._num_rows = int(shapes["inputs"][0]) if "num_frames" in shapes else None

    def outputs(self, landmarks_TK: np.ndarray) -> np.ndarray:
        """What the file returns: (n, 59) float32, one row per character."""
        return self.answer(landmarks_TK)["outputs"]

    def read(self, landmarks_TK: np.ndarray) -> Reading:
        """Reads one clip as a host does: argmax of each row, joined. The confidence is that of files which return it
        beside ``outputs``. The dummy phrase, which no reading gives bit by bit, means that there is no text."""
        answer = self.answer(landmarks_TK)
        confidence = float(answer["confidence"].item()) if "confidence" in answer else None
        if np.array_equal(answer["outputs"], DUMMY_SV):
            reason = "not_read"
            if self._thresholds:
                reason = self._thresholds.reason(len(landmarks_TK), confidence)
            return Reading("", confidence, reason)
        text = "".join(CHARACTERS[index] for index in answer["outputs"].argmax(axis=1))
        return Reading(text, confidence)

    def answer(self, landmarks_TK: np.ndarray) -> dict[str, np.ndarray]:
        """All that the file returns, under its own names; "outputs" (n, 59) whatever the format.

        Raises:
            ClipError: The file takes fewer frames.
            UserError: The file is damaged.
        """
        try:
            return self._checked_answer(np.ascontiguousarray(landmarks_TK, dtype=np.float32))
        except (ValueError, RuntimeError) as error:
            raise UserError(f"{self._path} cannot be run ({error}); export the model again") from None

    def _checked_answer(self, landmarks_TK: np.ndarray) -> dict[str, np.ndarray]:
        if self._num_rows is None:
            answer = self._run(inputs=landmarks_TK)
            if answer["outputs"].ndim != 2 or answer["outputs"].shape[1] != NUM_CHARACTERS:
                raise ValueError(f"it returns the shape {answer['outputs'].shape}")
            return answer
        num_frames = len(landmarks_TK)  # a file for browsers: all shapes are fixed
        if num_frames > self._num_rows:
            raise ClipError(f"the file takes {self._num_rows} frames and the clip has {num_frames}; cut it")
        padded_TK = np.full((self._num_rows, landmarks_TK.shape[1]), np.nan, np.float32)
        padded_TK[:num_frames] = landmarks_TK
        answer = self._run(inputs=padded_TK, num_frames=np.array([num_frames], np.int32))
        return {**answer, "outputs": answer["logits"][answer["ids"] < NUM_CHARACTERS]}


class TorchRecognizer:
    """One network in torch; a clip by itself, without padding.

    Args:
        model: On the CPU, in evaluation mode.
        min_frames: Shorter clips get no text.
        min_confidence: Clips with less confidence get none either.
    """

    def __init__(self, model: "nn.Module", recipe: Recipe, min_frames: int, min_confidence: float) -> None:
        self.model = model
        self.recipe = recipe
        self._thresholds = Thresholds(min_frames, min_confidence)

    @classmethod
    def load(cls, weights: str | Path, recipe: Recipe, min_frames: int, min_confidence: float) -> "TorchRecognizer":
        """The network of a weights file. Raises `UserError` when it does not fit the recipe."""
        from podium.systems.fingerspelling import learner

        return cls(learner.load(weights, recipe).exported, recipe, min_frames, min_confidence)

    def read(self, landmarks_TK: np.ndarray) -> Reading:
        """Reads one clip."""
        import torch

        if len(landmarks_TK) < self._thresholds.min_frames:
            return Reading("", None, "too_short")
        x_TLC = resize(normalise(np.asarray(landmarks_TK, np.float32)), self.recipe.data.max_frames)
        x_BTLC = torch.from_numpy(np.ascontiguousarray(x_TLC))[None]
        ids_BS, confidence_B = self.model.generate(x_BTLC, torch.ones(x_BTLC.shape[:2], dtype=torch.bool))
        confidence = None if confidence_B is None else float(confidence_B[0])
        reason, text = self._thresholds.reason(len(landmarks_TK), confidence), decode(ids_BS[0].numpy())
        return Reading("", confidence, reason) if reason == "not_trusted" or not text else Reading(text, confidence)


def read_recipe(path: str | Path) -> Recipe:
    """The recipe that training has written beside the weights.

    Raises:
        UserError: The file does not exist, holds no recipe, or one in an earlier spelling.
    """
    path = Path(path)
    if not path.is_file():
        raise UserError(f"{path} does not exist; training writes it")
    account = read_json(path, "recipe")
    try:
        return parse(Recipe, account["recipe"], str(path))
    except UserError:
        if "system" in account:
            raise
        raise UserError(f"{path} was written by an earlier version of Podium; train the network again") from None
