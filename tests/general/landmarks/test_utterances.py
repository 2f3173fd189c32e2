"""Films are cut where the hands go down or out of sight, and no memory grows with them."""

import numpy as np
import pytest

from podium.landmarks.utterances import MAX_S, PAUSE_S, Cutter, cut, raised
from podium.systems.fingerspelling.landmarks import COLUMNS, SELECTION

RATE = 30
OUT, UP, DOWN = "out", "up", "down"


def frame(state: str, value: float = 0.0) -> np.ndarray:
    """(390,): a body with its right hand raised, down, or out of sight."""
    x_CL = np.full((3, len(SELECTION.names)), np.nan, np.float32)
    for side in ("11", "12"):
        x_CL[:, SELECTION.slot_of[f"pose_{side}"]] = 0.4
        x_CL[:, SELECTION.slot_of[f"pose_{int(side) + 2}"]] = 0.7
    if state != OUT:
        hand = SELECTION.slots["right_hand"]
        x_CL[:, hand] = 0.5 if state == UP else 0.95
        x_CL[0, hand] += np.arange(21) * value
    return x_CL.reshape(-1)


def film(*stretches: tuple[str, int]) -> np.ndarray:
    return np.stack([frame(state) for state, number in stretches for _ in range(number)])


def spans(x_TK) -> list[tuple[int, int]]:
    found = list(cut(x_TK, SELECTION, RATE))
    for one in found:
        np.testing.assert_array_equal(one.x_TK, x_TK[one.begin : one.end])
    return [(one.begin, one.end) for one in found]


def test_columns():
    assert frame(UP).shape == (len(COLUMNS),)


@pytest.mark.parametrize("idle", [OUT, DOWN])
def test_utterances_end_with_the_hands(idle):
    x_TK = film((idle, 50), (UP, 60), (idle, 40), (UP, 30), (idle, 100))
    assert spans(x_TK) == [(47, 113), (147, 183)]


def test_short_gaps_do_not_cut_and_blinks_are_none():
    gap = round(PAUSE_S * RATE) - 1
    assert spans(film((UP, 30), (OUT, gap), (UP, 30))) == [(0, 60 + gap)]
    assert spans(film((OUT, 40), (UP, 2), (OUT, 40))) == []
    assert spans(film((UP, 20))) == [(0, 20)]
    assert spans(film((DOWN, 90))) == [] == spans(film((OUT, 1)))


def test_without_end_a_film_is_cut_where_the_hand_changes_most():
    longest = round(MAX_S * RATE)
    x_TK = np.stack([frame(UP, 0.01 if number < 300 else 0.03) for number in range(longest + 100)])
    (first, second) = spans(x_TK)
    assert first == (0, 300) and second == (300, longest + 100)


def test_memory_does_not_grow():
    cutter = Cutter(SELECTION, RATE)
    for state in (OUT, DOWN):
        for _ in range(1000):
            assert list(cutter.take(frame(state))) == [] and len(cutter._rows) <= 3
    for number in range(2000):
        list(cutter.take(frame(UP, number % 7 / 100)))
        assert len(cutter._rows) <= MAX_S * RATE + 6


def test_a_hand_is_raised_unless_it_hangs_below_its_elbow():
    found = [raised(frame(state), SELECTION) for state in (UP, DOWN, OUT)]
    assert found == [(True, True), (True, False), (False, False)]
    alone = frame(DOWN).reshape(3, -1)
    for name in ("pose_12", "pose_14"):
        alone[:, SELECTION.slot_of[name]] = np.nan
    assert raised(alone.reshape(-1), SELECTION) == (True, True), "of an arm nobody knows about"
