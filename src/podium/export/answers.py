"""What torch says of many clips, in a file: torch and TensorFlow meet only there.

The file is an ``.npz`` with one row per clip: ``name``, ``digest`` of its landmarks, ``num_steps``, ``ids`` (33,),
``logits`` (33, 63), ``confidence``, ``is_dummy``, and under ``stage/…`` a summary of each stage of the computation, by
which a difference is traced to where it starts.

Letters in tensor names: T frames, S output positions, V vocabulary, D width.
"""

import hashlib
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from podium.errors import UserError
from podium.export.clips import Clip
from podium.storage.files import atomic_path
from podium.storage.npy import read_npz
from podium.systems.fingerspelling.text import LABEL_LENGTH, PAD, VOCAB_SIZE

_STAGE = "stage/"


@dataclass(frozen=True)
class Answer:
    """What the networks say of one clip.

    Attributes:
        ids_S: (steps,) int64; none when the clip was too short or not trusted.
        logits_SV: (steps, 63) float32, by which the ids were chosen.
        confidence: In [0, 1]; 1 where no network has a head for it.
        is_dummy: Whether the file must answer with the dummy phrase.
        stages: Summary of each stage, (D,) float32, in the order of computation.
    """

    ids_S: np.ndarray
    logits_SV: np.ndarray
    confidence: float
    is_dummy: bool
    stages: dict[str, np.ndarray]


def write_answers(path: str | Path, clips: list[Clip], answers: Iterable[Answer]) -> None:
    """Writes one answer per clip."""
    rows: dict[str, list] = {}
    for clip, answer in zip(clips, answers, strict=True):
        num_steps = len(answer.ids_S)
        ids_S, logits_SV = np.full(LABEL_LENGTH, PAD), np.zeros((LABEL_LENGTH, VOCAB_SIZE), np.float32)
        ids_S[:num_steps], logits_SV[:num_steps] = answer.ids_S, answer.logits_SV
        row = {
            "name": clip.name,
            "digest": _digest(clip),
            "num_steps": num_steps,
            "ids": ids_S,
            "logits": logits_SV,
            "confidence": answer.confidence,
            "is_dummy": answer.is_dummy,
            **{_STAGE + stage: value_D for stage, value_D in answer.stages.items()},
        }
        for name, value in row.items():
            rows.setdefault(name, []).append(value)
    with atomic_path(path) as partial, open(partial, "wb") as stream:
        np.savez_compressed(stream, **{name: np.array(values) for name, values in rows.items()})


def read_answers(path: str | Path, clips: list[Clip]) -> list[Answer]:
    """The answers to ``clips``, in their order.

    Raises:
        UserError: The file holds answers to other clips.
    """
    arrays = read_npz(path)
    if not {"name", "digest", "num_steps", "ids", "logits", "confidence", "is_dummy"} <= arrays.keys():
        raise UserError(f"{path} does not hold answers; delete it, then it is made again")
    found = list(zip(arrays["name"].tolist(), arrays["digest"].tolist(), strict=True))
    if found != [(clip.name, _digest(clip)) for clip in clips]:
        raise UserError(f"{path} answers other clips than those of the hidden test; delete it, then it is made again")
    answers = []
    for row, num_steps in enumerate(arrays["num_steps"]):
        stages = {name.removeprefix(_STAGE): array[row] for name, array in arrays.items() if name.startswith(_STAGE)}
        ids_S, logits_SV = arrays["ids"][row, :num_steps], arrays["logits"][row, :num_steps]
        confidence, is_dummy = float(arrays["confidence"][row]), bool(arrays["is_dummy"][row])
        answers.append(Answer(ids_S, logits_SV, confidence, is_dummy, stages))
    return answers


def answer_all(inside: Callable[[np.ndarray], dict], clips: list[Clip]) -> Iterator[Answer]:
    """Asks networks one clip after the other; ``inside`` is that of `ensemble.Ensemble`."""
    for clip in clips:
        seen = inside(clip.raw_TK)
        stages = {stage: summary(value_TD) for stage, value_TD in seen["stages"].items()}
        yield Answer(seen["ids"], seen["logits"], seen["confidence"], seen["is_dummy"], stages)


def summary(value_TD: np.ndarray) -> np.ndarray:
    """Mean over frames (D,), in which the last counts twice as much as the first: another order gives another one."""
    return np.average(value_TD, axis=0, weights=np.linspace(1, 2, len(value_TD))).astype(np.float32)


def _digest(clip: Clip) -> str:
    return hashlib.sha256(np.ascontiguousarray(clip.raw_TK, np.float32).tobytes()).hexdigest()
