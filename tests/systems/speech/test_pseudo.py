"""32 words to 12 classes, and labels of earlier stages."""

import numpy as np
import pandas as pd
import pytest
from speech import golden

from podium.errors import UserError
from podium.systems.speech.conversion import LABELLED_BY, PROBABILITIES, answers_to, in_exchange_order, said, to_12
from podium.systems.speech.labels import CLASSES, EXCHANGE
from podium.systems.speech.pseudo import agreed, relabel, thresholded, voted
from podium.systems.speech.readings import predictions, read, score


def test_conversion_is_the_original_s(shared):
    arrays, _ = golden(shared, "speech_rules")
    probs = arrays["convert/in/probs32"]
    for rule, key in (("max_softmax", "max_softmax"), ("max", "max"), ("sum", "sum")):
        found = in_exchange_order(to_12(probs, rule))
        assert np.abs(found - arrays[f"convert/out/{key}"]).max() < 1e-6, rule
    published = in_exchange_order(to_12(probs, "max_softmax"))
    assert np.array_equal((published * 255).astype(np.uint8), arrays["convert/out/max_uint8"])
    by_word = [EXCHANGE.index(answers_to(said(32)[place])[0]) for place in probs.argmax(1)]
    assert by_word == arrays["convert/out/label_argmax32"].tolist()
    by_sum = in_exchange_order(to_12(probs, "sum")).argmax(1)
    assert by_sum.tolist() == arrays["convert/out/label_sum"].tolist()
    assert sum(one != other for one, other in zip(by_word, by_sum, strict=True)) == 21


def test_rules_are_the_original_s(shared):
    arrays, meta = golden(shared, "speech_rules")
    agreement = meta["agree"]
    assert [word or None for word in agreed(np.array(agreement["labels"]))] == agreement["kept"]
    probs, order = arrays["threshold/probs"] / 255, meta["threshold"]["order"]  # whole numbers: there are ties
    for p in (0.5, 0.6, 0.7):
        expected, labels = meta[f"threshold_{p}"], thresholded(probs, p, order)
        assert (labels == "silence").tolist() == expected["silence_accepted"]
        assert [None if word in ("", "silence") else word for word in labels] == expected["kept"]
    votes = np.array(meta["vote"]["labels"])
    assert voted(votes, 3, best=0).tolist() == meta["vote"]["voted"]


@pytest.fixture
def index(tmp_path):
    """Two clips with a label, and six without, whose true labels are known of all but the last."""
    truth = ["yes", "no", "bed", "_silence_", "follow", "_unlabelled_"]
    rows = [("train", 0, number, 7, label, 50 * number, 50) for number, label in enumerate(["yes", "no"])]
    rows += [("supplemental", 1000, 10 + number, 0, label, 50 * number, 50) for number, label in enumerate(truth)]
    columns = ["split", "file_id", "sequence_id", "participant_id", "label", "offset", "num_frames"]
    pd.DataFrame(rows, columns=columns).to_parquet(tmp_path / "index.parquet")
    return tmp_path / "index.parquet"


def told(index, name: str, words: list[str], sure: float = 0.9, num_classes: int = 32):
    """A run's predictions of the clips without labels; each word with a probability."""
    table = pd.read_parquet(index)
    table = table[table["split"] == "supplemental"].reset_index(drop=True)
    probs = np.full((len(table), num_classes), (1 - sure) / (num_classes - 1), np.float32)
    for row, word in enumerate(words):
        probs[row, CLASSES[num_classes].index(word)] = sure
    path = index.with_name(f"{name}.parquet")
    predictions(table, [read({"probabilities": one}) for one in probs]).to_parquet(path, index=False)
    return path


def test_agreement(index):
    words = ["yes", "no", "cat", "_silence_", "_unknown_", "go"]
    paths = [told(index, name, words) for name in "ab"]
    paths.append(told(index, "c", ["yes", "on", *words[2:]]))
    table, account = relabel("agreement", index, paths, set())
    own, extra = table[table[LABELLED_BY] == ""], table[table[LABELLED_BY] == "agreement"]
    assert own["label"].tolist() == ["yes", "no"] and own[PROBABILITIES].isna().all()
    assert extra["label"].tolist() == ["yes", "cat", "_silence_", "_unknown_", "go"]
    assert extra["sequence_id"].tolist() == [10, 12, 13, 14, 15] and len(extra[PROBABILITIES].iloc[0]) == 32
    assert (account["num_clips"], account["num_labelled"], account["precision"]) == (6, 5, 3 / 4)
    assert account["words"]["cat"] == {"num": 1, "precision": 0.0}
    assert account["words"]["go"] == {"num": 1, "precision": None}


def test_threshold(index):
    words = ["yes", "no", "cat", "_silence_", "_unknown_", "go"]
    paths = [told(index, "a", words, 0.95), told(index, "b", [*words[:5], "on"], 0.8)]
    table, account = relabel("threshold", index, paths, set(), p=0.7)
    extra = table[table[LABELLED_BY] == "threshold"]
    assert extra["label"].tolist() == ["yes", "no", "_unknown_", "_silence_", "_unknown_"]
    assert account["precision"] == 1 and account["p"] == 0.7
    assert [account["thresholds"][p]["num_labelled"] for p in ("0.5", "0.7", "0.9")] == [5, 5, 2]
    published, _ = relabel("threshold", index, paths, set(), p=0.7, silence="published")
    assert "_silence_" not in set(published["label"])
    none, _ = relabel("threshold", index, paths, set(), p=0.5, rule="max_softmax")  # all are near 1/12 then
    assert (none[LABELLED_BY] == "").all()


def test_what_does_not_go_together_is_refused(index):
    a, b = told(index, "a", ["yes"] * 6), told(index, "b", ["yes"] * 6, num_classes=12)
    with pytest.raises(UserError, match="different numbers of classes"):
        relabel("agreement", index, [a, b], set())
    with pytest.raises(UserError, match="speech knows agreement and threshold"):
        relabel("oof", index, [a], set())
    pd.read_parquet(a).iloc[1:].to_parquet(a)
    with pytest.raises(UserError, match="does not tell of all supplemental clips"):
        relabel("threshold", index, [a], set())


def test_scores_know_how_many_classes_there_were():
    labels = ["yes", "bed", "bed", "_silence_", "follow", "follow"]
    table = pd.DataFrame({"label": labels})
    told = [(12, "yes"), (12, "_unknown_"), (32, "_unknown_"), (12, "_silence_"), (32, "_unknown_"), (32, "yes")]
    readings = [read({"probabilities": np.eye(num)[CLASSES[num].index(word)]}) for num, word in told]
    found = score(table, readings, is_test=True)
    assert found["num_right"] == 4 and found["score"] == 4 / 6 and found["score_words"] == 3 / 5
    assert found["score_classes"] == pytest.approx((1 + 2 / 4 + 1) / 3)
    assert score(table[:0], []) == {"score": None, "score_words": None, "score_classes": None}
