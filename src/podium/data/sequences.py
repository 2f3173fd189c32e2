"""The checked table of sequences: which rows of the csv files are used, and why the others are not."""

import pandas as pd

from podium.data.sources import Source
from podium.data.sources.base import CSV_COLUMNS, extra_columns
from podium.errors import UserError
from podium.text import MAX_CHARACTERS, unknown_characters

TABLE_COLUMNS = ["split", *CSV_COLUMNS]


def list_sequences(source: Source) -> tuple[pd.DataFrame, dict]:
    """Checks all rows of a source. Odd phrases cost a row, ambiguous ids stop the run.

    Returns:
        The table: ``TABLE_COLUMNS``, rows in the order of the csv files, splits in the order train, supplemental, test.
        The report, for JSON: ``num_sequences`` and ``skipped`` per split (reason → number), ``skipped_sequences``
        (each with its ids, its reason and its phrase) and ``ignored_columns`` per csv file.

    Raises:
        UserError: A sequence id stands twice in a split, a path is not the one of its file id, a file id is unknown
            to the source, or no row of "train" is left.
    """
    rows = pd.concat(
        [frame.assign(split=split) for split, frame in source.read().items()], ignore_index=True
    )
    _check_ids(rows, source)
    is_open = rows["skipped"] == ""
    rows.loc[is_open, "skipped"] = rows.loc[is_open, "phrase"].map(phrase_problem)
    is_used = rows["skipped"] == ""
    table = rows.loc[is_used, TABLE_COLUMNS].reset_index(drop=True)
    if not (table["split"] == "train").any():
        first = rows.iloc[0]["skipped"] if len(rows) else "no rows"
        raise UserError(f"{source.csv('train')} holds no usable row (the first: {first}); see docs/bad_input.md")
    skipped = rows[~is_used]
    report = {
        "num_sequences": {split: int((table["split"] == split).sum()) for split in source.read()},
        "skipped": {
            split: frame["skipped"].value_counts().sort_index().to_dict() for split, frame in skipped.groupby("split")
        },
        "skipped_sequences": skipped[["split", "file_id", "sequence_id", "skipped", "phrase"]].to_dict("records"),
        "ignored_columns": {path: extra for path in source.tables() if (extra := extra_columns(path))},
    }
    return table, report


def phrase_problem(phrase: str) -> str:
    """Why a phrase cannot be learned, "" when it can: `empty_phrase`, `unknown_character`, `phrase_too_long`."""
    if not phrase.strip():
        return "empty_phrase"
    if unknown_characters(phrase):
        return "unknown_character"
    if len(phrase) > MAX_CHARACTERS:
        return "phrase_too_long"
    return ""


def _check_ids(rows: pd.DataFrame, source: Source) -> None:
    is_repeated = rows.duplicated(["split", "sequence_id"])
    if is_repeated.any():
        first = rows[is_repeated].iloc[0]
        raise UserError(
            f"the csv of split '{first['split']}' in {source.root} names sequence_id {first['sequence_id']} more than"
            f" once ({int(is_repeated.sum())} row(s) too many in all); ids must be unique"
        )
    for split, frame in rows.groupby("split", sort=False):
        known = set(source.file_ids(split))
        for path, file_id in frame[["path", "file_id"]].drop_duplicates().itertuples(index=False):
            if file_id not in known:
                raise UserError(f"split '{split}' names file_id {file_id}, which its source does not have")
            if path != source.csv_path(split, file_id):
                expected = f"{source.root}/{source.csv_path(split, file_id)}"
                raise UserError(f"split '{split}': the path '{path}' of file_id {file_id} should lead to {expected}")
