"""The parity report of an export: all checks of `podium.export.parity` over the files of a run."""

from pathlib import Path

import numpy as np

from podium.errors import UserError
from podium.export.end_to_end import check_end_to_end
from podium.export.evaluation import hidden_clips, read_test_table
from podium.export.parity import Clip, check_faults, check_file, check_stages, check_weights, edge_clips, num_clips_in
from podium.export.tflite import Ensemble
from podium.export.twins import load_twin
from podium.files import read_json
from podium.inference import TfliteRecognizer
from podium.landmarks import COLUMNS
from podium.port.weights import load_torch_state


def verify(
    model: str | Path,
    ports: list[str],
    weights: list[str],
    references: list[str],
    sequences: str | Path | None,
    root: str | Path,
    num_clips: int,
) -> tuple[dict, list[str]]:
    """Runs all checks.

    Args:
        model: The file; the ``inference_args.json`` beside it tells the thresholds that it was built with.
        ports: Folders of the twins, one per seed; ``weights`` and ``references`` in the same order.
        sequences: The table whose split "test" gives the clips; without any, or with None, the reference clips are
            read.
        root: What the table's paths are relative to.
        num_clips: How many clips to take, spread evenly over the table.

    Returns:
        The report, for JSON, and one line for each thing that is wrong.
    """
    if not len(ports) == len(weights) == len(references):
        raise UserError("give as many weights and references as ports, one per seed and in the same order")
    seeds, problems, twins, all_references = [], [], [], []
    for folder, weights_file, reference_file in zip(ports, weights, references, strict=True):
        twin, reference = load_twin(folder), dict(np.load(reference_file))
        checks = {
            "weights": check_weights(twin, load_torch_state(weights_file)),
            "stages": check_stages(twin, reference),
            "faults": check_faults(twin, reference),
        }
        seeds.append({"port": folder, **checks})
        problems += [f"{folder}: {problem}" for problem in _seed_problems(checks)]
        twins.append(twin)
        all_references.append(reference)
    settings = read_json(Path(model).with_name("inference_args.json"))
    ensemble = Ensemble(twins, settings["min_frames"], settings["min_confidence"])
    recognizer = TfliteRecognizer(model)
    end_to_end = check_end_to_end(ensemble, recognizer, all_references)
    problems += [f"{model} differs from torch on reference clip {clip}" for clip in end_to_end["failed_clips"]]
    clips = _clips(all_references[0], sequences, root, num_clips)
    longest = max((clip.raw_TK for clip in clips), key=len)
    clips += edge_clips(longest, ensemble.min_frames, twins[0].max_frames)
    file = check_file(ensemble, recognizer, clips)
    problems += [f"{model} differs from TensorFlow on the clip '{clip}'" for clip in file["failed_clips"]]
    checks = {"end_to_end": end_to_end, "file": file, "seeds": seeds}
    return {"passed": not problems, "problems": problems, **checks}, problems


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


def _clips(
    reference: dict[str, np.ndarray], sequences: str | Path | None, root: str | Path, num_clips: int
) -> list[Clip]:
    """Hidden-test clips, evenly from the whole table, or the reference clips where there is no hidden test."""
    table = None if sequences is None else read_test_table(sequences)
    if table is None or table.empty:
        names = [f"{clip}/raw" for clip in range(num_clips_in(reference))]
        return [Clip(f"reference {name}", reference[name], None) for name in names]
    chosen = np.unique(np.linspace(0, len(table) - 1, num_clips).astype(int))
    table = table.iloc[chosen].reset_index(drop=True)
    return [
        Clip(f"sequence {table['sequence_id'][position]}", raw_TK, table["phrase"][position])
        for position, raw_TK in hidden_clips(table, root, COLUMNS)
    ]
