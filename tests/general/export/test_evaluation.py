"""Scoring a reader as a host does: which frames it gets, what is counted, what is refused."""

import numpy as np
import pandas as pd
import pytest
from raw_folder import landmark_frame, table

from podium.errors import ClipError, UserError
from podium.export.evaluation import evaluate, read_test_table
from podium.recognise.tflite import TfliteFile
from podium.storage.files import write_json
from podium.systems.files import read_export
from podium.systems.fingerspelling import answers
from podium.systems.fingerspelling.landmarks import COLUMNS
from podium.systems.fingerspelling.score import edit_distance
from podium.systems.fingerspelling.text import CHARACTERS, DUMMY_PHRASE


class Scripted:
    """Answers from a list and remembers what it was given."""

    def __init__(self, answers: list[str]) -> None:
        self.answers = iter(answers)
        self.clips = []

    def answer(self, x: np.ndarray) -> dict[str, np.ndarray]:
        self.clips.append(x)
        text = next(self.answers)
        return {"outputs": 2 * np.eye(59, dtype=np.float32)[[CHARACTERS.index(character) for character in text]]}


def evaluate_all(reader: Scripted, rows: pd.DataFrame, corpus) -> tuple[dict, pd.DataFrame]:
    return evaluate(reader.answer, answers, {}, rows, corpus, "phrase")


@pytest.fixture
def corpus(tmp_path):
    """Four signers with one clip each, in two files."""
    rows = table(num_signers=4, clips_per_signer=1, split="test").assign(phrase=["abcd", "abcdef", "ab", "wxyz"])
    (tmp_path / "test_landmarks").mkdir()
    for file_id, of_file in rows.groupby("file_id"):
        landmark_frame(of_file).to_parquet(tmp_path / f"test_landmarks/{file_id}.parquet")
    rows.assign(split="test").to_parquet(tmp_path / "sequences.parquet", index=False)
    return tmp_path


def test_clips_are_the_rows_of_a_sequence(corpus):
    rows = read_test_table(corpus / "sequences.parquet", "phrase").iloc[::-1].reset_index(drop=True)
    clips = dict(answers.test_clips(rows, corpus))
    assert sorted(clips) == [0, 1, 2, 3]
    for position, landmarks_TK in clips.items():
        frames = pd.read_parquet(corpus / rows["path"][position])
        expected = frames.loc[[rows["sequence_id"][position]], COLUMNS].to_numpy()
        assert landmarks_TK.dtype == np.float32
        np.testing.assert_array_equal(landmarks_TK, expected)


def test_score_by_hand(corpus):
    rows = read_test_table(corpus / "sequences.parquet", "phrase")
    # 0 edits of 4; a swap of neighbours: 2 of 6; an insertion: 1 of 2; the dummy phrase.
    report, predictions = evaluate_all(Scripted(["abcd", "abdcef", "axb", DUMMY_PHRASE]), rows, corpus)
    dummy = edit_distance("wxyz", DUMMY_PHRASE)
    assert report["num_characters"] == 16 and report["num_sequences"] == 4 and report["num_exact"] == 1
    assert report["score"] == pytest.approx((16 - 0 - 2 - 1 - dummy) / 16)
    assert report["score_damerau"] == pytest.approx((16 - 0 - 1 - 1 - dummy) / 16)
    assert report["p_dummy"] == 0.25
    assert report["score_of_participant"]["50"] == 1 and report["score_of_participant"]["52"] == 0.5
    assert [one["phrase"] for one in report["worst"]] == ["wxyz", "ab", "abcdef", "abcd"]
    assert predictions["num_edits"].tolist() == [0, 2, 1, dummy]
    assert predictions["prediction"].tolist()[:3] == ["abcd", "abdcef", "axb"]


def test_sequence_without_frames_is_an_empty_clip(corpus):
    rows = read_test_table(corpus / "sequences.parquet", "phrase")
    rows.loc[1, "sequence_id"] = 4711
    reader = Scripted([DUMMY_PHRASE] * 4)
    report, _ = evaluate_all(reader, rows, corpus)
    assert report["num_without_frames"] == 1
    assert sorted(clip.shape for clip in reader.clips)[0] == (0, 390)


def test_a_clip_that_is_too_long_has_no_text(corpus):
    class Short(Scripted):
        def answer(self, x: np.ndarray) -> dict[str, np.ndarray]:
            outputs = super().answer(x)
            if len(self.clips) == 2:
                raise ClipError("cut it")
            return outputs

    rows = read_test_table(corpus / "sequences.parquet", "phrase")
    report, predictions = evaluate_all(Short(["abcd", "abcdef", "ab", "wxyz"]), rows, corpus)
    assert report["num_unread"] == 1 and predictions["prediction"].tolist() == ["abcd", "", "ab", "wxyz"]
    assert report["num_edits"] == len("abcdef") and report["score"] == pytest.approx(10 / 16)


def test_no_hidden_test_is_no_score(corpus):
    rows = read_test_table(corpus / "sequences.parquet", "phrase").iloc[:0]
    report, predictions = evaluate_all(Scripted([]), rows, corpus)
    assert report["score"] is None and "no hidden test" in report["reason"]
    assert list(predictions.columns)[:4] == ["sequence_id", "participant_id", "phrase", "prediction"]


def test_absent_and_damaged_landmarks_are_named(corpus):
    rows = read_test_table(corpus / "sequences.parquet", "phrase")
    victim = corpus / rows["path"][0]
    victim.write_bytes(victim.read_bytes()[:100])
    with pytest.raises(UserError, match=f"{victim.name} is cut off"):
        evaluate_all(Scripted(["a"] * 4), rows, corpus)
    victim.unlink()
    with pytest.raises(UserError, match=f"{victim.name} does not exist"):
        evaluate_all(Scripted(["a"] * 4), rows, corpus)


def test_lacking_column_is_named(corpus):
    rows = read_test_table(corpus / "sequences.parquet", "phrase")
    victim = corpus / rows["path"][0]
    pd.read_parquet(victim).drop(columns=COLUMNS[7]).to_parquet(victim)
    with pytest.raises(UserError, match=COLUMNS[7]):
        evaluate_all(Scripted(["a"] * 4), rows, corpus)


@pytest.mark.parametrize("columns", [None, "x", ["x"], COLUMNS[::-1]])
def test_bad_inference_args(tmp_path, columns):
    told = {"system": "fingerspelling", **({"selected_columns": columns} if columns else {})}
    write_json(tmp_path / "inference_args.json", told)
    with pytest.raises(UserError, match="selected_columns"):
        read_export(tmp_path / "inference_args.json")


def test_a_file_that_is_no_model(tmp_path):
    with pytest.raises(UserError, match="does not exist"):
        TfliteFile(tmp_path / "model.tflite")
    (tmp_path / "model.tflite").write_bytes(b"hello")
    with pytest.raises(UserError, match="not a TFLite file"):
        TfliteFile(tmp_path / "model.tflite")
