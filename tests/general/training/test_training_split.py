"""Who is trained on and who is validated: no signer is both."""

import pandas as pd
import pytest

from podium.data.folds import HELD_OUT
from podium.errors import UserError
from podium.training.split import split_rows


def fold_rows() -> tuple[pd.DataFrame, pd.DataFrame]:
    """Six signers in the folds 0, 1, 2 and held out, each with train and supplemental clips."""
    folds = pd.DataFrame({"participant_id": range(6), "fold": [0, 1, 2, 0, HELD_OUT, 1]})
    table = pd.DataFrame(
        {
            "participant_id": list(range(6)) * 4,
            "split": ["train"] * 12 + ["supplemental"] * 12,
            "sequence_id": range(24),
        }
    )
    return table, folds


@pytest.mark.parametrize("fold", [0, 1, 2])
def test_no_signer_is_trained_on_and_validated(fold):
    table, folds = fold_rows()
    training, validation, is_seen = split_rows(table, folds, fold)
    members = set(folds.loc[folds["fold"] == fold, "participant_id"])
    assert set(validation["participant_id"]) == members
    assert set(training["participant_id"]) == set(range(6)) - members - {4}
    assert set(validation["split"]) == {"train"} and set(training["split"]) == {"train", "supplemental"}
    assert not is_seen


def test_every_train_clip_is_validated_once():
    table, folds = fold_rows()
    validated = pd.concat([split_rows(table, folds, fold)[1] for fold in range(3)])["sequence_id"]
    expected = table[(table["split"] == "train") & (table["participant_id"] != 4)]["sequence_id"]
    assert sorted(validated) == expected.tolist()


def test_full_fit_validates_on_the_held_out():
    table, folds = fold_rows()
    training, validation, is_seen = split_rows(table, folds, None)
    assert set(training["participant_id"]) == {0, 1, 2, 3, 5} and set(validation["participant_id"]) == {4}
    assert not is_seen


def test_full_fit_without_held_out_signers_says_so():
    table, folds = fold_rows()
    folds["fold"] = folds["fold"].replace(HELD_OUT, 1)
    training, validation, is_seen = split_rows(table, folds, None)
    assert len(training) == len(table) and set(validation["participant_id"]) == {0, 3}
    assert is_seen


@pytest.mark.parametrize(
    ("edit", "message"),
    [
        (lambda folds: folds.drop(index=2), "does not name participant 2"),
        (lambda folds: pd.concat([folds, folds.iloc[[1]]]), "names participant 1 twice"),
        (lambda folds: folds.assign(fold=1), "fold 0 has no clips to validate on; folds.parquet has the folds 1"),
        (lambda folds: folds.assign(fold=0), "fold 0 has no clips to train on"),
        (lambda folds: folds.rename(columns={"fold": "folds"}), "must have a column 'fold' of integers"),
        (lambda folds: folds.assign(fold="0"), "must have a column 'fold' of integers"),
    ],
)
def test_edited_folds_that_do_not_fit(edit, message):
    table, folds = fold_rows()
    with pytest.raises(UserError, match=message):
        split_rows(table, edit(folds), 0)
