"""Which rows of a table a run trains on, and which it is scored on."""

import pandas as pd

from podium.data.columns import FOLD_OF
from podium.data.folds import HELD_OUT
from podium.errors import UserError


def split_rows(table: pd.DataFrame, folds: pd.DataFrame, fold: int | None) -> tuple[pd.DataFrame, pd.DataFrame, bool]:
    """Divides rows by their people.

    Args:
        table: Rows with participant_id and split.
        folds: participant_id, fold; one row per participant. Anyone may have edited it.
        fold: Validate on this fold and train on the others, or None: train on all folds and validate on the people
            held out from all of them; on fold 0, which is then trained on as well, when there are none.

    Returns:
        Training rows (all splits), validation rows (split "train" only), and whether the validation rows were trained
        on.

    Raises:
        UserError: The folds are no table of integers, a person is in no fold or in two, or a side is empty.
    """
    fold_of = table["participant_id"].map(_fold_of_participant(folds))
    if fold_of.isna().any():
        missing = table.loc[fold_of.isna(), "participant_id"].iloc[0]
        raise UserError(f"folds.parquet does not name participant {missing}; every person needs a fold")
    is_train_split = table["split"] == "train"
    is_held_out = fold_of == HELD_OUT
    if fold is None:
        is_seen = not (is_train_split & is_held_out).any()
        is_trained = ~is_held_out
        is_validated = is_train_split & (fold_of == 0 if is_seen else is_held_out)
    else:
        is_seen = False
        is_trained = ~is_held_out & (fold_of != fold)
        is_validated = is_train_split & (fold_of == fold)
    for is_chosen, purpose in ((is_trained, "train on"), (is_validated, "validate on")):
        if not is_chosen.any():
            run = "a full fit" if fold is None else f"fold {fold}"
            known = ", ".join(map(str, sorted(set(folds["fold"]) - {HELD_OUT})))
            raise UserError(f"{run} has no clips to {purpose}; folds.parquet has the folds {known}")
    return table[is_trained].reset_index(drop=True), table[is_validated].reset_index(drop=True), is_seen


def _fold_of_participant(folds: pd.DataFrame) -> pd.Series:
    for column in FOLD_OF:
        if column not in folds or not pd.api.types.is_integer_dtype(folds[column]):
            raise UserError(f"folds.parquet must have a column '{column}' of integers")
    is_repeated = folds["participant_id"].duplicated()
    if is_repeated.any():
        twice = folds.loc[is_repeated, "participant_id"].iloc[0]
        raise UserError(f"folds.parquet names participant {twice} twice; one row each")
    return folds.set_index("participant_id")["fold"]
