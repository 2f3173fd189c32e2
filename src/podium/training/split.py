"""Which rows of a table a run trains on, and which it is scored on."""

import pandas as pd

from podium.data.folds import HELD_OUT
from podium.errors import UserError


def split_rows(table: pd.DataFrame, folds: pd.DataFrame, fold: int | None) -> tuple[pd.DataFrame, pd.DataFrame, bool]:
    """Divides rows by their signers.

    Args:
        table: Rows with participant_id and split.
        folds: participant_id, fold; one row per participant.
        fold: Validate on this fold and train on the others, or None: train on all folds and validate on the signers
            held out from all of them; on fold 0, which is then trained on as well, when there are none.

    Returns:
        Training rows (all splits), validation rows (split "train" only), and whether the validation rows were trained
        on.

    Raises:
        UserError: A signer is in no fold or in two, or a side is empty.
    """
    if folds["participant_id"].duplicated().any():
        twice = folds.loc[folds["participant_id"].duplicated(), "participant_id"].iloc[0]
        raise UserError(f"folds.parquet names participant {twice} twice; one row each")
    fold_of = table["participant_id"].map(folds.set_index("participant_id")["fold"])
    if fold_of.isna().any():
        missing = table.loc[fold_of.isna(), "participant_id"].iloc[0]
        raise UserError(f"folds.parquet does not name participant {missing}; every signer needs a fold")
    is_train_split = table["split"] == "train"
    if fold is None:
        training = table[fold_of != HELD_OUT]
        is_seen = not (is_train_split & (fold_of == HELD_OUT)).any()
        validation = table[is_train_split & (fold_of == (0 if is_seen else HELD_OUT))]
    else:
        training = table[(fold_of != HELD_OUT) & (fold_of != fold)]
        validation = table[is_train_split & (fold_of == fold)]
        is_seen = False
    for rows, name in ((training, "train on"), (validation, "validate on")):
        if rows.empty:
            known = ", ".join(map(str, sorted(folds["fold"].unique())))
            raise UserError(f"no rows to {name}: fold {fold} of the folds {known}")
    return training.reset_index(drop=True), validation.reset_index(drop=True), is_seen
