"""Folds: a signer is in one place, places are of equal size."""

import numpy as np
import pandas as pd
import pytest

from podium.config import Folds
from podium.data.folds import HELD_OUT, assign_folds
from podium.errors import UserError


def index_of(train: dict[int, int], supplemental: dict[int, int] | None = None) -> pd.DataFrame:
    """Rows of an index: signer → number of sequences."""
    rows = [("train", signer) for signer, number in train.items() for _ in range(number)]
    rows += [("supplemental", signer) for signer, number in (supplemental or {}).items() for _ in range(number)]
    return pd.DataFrame(rows, columns=["split", "participant_id"])


SIZES = {signer: int(size) for signer, size in enumerate(np.random.default_rng(0).integers(20, 400, 40))}


def test_every_signer_once_and_folds_balanced():
    folds = assign_folds(index_of(SIZES), Folds(num_folds=4))
    assert folds["participant_id"].tolist() == sorted(SIZES)
    assert folds.set_index("participant_id")["num_sequences"].to_dict() == SIZES
    loads = folds.groupby("fold")["num_sequences"].sum()
    assert loads.index.tolist() == [0, 1, 2, 3]
    assert loads.max() - loads.min() < 0.02 * loads.mean()


def test_order_of_rows_does_not_matter():
    config = Folds(num_folds=3, num_holdout_participants=2)
    index = index_of(SIZES)
    shuffled = index.sample(frac=1, random_state=1)
    pd.testing.assert_frame_equal(assign_folds(index, config), assign_folds(shuffled, config))


def test_held_out_signers_are_of_middle_size():
    index = index_of({1: 10, 2: 50, 3: 51, 4: 90, 5: 52, 6: 200})
    folds = assign_folds(index, Folds(num_folds=2, num_holdout_participants=2))
    assert set(folds.loc[folds["fold"] == HELD_OUT, "participant_id"]) == {3, 5}


def test_supplemental_recordings_follow_their_signer():
    index = index_of({1: 5, 2: 5, 3: 5}, {1: 3, 8: 4, 9: 6})
    folds = assign_folds(index, Folds(num_folds=2, num_holdout_participants=1))
    table = folds.set_index("participant_id")
    assert table["num_supplemental"].to_dict() == {1: 3, 2: 0, 3: 0, 8: 4, 9: 6}
    assert {table.loc[8, "fold"], table.loc[9, "fold"]} == {0, 1}, "signers of the supplement alone are dealt too"
    assert (table.loc[[8, 9], "num_sequences"] == 0).all()


def test_too_few_signers():
    with pytest.raises(UserError, match=r"3 person\(s\) are too few for 3 folds and 1 held-out"):
        assign_folds(index_of({1: 5, 2: 5, 3: 5}, {4: 9}), Folds(num_folds=3, num_holdout_participants=1))


@pytest.mark.parametrize(
    ("num_signers", "advice"),
    [(3, "until they are 3 together"), (2, "until they are 2 together"), (1, "record another")],
)
def test_too_few_signers_say_what_to_do(num_signers, advice):
    with pytest.raises(UserError, match=advice):
        assign_folds(index_of(dict.fromkeys(range(num_signers), 5), {}), Folds(num_folds=4))


def test_a_table_of_the_users_is_taken(tmp_path):
    path = tmp_path / "folds.csv"
    path.write_text("participant_id,fold\n1,0\n2,1\n3,-1\n9,1\n")
    index = index_of({1: 5, 2: 3, 3: 4})
    folds = assign_folds(index, Folds(num_folds=2, table=str(path)))
    assert dict(zip(folds["participant_id"], folds["fold"], strict=True)) == {1: 0, 2: 1, 3: HELD_OUT}


@pytest.mark.parametrize(
    ("rows", "words"),
    [
        ("1,0\n2,1\n8,0\n", "lacks participant 3"),
        ("1,0\n1,1\n2,1\n3,0\n8,0\n", "names participant 1 twice"),
        ("1,0\n2,0\n3,0\n8,0\n", "must use the folds 0 to 1"),
        ("1,0\n2,0\n3,0\n8,1\n", "the folds 0 to 1, each with train sequences"),
        ("1,0\n2,one\n3,0\n", "must be a csv of integers"),
    ],
)
def test_a_table_that_does_not_fit_is_refused(tmp_path, rows, words):
    path = tmp_path / "folds.csv"
    path.write_text("participant_id,fold\n" + rows)
    with pytest.raises(UserError, match=words):
        assign_folds(index_of({1: 5, 2: 3, 3: 4}, {8: 2}), Folds(num_folds=2, table=str(path)))
