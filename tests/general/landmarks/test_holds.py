"""Holds made short: slow clips come out like quick ones."""

import numpy as np

from podium.landmarks.holds import moving
from podium.landmarks.selection import Selection

SELECTION = Selection(tuple(f"{hand}_hand_{n}" for hand in ("left", "right") for n in range(21)))


def _clip(shapes_NJ2: np.ndarray, hold_frames: int, change_frames: int, jitter: float = 0.0) -> np.ndarray:
    """(T, 126) a right hand that holds each shape, and goes straight from one to the next."""
    pieces = []
    for before_J2, after_J2 in zip(shapes_NJ2, np.roll(shapes_NJ2, -1, axis=0), strict=True):
        u = np.linspace(0, 1, change_frames + 1)[1:, None, None]
        pieces += [np.repeat(before_J2[None], hold_frames, 0), before_J2 + u * (after_J2 - before_J2)]
    hand_TJ2 = np.concatenate(pieces[:-1])
    hand_TJ2 = hand_TJ2 + np.random.default_rng(1).normal(0, jitter, hand_TJ2.shape)
    clip_TCL = np.full((len(hand_TJ2), 3, 42), np.nan)
    clip_TCL[:, :2, 21:] = hand_TJ2.transpose(0, 2, 1)
    clip_TCL[:, 2, 21:] = 0.0
    return clip_TCL.reshape(len(hand_TJ2), -1).astype(np.float32)


SHAPES = 0.5 + 0.1 * np.random.default_rng(0).normal(size=(5, 21, 2))


def test_slow_and_quick_clips_keep_about_as_many_frames():
    kept = {hold: len(moving(_clip(SHAPES, hold, 4, 0.0023), SELECTION)) for hold in (1, 5, 25, 55)}
    assert kept[55] < 2.2 * kept[1] and kept[25] < 1.75 * kept[1], kept
    assert len(_clip(SHAPES, 55, 4)) > 10 * len(_clip(SHAPES, 1, 4))


def test_every_shape_is_still_there():
    clip_TK = _clip(SHAPES, 30, 6, 0.001)
    kept_NK = clip_TK[moving(clip_TK, SELECTION)]
    for shape_J2 in SHAPES:
        shown_NJ2 = kept_NK.reshape(len(kept_NK), 3, 42)[:, :2, 21:].transpose(0, 2, 1)
        assert np.abs(shown_NJ2 - shape_J2).max((1, 2)).min() < 0.01


def test_the_unit_of_a_picture_does_not_count():
    clip_TK = _clip(SHAPES, 12, 5, 0.001)
    scale_K = np.repeat([1920.0, 1080.0, 1920.0], 42).astype(np.float32)
    np.testing.assert_array_equal(moving(clip_TK, SELECTION), moving(clip_TK * scale_K, SELECTION))


def test_what_is_missing_or_short_is_no_trouble():
    clip_TK = _clip(SHAPES, 20, 4)
    clip_TK[10:50] = np.nan
    kept_N = moving(clip_TK, SELECTION)
    assert kept_N[0] == 0 and (np.diff(kept_N) > 0).all()
    assert len(moving(np.full((90, 126), np.nan, np.float32), SELECTION)) < 12
    assert moving(clip_TK[:1], SELECTION).tolist() == [0]
    still_TK = np.repeat(clip_TK[:1], 40, axis=0)
    assert 15 <= len(moving(still_TK, SELECTION, min_frames=15)) <= 16 and len(moving(still_TK, SELECTION)) < 6
    assert moving(still_TK[:6], SELECTION, min_frames=15).tolist() == list(range(6))
