"""The merge of out-of-fold predictions: every train clip once, in the index's order."""

import pandas as pd
import pytest

from podium.errors import UserError
from podium.oof import merge_oof, oof_metrics

PHRASES = ["abcd", "house", "3 creek", "abba", "zzz", "held out", "sentence", "sentence", "x" * 33]


def make_index() -> pd.DataFrame:
    return pd.DataFrame({
        "split": ["train"] * 6 + ["supplemental"] * 3,
        "file_id": [1, 1, 2, 2, 2, 2, 9, 9, 9],
        "sequence_id": [70, 50, 60, 10, 20, 30, 70, 81, 82],  # sequence 70 is in both splits
        "participant_id": [5, 6, 5, 6, 5, 7, 5, 6, 7],
        "phrase": PHRASES,
        "num_frames": range(20, 29),
    })


def predicted(rows: list[int], predictions: list[str], scores: list[float]) -> pd.DataFrame:
    index = make_index().iloc[rows]
    return index[["file_id", "sequence_id"]].assign(prediction=predictions, score=scores)


def fold_tables() -> list[pd.DataFrame]:
    return [  # not in the index's order
        predicted([4, 0, 2], ["zz", "abcd", ""], [2 / 3, 1.0, 0.0]),
        predicted([3, 1], ["baba", "mouse"], [0.5, 0.8]),
    ]


def test_every_train_clip_once_in_order():
    index = make_index()
    merged = merge_oof(index, fold_tables(), held_out={7})
    pd.testing.assert_frame_equal(merged[list(index.columns)].iloc[:6], index.iloc[:6])
    assert merged["score"].iloc[:5].tolist() == [1.0, 0.8, 0.0, 0.5, 2 / 3]
    assert merged["prediction"].iloc[:5].tolist() == ["abcd", "mouse", "", "baba", "zz"]
    assert merged["phrase_len"].tolist() == [len(phrase) for phrase in PHRASES[:8]]


def test_held_out_signers_have_no_score():
    held_out = merge_oof(make_index(), fold_tables(), held_out={7}).iloc[5]
    assert pd.isna(held_out["score"]) and pd.isna(held_out["prediction"])


def test_supplemental_clips_follow_with_half_a_score():
    merged = merge_oof(make_index(), fold_tables(), held_out={7})
    supplemental = merged[merged["is_sup"] == 1]
    assert merged["is_sup"].tolist() == [0] * 6 + [1] * 2
    assert supplemental["sequence_id"].tolist() == [70, 81]  # not the one of 33 characters
    assert supplemental["score"].tolist() == [0.5, 0.5]
    assert supplemental["prediction"].isna().all()


def test_empty_prediction_survives_a_file(tmp_path):
    merge_oof(make_index(), fold_tables(), held_out={7}).to_parquet(tmp_path / "merged.parquet")
    table = pd.read_parquet(tmp_path / "merged.parquet")
    assert table["prediction"].iloc[2] == "" and pd.isna(table["prediction"].iloc[5])


def test_metrics_score_what_was_read():
    metrics = oof_metrics(merge_oof(make_index(), fold_tables(), held_out={7}))
    num_characters = 4 + 5 + 7 + 4 + 3
    assert metrics["score"] == pytest.approx(1 - (0 + 1 + 7 + 2 + 1) / num_characters)
    assert metrics["score_damerau"] == pytest.approx(1 - (0 + 1 + 7 + 1 + 1) / num_characters)
    assert metrics["num_sequences"] == 5 and metrics["num_without_prediction"] == 1


def test_clip_without_prediction():
    with pytest.raises(UserError, match=r"sequence 50 \(and 1 more\) has no out-of-fold prediction"):
        merge_oof(make_index(), fold_tables()[:1], held_out={7})


def test_clip_predicted_by_two_folds():
    first, second = fold_tables()
    with pytest.raises(UserError, match="sequence 70 was predicted by two folds"):
        merge_oof(make_index(), [first, pd.concat([second, first.iloc[[1]]])], held_out={7})


def test_prediction_of_a_clip_that_the_index_lacks():
    index = make_index()
    with pytest.raises(UserError, match="sequence 20 has an out-of-fold prediction, but is no"):
        merge_oof(index[index["sequence_id"] != 20], fold_tables(), held_out={7})


def test_prediction_of_a_held_out_signer():
    with pytest.raises(UserError, match="its signer is in no fold"):
        merge_oof(make_index(), fold_tables(), held_out={6, 7})
