"""Which people validate what: dealt evenly, or as a table of the user's says."""

import numpy as np
import pandas as pd

from podium.config import Folds
from podium.data.columns import FOLD_OF
from podium.errors import UserError
from podium.storage.tables import read_csv

HELD_OUT = -1  # in no fold: never trained on, validates the full-fit seeds


def assign_folds(index: pd.DataFrame, config: Folds, held_out: set[int] | None = None) -> pd.DataFrame:
    """Distributes people, and with them all their sequences, train and supplemental alike.

    Held-out people are those whose number of train sequences is nearest the median. The others are dealt to the folds
    from the largest on, each to the fold that has fewest sequences yet: train sequences decide, and people without any
    are dealt afterwards by their supplemental ones.

    Args:
        index: Columns split, participant_id; one row per sequence.
        held_out: Those whom the corpus itself holds out, in place of a number of them.

    Returns:
        participant_id, num_sequences (train), num_supplemental, fold (−1: held out), by participant_id.

    Raises:
        UserError: Too few people for the folds, or a table that does not fit.
    """
    numbers = index.groupby(["participant_id", "split"]).size().unstack(fill_value=0)
    table = pd.DataFrame({
        "num_sequences": numbers["train"],
        "num_supplemental": numbers.get("supplemental", 0),
    }).sort_index()
    if config.table is not None:
        table["fold"] = read_folds(config.table, table["num_sequences"], config.num_folds)
        return table.reset_index().astype("int64")
    trained = table[table["num_sequences"] > 0]
    if held_out is not None and config.num_holdout_participants:
        raise UserError("folds.num_holdout_participants must be 0: this corpus says itself who is held out")
    num_held_out = config.num_holdout_participants if held_out is None else len(held_out)
    if len(trained) < config.num_folds + num_held_out:
        raise UserError(
            f"{len(trained)} person(s) are too few for {config.num_folds} folds and {num_held_out}"
            f" held-out person(s); {_advice(len(trained))}"
        )
    if held_out is None:
        distance = (trained["num_sequences"] - trained["num_sequences"].median()).abs()
        held_out = distance.sort_values(kind="stable").index[:num_held_out]
    fold_of = dict.fromkeys(held_out, HELD_OUT)
    for column in ("num_sequences", "num_supplemental"):
        load = np.zeros(config.num_folds, dtype=np.int64)
        waiting = table[(table[column] > 0) & ~table.index.isin(list(fold_of))]
        for participant, size in waiting[column].sort_values(ascending=False, kind="stable").items():
            fold_of[participant] = int(load.argmin())
            load[fold_of[participant]] += size
    table["fold"] = [fold_of[participant] for participant in table.index]
    return table.reset_index().astype("int64")


def _advice(num_signers: int) -> str:
    if num_signers < 2:
        return "at least 2 people must have train sequences; record another one"
    return f"lower num_folds (to 2 at least) and num_holdout_participants until they are {num_signers} together"


def read_folds(path: str, num_sequences: pd.Series, num_folds: int) -> list[int]:
    """The fold of each participant, in order, from a csv file with columns participant_id and fold.

    Args:
        num_sequences: Train sequences by participant.

    Raises:
        UserError: The file cannot be read, names a participant twice or not at all, or leaves a fold without a train
            sequence.
    """
    try:
        frame = read_csv(path, usecols=FOLD_OF, dtype="int64")
    except (OSError, UserError) as error:
        raise UserError(f"folds.table: {error}; it must be a csv of integers participant_id, fold") from None
    if frame["participant_id"].duplicated().any():
        twice = frame.loc[frame["participant_id"].duplicated(), "participant_id"].iloc[0]
        raise UserError(f"folds.table {path} names participant {twice} twice; one row each")
    fold_of = dict(zip(frame["participant_id"], frame["fold"], strict=True))
    missing = [participant for participant in num_sequences.index if participant not in fold_of]
    if missing:
        raise UserError(f"folds.table {path} lacks participant {missing[0]} (and {len(missing) - 1} more)")
    folds = [int(fold_of[participant]) for participant in num_sequences.index]
    filled = {fold for fold, number in zip(folds, num_sequences, strict=True) if number}
    if not set(folds) - {HELD_OUT} == filled - {HELD_OUT} == set(range(num_folds)):
        words = f"folds.table {path} must use the folds 0 to {num_folds - 1}, each with train sequences"
        raise UserError(f"{words}, and -1 to hold people out")
    return folds
