"""The score of a reader on the hidden test, as a competition's host would take it.

Imports neither torch nor TensorFlow, so that a process with the file and a TFLite runtime alone can score it.

Letters in tensor names: T frames, K columns (390).
"""

from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pandas as pd

from podium.data.columns import sequences
from podium.data.recordings import clips
from podium.errors import ClipError, UserError
from podium.landmarks.parquet import ParquetRecordings
from podium.landmarks.plausibility import without_zeros
from podium.recognise.inference import Reader
from podium.storage.files import read_json
from podium.storage.tables import read_table
from podium.systems.fingerspelling.landmarks import COLUMNS, SELECTION
from podium.systems.fingerspelling.plan import LABEL
from podium.systems.fingerspelling.score import edit_distance, normalized_score, row_scores
from podium.systems.fingerspelling.text import DUMMY_PHRASE

NUM_WORST = 10
_TABLE_COLUMNS = sequences(LABEL)


def read_columns(path: str | Path) -> list[str]:
    """The columns that a file wants as input, from its ``inference_args.json``.

    Raises:
        UserError: The file is absent, or its ``selected_columns`` are not ours in our order.
    """
    if not Path(path).is_file():
        raise UserError(f"{path} does not exist; the stage 'data' makes it")
    columns = read_json(path, "selected_columns")["selected_columns"]
    if columns != COLUMNS:  # in another order, too: the graph takes x, y and z by their places
        place = "podium.systems.fingerspelling.landmarks.COLUMNS"
        raise UserError(f"{path} does not name {place} as 'selected_columns'; make it again")
    return columns


def read_test_table(path: str | Path) -> pd.DataFrame:
    """The rows of split "test" of a ``sequences.parquet``; there may be none."""
    table = read_table(path, _TABLE_COLUMNS)[_TABLE_COLUMNS]
    return table[table["split"] == "test"].reset_index(drop=True)


def hidden_clips(table: pd.DataFrame, root: str | Path, columns: list[str]) -> Iterator[tuple[int, np.ndarray | None]]:
    """Yields the position of each row of ``table`` and its clip (T, K) float32, NaN kept, file by file.

    Clips are those that packing would store: rows by `frame`, a whole part in one point as NaN. A sequence without
    frames in its file is a clip of 0 frames; one that packing would skip for its rows has None.

    Args:
        root: What the table's ``path`` is relative to.

    Raises:
        UserError: A landmark file is absent, damaged or lacks a column.
    """
    order_K = [COLUMNS.index(name) for name in columns]
    for path, rows in table.groupby("path", sort=False):
        recordings = ParquetRecordings(Path(root, path), COLUMNS)
        positions = dict(zip(rows["sequence_id"].tolist(), rows.index.tolist(), strict=True))
        for sequence_id, x_TK in clips(recordings, positions):
            yield positions.pop(sequence_id), without_zeros(x_TK, SELECTION)[0][:, order_K]
        num_frames = recordings.num_frames()
        for sequence_id, position in positions.items():
            yield position, None if sequence_id in num_frames else np.empty((0, len(columns)), np.float32)


def evaluate(
    recognizer: Reader, table: pd.DataFrame, root: str | Path, columns: list[str]
) -> tuple[dict, pd.DataFrame]:
    """Reads all clips of a table and scores the texts. A clip that cannot be read, as a too long one, has no text.

    Args:
        table: As `read_test_table` returns it.
        root: What the table's ``path`` is relative to.
        columns: Columns of the landmark files, in the reader's order.

    Returns:
        The report, for JSON; ``score`` is null with a ``reason`` where there is nothing to score. And the predictions:
        sequence_id, participant_id, phrase, prediction, num_edits, score.
    """
    predictions = [""] * len(table)
    num_frames = np.full(len(table), -1)  # -1: a clip that cannot be had
    num_unread = 0
    for position, landmarks_TK in hidden_clips(table, root, columns):
        if landmarks_TK is None:
            num_unread += 1
            continue
        num_frames[position] = len(landmarks_TK)
        try:
            predictions[position] = recognizer.read(landmarks_TK).host_text
        except ClipError:
            num_unread += 1
    rows = table[["sequence_id", "participant_id", "phrase"]].assign(prediction=predictions)
    if rows.empty:
        report = {"score": None, "score_damerau": None, "num_sequences": 0, "num_characters": 0}
        return {**report, "reason": "the dataset has no hidden test"}, rows.assign(num_edits=[], score=[])
    rows["num_edits"] = [edit_distance(*pair) for pair in zip(rows["phrase"], rows["prediction"], strict=True)]
    rows["score"] = row_scores(rows["phrase"].tolist(), predictions)
    return _report(rows, num_frames, num_unread), rows


def _report(rows: pd.DataFrame, num_frames: np.ndarray, num_unread: int) -> dict:
    phrases, predictions = rows["phrase"].tolist(), rows["prediction"].tolist()
    worst = rows.sort_values(["score", "sequence_id"]).head(NUM_WORST)
    return {
        "score": normalized_score(phrases, predictions),
        "score_damerau": normalized_score(phrases, predictions, transpositions=True),
        "num_sequences": len(rows),
        "num_characters": sum(map(len, phrases)),
        "num_edits": int(rows["num_edits"].sum()),
        "num_exact": int((rows["num_edits"] == 0).sum()),
        "num_without_frames": int((num_frames == 0).sum()),
        "num_unread": num_unread,
        "p_dummy": float((rows["prediction"] == DUMMY_PHRASE).mean()),
        "score_of_participant": {
            str(participant): normalized_score(group["phrase"].tolist(), group["prediction"].tolist())
            for participant, group in rows.groupby("participant_id")
        },
        "worst": [
            {"sequence_id": int(row.sequence_id), "phrase": row.phrase, "prediction": row.prediction,
             "score": float(row.score)}
            for row in worst.itertuples()
        ],
    }  # fmt: skip
