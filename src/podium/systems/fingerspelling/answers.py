"""What fingerspelling makes of a network's outputs: texts, scores, tables."""

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import pandas as pd

from podium.recognise.inference import Reading
from podium.systems.fingerspelling.oof import import_labels, relabel
from podium.systems.fingerspelling.score import normalized_score, row_scores
from podium.systems.fingerspelling.text import decode

__all__ = ["import_labels", "predictions", "read", "relabel", "score"]


def read(outputs: Mapping[str, np.ndarray], settings: Any = None) -> Reading:
    """What a clip's outputs say.

    Args:
        outputs: As the learner answers: "ids" (S,) int64, and "confidence" () in [0, 1] of a network with that head.
        settings: What a file has built in; None takes the text as it is, whatever the confidence.
    """
    confidence = float(outputs["confidence"]) if "confidence" in outputs else None
    return Reading(decode(outputs["ids"].tolist()), confidence)


def score(table: pd.DataFrame, readings: Sequence[Reading]) -> dict[str, float]:
    """Corpus scores of readings, row by row of the table: by the competition's distance, and by Damerau's."""
    phrases, texts = table["phrase"].tolist(), [reading.text for reading in readings]
    return {
        "score": normalized_score(phrases, texts),
        "score_damerau": normalized_score(phrases, texts, transpositions=True),
    }


def predictions(table: pd.DataFrame, readings: Sequence[Reading]) -> pd.DataFrame:
    """Predictions beside their references; ``score`` is the row's own, with Damerau's distance, as the OOF merge
    takes it."""
    columns = ["file_id", "sequence_id", "participant_id", "phrase", "num_frames"]
    texts = [reading.text for reading in readings]
    row_score = row_scores(table["phrase"].tolist(), texts, transpositions=True)
    return table[columns].assign(prediction=texts, score=row_score)
