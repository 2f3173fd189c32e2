"""Out-of-fold scores put beside the clips that round 2 trains on: those of round 1, or of a published table."""

from pathlib import Path

import numpy as np
import pandas as pd

from podium.data.columns import KEY, PREDICTIONS, told
from podium.errors import UserError
from podium.storage.tables import named, read_csv, read_table
from podium.systems.fingerspelling.labels import LABELS
from podium.systems.fingerspelling.score import normalized_score

SUPPLEMENTAL_SCORE = 0.5  # supplemental clips have no out-of-fold prediction (1st-place solution)
MAX_SUPPLEMENTAL_CHARACTERS = 32
INDEX_COLUMNS = [*told(LABELS.column), "num_frames"]
_CHECKED = {"phrase": "phrase", "seq_len": "num_frames"}  # columns that a published table may have → ours


def relabel(how: str, index: Path, predictions: list[Path], held_out: set[int]) -> tuple[pd.DataFrame, dict]:
    """The table that round 2 trains on, out of what round 1 has predicted.

    Args:
        how: "oof".
        index: index.parquet.
        predictions: oof.parquet of every fold.
        held_out: Participants in no fold.

    Returns:
        See `merge_oof`, and its scores.

    Raises:
        UserError: A file lacks a column, ``how`` is another, or see `merge_oof`.
    """
    _check_how(how)
    tables = [read_table(path, PREDICTIONS) for path in predictions]
    table = merge_oof(read_table(index, INDEX_COLUMNS), tables, held_out)
    return table, oof_metrics(table)


def import_labels(how: str, index: Path, given: str, held_out: set[int]) -> tuple[pd.DataFrame, dict]:
    """As `relabel`, out of a published table; see `read_oof_table` and `import_oof`."""
    _check_how(how)
    table, num_unknown = import_oof(read_table(index, INDEX_COLUMNS), read_oof_table(given), held_out)
    return table, {**oof_metrics(table), "num_unknown": num_unknown, "table": given}


def _check_how(how: str) -> None:
    if how != "oof":
        raise UserError(f"labels.how is '{how}'; fingerspelling knows one way: oof")


def merge_oof(index: pd.DataFrame, predictions: list[pd.DataFrame], held_out: set[int]) -> pd.DataFrame:
    """The index with each train clip's score, then the supplemental clips.

    Args:
        index: Rows of splits "train" and "supplemental".
        predictions: One table per fold: file_id, sequence_id, prediction, score.
        held_out: Participants in no fold. No network of round 1 reads them, and none trains on them: their prediction
            and their score stay empty.

    Returns:
        The index's columns and prediction, score, phrase_len, is_sup; train rows in the index's order.

    Raises:
        UserError: A clip was predicted twice, not at all, or is unknown.
    """
    merged = pd.concat(predictions, ignore_index=True)[PREDICTIONS]
    if merged.duplicated(KEY).any():
        twice = merged.loc[merged.duplicated(KEY), "sequence_id"].iloc[0]
        raise UserError(f"sequence {twice} was predicted by two folds; remake round 1 with one folds.parquet")
    matched = _expected(index, held_out)[KEY].merge(merged, how="outer", on=KEY, indicator=True)
    for side, problem in (
        ("left_only", "has no out-of-fold prediction"),
        ("right_only", "has an out-of-fold prediction, but is no train clip of the index, or its signer is in no fold"),
    ):
        rows = matched[matched["_merge"] == side]
        if len(rows):
            raise UserError(f"sequence {_named(rows)} {problem}; remake round 1 for the present data")
    return _beside(index, merged)


def read_oof_table(path: str | Path) -> pd.DataFrame:
    """Reads a table of out-of-fold scores: a published csv, or the parquet file of another experiment.

    Rows of supplemental clips (``is_sup`` 1) are left out.

    Returns:
        file_id and sequence_id (int64), score (float64, NaN if it is no number), and phrase (str) and seq_len
        (frames, float64) if the table has them.

    Raises:
        UserError: The file is missing or neither a UTF-8 csv nor a parquet file, lacks a column, an id is no integer,
            or a clip stands twice.
    """
    try:
        if Path(path).suffix == ".parquet":
            table = read_table(path, KEY).astype(str)
        else:
            table = read_csv(path, dtype=str, keep_default_na=False)
    except FileNotFoundError:
        raise UserError(f"{path} does not exist; correct `given`") from None
    missing = [column for column in (*KEY, "score") if column not in table]
    if missing:
        raise UserError(f"{path} lacks the column(s) {', '.join(missing)}; it has {named(table.columns)}")
    if "is_sup" in table:
        table = table[_numbers(table["is_sup"]) != 1]
    for column in KEY:
        is_bad = ~table[column].str.fullmatch(r"[0-9]{1,18}").to_numpy(dtype=bool)
        if is_bad.any():
            first = table[is_bad].iloc[0]
            raise UserError(f"{path} row {first.name + 2}: {column} '{first[column]}' is not an integer")
    numeric = {column: _numbers(table[column]) for column in ("score", "seq_len") if column in table}
    table = table.assign(**numeric).astype(dict.fromkeys(KEY, "int64"))
    if table.duplicated(KEY).any():
        raise UserError(f"{path} names sequence {_named(table[table.duplicated(KEY)])} more than once")
    return table[[column for column in (*KEY, "score", *_CHECKED) if column in table]]


def import_oof(index: pd.DataFrame, table: pd.DataFrame, held_out: set[int]) -> tuple[pd.DataFrame, int]:
    """The index with the scores of a published table, as `merge_oof` makes it; predictions stay empty.

    Args:
        index: Rows of splits "train" and "supplemental".
        table: As `read_oof_table` returns it.
        held_out: Participants in no fold, whose score stays empty.

    Returns:
        The merged table, and how many rows of ``table`` are no train clip of the index.

    Raises:
        UserError: A train clip has no row, or its score is no finite number of at most 1, or its phrase or length is
            not the one of the index.
    """
    matched = _expected(index, held_out).merge(table, how="left", on=KEY, indicator=True, suffixes=("", "_given"))
    is_absent = matched["_merge"] == "left_only"
    if is_absent.any():
        raise UserError(f"the given table has no row for sequence {_named(matched[is_absent])}; it is of other data")
    is_bad = ~(np.isfinite(matched["score"]) & (matched["score"] <= 1))
    if is_bad.any():
        raise UserError(
            f"the given table: the score of sequence {_named(matched[is_bad])} is"
            f" {matched.loc[is_bad, 'score'].iloc[0]}, not a number of at most 1"
        )
    for column, ours in _CHECKED.items():
        if column not in table:
            continue
        given = matched["phrase_given" if column == "phrase" else column]
        is_other = given != matched[ours]
        if is_other.any():
            raise UserError(
                f"the given table: the {column} of sequence {_named(matched[is_other])} is"
                f" '{given[is_other].iloc[0]}', but '{matched.loc[is_other, ours].iloc[0]}' in the index; it is"
                " of other data"
            )
    is_train = index["split"] == "train"
    num_unknown = len(table) - len(table.merge(index.loc[is_train, KEY], on=KEY))
    return _beside(index, matched.assign(prediction=None)[PREDICTIONS]), num_unknown


def oof_metrics(table: pd.DataFrame) -> dict[str, float | int | None]:
    """Corpus scores of a merged table; without predictions that of the clips' scores, and no Damerau's."""
    is_train = table["is_sup"] == 0
    rows = table[is_train & table["score"].notna()]
    if rows["prediction"].notna().all():
        references, predictions = rows["phrase"].tolist(), rows["prediction"].tolist()
        score = normalized_score(references, predictions)
        score_damerau = normalized_score(references, predictions, transpositions=True)
    else:
        score, score_damerau = float(np.average(rows["score"], weights=rows["phrase_len"])), None
    return {
        "score": score,
        "score_damerau": score_damerau,
        "num_sequences": len(rows),
        "num_without_prediction": int(is_train.sum() - len(rows)),
    }


def _expected(index: pd.DataFrame, held_out: set[int]) -> pd.DataFrame:
    """The train clips that must have a score."""
    return index[(index["split"] == "train") & ~index["participant_id"].isin(held_out)]


def _beside(index: pd.DataFrame, scores: pd.DataFrame) -> pd.DataFrame:
    """Train clips with their prediction and score, empty if ``scores`` lacks them; then supplemental clips."""
    train = index[index["split"] == "train"].merge(scores, how="left", on=KEY, validate="one_to_one")
    is_kept = (index["split"] == "supplemental") & (index["phrase"].str.len() <= MAX_SUPPLEMENTAL_CHARACTERS)
    supplemental = index[is_kept].assign(prediction=None, score=SUPPLEMENTAL_SCORE)
    table = pd.concat([train.assign(is_sup=0), supplemental.assign(is_sup=1)], ignore_index=True)
    return table.assign(phrase_len=table["phrase"].str.len())


def _numbers(texts: pd.Series) -> pd.Series:
    """float64; NaN if a text is no number."""
    return pd.to_numeric(texts, errors="coerce").astype("float64")


def _named(rows: pd.DataFrame) -> str:
    """The first row's sequence id, and how many more there are."""
    more = f" (and {len(rows) - 1} more)" if len(rows) > 1 else ""
    return f"{rows['sequence_id'].iloc[0]}{more}"
