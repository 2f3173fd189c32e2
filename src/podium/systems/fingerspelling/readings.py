"""What a fingerspelling file's outputs say: texts, scores, tables.

Outputs come in three forms. A learner answers "ids" (S,), as decoded, and "confidence" () of a network with that head.
A file returns "outputs" (n, 59), a row of logits per character, and "confidence"; a file of fixed shapes returns "ids"
(33,), "logits" (33, 59) and "confidence" (1,). The dummy phrase, which no logits give bit by bit, means no text.

Letters in tensor names: T frames, K columns (390), S output positions, V vocabulary.
"""

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from podium.data import columns
from podium.errors import UserError
from podium.recognise.readings import Reading
from podium.systems.fingerspelling.score import edit_distance, normalized_score, row_scores
from podium.systems.fingerspelling.text import CHARACTERS, DUMMY_PHRASE, LABEL, NUM_CHARACTERS, decode

if TYPE_CHECKING:
    import pandas as pd

OUTPUT, CONFIDENCE = "outputs", "confidence"
# (11, 59): a file's outputs if it has not read the clip; logits are never exactly 0 and 1.
DUMMY_SV = np.eye(NUM_CHARACTERS, dtype=np.float32)[[CHARACTERS.index(character) for character in DUMMY_PHRASE]]
_THRESHOLDS = ("min_frames", "min_confidence")

Outputs = Mapping[str, np.ndarray]
Settings = Mapping[str, Any]


def read(outputs: Outputs, settings: Settings | None = None, x: np.ndarray | None = None) -> Reading:
    """What a clip's outputs say.

    Args:
        outputs: In one of the three forms at this file's head.
        settings: What a file has built in; None if that is not known.
        x: What was read, (T, 390). None takes ids as they are, whatever the confidence, and gives no reason.

    Raises:
        UserError: The outputs have another shape.
    """
    confidence = float(np.asarray(outputs[CONFIDENCE]).item()) if CONFIDENCE in outputs else None
    settings = settings or {}
    if "logits" in outputs or OUTPUT in outputs:
        rows_SV = rows_of(outputs)
        if rows_SV.ndim != 2 or rows_SV.shape[1] != NUM_CHARACTERS:
            raise UserError(f"the file returns outputs of the shape {rows_SV.shape}; export the model again")
        if not np.array_equal(rows_SV, DUMMY_SV):
            return Reading("".join(CHARACTERS[index] for index in rows_SV.argmax(axis=1)), confidence)
        is_known = x is not None and has_thresholds(settings)
        return Reading("", confidence, _reason(len(x), confidence, settings) if is_known else "not_read")
    text = decode(outputs["ids"])
    if x is None:
        return Reading(text, confidence)
    reason = _reason(len(x), confidence, settings if has_thresholds(settings) else {})
    return Reading("", confidence, reason) if reason != "ended_at_once" or not text else Reading(text, confidence)


def rows_of(outputs: Outputs) -> np.ndarray:
    """(n, 59), whatever the file's form."""
    return outputs[OUTPUT] if OUTPUT in outputs else outputs["logits"][outputs["ids"] < NUM_CHARACTERS]


def has_thresholds(settings: Settings) -> bool:
    """Whether settings say when a clip is not read."""
    return None not in [settings.get(key) for key in _THRESHOLDS]


def _reason(num_frames: int, confidence: float | None, settings: Settings) -> str:
    if num_frames < settings.get("min_frames", 1):
        return "too_short"
    if confidence is not None and confidence < settings.get("min_confidence", 0.0):
        return "not_trusted"
    return "ended_at_once"


def host_text(reading: Reading) -> str:
    """What a competition's host gets: the dummy phrase if nothing was read."""
    return DUMMY_PHRASE if reading.reason else reading.text


def _host_texts(phrases: Sequence[str], readings: Sequence[Reading]) -> list[str]:
    """`host_text` of each; nothing is right where there is nothing to read."""
    return [host_text(one) if phrase else one.text for phrase, one in zip(phrases, readings, strict=True)]


def score(table: "pd.DataFrame", readings: Sequence[Reading], is_test: bool = False) -> dict[str, Any]:
    """Corpus scores of readings, row by row of the table: by the competition's distance, and by Damerau's.

    Args:
        is_test: The table is the hidden test, which may be empty; counts are told as well.
    """
    phrases = table[LABEL].tolist()
    texts = _host_texts(phrases, readings)
    scores = {
        "score": normalized_score(phrases, texts) if phrases else None,
        "score_damerau": normalized_score(phrases, texts, transpositions=True) if phrases else None,
    }
    if not is_test:
        return scores
    counts = {"num_characters": sum(map(len, phrases))}
    if phrases:
        num_edits = np.array([edit_distance(*pair) for pair in zip(phrases, texts, strict=True)])
        counts |= {
            "num_edits": int(num_edits.sum()),
            "num_exact": int((num_edits == 0).sum()),
            "p_dummy": float(np.mean([text == DUMMY_PHRASE for text in texts])),
        }
    return {**scores, **counts}


def predictions(table: "pd.DataFrame", readings: Sequence[Reading], is_test: bool = False) -> "pd.DataFrame":
    """Texts beside their references.

    Args:
        is_test: The table is the hidden test: ``score`` is the row's own by the competition's distance. Otherwise it is
            by Damerau's, as the OOF merge takes it.
    """
    phrases = table[LABEL].tolist()
    texts = _host_texts(phrases, readings)
    row_score = row_scores(phrases, texts, transpositions=not is_test)
    if not is_test:
        return table[columns.predicted(LABEL)].assign(prediction=texts, score=row_score)
    rows = table[columns.tested(LABEL)].assign(prediction=texts)
    return rows.assign(num_edits=[edit_distance(*pair) for pair in zip(phrases, texts, strict=True)], score=row_score)
