"""Which signers validate what. The outcome is a file that anyone may edit; this only makes the first one."""

import numpy as np
import pandas as pd

from podium.config import Folds
from podium.errors import UserError

HELD_OUT = -1  # in no fold: never trained on, validates the full-fit seeds


def assign_folds(index: pd.DataFrame, config: Folds) -> pd.DataFrame:
    """Distributes signers, and with them all their sequences, train and supplemental alike.

    Held-out signers are those whose number of train sequences is nearest the median. The others are dealt to the folds
    from the largest on, each to the fold that has fewest sequences yet: train sequences decide, and signers without any
    are dealt afterwards by their supplemental ones.

    Args:
        index: Columns split, participant_id; one row per sequence.

    Returns:
        participant_id, num_sequences (train), num_supplemental, fold (−1: held out), by participant_id.

    Raises:
        UserError: Too few signers for the folds.
    """
    numbers = index.groupby(["participant_id", "split"]).size().unstack(fill_value=0)
    table = pd.DataFrame({
        "num_sequences": numbers["train"],
        "num_supplemental": numbers.get("supplemental", 0),
    }).sort_index()
    trained = table[table["num_sequences"] > 0]
    num_needed = config.num_folds + config.num_holdout_participants
    if len(trained) < num_needed:
        raise UserError(
            f"{len(trained)} signer(s) are too few for {config.num_folds} folds and {config.num_holdout_participants}"
            f" held-out signer(s); lower num_folds or num_holdout_participants"
        )
    distance = (trained["num_sequences"] - trained["num_sequences"].median()).abs()
    held_out = distance.sort_values(kind="stable").index[: config.num_holdout_participants]
    fold_of = dict.fromkeys(held_out, HELD_OUT)
    for column in ("num_sequences", "num_supplemental"):
        load = np.zeros(config.num_folds, dtype=np.int64)
        waiting = table[(table[column] > 0) & ~table.index.isin(list(fold_of))]
        for participant, size in waiting[column].sort_values(ascending=False, kind="stable").items():
            fold_of[participant] = int(load.argmin())
            load[fold_of[participant]] += size
    table["fold"] = [fold_of[participant] for participant in table.index]
    return table.reset_index().astype("int64")
