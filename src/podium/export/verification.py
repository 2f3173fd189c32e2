"""The parity report of an export: every seed's twin against torch, and then the files themselves."""

from collections.abc import Mapping
from pathlib import Path

from podium.errors import UserError
from podium.export.agreement import TOLERANCES, check_answers, first_diverging_stage
from podium.export.answers import read_answers
from podium.export.clips import Clip, parity_clips
from podium.export.graph import Ensemble
from podium.export.parity import check_faults, check_stages, check_weights
from podium.export.twins import load_twin
from podium.port.weights import load_torch_state
from podium.recognise.inference import TfliteRecognizer
from podium.storage.files import read_json
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
) -> tuple[dict, list[str]]:
    """Runs all checks.

    Args:
        models: By format, the files; the ``inference_args.json`` beside the first tells the thresholds that all were
            built with.
        ports: Folders of the twins, one per seed; ``weights`` and ``references`` in the same order.
        answers: What torch says of the clips that the following choose, see `podium.export.clips.parity_clips`.
        sequences, root, num_clips: See there.

    Returns:
        The report, for JSON, and one line for each thing that is wrong.
    """
    if not len(ports) == len(weights) == len(references):
        raise UserError("give as many weights and references as ports, one per seed and in the same order")
    seeds, problems, twins, all_references = [], [], [], []
    for folder, weights_file, reference_file in zip(ports, weights, references, strict=True):
        twin, reference = load_twin(folder), read_npz(reference_file)
        checks = {
            "weights": check_weights(twin, load_torch_state(weights_file)),
            "stages": check_stages(twin, reference),
            "faults": check_faults(twin, reference),
        }
        seeds.append({"port": folder, **checks})
        problems += [f"{folder}: {problem}" for problem in _seed_problems(checks)]
        twins.append(twin)
        all_references.append(reference)
    settings = read_json(Path(next(iter(models.values()))).with_name("inference_args.json"))
    ensemble = Ensemble(twins, settings["min_frames"], settings["min_confidence"])
    clips = parity_clips(
        all_references[0], sequences, root, num_clips, ensemble.min_frames, ensemble.twins[0].max_frames
    )
    readers, found = check_readers(ensemble, models, clips, answers)
    problems += found
    return {"passed": not problems, "problems": problems, "readers": readers, "seeds": seeds}, problems


def check_readers(
    ensemble: Ensemble, models: Mapping[str, str | Path], clips: list[Clip], answers_file: str | Path
) -> tuple[dict, list[str]]:
    """TensorFlow and each file against torch.

    Returns:
        By reader, see `check_answers`; and the problems. A failure's "starts_in" is the first stage that is off in
        TensorFlow, or "conversion" where TensorFlow is right; only the first failures are traced.
    """
    answers = read_answers(answers_file, clips)
    asks = {"tensorflow": lambda raw_TK: {name: value.numpy() for name, value in ensemble.inside(raw_TK).items()}}
    asks |= {format: TfliteRecognizer(path).answer for format, path in models.items()}
    readers, problems, starts = {}, [], {}
    by_name = {clip.name: (clip, answer) for clip, answer in zip(clips, answers, strict=True)}
    for name, ask in asks.items():
        report = check_answers(ask, clips, answers, TOLERANCES[name], ensemble.min_confidence, ensemble.has_confidence)
        for failure in report["failures"][:_NUM_TRACED]:
            clip = failure["clip"]
            if name == "tensorflow":
                starts[clip] = first_diverging_stage(ensemble, *by_name[clip])
            failure["starts_in"] = starts.get(clip, "conversion")
        readers[name] = report
        if report["failures"]:
            first, num_others = report["failures"][0], len(report["failures"]) - 1
            others = f" and on {num_others} more" if num_others else ""
            problems.append(
                f"{name} differs from torch on the clip '{first['clip']}'{others}, first in {first['starts_in']}"
            )
        elif not report["num_compared"]:
            reasons = "too short, not trusted (see export.min_confidence) or too long for the file"
            problems.append(f"{name} has nothing to compare, since every clip is {reasons}")
    return readers, problems


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
