"""Out-of-fold scores, of round 1 or of a published table: every train clip once, in the index's order."""

import json
import runpy
import sys
from pathlib import Path
from unittest.mock import patch

import numpy as np
import pandas as pd
import pytest
from project import ROOT

from podium.errors import UserError
from podium.systems.fingerspelling.oof import import_oof, merge_oof, oof_metrics, read_oof_table

SCRIPT = ROOT / "workflow/scripts/merge_labels.py"

PHRASES = ["abcd", "house", "3 creek", "abba", "zzz", "held out", "sentence", "sentence", "x" * 33]


def make_index() -> pd.DataFrame:
    return pd.DataFrame(
        {
            "split": ["train"] * 6 + ["supplemental"] * 3,
            "file_id": [1, 1, 2, 2, 2, 2, 9, 9, 9],
            "sequence_id": [70, 50, 60, 10, 20, 30, 70, 81, 82],  # sequence 70 is in both splits
            "participant_id": [5, 6, 5, 6, 5, 7, 5, 6, 7],
            "phrase": PHRASES,
            "num_frames": range(20, 29),
        }
    )


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


# ------------------------------------------------------------------------------------------------ a published table


def published(**columns) -> pd.DataFrame:
    """A table with the columns of the one that the 1st-place team has published, rows in another order than ours."""
    index = make_index().iloc[:7]
    table = index[["file_id", "sequence_id", "participant_id", "phrase"]].assign(
        path="somewhere", fold=0, seq_len=index["num_frames"], phrase_len=index["phrase"].str.len(),
        score=[1.0, 0.8, 0.0, -0.5, 2 / 3, 0.9, 0.5], is_sup=[0] * 6 + [1],
    )  # fmt: skip
    return table.assign(**columns).iloc[::-1]


def imported(tmp_path: Path, table: pd.DataFrame, held_out: frozenset[int] = frozenset({7})) -> pd.DataFrame:
    table.to_csv(tmp_path / "oof.csv", index=False)
    return import_oof(make_index(), read_oof_table(tmp_path / "oof.csv"), held_out)


def test_published_scores_take_the_place_of_round_1(tmp_path):
    merged, num_unknown = imported(tmp_path, published())
    expected = merge_oof(make_index(), fold_tables(), held_out={7})
    assert merged.columns.tolist() == expected.columns.tolist() and num_unknown == 0
    same = [column for column in expected if column not in ("score", "prediction")]
    pd.testing.assert_frame_equal(merged[same], expected[same])
    assert merged["score"].iloc[:5].tolist() == [1.0, 0.8, 0.0, -0.5, 2 / 3]
    assert pd.isna(merged["score"].iloc[5]), "a held-out signer"
    assert merged["score"].iloc[6:].tolist() == [0.5, 0.5]
    assert merged["prediction"].isna().all()


def test_the_table_of_another_experiment(tmp_path):
    merged = merge_oof(make_index(), fold_tables(), held_out={7})
    merged.to_parquet(tmp_path / "train_with_oof.parquet")
    again, num_unknown = import_oof(make_index(), read_oof_table(tmp_path / "train_with_oof.parquet"), {7})
    assert num_unknown == 0 and again["prediction"].isna().all()
    pd.testing.assert_frame_equal(again.drop(columns="prediction"), merged.drop(columns="prediction"))
    merged.drop(columns="file_id").to_parquet(tmp_path / "other.parquet")
    with pytest.raises(UserError, match="lacks the column"):
        read_oof_table(tmp_path / "other.parquet")


def test_three_columns_are_enough(tmp_path):
    whole, _ = imported(tmp_path, published())
    least, _ = imported(tmp_path, published()[["file_id", "sequence_id", "score"]].iloc[1:])
    pd.testing.assert_frame_equal(least, whole)


def test_metrics_of_a_published_table_weigh_clips_by_their_characters(tmp_path):
    metrics = oof_metrics(imported(tmp_path, published())[0])
    edits = [0, 1, 7, 6, 1]
    assert metrics["score"] == pytest.approx(1 - sum(edits) / (4 + 5 + 7 + 4 + 3))
    assert metrics["score_damerau"] is None
    assert metrics["num_sequences"] == 5 and metrics["num_without_prediction"] == 1


def test_further_rows_are_counted(tmp_path):
    more = published()[published()["sequence_id"] == 60]
    table = pd.concat([published(), more.assign(sequence_id=77), more.assign(file_id=9)])
    merged, num_unknown = imported(tmp_path, table)
    pd.testing.assert_frame_equal(merged, imported(tmp_path, published())[0])
    assert num_unknown == 2


@pytest.mark.parametrize(
    ("columns", "words"),
    [
        ({"score": [1.0, 0.8, np.nan, 0.5, 0.6, 0.9, 0.5]}, "score of sequence 60 is nan, not a number of at most 1"),
        ({"score": [1.0, 0.8, 0.1, 1.5, np.inf, 0.9, 0.5]}, r"score of sequence 10 \(and 1 more\) is 1.5, not"),
        ({"score": "good"}, r"score of sequence 70 \(and 4 more\) is nan"),
        ({"phrase": ["abcd", "horse", *PHRASES[2:7]]}, "phrase of sequence 50 is 'horse', but 'house' in the index"),
        ({"seq_len": [20, 21, 22, 99, 24, 25, 26]}, "seq_len of sequence 10 is '99.0', but '23' in the index"),
        ({"sequence_id": [70, 50, 60, 11, 20, 30, 70]}, "has no row for sequence 10; it is of other data"),
        ({"sequence_id": [70, 50, "six", 10, 20, 30, 70]}, "row 6: sequence_id 'six' is not an integer"),
        ({"file_id": 2, "sequence_id": [70, 50, 60, 60, 20, 30, 70]}, "names sequence 60 more than once"),
    ],
)  # fmt: skip
def test_published_table_that_does_not_fit(tmp_path, columns, words):
    with pytest.raises(UserError, match=words):
        imported(tmp_path, published(**columns))


def test_published_table_that_is_none(tmp_path):
    path = tmp_path / "oof.csv"
    with pytest.raises(UserError, match="oof.csv does not exist"):
        read_oof_table(path)
    path.write_bytes(bytes(range(128, 256)))
    with pytest.raises(UserError, match="cannot be read as a csv file"):
        read_oof_table(path)
    published().drop(columns=["file_id", "score"]).to_csv(path, index=False)
    with pytest.raises(UserError, match=r"lacks the column\(s\) file_id, score; it has"):
        read_oof_table(path)


def test_import_command(tmp_path):
    make_index().to_parquet(tmp_path / "index.parquet")
    pd.DataFrame({"participant_id": [5, 6, 7], "fold": [0, 1, -1]}).to_parquet(tmp_path / "folds.parquet")
    published().to_csv(tmp_path / "oof.csv", index=False)
    arguments = {
        "index": "index.parquet", "folds": "folds.parquet", "given": "oof.csv", "out": "o.parquet", "metrics": "m.json"
    }  # fmt: skip
    flat = [str(part) for key, name in arguments.items() for part in (f"--{key}", tmp_path / name)]
    flat += ["--system", "fingerspelling", "--how", "oof"]
    with patch.object(sys, "argv", ["merge_labels", *flat]):
        runpy.run_path(str(SCRIPT), run_name="__main__")
    imported(tmp_path, published())[0].to_parquet(tmp_path / "expected.parquet")
    written, expected = (pd.read_parquet(tmp_path / name) for name in ("o.parquet", "expected.parquet"))
    pd.testing.assert_frame_equal(written, expected)
    metrics = json.loads((tmp_path / "m.json").read_text())
    assert metrics["num_sequences"] == 5 and metrics["num_unknown"] == 0 and metrics["table"].endswith("oof.csv")
