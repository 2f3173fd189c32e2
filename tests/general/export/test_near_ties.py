"""When two texts may differ: only where rounding could have tipped the choice."""

import numpy as np
import pytest

from podium.export.agreement import check_answers
from podium.export.answers import Answer
from podium.export.clips import ProofClip
from podium.export.comparing import FLOAT16_TOLERANCE as TOLERANCE
from podium.systems.fingerspelling import answers
from podium.systems.fingerspelling.text import CHARACTERS, DUMMY_PHRASE, END

DUMMY_SV = np.eye(59, dtype=np.float32)[[CHARACTERS.index(character) for character in DUMMY_PHRASE]]
LARGEST = 10.0


def logits(*choices: int) -> np.ndarray:
    """(len(choices), 63): a clear choice at every step."""
    values = np.zeros((len(choices), 63), np.float32)
    values[np.arange(len(choices)), choices] = LARGEST
    return values


def compare(
    logits_SV: np.ndarray,
    file_SV: np.ndarray,
    confidence: float = 0.9,
    is_gated: bool = False,
    found_confidence: float | None = None,
) -> dict:
    """The report of one clip, torch having decoded ``logits_SV`` and the file having returned ``file_SV``."""
    ids = np.zeros(0, int) if is_gated else logits_SV.argmax(1)
    outputs = {
        "num_steps": len(ids), "ids": ids, "logits": logits_SV, "confidence": confidence,
        "is_dummy": is_gated or ids[0] == END,
    }  # fmt: skip
    clip = ProofClip("clip", np.zeros((20, 390), np.float32), "abc")
    settings = {"min_confidence": 0.15, "has_confidence": found_confidence is not None}
    found = {"outputs": file_SV} | ({} if found_confidence is None else {"confidence": np.float32(found_confidence)})
    return check_answers(lambda x: found, [clip], [Answer(outputs, {})], TOLERANCE, answers, settings, "phrase")


def test_equal_answers_pass():
    report = compare(logits(33, 34, END), logits(33, 34)[:, :59])
    assert report["passed"] and not report["ties"] and report["max_error"] == 0
    assert report["score"] == report["score_torch"] and report["num_same_texts"] == 1


def test_error_beyond_the_tolerance_fails():
    file_SV = logits(33, 34)[:, :59]
    file_SV[1, 5] += 2 * TOLERANCE * LARGEST
    report = compare(logits(33, 34, END), file_SV)
    assert not report["passed"] and report["failures"][0]["clip"] == "clip"


def test_nan_fails():
    file_SV = logits(33, 34)[:, :59]
    file_SV[1, 5] = np.nan
    assert not compare(logits(33, 34, END), file_SV)["passed"]


def test_another_number_of_columns_fails():
    assert not compare(logits(33, 34, END), logits(33, 34))["passed"]


@pytest.mark.parametrize(("gap", "passes"), [(0.5 * TOLERANCE * LARGEST, True), (0.5 * LARGEST, False)])
def test_parting_texts(gap, passes):
    theirs, file_SV = logits(33, 34, 35, END), logits(33, 36, 40, 41, 42)[:, :59]
    theirs[1, 36] = LARGEST - gap
    file_SV[1] = theirs[1, :59]
    file_SV[1, 36] = LARGEST + 0.01
    report = compare(theirs, file_SV)
    assert report["passed"] == passes and report["num_same_texts"] == 0
    (different,) = report["ties"] if passes else report["failures"]
    assert different["gap"] == pytest.approx(gap, abs=1e-5)


@pytest.mark.parametrize(("gap", "passes"), [(TOLERANCE * LARGEST, True), (0.5 * LARGEST, False)])
def test_text_that_ends_early(gap, passes):
    theirs = logits(33, 34, 35, END)
    theirs[2, END] = LARGEST - gap
    assert compare(theirs, theirs[:2, :59])["passed"] == passes


@pytest.mark.parametrize(("gap", "passes"), [(TOLERANCE * LARGEST, True), (0.5 * LARGEST, False)])
def test_file_without_characters(gap, passes):
    theirs = logits(33, END)
    theirs[0, END] = LARGEST - gap
    assert not compare(theirs, DUMMY_SV)["failures"] == passes


@pytest.mark.parametrize(("gap", "passes"), [(0.5 * TOLERANCE, True), (2 * TOLERANCE, False)])
def test_confidence_at_the_threshold(gap, passes):
    unread = compare(logits(33, END), DUMMY_SV, confidence=0.15 + gap)
    assert not unread["failures"] == passes and unread["num_compared"] == 0 and not unread["passed"]
    read = compare(logits(33), logits(33)[:, :59], confidence=0.15 - gap, is_gated=True)
    assert not read["failures"] == passes


def test_a_clip_that_is_too_short_is_no_tie():
    """Torch trusts it and leaves it unread for its length."""
    assert compare(logits(33), logits(33)[:, :59], confidence=0.155, is_gated=True)["failures"]


@pytest.mark.parametrize(("confidence", "passes"), [(0.9, True), (0.905, True), (0.93, False)])
def test_confidence_of_the_file(confidence, passes):
    assert compare(logits(33, END), logits(33)[:, :59], 0.9, found_confidence=confidence)["passed"] == passes


def test_both_dummy():
    assert compare(logits(END), DUMMY_SV)["passed"]
    unread = compare(logits(33), DUMMY_SV, confidence=0.0, is_gated=True)
    assert not unread["failures"] and not unread["passed"], "it proves nothing"
