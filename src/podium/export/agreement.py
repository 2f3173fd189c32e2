"""Whether TensorFlow and the files answer as torch does, clip by clip, and where a difference starts.

Letters in tensor names: T frames, K columns (390), S output positions, V vocabulary.
"""

from collections.abc import Callable, Mapping

import numpy as np
import tensorflow as tf

from podium.errors import ClipError
from podium.export.answers import Answer, summary
from podium.export.clips import Clip
from podium.export.graph import CONFIDENCE, OUTPUT, Ensemble
from podium.export.parity import STAGE_TOLERANCE, compare_arrays, first_difference
from podium.recognise.inference import DUMMY_SV
from podium.systems.fingerspelling.score import normalized_score
from podium.systems.fingerspelling.text import CHARACTERS, DUMMY_PHRASE, END, NUM_CHARACTERS, decode

Ask = Callable[[np.ndarray], Mapping[str, np.ndarray]]

# Of the largest logit, at least 1, and of confidences. Weights rounded to float16 (2^-11 = 5e-4 each) bring random
# networks of 2 and of 14 blocks to 1e-3.
FLOAT16_TOLERANCE = 1e-2
# Rounding to int8 brings random networks of 2 and of 14 blocks to 5e-2.
INT8_TOLERANCE = 0.2
TOLERANCES = {
    "tensorflow": STAGE_TOLERANCE, "fp32": STAGE_TOLERANCE,
    "fp16": FLOAT16_TOLERANCE, "web": FLOAT16_TOLERANCE, "kaggle": FLOAT16_TOLERANCE,
    "int8": INT8_TOLERANCE,
}  # fmt: skip


def check_answers(
    ask: Ask,
    clips: list[Clip],
    answers: list[Answer],
    relative: float,
    min_confidence: float,
    has_confidence: bool,
) -> dict:
    """A reader against torch: logits, texts, confidence and score. Clips that are too long for the reader are left out.
    It has not passed where torch reads none of the others: that all get the dummy phrase proves nothing.

    Rounding may tip a choice between two almost equal logits, or a confidence over the threshold. Such a tie passes,
    and is listed with its gap, when the gap is within twice the tolerance; what follows it is another text and not
    compared.

    Args:
        ask: Raw landmarks (T, 390) → "outputs" (n, 59) and, where there is one, "confidence".
        answers: What torch says of the clips.
        relative: Tolerance, of the largest logit.
        min_confidence: The threshold of the reader.
        has_confidence: Whether the reader must tell a confidence.
    """
    ties, failures, errors, texts, num_same, num_dummy, num_too_long = [], [], [], [], 0, 0, 0
    for clip, answer in zip(clips, answers, strict=True):
        try:
            found = ask(clip.raw_TK)
        except ClipError:
            num_too_long += 1
            continue
        result = compare(answer, found, relative, min_confidence, has_confidence)
        text = DUMMY_PHRASE if answer.is_dummy else decode(answer.ids_S)
        found_text = "".join(CHARACTERS[index] for index in found[OUTPUT][:, :NUM_CHARACTERS].argmax(axis=1))
        num_same += text == found_text
        num_dummy += answer.is_dummy
        errors += [] if result["error"] is None else [result["error"]]
        if not result["passed"]:
            failures.append({"clip": clip.name, "torch": text, "found": found_text, **result})
        elif text != found_text:
            ties.append({"clip": clip.name, "torch": text, "found": found_text, "gap": result["gap"]})
        if clip.phrase is not None:
            texts.append((clip.phrase, text, found_text))
    phrases, *read = zip(*texts, strict=True) if texts else [()] * 3
    return {
        "passed": bool(errors) and not failures,
        "num_clips": len(clips) - num_too_long,
        "num_too_long": num_too_long,
        "num_compared": len(errors),
        "num_same_texts": num_same,
        "num_dummy": num_dummy,
        "max_error": max(errors, default=None),
        "relative_tolerance": relative,
        "ties": ties,
        "failures": failures,
        "score_torch": normalized_score(phrases, read[0]) if texts else None,
        "score": normalized_score(phrases, read[1]) if texts else None,
    }


def compare(
    answer: Answer, found: Mapping[str, np.ndarray], relative: float, min_confidence: float, has_confidence: bool
) -> dict:
    """One clip: whether it passed, the largest error of a logit (None where a side left it unread, 0 where both end at
    once), and the gap at which texts part, where they do."""
    rows_SV = found[OUTPUT]
    if rows_SV.ndim != 2 or rows_SV.shape[1] != NUM_CHARACTERS:
        return {"passed": False, "error": None, "gap": None}
    confidence = float(np.asarray(found.get(CONFIDENCE, np.nan if has_confidence else answer.confidence)).item())
    is_trusted_alike = abs(confidence - answer.confidence) <= relative
    is_dummy = np.array_equal(rows_SV, DUMMY_SV)
    if is_dummy and answer.is_dummy:
        return {"passed": is_trusted_alike, "error": 0.0 if len(answer.ids_S) else None, "gap": None}
    if len(answer.ids_S) == 0 or is_dummy and answer.confidence - relative < min_confidence:
        # One side gave the dummy phrase unread, which may happen at the threshold alone, and not where torch trusts the
        # clip and finds it too short.
        gap = abs(answer.confidence - min_confidence)
        is_tie = gap <= relative and (len(answer.ids_S) > 0 or answer.confidence < min_confidence)
        return {"passed": is_trusted_alike and is_tie, "error": None, "gap": gap}
    rows_SV = rows_SV[:0] if is_dummy else rows_SV
    parted = first_difference(answer.ids_S[answer.ids_S != END], rows_SV.argmax(axis=1))
    num_rows = len(rows_SV) if parted is None else min(parted + 1, len(rows_SV))
    result = compare_arrays(answer.logits_SV[:num_rows, :NUM_CHARACTERS], rows_SV[:num_rows], relative)
    passed, gap = result["passed"] and is_trusted_alike, None
    if parted is not None:
        chosen = rows_SV[parted].argmax() if parted < len(rows_SV) else END
        logits_V = answer.logits_SV[parted]
        gap = float(logits_V[answer.ids_S[parted]] - logits_V[chosen])
        passed = passed and gap <= 2 * relative * max(1.0, float(np.abs(logits_V).max()))
    return {"passed": passed, "error": result["error"] if num_rows else None, "gap": gap}


def first_diverging_stage(ensemble: Ensemble, clip: Clip, answer: Answer) -> str:
    """Where TensorFlow leaves torch: "x" (preprocessing), "{network}/{stage}", "confidence" or "decoding"."""
    stages = ensemble.stages(tf.constant(clip.raw_TK, tf.float32))
    for stage, expected_D in answer.stages.items():
        if not compare_arrays(expected_D, summary(stages[stage].numpy()), STAGE_TOLERANCE)["passed"]:
            return stage
    confidence = float(ensemble.inside(clip.raw_TK)[CONFIDENCE])
    return "decoding" if abs(confidence - answer.confidence) <= STAGE_TOLERANCE else CONFIDENCE
