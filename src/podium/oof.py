"""Out-of-fold scores of round 1, put beside the clips that round 2 trains on."""

import pandas as pd

from podium.errors import UserError
from podium.metrics import normalized_score

SUPPLEMENTAL_SCORE = 0.5  # supplemental clips have no out-of-fold prediction (1st-place solution)
MAX_SUPPLEMENTAL_CHARACTERS = 32
_KEY = ["file_id", "sequence_id"]


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
    merged = pd.concat(predictions, ignore_index=True)[[*_KEY, "prediction", "score"]]
    if merged.duplicated(_KEY).any():
        twice = merged.loc[merged.duplicated(_KEY), "sequence_id"].iloc[0]
        raise UserError(f"sequence {twice} was predicted by two folds; remake round 1 with one folds.parquet")
    is_train = index["split"] == "train"
    expected = index.loc[is_train & ~index["participant_id"].isin(held_out), _KEY]
    matched = expected.merge(merged, how="outer", on=_KEY, indicator=True)
    for side, problem in (
        ("left_only", "has no out-of-fold prediction"),
        ("right_only", "has an out-of-fold prediction, but is no train clip of the index, or its signer is in no fold"),
    ):
        rows = matched[matched["_merge"] == side]
        if len(rows):
            more = f" (and {len(rows) - 1} more)" if len(rows) > 1 else ""
            raise UserError(
                f"sequence {rows['sequence_id'].iloc[0]}{more} {problem}; remake round 1 for the present data"
            )
    train = index[is_train].merge(merged, how="left", on=_KEY, validate="one_to_one")
    is_kept = (index["split"] == "supplemental") & (index["phrase"].str.len() <= MAX_SUPPLEMENTAL_CHARACTERS)
    supplemental = index[is_kept].assign(prediction=None, score=SUPPLEMENTAL_SCORE)
    table = pd.concat([train.assign(is_sup=0), supplemental.assign(is_sup=1)], ignore_index=True)
    return table.assign(phrase_len=table["phrase"].str.len())


def oof_metrics(table: pd.DataFrame) -> dict[str, float | int]:
    """Corpus scores of the out-of-fold predictions of a merged table."""
    rows = table[(table["is_sup"] == 0) & table["prediction"].notna()]
    references, predictions = rows["phrase"].tolist(), rows["prediction"].tolist()
    return {
        "score": normalized_score(references, predictions),
        "score_damerau": normalized_score(references, predictions, transpositions=True),
        "num_sequences": len(rows),
        "num_without_prediction": int((table["is_sup"] == 0).sum() - len(rows)),
    }
