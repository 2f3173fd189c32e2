"""What is done to whole clips."""

import numpy as np
import pytest

from podium.landmarks.normalise import nearest_frames, normalise, resize
from podium.systems.fingerspelling.clips import Labelled, Stretch, cut, cutmix, mirror
from podium.systems.fingerspelling.landmarks import NAMES, SLOTS


def raw_clip(num_frames: int = 40, seed: int = 0) -> np.ndarray:
    x_TCL = np.random.default_rng(seed).normal([[[0.5], [0.3], [0.0]]], [[[0.1], [0.2], [2.0]]], (num_frames, 3, 130))
    x_TCL[5:15, :, SLOTS["left_hand"]] = np.nan
    return x_TCL.astype(np.float32).reshape(num_frames, 390)


def test_normalise_against_the_definition():
    raw = raw_clip()
    before = raw.copy()
    x_TCL = raw.astype(np.float64).reshape(-1, 3, 130)
    mean, deviation = np.nanmean(x_TCL, axis=(0, 2)), np.nanstd(x_TCL, axis=(0, 2))
    expected = np.nan_to_num((x_TCL - mean[:, None]) / deviation[:, None]).transpose(0, 2, 1)
    out = normalise(raw)
    assert out.dtype == np.float32
    np.testing.assert_allclose(out, expected, atol=2e-6)
    np.testing.assert_array_equal(raw, before)


def test_normalise_where_there_is_no_spread():
    raw = raw_clip()
    raw[:, 260:] = 0  # a detector that knows no depth
    out = normalise(raw)
    assert np.isfinite(out).all() and not out[..., 2].any() and out[..., 0].any()
    assert not normalise(np.full((3, 390), np.nan, dtype=np.float32)).any()


def test_mirror_swaps_sides_and_is_its_own_inverse():
    x_TLC = normalise(raw_clip())
    mirrored = mirror(x_TLC.copy())
    assert np.array_equal(mirror(mirrored.copy()), x_TLC)
    left, right = NAMES.index("left_hand_8"), NAMES.index("right_hand_8")
    assert np.array_equal(mirrored[:, left], x_TLC[:, right] * np.float32([-1, 1, 1]))
    assert not mirrored[5:15, SLOTS["right_hand"]].any()


def test_nearest_frames():
    assert nearest_frames(10, 7).tolist() == [0, 1, 2, 4, 5, 7, 8]
    assert nearest_frames(10, 16).tolist() == [0, 0, 1, 1, 2, 3, 3, 4, 5, 5, 6, 6, 7, 8, 8, 9]
    assert nearest_frames(400, 384)[120] == 125, "in floating point 120·400/384 can come out below 125"


def test_resize():
    x_TLC = normalise(raw_clip(40))
    assert resize(x_TLC, 40) is x_TLC and resize(x_TLC, 384) is x_TLC
    assert np.array_equal(resize(x_TLC, 30), x_TLC[nearest_frames(40, 30)])


@pytest.mark.parametrize(
    "length, share, expected", [(1, 0.7, 0), (2, 0.01, 1), (2, 0.99, 1), (5, 0.5, 2), (7, 0.5, 4), (10, 0.999, 9)]
)
def test_cut(length, share, expected):
    assert cut(length, share) == expected


def test_cutmix():
    first = Labelled(Stretch(7, 0, 10), "abcdefghij", 0.8)
    second = Labelled(Stretch(3, 0, 20), "KLMNO", 0.2)
    stretches, phrase, score = cutmix(first, second, 0.4, is_second_first=False)
    assert phrase == "efghijKL" and stretches == [Stretch(7, 4, 10), Stretch(3, 0, 8)]
    assert score == pytest.approx(0.4 * 0.2 + 0.6 * 0.8)
    stretches, phrase, score = cutmix(first, second, 0.4, is_second_first=True)
    assert phrase == "MNOabcd" and stretches == [Stretch(3, 8, 20), Stretch(7, 0, 4)]
    assert score == pytest.approx(0.4 * 0.8 + 0.6 * 0.2)
