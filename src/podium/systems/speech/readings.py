"""From probabilities to a word, and from words to a score. Knows numpy, no framework.

Letters in tensor names: V classes.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import pandas as pd

from podium.recognise.readings import Reading
from podium.systems.speech.conversion import PROBABILITIES, answers_to, said
from podium.systems.speech.labels import LABEL

OUTPUT = "probabilities"
_COLUMNS = ["file_id", "sequence_id", "participant_id", LABEL]


@dataclass(frozen=True)
class WordReading(Reading):
    """A word, with the probability of each class in the order of `podium.systems.speech.labels.CLASSES`."""

    probabilities: np.ndarray = field(default_factory=lambda: np.empty(0, np.float32))


def read(
    outputs: Mapping[str, np.ndarray], settings: Mapping[str, Any] | None = None, x: np.ndarray | None = None
) -> WordReading:
    """The likeliest class and its probability. Of 12 classes two are "silence" and "unknown"."""
    probs_V = np.asarray(outputs[OUTPUT], np.float32)
    place = int(probs_V.argmax())
    return WordReading(said(len(probs_V))[place], float(probs_V[place]), probabilities=probs_V)


def score(table: pd.DataFrame, readings: Sequence[Reading], is_test: bool = False) -> dict[str, Any]:
    """``score``: the share of clips that are read right. ``score_words``: the same without silences, whose recordings
    may be known from training. ``score_classes``: the mean over classes."""
    right = np.array(are_right(table[LABEL], readings), bool)
    classes = np.array([answers_to(label)[0] for label in table[LABEL]])
    shares = [right[classes == one].mean() for one in sorted(set(classes))]
    words = right[classes != "silence"]
    found = {
        "score": float(right.mean()) if len(right) else None,
        "score_words": float(words.mean()) if len(words) else None,
        "score_classes": float(np.mean(shares)) if shares else None,
    }
    return {**found, "num_right": int(right.sum())} if is_test else found


def predictions(table: pd.DataFrame, readings: Sequence[Reading], is_test: bool = False) -> pd.DataFrame:
    """Words beside the labels; ``score`` is 1 for a right one. For later stages also all probabilities."""
    rows = table[_COLUMNS[1:] if is_test else _COLUMNS]
    right = np.array(are_right(table[LABEL], readings), float)
    rows = rows.assign(prediction=[reading.text for reading in readings], score=right)
    if is_test:
        return rows.assign(confidence=[reading.confidence for reading in readings])
    rows[PROBABILITIES] = [reading.probabilities for reading in readings]
    return rows


def are_right(labels: Sequence[str], readings: Sequence[Reading]) -> list[bool]:
    """Whether each reading says its label's class, among as many classes as its network tells apart."""
    return [reading.text in answers_to(label) for label, reading in zip(labels, readings, strict=True)]
