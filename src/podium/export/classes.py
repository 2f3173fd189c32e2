"""The answers of a system that tells which of some classes a clip is: signs, words. Its file returns "logits".

Letters in tensor names: T frames, K columns of values, V classes.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from podium.data import columns
from podium.data.clip_files import open_arrays
from podium.data.recordings import PreparedClip, Recordings, clips
from podium.errors import ClipError, UserError
from podium.export.comparing import compare_arrays
from podium.recognise.readings import Prepared, Reading
from podium.recognise.tflite import INPUT, SIGNATURE, Shapes
from podium.storage.tables import read_table

LOGITS = "logits"
Outputs = Mapping[str, np.ndarray]


class Classes:
    """What a system's ``answers`` offers, see docs/adding_a_system.md.

    Args:
        names: Of the classes, in the order of the logits.
        label: The column of the label in tables.
        num_columns: K.
        task: What the system does, for the model card.
        open_raw, prepare: Of the system's ``samples``.
    """

    REASONS: Mapping[str, str] = {}
    MEANINGS: Mapping[str, str] = {}
    open_clips = staticmethod(open_arrays)

    def __init__(
        self,
        names: Sequence[str],
        label: str,
        num_columns: int,
        task: str,
        open_raw: Callable[[Path], Recordings],
        prepare: Callable[[np.ndarray], PreparedClip],
    ) -> None:
        self._names, self._label, self._num_columns, self._task = list(names), label, num_columns, task
        self._open_raw, self._prepare = open_raw, prepare

    def check_settings(self, settings: Mapping[str, Any], path: Path) -> None:
        """Nothing to check."""

    def is_own(self, inputs: Shapes, outputs: Shapes) -> bool:
        """Whether a file of such inputs and outputs may be one of this system."""
        return inputs.get(INPUT, ())[-1:] == (self._num_columns,) and outputs.get(LOGITS) == (len(self._names),)

    def as_input(self, clip: Any, settings: Mapping[str, Any], fps: float | None) -> Prepared:
        """A person's clip (T, K), T ≥ 1, as the file takes it. Raises `ClipError` if it is none."""
        x_TK = np.asarray(clip, np.float32)
        if x_TK.ndim != 2 or x_TK.shape[1] != self._num_columns or not len(x_TK):
            raise ClipError(f"a clip has the shape (frames, {self._num_columns}), not {x_TK.shape}")
        prepared = self._prepare(x_TK)
        return Prepared(prepared.values_TK, prepared.remarks, prepared.problem)

    def read(
        self, outputs: Outputs, settings: Mapping[str, Any] | None = None, x: np.ndarray | None = None
    ) -> Reading:
        """The class of the largest logit, and its probability."""
        logits_V = np.asarray(outputs[LOGITS], np.float64)
        shares_V = np.exp(logits_V - logits_V.max())
        return Reading(self._names[int(logits_V.argmax())], float(shares_V.max() / shares_V.sum()))

    def score(self, table: pd.DataFrame, readings: Sequence[Reading], is_test: bool = False) -> dict[str, Any]:
        """The share of rows that were read as their label."""
        num_right = sum(self._is_right(table, readings))
        score = num_right / len(table) if len(table) else None
        return {"score": score, **({"num_right": num_right} if is_test else {})}

    def predictions(self, table: pd.DataFrame, readings: Sequence[Reading], is_test: bool = False) -> pd.DataFrame:
        """Texts beside their references; ``score`` is 1 for a right one."""
        rows = table[(columns.tested if is_test else columns.predicted)(self._label)]
        texts = [reading.text for reading in readings]
        return rows.assign(prediction=texts, score=[float(one) for one in self._is_right(table, readings)])

    def agree(self, expected: Outputs, found: Outputs, relative: float, settings: Mapping[str, Any]) -> dict[str, Any]:
        """One clip of a file, or of TensorFlow, against torch. Two logits that are equal but for the tolerance may
        change places; such a tie has its gap."""
        result = compare_arrays(np.asarray(expected[LOGITS]), found.get(LOGITS), relative)
        texts = tuple(self.read(one).text if LOGITS in one else "" for one in (expected, found))
        places = [self._names.index(text) for text in texts if text]
        gap = float(np.ptp(np.asarray(expected[LOGITS])[places])) if texts[0] != texts[1] else None
        return {"passed": result["passed"], "error": result["error"], "gap": gap, "texts": texts}

    def test_clips(self, table: pd.DataFrame, root: str | Path) -> Iterator[tuple[int, np.ndarray | None]]:
        """Yields the position of each row of ``table`` and its clip (T, K), None if it is not there, file by file."""
        for path, rows in table.groupby("path", sort=False):
            positions = dict(zip(rows["sequence_id"].tolist(), rows.index.tolist(), strict=True))
            for sequence_id, x_TK in clips(self._open_raw(Path(root, path)), positions):
                prepared = self._prepare(x_TK)
                yield positions.pop(sequence_id), None if prepared.problem else prepared.values_TK
            yield from ((position, None) for position in positions.values())

    def edge_clips(self, x: np.ndarray, settings: Mapping[str, Any], recipe: Any) -> dict[str, np.ndarray]:
        """Clips at the edges of what may come in, made of a real one (T, K), by name."""
        return {"one frame": x[:1], "all zero": np.zeros_like(x), "three times as long": np.concatenate([x, x, x])}

    def example(self, num_frames: int, rng: np.random.Generator) -> np.ndarray:
        """A clip to time a file with: random values."""
        return rng.normal(size=(num_frames, self._num_columns)).astype(np.float32)

    def card(self, settings: Mapping[str, Any], recipes: Sequence[Mapping[str, Any]]) -> dict[str, Any]:
        """The system's part of the model card, see `podium.export.card.model_card`."""
        return {
            "task": self._task,
            "input": {
                "signature": SIGNATURE, "name": INPUT, "type": "float32", "shape": ["frames", self._num_columns],
            },
            "output": {"name": LOGITS, "type": "float32", "shape": [len(self._names)], "classes": self._names},
            "networks": [dict(recipe.get("model", {})) for recipe in recipes],
            "scores": ("score", "num_right", "num_sequences"),
            "score_meaning": "share of the clips that are read right",
        }  # fmt: skip

    def relabel(
        self, how: str, index: Path, predictions: Sequence[Path], held_out: set[int]
    ) -> tuple[pd.DataFrame, dict[str, Any]]:
        """The index with what earlier stages have predicted in place of the labels, of the clips that they have read.

        Args:
            how: "predicted".
            index: index.parquet.
            predictions: oof.parquet of every run.
            held_out: Participants in no fold, whose clips have no prediction.
        """
        if how != "predicted":
            raise UserError(f"labels.how is '{how}'; this system knows one way: predicted")
        told = pd.concat([read_table(path, columns.PREDICTIONS) for path in predictions])
        rows = read_table(index, ["sequence_id", self._label])
        table = rows.merge(told[["sequence_id", "prediction"]], on="sequence_id")
        metrics = {"score": float(told["score"].mean()), "num_sequences": len(told)}
        return table.assign(**{self._label: table["prediction"]}), metrics

    def _is_right(self, table: pd.DataFrame, readings: Sequence[Reading]) -> list[bool]:
        return [reading.text == label for reading, label in zip(readings, table[self._label], strict=True)]
