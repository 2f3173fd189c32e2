"""Names of files tell ids, speakers and sets, as the archive and the competition's winner read them."""

import json

import numpy as np
import pandas as pd
import pytest

from podium.systems.speech.labels import CLASSES_12, CLASSES_32, EXCHANGE, class_of
from podium.systems.speech.names import NOBODY, clip_id, participant_of, percentage, set_of, speaker_of


@pytest.fixture(scope="module")
def meta(shared) -> dict:
    with np.load(shared / "golden/speech_rules.npz") as found:
        return json.loads(str(found["meta"]))


def test_the_classes_are_those_of_the_winner(meta):
    assert list(CLASSES_12) == meta["labels12"] and list(CLASSES_32) == meta["labels32"]
    assert set(EXCHANGE) == {name.strip("_") for name in CLASSES_12}


@pytest.mark.parametrize(("experiment", "num_classes"), [("106", 32), ("195", 12), ("206", 12)])
def test_words_become_classes_as_in_the_winners_loader(meta, experiment, num_classes):
    """But for the folders of silent and unknown pseudo labels, both of which it takes for unknown words."""
    for word, index in meta["index"]["results"][experiment]["word_to_index"].items():
        if word != "silence":
            assert class_of(word, num_classes) == (CLASSES_12 if num_classes == 12 else CLASSES_32)[index]
    assert class_of("silence", num_classes) == "_silence_"


def test_speakers_are_split_as_the_archive_splits_them(meta):
    split = meta["split"]
    assert len(split["names"]) == 200 and set(split["set_10_0"]) == {"training", "validation"}
    for name, place, kind in zip(split["names"], split["percent"], split["set_10_0"], strict=True):
        assert percentage(f"{name}_nohash_0.wav".partition("_nohash_")[0]) == pytest.approx(place, rel=1e-12)
        assert set_of(f"{name}_nohash_0.wav", validation=10, test=0) == kind
        assert set_of(f"{name}_nohash_0.wav", 10, 30) == ("test" if 10 <= place < 40 else kind)


def test_the_speakers_of_the_real_test_set(shared):
    table = pd.read_csv(shared / "real/speech/labels.csv", dtype=str, keep_default_na=False)
    for path, speaker in zip(table["path"], table["speaker"], strict=True):
        assert speaker_of(path.rsplit("/", 1)[-1]) == speaker


def test_ids_and_participants():
    assert clip_id("audio", "clip_0000000a.wav") == 10
    assert clip_id("yes", "a_nohash_0.wav") != clip_id("no", "a_nohash_0.wav")
    assert clip_id("yes", "a_nohash_0.wav") == 69020261033635357
    assert participant_of("0000000f") == 16 and participant_of("") == NOBODY
    assert participant_of("anna") > 2**33 and participant_of("anna") != participant_of("berta")
    assert speaker_of("anna_nohash_3.wav") == "anna" and speaker_of("clip_12345678.wav") == ""
    assert set_of("clip_12345678.wav", 10, 10) == "pseudo"
