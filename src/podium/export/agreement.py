"""Whether TensorFlow and the files answer as torch does, clip by clip, and where a difference starts."""

from collections import Counter
from collections.abc import Callable, Mapping
from types import ModuleType
from typing import Any

import numpy as np
import pandas as pd
import tensorflow as tf

from podium.errors import ClipError
from podium.export.answers import Answer, summary
from podium.export.clips import ProofClip
from podium.export.comparing import STAGE_TOLERANCE, compare_arrays
from podium.export.graph import Graph
from podium.recognise.readings import Reading

Ask = Callable[[np.ndarray], Mapping[str, np.ndarray]]


def check_answers(
    ask: Ask,
    clips: list[ProofClip],
    answers: list[Answer],
    relative: float,
    system: ModuleType,
    settings: Mapping[str, Any],
    label: str,
) -> dict:
    """A file, or TensorFlow, against torch: outputs, texts and score. It leaves out clips that are too long for the
    file. It has not passed if nothing of the others could be compared: that all are left unread proves nothing.

    A tie, which rounding may have tipped, passes and is listed with its gap.

    Args:
        ask: A clip → outputs.
        answers: What torch says of the clips.
        relative: Tolerance, of the largest output.
        system: The system's ``answers``.
        settings: What the file has built in, see `podium.export.graph.Graph`.
        label: The column of the label in tables.
    """
    ties, failures, errors, texts, num_same, num_too_long = [], [], [], [], 0, 0
    counts: Counter[str] = Counter()
    for clip, answer in zip(clips, answers, strict=True):
        try:
            found = ask(clip.x)
        except ClipError:
            num_too_long += 1
            continue
        result = system.agree(answer.outputs, found, relative, settings)
        (text, found_text), told = result.pop("texts"), Counter(result.pop("counts", {}))
        counts.update(told)
        num_same += text == found_text
        errors += [] if result["error"] is None else [result["error"]]
        if not result["passed"]:
            failures.append({"clip": clip.name, "torch": text, "found": found_text, **result})
        elif text != found_text:
            ties.append({"clip": clip.name, "torch": text, "found": found_text, "gap": result["gap"]})
        if clip.label is not None:
            texts.append((clip.label, text, found_text))
    table = pd.DataFrame({label: [one for one, _, _ in texts]})
    torch_score, score = (
        system.score(table, [Reading(text[place], None) for text in texts])["score"] if texts else None
        for place in (1, 2)
    )
    return {
        "passed": bool(errors) and not failures,
        "num_clips": len(clips) - num_too_long,
        "num_too_long": num_too_long,
        "num_compared": len(errors),
        "num_same_texts": num_same,
        **counts,
        "max_error": max(errors, default=None),
        "relative_tolerance": relative,
        "ties": ties,
        "failures": failures,
        "score_torch": torch_score,
        "score": score,
    }


def first_diverging_stage(graph: Graph, clip: ProofClip, answer: Answer) -> str:
    """Where TensorFlow leaves torch: "x" (preprocessing), "{network}/{stage}", the name of an output that is a single
    number, or "decoding", what follows."""
    stages = graph.stages(tf.constant(clip.x, tf.float32))
    for stage, expected in answer.stages.items():
        if not compare_arrays(expected, summary(stages[stage].numpy()), STAGE_TOLERANCE)["passed"]:
            return stage
    found = graph.inside(clip.x)
    for name, expected in answer.outputs.items():
        if name in found and expected.dtype.kind == "f" and expected.ndim == 0:
            if not compare_arrays(expected, found[name].numpy(), STAGE_TOLERANCE)["passed"]:
                return name
    return "decoding"
