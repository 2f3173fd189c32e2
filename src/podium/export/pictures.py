"""What a report shows of a system's clips and readings.

A system that has more to show than a class per clip derives from `Pictures`, in its module ``pictures``.

Letters in tensor names: T frames, P points, C coordinates.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal

import numpy as np
import pandas as pd

NOTHING = ""  # a prediction that says nothing


@dataclass(frozen=True)
class Edit:
    """A piece of a label beside the piece of a prediction that stands for it."""

    kind: Literal["equal", "replace", "insert", "delete"]
    label: str
    prediction: str


class Pictures:
    """Defaults, for a system that names one class for a clip.

    Rows are those of ``predictions.csv`` or ``oof.parquet``: at least the label, prediction, score, participant_id.

    Args:
        label: The column of the label.

    Attributes:
        lines: Pairs of points that a picture of a clip joins.
    """

    lines: Sequence[tuple[int, int]] = ()

    def __init__(self, label: str) -> None:
        self.label = label

    def sentence(self, rows: pd.DataFrame) -> str:
        """The score, as a person understands it."""
        num_right = int((rows["score"] == 1).sum())
        return f"Of 100 clips, {100 * num_right / len(rows):.0f} are read right ({num_right} of {len(rows)})."

    def score(self, rows: pd.DataFrame) -> float:
        """Of some rows, in the measure of the whole score."""
        return float(rows["score"].mean())

    def said(self, prediction: str) -> str:
        """What a prediction says; `NOTHING` if it stands for a clip that was not read."""
        return prediction

    def groups(self, rows: pd.DataFrame) -> dict[str, pd.Series]:
        """What clips may be grouped by: a name → the group of each row. Ordered categories keep their order, other
        groups are shown from the worst on."""
        return {"class": rows[self.label].astype(str)}

    def edits(self, label: str, prediction: str) -> list[Edit]:
        """A prediction beside its label, piece by piece."""
        if not self.said(prediction):
            return [Edit("delete", label, "")]
        return [Edit("equal" if label == prediction else "replace", label, prediction)]

    def confusions(self, rows: pd.DataFrame) -> pd.DataFrame:
        """What was taken for what: columns label, prediction, number; right ones as well. "" is nothing."""
        pairs = [
            (edit.label, edit.prediction)
            for label, prediction in zip(rows[self.label], rows["prediction"], strict=True)
            if self.said(prediction)
            for edit in self.edits(label, prediction)
        ]
        table = pd.DataFrame(pairs, columns=["label", "prediction"])
        return table.value_counts(["label", "prediction"], sort=False).rename("number").reset_index()

    def threshold(self, settings: Mapping[str, Any]) -> float | None:
        """The confidence below which a file reads nothing, out of its ``inference_args.json``; None if there is
        none."""
        return None

    def shown(self, x: np.ndarray) -> np.ndarray:
        """What is drawn of a clip as the file takes it: (T,) a wave, (T, K) curves, or (T, P, 2) points with y
        downwards, NaN if one is missing."""
        return x

    def sample(self, sample: Any) -> tuple[np.ndarray, str]:
        """What is drawn of a training sample, and what it is to be read as ("": not told)."""
        return np.asarray(sample[0]), ""
