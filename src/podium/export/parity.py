"""Proof that the file computes what was trained: torch against TensorFlow by block, TensorFlow against TFLite.

Torch is met by its files only: the weights, and the reference numbers that training leaves beside them
(``{clip}/raw``, ``{clip}/x``, ``{clip}/mid/…``, ``{clip}/encoder``, ``{clip}/confidence_logit``, ``{clip}/logits``,
``{clip}/ids``).

Letters in tensor names: T frames, K columns (390), S output positions, V vocabulary.
"""

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from podium.config import TRAINING_ONLY
from podium.export.tflite import Ensemble
from podium.inference import TfliteRecognizer
from podium.metrics import normalized_score
from podium.port import Twin
from podium.text import CHARACTERS, DUMMY_PHRASE, END, NUM_CHARACTERS

# Float32 on both sides, sums in another order. Times the largest reference value of the stage, at least 1.
STAGE_TOLERANCE = 1e-4
# Weights rounded to float16 (2^-11 = 5e-4 each). Random networks of 2 and of 14 blocks come to 1e-3.
FILE_TOLERANCE = 1e-2
CONFIDENCE_TOLERANCE = 1e-2  # in confidence, not in logits


@dataclass(frozen=True)
class Clip:
    """A clip on which the file is held against TensorFlow; ``phrase`` is None where it is not known."""

    name: str
    raw_TK: np.ndarray
    phrase: str | None


def check_weights(twin: Twin, state: Mapping[str, np.ndarray]) -> dict:
    """Every tensor of the training is in the twin exactly once, with the same numbers, bit by bit."""
    used = {name for name in state if not name.startswith(TRAINING_ONLY)}
    names = twin.weights.variables.keys()
    missing, left_over = sorted(names - used), sorted(used - names)
    differences = {}
    for name in names & used:
        back = twin.weights.to_torch(name)
        same_shape = back.shape == state[name].shape
        differences[name] = float(np.abs(back - state[name]).max()) if same_shape else None
    wrong = sorted(name for name, difference in differences.items() if difference != 0)
    return {
        "passed": not (missing or left_over or wrong),
        "num_tensors": len(names),
        "num_values": sum(int(np.prod(variable.shape)) for variable in twin.weights.variables.values()),
        "num_of_layout": dict(sorted(Counter(twin.weights.layouts.values()).items())),
        "num_training_only": len(state) - len(used),
        "missing": missing,
        "left_over": left_over,
        "wrong": wrong,
        "max_difference": max((d for d in differences.values() if d is not None), default=None),
    }


def stage_names(num_blocks: int) -> list[str]:
    """Names of all stages in the order of computation."""
    blocks = [f"mid/blocks.{index}" for index in range(num_blocks)]
    return ["mid/frontend", "mid/parts", *blocks, "encoder", "confidence_logit", "logits"]


def num_clips_in(reference: Mapping[str, np.ndarray]) -> int:
    """Number of clips in a reference."""
    return len({name.split("/")[0] for name in reference})


def check_stages(twin: Twin, reference: Mapping[str, np.ndarray]) -> dict:
    """Everything that a twin computes inside, against torch, on every reference clip.

    Logits of a greedy decoding are comparable up to the first step that chose differently; ids must not differ.
    """
    stages: dict[str, dict] = {}
    different_ids = []
    for clip in range(num_clips_in(reference)):
        ours = {name: value.numpy() for name, value in twin.inside(reference[f"{clip}/x"]).items()}
        for name in stage_names(twin.config.num_blocks):
            expected, found = reference.get(f"{clip}/{name}"), ours.get(name)
            if expected is None and found is None:
                continue
            if name == "logits" and found is not None and expected is not None:
                parted = _first_difference(ours["ids"], reference[f"{clip}/ids"])
                if parted is not None:
                    expected, found = expected[: parted + 1], found[: parted + 1]
            result = _compare(expected, found, STAGE_TOLERANCE)
            worst = stages.get(name)
            if worst is None or (worst["passed"], -(worst["error"] or 0)) > (result["passed"], -(result["error"] or 0)):
                stages[name] = {**result, "clip": clip}
        if not np.array_equal(ours["ids"], reference[f"{clip}/ids"]):
            different_ids.append(clip)
    offenders = [name for name in stages if not stages[name]["passed"]] + ["ids"] * bool(different_ids)
    return {
        "passed": not offenders,
        "first_offender": offenders[0] if offenders else None,
        "num_clips": num_clips_in(reference),
        "clips_with_different_ids": different_ids,
        "stages": stages,
    }


def _first_difference(ids_S: np.ndarray, other_S: np.ndarray) -> int | None:
    """The first position at which two texts differ, which may be the end of the shorter; None when they are equal."""
    length = min(len(ids_S), len(other_S))
    different = np.flatnonzero(ids_S[:length] != other_S[:length])
    if len(different):
        return int(different[0])
    return None if len(ids_S) == len(other_S) else length


def _compare(expected: np.ndarray | None, found: np.ndarray | None, relative: float) -> dict:
    """Largest difference of two arrays and whether it is tolerable; an array that is absent or has another shape, and
    a NaN, are not."""
    if expected is None or found is None or expected.shape != found.shape:
        return {"passed": False, "error": None, "tolerance": None}
    tolerance = relative * max(1.0, float(np.abs(expected).max(initial=0)))
    error = float(np.abs(expected - found).max(initial=0))
    return {"passed": error <= tolerance, "error": error if np.isfinite(error) else None, "tolerance": tolerance}


def check_faults(twin: Twin, reference: Mapping[str, np.ndarray]) -> list[dict]:
    """Plants faults that keep all shapes right, and sees whether `check_stages` finds each and names its place.

    The twin is as before afterwards.
    """
    last = f"blocks.{twin.config.num_blocks - 1}"
    attention = "decoder.layers.0.cross_attention"
    one, other = (f"encoder.{last}.{name}" for name in twin.exchangeable)
    swaps = [
        ("swapped", one, other, f"mid/{last}"),
        ("swapped", f"{attention}.k_proj.weight", f"{attention}.v_proj.weight", "logits"),
    ]
    kernel = f"encoder.blocks.0.{twin.square}"
    reports = []
    for kind, first, second, place in [*swaps, ("transposed", kernel, kernel, "mid/blocks.0")]:
        variables = [twin.weights.variables[first], twin.weights.variables[second]]
        values = [variable.numpy() for variable in variables]
        if kind == "swapped":
            faulty = values[::-1]
        else:
            faulty = [value.T for value in values]
        for variable, value in zip(variables, faulty, strict=True):
            variable.assign(value)
        found = check_stages(twin, reference)["first_offender"]
        for variable, value in zip(variables, values, strict=True):
            variable.assign(value)
        tensors = sorted({first, second})
        reports.append({"fault": kind, "tensors": tensors, "place": place, "found": found, "is_caught": found == place})
    return reports


def edge_clips(base_TK: np.ndarray, min_frames: int, max_frames: int) -> list[Clip]:
    """Clips at the edges of what may come in, cut from or made of a real one."""
    frames = np.arange(max_frames + 37) % len(base_TK)
    nothing_TK = np.full((max(min_frames, len(base_TK)), base_TK.shape[1]), np.nan, np.float32)
    return [
        Clip("no frame", base_TK[:0], None),
        Clip("one frame", base_TK[:1], None),
        Clip("too short", base_TK[: max(1, min_frames - 1)], None),
        Clip("all missing", nothing_TK, None),
        Clip("too long", base_TK[frames], None),
    ]


def check_file(ensemble: Ensemble, recognizer: TfliteRecognizer, clips: list[Clip]) -> dict:
    """The file against the ensemble in TensorFlow: logits, texts and score.

    Rounded weights may tip a choice between two almost equal logits. Such a difference passes, and is listed with its
    gap, when the gap is within twice the tolerance; everything behind it is another text and not compared.
    """
    results, different, texts_tf, texts_tflite = [], [], [], []
    for clip in clips:
        ours = {name: value.numpy() for name, value in ensemble.inside(clip.raw_TK).items()}
        rows_SV = recognizer.outputs(clip.raw_TK)
        result, gap = compare_rows(ours, rows_SV, ensemble)
        text_tf, text_tflite = _text(ours["outputs"]), _text(rows_SV)
        is_same = text_tf == text_tflite
        if not is_same:
            texts = {"tf": text_tf, "tflite": text_tflite}
            different.append({"clip": clip.name, **texts, "gap": gap, "is_near_tie": result["passed"]})
        results.append({
            "clip": clip.name,
            "num_frames": len(clip.raw_TK),
            "is_dummy": bool(ours["is_dummy"]),
            "is_same_text": is_same,
            **result,
        })
        if clip.phrase is not None:
            texts_tf.append((clip.phrase, text_tf))
            texts_tflite.append((clip.phrase, text_tflite))
    failed = [result["clip"] for result in results if not result["passed"]]
    return {
        "passed": not failed,
        "failed_clips": failed,
        "num_clips": len(clips),
        "num_dummy": sum(result["is_dummy"] for result in results),
        "max_error": max((result["error"] for result in results if result["error"] is not None), default=None),
        "relative_tolerance": FILE_TOLERANCE,
        "different_texts": different,
        "score_tf": normalized_score(*zip(*texts_tf, strict=True)) if texts_tf else None,
        "score_tflite": normalized_score(*zip(*texts_tflite, strict=True)) if texts_tflite else None,
        "clips": results,
    }


def _text(rows_SV: np.ndarray) -> str:
    return "".join(CHARACTERS[index] for index in rows_SV.argmax(axis=1))


def compare_rows(ours: dict[str, np.ndarray], rows_SV: np.ndarray, ensemble: Ensemble) -> tuple[dict, float | None]:
    """Compares one answer of the file; also returns the gap at which the texts part, None where they do not."""
    if rows_SV.ndim != 2 or rows_SV.shape[1] != NUM_CHARACTERS:
        return {"passed": False, "error": None, "tolerance": None}, None
    is_dummy = np.array_equal(rows_SV, ensemble.dummy_SV[: len(DUMMY_PHRASE)])
    if is_dummy and ours["is_dummy"]:
        return {"passed": True, "error": 0.0, "tolerance": 0.0}, None
    if is_dummy or len(ours["ids"]) == 0:  # one side may have found the clip too little confident
        gap = abs(float(ours["confidence"]) - ensemble.min_confidence)
        if gap <= CONFIDENCE_TOLERANCE or len(ours["ids"]) == 0:
            passed = gap <= CONFIDENCE_TOLERANCE
            return {"passed": passed, "error": None, "tolerance": CONFIDENCE_TOLERANCE}, gap
    rows_SV = rows_SV[:0] if is_dummy else rows_SV
    choices_S = ours["ids"][ours["ids"] != END]
    parted = _first_difference(choices_S, rows_SV.argmax(1))
    num_rows = len(rows_SV) if parted is None else min(parted + 1, len(rows_SV))
    result = _compare(ours["logits"][:num_rows, :NUM_CHARACTERS], rows_SV[:num_rows], FILE_TOLERANCE)
    if parted is None:
        return result, None
    chosen_by_file = rows_SV[parted].argmax() if parted < len(rows_SV) else END
    logits_V = ours["logits"][parted]
    gap = float(logits_V[ours["ids"][parted]] - logits_V[chosen_by_file])
    tolerance = FILE_TOLERANCE * max(1.0, float(np.abs(logits_V).max()))
    return {**result, "passed": result["passed"] and gap <= 2 * tolerance}, gap
