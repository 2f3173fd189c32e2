"""The everyday corpus: texts, tempos, framings, and clips with nothing to read."""

import dataclasses

import numpy as np
import pandas as pd
import pytest
import torch

from podium.landmarks.holds import moving
from podium.landmarks.mediapipe import RAW_NAMES
from podium.landmarks.person.observation import FACE, LEFT_HAND, POSE, RIGHT_HAND
from podium.recognise.readings import Reading
from podium.systems.fingerspelling.corpus.corpus import plan_corpus, write_raw_file
from podium.systems.fingerspelling.corpus.everyday import record_everyday, sample_everyday_person
from podium.systems.fingerspelling.corpus.idle import idle
from podium.systems.fingerspelling.corpus.motion import Pace, sample_style, spell
from podium.systems.fingerspelling.corpus.section import Conditions, SyntheticSource
from podium.systems.fingerspelling.corpus.words import everyday_text
from podium.systems.fingerspelling.inputs import as_input
from podium.systems.fingerspelling.labels import LABELS, PhrasesOrNothing
from podium.systems.fingerspelling.landmarks import NAMES, SELECTION
from podium.systems.fingerspelling.networks.base import share_right
from podium.systems.fingerspelling.raw import open_raw
from podium.systems.fingerspelling.readings import predictions, score
from podium.systems.fingerspelling.text import encode

CALM = Conditions(
    p_empty=0, p_alone=0, p_no_face=0, p_close_up=0, p_glitches=0, p_other_rate=0, p_frozen=0, variety=0, holds="all"
)  # fmt: skip
_SELECTED = [RAW_NAMES.index(name) for name in NAMES]


def _clip(text: str, seed: int = 3, gaps: float = 0.0, **changes) -> np.ndarray:
    conditions = CALM.model_copy(update=changes)
    person = sample_everyday_person(np.random.default_rng([1, seed]), conditions)
    return record_everyday(text, person, conditions, np.random.default_rng([2, seed]), 1.0, gaps)


def _seen(clip_FL3: np.ndarray, part: slice) -> float:
    """Share of frames with a part."""
    return float((~np.isnan(clip_FL3[:, part, 0])).all(1).mean())


def test_texts_are_letters_or_digits_and_all_letters_occur():
    rng = np.random.default_rng(0)
    texts = [everyday_text(rng, 2, 26) for _ in range(3000)]
    assert all(text.isdigit() or text.isalpha() and text.islower() for text in texts)
    assert max(map(len, texts)) <= 26 and set("abcdefghijklmnopqrstuvwxyz0123456789") <= set("".join(texts))
    single = [text for text in texts if len(text) == 1]
    assert set(single) == set("abcdefghijklmnopqrstuvwxyz134578")  # 0, 2, 6 and 9 look like O, V, W and F
    assert 0.15 < len(single) / len(texts) < 0.4


def test_a_clip_comes_back_from_its_seed():
    np.testing.assert_array_equal(_clip("hello", p_glitches=1), _clip("hello", p_glitches=1))
    assert not np.array_equal(_clip("hello")[:5], _clip("hello", seed=4)[:5])


@pytest.mark.parametrize("seed", range(6))
def test_framings_show_what_they_say(seed: int):
    whole = _clip("paper", seed)
    assert _seen(whole, POSE) == 1.0 and max(_seen(whole, LEFT_HAND), _seen(whole, RIGHT_HAND)) > 0.5
    lone = _clip("paper", seed, p_alone=1)
    assert _seen(lone, FACE) == _seen(lone, POSE) == min(_seen(lone, LEFT_HAND), _seen(lone, RIGHT_HAND)) == 0
    assert max(_seen(lone, LEFT_HAND), _seen(lone, RIGHT_HAND)) > 0.5
    assert _seen(_clip("paper", seed, p_no_face=1), FACE) == 0


def test_the_spelling_hand_is_in_the_picture():
    shares = [max(_seen(clip, LEFT_HAND), _seen(clip, RIGHT_HAND)) for clip in (_clip("water", s) for s in range(30))]
    assert np.mean(np.array(shares) > 0.5) > 0.9


@pytest.mark.parametrize("tempo", [3, 60])
def test_tempo_keeps_its_bounds(tempo: int):
    lengths = [len(_clip("abcd", seed, frames_per_character=(tempo, tempo), max_clip_frames=2000)) for seed in range(9)]
    assert all(4 * tempo <= length <= 4 * tempo + 61 for length in lengths)  # rest and rise at both ends
    assert len(_clip("abcdefghij", frames_per_character=(60, 60), max_clip_frames=100)) <= 161


def test_slow_clips_come_out_like_quick_ones_if_holds_are_short():
    lengths = {
        tempo: np.mean([
            len(_clip("abcd", seed, frames_per_character=(tempo, tempo), max_clip_frames=2000, holds="short"))
            for seed in range(5)
        ])
        for tempo in (5, 50)
    }  # fmt: skip
    assert lengths[50] < 3.5 * lengths[5], lengths


def test_a_file_that_says_so_gets_its_holds_short():
    slow_FL3 = _clip("abcd", frames_per_character=(50, 50), max_clip_frames=2000)[:, _SELECTED]
    slow_TK = slow_FL3.transpose(0, 2, 1).reshape(len(slow_FL3), -1)
    settings = {"min_frames": 8, "min_confidence": 0.3}
    whole_TK = as_input(slow_TK, settings, None).x
    np.testing.assert_array_equal(as_input(slow_TK, {**settings, "holds": "all"}, None).x, whole_TK)
    short_TK = as_input(slow_TK, {**settings, "holds": "short"}, None).x
    assert len(short_TK) < len(whole_TK) / 3
    np.testing.assert_array_equal(short_TK, whole_TK[moving(whole_TK, SELECTION, 8)])


def test_a_slow_speller_holds_the_shape_and_moves_quickly():
    style = dataclasses.replace(sample_style(np.random.default_rng(0)), tremor=0.0)

    def num_moving(pace: Pace) -> int:
        path = spell("bj", style, 200, 0.0, 0.0, np.random.default_rng(1), pace)
        turning_F = np.abs(np.diff(path.rotation_F33, axis=0)).max((1, 2))
        return int((turning_F + np.abs(np.diff(path.angles_FA, axis=0)).max(1) > 1e-3).sum())

    assert num_moving(Pace(max_change_frames=8, max_motion_frames=15)) < 45  # the way to J, and its stroke
    assert num_moving(Pace()) > 90


@pytest.mark.parametrize("seed", range(8))
def test_nothing_to_read_is_still_a_clip(seed: int):
    clip = _clip("", seed)
    assert 20 <= len(clip) <= 160 and np.isfinite(clip[~np.isnan(clip)]).all() and not np.isnan(clip).all()
    path = idle(50, sample_style(np.random.default_rng(seed)), np.random.default_rng(seed))
    assert np.isfinite(path.angles_FA).all() and path.rotation_F33.shape == (50, 3, 3)


def test_empty_texts_are_labels_of_everyday_corpora_alone(tmp_path):
    source = SyntheticSource(
        kind="synthetic", num_train_sequences=40, num_supplemental_sequences=0, num_test_sequences=0,
        num_train_signers=5, num_test_signers=1, sequences_per_file=4, min_characters=2, max_characters=8,
        conditions=Conditions(p_empty=0.5, max_clip_frames=60),
    )  # fmt: skip
    plan = plan_corpus(source)
    texts = plan.tables["train"]["phrase"].tolist()
    assert 8 < texts.count("") < 32 and plan_corpus(source).tables["train"]["phrase"].tolist() == texts
    assert LABELS.problem("") == "empty_phrase" == PhrasesOrNothing().problem(" ")
    assert not PhrasesOrNothing().problem("")
    file_id = int(plan.tables["train"]["file_id"].iloc[0])
    write_raw_file(plan, "train", file_id, tmp_path / f"train_landmarks/{file_id}.parquet")
    ids = plan.tables["train"]["sequence_id"][:4].tolist()
    assert sorted(open_raw(tmp_path / f"train_landmarks/{file_id}.parquet").num_frames()) == sorted(ids)


def test_nothing_is_the_right_answer_where_there_is_nothing_to_read():
    table = pd.DataFrame({"phrase": ["", "cat", ""], "sequence_id": [1, 2, 3], "participant_id": 1})
    readings = [Reading("", 0.1, "not_trusted"), Reading("cat", 0.9), Reading("abc", 0.8)]
    assert score(table, readings)["score"] == 0.0  # three edits of three characters
    assert predictions(table, readings, is_test=True)["score"].tolist() == [1.0, 1.0, -2.0]


def test_what_a_network_reads_itself_is_a_share_of_the_text():
    labels_BS = torch.from_numpy(np.stack([encode("cat"), encode("")]))
    logits_BSV = torch.nn.functional.one_hot(labels_BS, 63).float()
    assert share_right(logits_BSV, labels_BS).tolist() == [1.0, 1.0]
    logits_BSV[0, 1] = 0
    logits_BSV[1, 0] = 0
    assert share_right(logits_BSV, labels_BS).tolist() == [0.75, 0.0]
