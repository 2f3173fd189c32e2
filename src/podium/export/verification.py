"""The parity report of an export: every seed's twin against torch, and then the files themselves."""

from collections.abc import Callable, Mapping
from pathlib import Path
from types import ModuleType
from typing import Any

from podium.errors import UserError
from podium.export.agreement import check_answers, first_diverging_stage
from podium.export.answers import read_answers
from podium.export.clips import ProofClip, parity_clips
from podium.export.comparing import TOLERANCES
from podium.export.graph import Graph
from podium.export.parity import check_faults, check_stages, check_weights
from podium.export.twins import load_twin
from podium.port.weights import load_torch_state
from podium.recognise.tflite import TfliteFile
from podium.storage.npy import read_npz

_NUM_TRACED = 3  # differing clips whose first diverging stage is looked for


def verify(
    models: Mapping[str, str | Path],
    ports: list[str],
    weights: list[str],
    references: list[str],
    answers: str | Path,
    sequences: str | Path | None,
    root: str | Path,
    num_clips: int,
    settings: Mapping[str, Any],
    part: Callable[[str], ModuleType],
) -> tuple[dict, list[str]]:
    """Runs all checks.

    Args:
        models: By format, the files.
        ports: Folders of the twins, one per seed; ``weights`` and ``references`` in the same order.
        answers: What torch says of the clips that the following choose, see `podium.export.clips.parity_clips`.
        sequences, root, num_clips: See there.
        settings: ``inference_args.json`` of the export: what all files were built with.
        part: Modules of the system by name.

    Returns:
        The report, for JSON, and one line for each thing that is wrong.
    """
    if not len(ports) == len(weights) == len(references):
        raise UserError("give as many weights and references as ports, one per seed and in the same order")
    seeds, problems, twins, all_references = [], [], [], []
    for folder, weights_file, reference_file in zip(ports, weights, references, strict=True):
        twin, reference = load_twin(folder, part), read_npz(reference_file)
        checks = {
            "weights": check_weights(twin, load_torch_state(weights_file)),
            "stages": check_stages(twin, reference),
            "faults": check_faults(twin, reference),
        }
        seeds.append({"port": folder, **checks})
        problems += [f"{folder}: {problem}" for problem in _seed_problems(checks)]
        twins.append(twin)
        all_references.append(reference)
    graph, label = part("twin").assemble(twins, settings), part("plan").LABEL
    clips = parity_clips(
        reference=all_references[0],
        sequences=sequences,
        root=root,
        num_clips=num_clips,
        answers=part("answers"),
        settings=graph.settings,
        recipe=twins[0].recipe,
        label=label,
    )
    formats, found = check_formats(graph, models, clips, answers, part("answers"), label)
    problems += found
    return {"passed": not problems, "problems": problems, "formats": formats, "seeds": seeds}, problems


def check_formats(
    graph: Graph,
    models: Mapping[str, str | Path],
    clips: list[ProofClip],
    answers_file: str | Path,
    system: ModuleType,
    label: str,
) -> tuple[dict, list[str]]:
    """TensorFlow and each file against torch.

    Args:
        system: The system's ``answers``.
        label: The column of the label in tables.

    Returns:
        By format, see `check_answers`; and the problems. A failure's "starts_in" is the first stage that is off in
        TensorFlow, or "conversion" if TensorFlow is right; only the first failures are traced.
    """
    answers = read_answers(answers_file, clips)
    asks = {"tensorflow": lambda x: {name: value.numpy() for name, value in graph.inside(x).items()}}
    asks |= {format: TfliteFile(path).answer for format, path in models.items()}
    formats, problems, starts = {}, [], {}
    by_name = {clip.name: (clip, answer) for clip, answer in zip(clips, answers, strict=True)}
    for name, ask in asks.items():
        report = check_answers(ask, clips, answers, TOLERANCES[name], system, graph.settings, label)
        for failure in report["failures"][:_NUM_TRACED]:
            clip = failure["clip"]
            if name == "tensorflow":
                starts[clip] = first_diverging_stage(graph, *by_name[clip])
            failure["starts_in"] = starts.get(clip, "conversion")
        formats[name] = report
        if report["failures"]:
            first, num_others = report["failures"][0], len(report["failures"]) - 1
            others = f" and on {num_others} more" if num_others else ""
            problems.append(
                f"{name} differs from torch on the clip '{first['clip']}'{others}, first in {first['starts_in']}"
            )
        elif not report["num_compared"]:
            reasons = "too short, not trusted (see export.settings) or too long for the file"
            problems.append(f"{name} has nothing to compare, since every clip is {reasons}")
    return formats, problems


def _seed_problems(checks: dict) -> list[str]:
    problems = []
    weights, stages = checks["weights"], checks["stages"]
    for kind in ("missing", "left_over", "wrong"):
        if weights[kind]:
            problems.append(f"{len(weights[kind])} tensor(s) {kind.replace('_', ' ')}, among them {weights[kind][0]}")
    if not stages["passed"]:
        problems.append(f"TensorFlow differs from torch, first in {stages['first_offender']}")
    for fault in checks["faults"]:
        if not fault["is_caught"]:
            tensors = " and ".join(fault["tensors"])
            problems.append(f"a planted fault ({fault['fault']} {tensors}) was found in {fault['found']}")
    return problems
