"""The file against torch itself, from raw landmarks to logits.

The checks by stage start at normalised clips and one seed, the checks of the file compare two graphs with the same
preprocessing. This one spans both: what stands in the references is all torch's.

Letters in tensor names: S output positions, V vocabulary.
"""

from collections.abc import Mapping

import numpy as np

from podium.errors import UserError
from podium.export.parity import compare_rows, num_clips_in
from podium.export.tflite import Ensemble
from podium.inference import TfliteRecognizer
from podium.text import DUMMY_PHRASE, END, NUM_CHARACTERS

Reference = Mapping[str, np.ndarray]


def check_end_to_end(ensemble: Ensemble, recognizer: TfliteRecognizer, references: list[Reference]) -> dict:
    """The file's answer to each reference clip against the mean of what the torch networks say.

    A network's logits depend on what it has written before, so networks have a mean as long as their own texts agree
    and one step further. With one network that is the whole text; the first step is always compared.

    Args:
        references: One per seed, of the same clips.

    Raises:
        UserError: The references are of different clips.
    """
    results = []
    for clip in range(num_clips_in(references[0])):
        raw_TK = references[0][f"{clip}/raw"]
        if not all(np.array_equal(raw_TK, one.get(f"{clip}/raw", ()), equal_nan=True) for one in references):
            raise UserError(f"clip {clip} is not the same in all references; train the seeds on one dataset")
        theirs = torch_answer(ensemble, references, clip)
        rows_SV = recognizer.outputs(raw_TK)
        is_dummy = np.array_equal(rows_SV, ensemble.dummy_SV[: len(DUMMY_PHRASE)])
        if not is_dummy and END not in theirs["ids"]:
            rows_SV = rows_SV[: len(theirs["ids"])]  # the file goes on, the mean does not
        result, _ = compare_rows(theirs, rows_SV, ensemble)
        results.append({"num_frames": len(raw_TK), "num_steps": len(theirs["ids"]), **result})
    errors = [result["error"] for result in results if result["error"] is not None]
    return {
        "passed": bool(results) and all(result["passed"] for result in results),
        "failed_clips": [clip for clip, result in enumerate(results) if not result["passed"]],
        "num_compared_steps": sum(result["num_steps"] for result in results),
        "max_error": max(errors, default=None),
        "clips": results,
    }


def torch_answer(ensemble: Ensemble, references: list[Reference], clip: int) -> dict:
    """What `Ensemble.inside` should return for a clip as far as torch can tell: ids, logits, confidence, is_dummy."""
    ids = [reference[f"{clip}/ids"] for reference in references]
    length = min(map(len, ids))
    stacked = np.stack([one[:length] for one in ids])
    # Networks in published mode may write what the file never does.
    is_common_S = (stacked == stacked[0]).all(axis=0) & ((stacked[0] < NUM_CHARACTERS) | (stacked[0] == END))
    num_steps = min(length, int(np.cumprod(is_common_S).sum()) + 1)
    logits_SV = np.mean([reference[f"{clip}/logits"][:num_steps] for reference in references], axis=0)
    may_win = [*range(NUM_CHARACTERS), END]
    ids_S = np.array(may_win)[logits_SV[:, may_win].argmax(axis=1)]
    key = f"{clip}/confidence_logit"
    logit = np.mean([reference[key] for reference in references if key in reference] or [np.inf])
    confidence = float(1 / (1 + np.exp(-logit)))
    is_gated = len(references[0][f"{clip}/raw"]) < ensemble.min_frames or confidence < ensemble.min_confidence
    if is_gated:
        ids_S, logits_SV = ids_S[:0], logits_SV[:0]
    is_dummy = is_gated or ids_S[0] == END
    return {"ids": ids_S, "logits": logits_SV, "confidence": confidence, "is_dummy": is_dummy}
