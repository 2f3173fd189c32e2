"""The score of a file, or of networks in torch, on the hidden test, as a competition's host would take it.

Imports neither torch nor TensorFlow, so that a process with the file and a TFLite runtime alone can score it.
"""

from collections.abc import Callable, Mapping
from pathlib import Path
from types import ModuleType
from typing import Any

import numpy as np
import pandas as pd

from podium.data import columns
from podium.errors import ClipError
from podium.recognise.readings import Reading
from podium.storage.tables import read_table

NUM_WORST = 10
_UNREAD = Reading("", None)

Ask = Callable[[np.ndarray], Mapping[str, np.ndarray]]


def read_test_table(path: str | Path, label: str) -> pd.DataFrame:
    """The rows of split "test" of a ``sequences.parquet``; there may be none.

    Args:
        label: The column of the label.
    """
    table = read_table(path, columns.sequences(label))[columns.sequences(label)]
    return table[table["split"] == "test"].reset_index(drop=True)


def evaluate(
    ask: Ask, answers: ModuleType, settings: Mapping[str, Any], table: pd.DataFrame, root: str | Path, label: str
) -> tuple[dict, pd.DataFrame]:
    """Reads all clips of a table and scores the texts. A clip that cannot be read, as a too long one, has no text.

    Args:
        ask: What the file takes → its outputs.
        answers: The system's module.
        settings: What the file has built in.
        table: As `read_test_table` returns it.
        root: What the table's ``path`` is relative to.
        label: The column of the label.

    Returns:
        The report, for JSON; ``score`` is null with a ``reason`` if there is nothing to score. And the predictions,
        each with ``num_frames``, the length of what the file was given (-1: nothing), and ``confidence``, if it has
        one.
    """
    readings = [_UNREAD] * len(table)
    num_frames = np.full(len(table), -1)  # -1: a clip that cannot be had
    num_unread = 0
    for position, x in answers.test_clips(table, root):
        if x is None:
            num_unread += 1
            continue
        num_frames[position] = len(x)
        try:
            readings[position] = answers.read(ask(x), settings, x)
        except ClipError:
            num_unread += 1
    rows = answers.predictions(table, readings, is_test=True)
    rows = rows.assign(num_frames=num_frames, confidence=[reading.confidence for reading in readings])
    report = {**answers.score(table, readings, is_test=True), "num_sequences": len(table)}
    if rows.empty:
        return {**report, "score": None, "reason": "the dataset has no hidden test"}, rows
    worst = rows.sort_values(["score", "sequence_id"]).head(NUM_WORST)
    report |= {
        "num_without_frames": int((num_frames == 0).sum()),
        "num_unread": num_unread,
        "score_of_participant": {
            str(participant): answers.score(group, [readings[position] for position in group.index])["score"]
            for participant, group in table.groupby("participant_id")
        },
        "worst": worst[["sequence_id", label, "prediction", "score"]].to_dict("records"),
    }
    return report, rows
