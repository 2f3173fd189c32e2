"""Proof that a twin computes what was trained: torch against TensorFlow, tensor by tensor and stage by stage.

Torch is met by its files only: the weights, and the reference numbers that training leaves beside them: for each clip
(``0``, ``1``, …) ``{clip}/raw``, ``{clip}/x`` if a network takes something else than the raw clip, and each stage of
the computation under its name, in order. Stages of whole numbers are choices; they must not differ at all.
"""

from collections import Counter
from collections.abc import Mapping

import numpy as np

from podium.export.clips import num_clips_in
from podium.export.comparing import STAGE_TOLERANCE, compare_arrays
from podium.port.twin import Twin


def check_weights(twin: Twin, state: Mapping[str, np.ndarray]) -> dict:
    """Every tensor of the training is in the twin exactly once, with the same numbers, bit by bit."""
    used = {name for name in state if not name.startswith(twin.training_only)}
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


def check_stages(twin: Twin, reference: Mapping[str, np.ndarray]) -> dict:
    """Everything that a twin computes inside, against torch, on every reference clip.

    Returns:
        "passed"; "first_offender", the first stage in the order of ``reference`` that is off, choices last, since they
        follow from the others; "num_clips"; "clips_with_different_{name}" of each choice; and "stages", of each the
        worst clip.
    """
    stages: dict[str, dict] = {}
    different: dict[str, list[int]] = {}
    for clip in range(num_clips_in(reference)):
        expected = {name.split("/", 1)[1]: value for name, value in reference.items() if name.startswith(f"{clip}/")}
        raw, x = expected.pop("raw"), expected.pop("x", None)
        found = {name: value.numpy() for name, value in twin.inside(raw if x is None else x).items()}
        choices = [name for name, value in expected.items() if value.dtype.kind in "iub"]
        for name in choices:
            is_same = np.array_equal(found.get(name, np.empty(0)), expected[name])
            different.setdefault(name, []).extend([] if is_same else [clip])
        expected, found = twin.comparable(expected, found)
        for name in [one for one in (expected | found) if one not in choices]:
            result = compare_arrays(expected.get(name), found.get(name), STAGE_TOLERANCE)
            worst = stages.get(name)
            if worst is None or (worst["passed"], -(worst["error"] or 0)) > (result["passed"], -(result["error"] or 0)):
                stages[name] = {**result, "clip": clip}
    offenders = [name for name in stages if not stages[name]["passed"]]
    offenders += [name for name, clips in different.items() if clips]
    return {
        "passed": not offenders,
        "first_offender": offenders[0] if offenders else None,
        "num_clips": num_clips_in(reference),
        **{f"clips_with_different_{name}": clips for name, clips in different.items()},
        "stages": stages,
    }


def check_faults(twin: Twin, reference: Mapping[str, np.ndarray]) -> list[dict]:
    """Plants the twin's own faults, and sees whether `check_stages` finds each and names its place.

    The twin is as before afterwards.
    """
    reports = []
    for fault in twin.faults:
        variables = [twin.weights.variables[name] for name in fault.tensors]
        values = [variable.numpy() for variable in variables]
        faulty = values[::-1] if fault.kind == "swapped" else [value.T for value in values]
        for variable, value in zip(variables, faulty, strict=True):
            variable.assign(value)
        found = check_stages(twin, reference)["first_offender"]
        for variable, value in zip(variables, values, strict=True):
            variable.assign(value)
        reports.append(
            {"fault": fault.kind, "tensors": sorted(fault.tensors), "place": fault.place, "found": found,
             "is_caught": found == fault.place}
        )  # fmt: skip
    return reports
