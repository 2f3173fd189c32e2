"""A hidden test out of a training split: people who are set aside before anything is trained."""

import numpy as np
import pandas as pd

from podium.errors import UserError


def set_signers_aside(rows: dict[str, pd.DataFrame], num_chosen: int, seed: int) -> None:
    """Moves the train rows of some people to the split "test", in place; they keep their path.

    Their supplemental recordings must not be trained on either and are marked as skipped, ``test_signer``.

    Args:
        rows: The rows of each split, as `podium.data.sources.base.read_csv` returns them.

    Raises:
        UserError: Fewer than two people would remain.
    """
    train = rows["train"]
    chosen = choose_test_participants(train["participant_id"], num_chosen, seed)
    is_test = train["participant_id"].isin(chosen)
    rows["train"], rows["test"] = train[~is_test], train[is_test]
    if "supplemental" in rows:
        supplemental = rows["supplemental"]
        supplemental.loc[supplemental["participant_id"].isin(chosen), "skipped"] = "test_signer"


def choose_test_participants(participants: pd.Series, num_chosen: int, seed: int) -> list[int]:
    """People to set aside, so that they hold about their share of the sequences.

    The people are ranked by their number of sequences and cut into ``num_chosen`` strata; one is drawn from each.

    Args:
        participants: The participant id of each sequence.

    Raises:
        UserError: Fewer than two people would remain.
    """
    ranked = participants.value_counts().sort_index().sort_values(kind="stable").index.to_numpy()
    if len(ranked) - num_chosen < 2:
        most = len(ranked) - 2
        advice = f"lower it to at most {most}" if most > 0 else "with fewer than 3 people leave it at 0"
        left = max(len(ranked) - num_chosen, 0)
        raise UserError(
            f"num_test_participants {num_chosen} leaves {left} of {len(ranked)} people to train on,"
            f" and 2 must remain; {advice}"
        )
    rng = np.random.default_rng(seed)
    return sorted(int(rng.choice(stratum)) for stratum in np.array_split(ranked, num_chosen))
