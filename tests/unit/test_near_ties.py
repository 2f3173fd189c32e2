"""When two texts may differ: only where rounding could have tipped the choice."""

from types import SimpleNamespace

import numpy as np
import pytest
import tensorflow as tf

from podium.export.parity import CONFIDENCE_TOLERANCE, FILE_TOLERANCE, Clip, check_file
from podium.text import CHARACTERS, DUMMY_PHRASE, END

DUMMY_SV = np.eye(59, dtype=np.float32)[[CHARACTERS.index(character) for character in DUMMY_PHRASE]]
LARGEST = 10.0


def logits(*choices: int) -> np.ndarray:
    """(len(choices), 63): a clear choice at every step."""
    values = np.zeros((len(choices), 63), np.float32)
    values[np.arange(len(choices)), choices] = LARGEST
    return values


def compare(logits_SV: np.ndarray, file_SV: np.ndarray, confidence: float = 0.9, is_gated: bool = False) -> dict:
    """The report of one clip, TensorFlow having decoded ``logits_SV`` and the file having returned ``file_SV``."""
    ids = np.zeros(0, int) if is_gated else logits_SV.argmax(1)
    is_dummy = is_gated or ids[0] == END
    outputs = DUMMY_SV if is_dummy else logits_SV[ids != END, :59]
    seen = {"outputs": outputs, "ids": ids, "logits": logits_SV, "confidence": confidence, "is_dummy": is_dummy}
    ensemble = SimpleNamespace(
        inside=lambda raw_TK: {name: tf.constant(value) for name, value in seen.items()},
        min_confidence=0.15,
        dummy_SV=DUMMY_SV,
    )
    reader = SimpleNamespace(outputs=lambda raw_TK: file_SV)
    return check_file(ensemble, reader, [Clip("clip", np.zeros((20, 390), np.float32), "abc")])


def test_equal_answers_pass():
    report = compare(logits(33, 34, END), logits(33, 34)[:, :59])
    assert report["passed"] and not report["different_texts"] and report["max_error"] == 0
    assert report["score_tf"] == report["score_tflite"]


def test_error_beyond_the_tolerance_fails():
    file_SV = logits(33, 34)[:, :59]
    file_SV[1, 5] += 2 * FILE_TOLERANCE * LARGEST
    assert not compare(logits(33, 34, END), file_SV)["passed"]


def test_nan_fails():
    file_SV = logits(33, 34)[:, :59]
    file_SV[1, 5] = np.nan
    assert not compare(logits(33, 34, END), file_SV)["passed"]


def test_another_number_of_columns_fails():
    assert not compare(logits(33, 34, END), logits(33, 34))["passed"]


@pytest.mark.parametrize(("gap", "passes"), [(0.5 * FILE_TOLERANCE * LARGEST, True), (0.5 * LARGEST, False)])
def test_parting_texts(gap, passes):
    ours, file_SV = logits(33, 34, 35, END), logits(33, 36, 40, 41, 42)[:, :59]
    ours[1, 36] = LARGEST - gap
    file_SV[1] = ours[1, :59]
    file_SV[1, 36] = LARGEST + 0.01
    report = compare(ours, file_SV)
    assert report["passed"] == passes
    (different,) = report["different_texts"]
    assert different["gap"] == pytest.approx(gap, abs=1e-5) and different["is_near_tie"] == passes


@pytest.mark.parametrize(("gap", "passes"), [(FILE_TOLERANCE * LARGEST, True), (0.5 * LARGEST, False)])
def test_text_that_ends_early(gap, passes):
    ours = logits(33, 34, 35, END)
    ours[2, END] = LARGEST - gap
    assert compare(ours, ours[:2, :59])["passed"] == passes


@pytest.mark.parametrize(("gap", "passes"), [(FILE_TOLERANCE * LARGEST, True), (0.5 * LARGEST, False)])
def test_file_without_characters(gap, passes):
    ours = logits(33, END)
    ours[0, END] = LARGEST - gap
    assert compare(ours, DUMMY_SV)["passed"] == passes


@pytest.mark.parametrize(("gap", "passes"), [(0.5 * CONFIDENCE_TOLERANCE, True), (2 * CONFIDENCE_TOLERANCE, False)])
def test_confidence_at_the_threshold(gap, passes):
    assert compare(logits(33, END), DUMMY_SV, confidence=0.15 + gap)["passed"] == passes
    assert compare(logits(33), logits(33)[:, :59], confidence=0.15 - gap, is_gated=True)["passed"] == passes


def test_both_dummy():
    assert compare(logits(END), DUMMY_SV)["passed"]
    assert compare(logits(33), DUMMY_SV, confidence=0.0, is_gated=True)["passed"]
