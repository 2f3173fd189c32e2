"""Proof that a twin computes what was trained: torch against TensorFlow, tensor by tensor and block by block.

Torch is met by its files only: the weights, and the reference numbers that training leaves beside them
(``{clip}/raw``, ``{clip}/x``, ``{clip}/mid/…``, ``{clip}/encoder``, ``{clip}/confidence_logit``, ``{clip}/logits``,
``{clip}/ids``).

Letters in tensor names: S output positions.
"""

from collections import Counter
from collections.abc import Mapping

import numpy as np

from podium.config import TRAINING_ONLY
from podium.export.clips import num_clips_in
from podium.systems.fingerspelling.twins import Twin

# Float32 on both sides, sums in another order. Times the largest reference value of the stage, at least 1.
STAGE_TOLERANCE = 1e-4


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
                parted = first_difference(ours["ids"], reference[f"{clip}/ids"])
                if parted is not None:
                    expected, found = expected[: parted + 1], found[: parted + 1]
            result = compare_arrays(expected, found, STAGE_TOLERANCE)
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


def first_difference(ids_S: np.ndarray, other_S: np.ndarray) -> int | None:
    """The first position at which two texts differ, which may be the end of the shorter; None when they are equal."""
    length = min(len(ids_S), len(other_S))
    different = np.flatnonzero(ids_S[:length] != other_S[:length])
    if len(different):
        return int(different[0])
    return None if len(ids_S) == len(other_S) else length


def compare_arrays(expected: np.ndarray | None, found: np.ndarray | None, relative: float) -> dict:
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
