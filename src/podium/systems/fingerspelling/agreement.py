"""Whether a file reads a clip as torch does.

Letters in tensor names: S output positions, V vocabulary.
"""

from typing import Any

import numpy as np

from podium.export.comparing import compare_arrays
from podium.systems.fingerspelling.readings import CONFIDENCE, DUMMY_SV, Outputs, Settings, rows_of
from podium.systems.fingerspelling.text import CHARACTERS, DUMMY_PHRASE, END, NUM_CHARACTERS, decode


def agree(expected: Outputs, found: Outputs, relative: float, settings: Settings) -> dict[str, Any]:
    """One clip of a file, or of TensorFlow, against torch: logits, texts and confidence.

    Rounding may tip a choice between two almost equal logits, or a confidence over the threshold. Such a tie passes
    with its gap, if the gap is within twice the tolerance; what follows it is another text and not compared.

    Args:
        expected: What torch says, see `podium.systems.fingerspelling.assembly`.
        found: What the file returns.
        relative: Tolerance, of the largest logit.
        settings: Built in; ``has_confidence`` says whether a confidence must be told.

    Returns:
        "passed"; "error", the largest of a logit (None if a side left it unread, 0 if both end at once); "gap", at
        which texts part, if they do; "texts", what a host gets from torch and from the file; "counts".
    """
    num_steps = int(expected["num_steps"])
    ids_S, logits_SV = expected["ids"][:num_steps], expected["logits"][:num_steps]
    rows_SV, is_dummy = rows_of(found), bool(expected["is_dummy"])
    confidence = float(expected[CONFIDENCE])
    told = float(np.asarray(found.get(CONFIDENCE, np.nan if settings["has_confidence"] else confidence)).item())
    compared = {"passed": False, "error": None, "gap": None}
    if rows_SV.ndim == 2 and rows_SV.shape[1] == NUM_CHARACTERS:
        compared = _compare(ids_S, logits_SV, confidence, is_dummy, rows_SV, relative, settings["min_confidence"])
        compared["passed"] = compared["passed"] and abs(told - confidence) <= relative
    text = DUMMY_PHRASE if is_dummy else decode(ids_S)
    found_text = "".join(CHARACTERS[index] for index in rows_SV[:, :NUM_CHARACTERS].argmax(axis=1))
    return {**compared, "texts": (text, found_text), "counts": {"num_dummy": int(is_dummy)}}


def _compare(
    ids_S: np.ndarray,
    logits_SV: np.ndarray,
    confidence: float,
    is_dummy: bool,
    rows_SV: np.ndarray,
    relative: float,
    min_confidence: float,
) -> dict[str, Any]:
    is_found_dummy = np.array_equal(rows_SV, DUMMY_SV)
    if is_found_dummy and is_dummy:
        return {"passed": True, "error": 0.0 if len(ids_S) else None, "gap": None}
    if len(ids_S) == 0 or is_found_dummy and confidence - relative < min_confidence:
        # One side gave the dummy phrase unread, which may happen at the threshold alone, and not if torch trusts the
        # clip and finds it too short.
        gap = abs(confidence - min_confidence)
        is_tie = gap <= relative and (len(ids_S) > 0 or confidence < min_confidence)
        return {"passed": is_tie, "error": None, "gap": gap}
    rows_SV = rows_SV[:0] if is_found_dummy else rows_SV
    parted = first_difference(ids_S[ids_S != END], rows_SV.argmax(axis=1))
    num_rows = len(rows_SV) if parted is None else min(parted + 1, len(rows_SV))
    result = compare_arrays(logits_SV[:num_rows, :NUM_CHARACTERS], rows_SV[:num_rows], relative)
    passed, gap = result["passed"], None
    if parted is not None:
        chosen = rows_SV[parted].argmax() if parted < len(rows_SV) else END
        logits_V = logits_SV[parted]
        gap = float(logits_V[ids_S[parted]] - logits_V[chosen])
        passed = passed and gap <= 2 * relative * max(1.0, float(np.abs(logits_V).max()))
    return {"passed": passed, "error": result["error"] if num_rows else None, "gap": gap}


def first_difference(ids_S: np.ndarray, other_S: np.ndarray) -> int | None:
    """The first position at which two texts differ, which may be the end of the shorter; None if they are equal."""
    length = min(len(ids_S), len(other_S))
    different = np.flatnonzero(ids_S[:length] != other_S[:length])
    if len(different):
        return int(different[0])
    return None if len(ids_S) == len(other_S) else length
