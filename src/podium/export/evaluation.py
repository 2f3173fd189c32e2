"""The score of a reader on the hidden test, as a competition's host would take it.

Imports neither torch nor TensorFlow, so that a process with the file and a TFLite runtime alone can score it.

Letters in tensor names: T frames, K columns (390).
"""

from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq

from podium.errors import ClipError, UserError
from podium.files import read_json
from podium.inference import Reader
from podium.landmarks import COLUMNS
from podium.metrics import edit_distance, normalized_score, row_scores
from podium.tables import read_table
from podium.text import DUMMY_PHRASE

NUM_WORST = 10
MAX_FILE_FRAMES = 1 << 20  # of one landmark file: 1.6 GB, for it is read whole
_TABLE_COLUMNS = ["split", "path", "file_id", "sequence_id", "participant_id", "phrase"]


def read_columns(path: str | Path) -> list[str]:
    """The columns that a file wants as input, from its ``inference_args.json``.

    Raises:
        UserError: The file is absent, or its ``selected_columns`` are not ours in our order.
    """
    if not Path(path).is_file():
        raise UserError(f"{path} does not exist; the stage 'data' makes it")
    columns = read_json(path, "selected_columns")["selected_columns"]
    if columns != COLUMNS:  # in another order, too: the graph takes x, y and z by their places
        raise UserError(f"{path} does not name podium.landmarks.COLUMNS as 'selected_columns'; make it again")
    return columns


def read_test_table(path: str | Path) -> pd.DataFrame:
    """The rows of split "test" of a ``sequences.parquet``; there may be none."""
    table = read_table(path, _TABLE_COLUMNS)[_TABLE_COLUMNS]
    return table[table["split"] == "test"].reset_index(drop=True)


def hidden_clips(table: pd.DataFrame, root: str | Path, columns: list[str]) -> Iterator[tuple[int, np.ndarray]]:
    """Yields the position of each row of ``table`` and its clip (T, K) float32, NaN kept, file by file.

    A sequence without frames in its file is a clip of 0 frames.

    Args:
        root: What the table's ``path`` is relative to.

    Raises:
        UserError: A landmark file is absent, damaged or lacks a column.
    """
    for path, rows in table.groupby("path", sort=False):
        frames = _read_landmarks(Path(root, path), columns)
        by_id = frames.groupby("sequence_id", sort=False).indices
        values_FK = frames[columns].to_numpy(dtype=np.float32)
        for position, sequence_id in zip(rows.index, rows["sequence_id"], strict=True):
            yield position, values_FK[by_id.get(sequence_id, [])]


def _read_landmarks(path: Path, columns: list[str]) -> pd.DataFrame:
    if not path.is_file():
        raise UserError(f"{path} does not exist; the table of sequences names it")
    try:
        file = pq.ParquetFile(path)
        if file.metadata.num_rows > MAX_FILE_FRAMES:
            raise UserError(f"{path} has {file.metadata.num_rows:,} frames; at most {MAX_FILE_FRAMES:,} are read")
        table = file.read(columns=["sequence_id", *columns])
    except (pa.ArrowException, OSError, ValueError, KeyError) as error:
        raise UserError(f"{path} cannot be read ({error}); fetch or make it again") from None
    missing = {"sequence_id", *columns} - set(table.column_names)
    if missing:
        raise UserError(f"{path} lacks {len(missing)} column(s), among them {min(missing)}")
    return table.to_pandas(ignore_metadata=True)


def evaluate(
    recognizer: Reader, table: pd.DataFrame, root: str | Path, columns: list[str]
) -> tuple[dict, pd.DataFrame]:
    """Reads all clips of a table and scores the texts. A clip that the reader refuses, as too long, has no text.

    Args:
        table: As `read_test_table` returns it.
        root: What the table's ``path`` is relative to.
        columns: Columns of the landmark files, in the reader's order.

    Returns:
        The report, for JSON; ``score`` is null with a ``reason`` where there is nothing to score. And the predictions:
        sequence_id, participant_id, phrase, prediction, num_edits, score.
    """
    predictions = [""] * len(table)
    num_frames = np.zeros(len(table), np.int64)
    num_unread = 0
    for position, landmarks_TK in hidden_clips(table, root, columns):
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
