"""Frame rates and idle ends: which frames of a clip the model gets to see."""

from fractions import Fraction

import numpy as np
import pytest
from bound import signing
from small_networks import random_clip, small_recipe, write_network

from podium import Recognizer
from podium.errors import ClipError, UserError
from podium.landmarks.timing import resample
from podium.storage.files import write_json
from podium.systems.fingerspelling.landmarks import COLUMNS, SLOTS

HANDS = [column for column, name in enumerate(COLUMNS) if "hand" in name]


def ramp(num_frames: int) -> np.ndarray:
    """Every value of frame t is t."""
    return np.repeat(np.arange(num_frames, dtype=np.float32)[:, None], len(COLUMNS), axis=1)


@pytest.mark.parametrize(
    ("fps", "expected"),
    [
        (30, [0, 1, 2, 3, 4]),
        (29.97, [0, 1, 2, 3, 4]),
        (15, [0, 0.5, 1, 1.5, 2, 2.5, 3, 3.5, 4]),
        (60, [0, 2, 4]),
        (120, [0, 4]),
        (25, [0, 5 / 6, 10 / 6, 15 / 6, 20 / 6]),
        (1000, [0]),
    ],
)
def test_a_clip_at_another_rate(fps, expected):
    np.testing.assert_allclose(resample(ramp(5), fps, 30)[:, 7], expected, rtol=1e-6)


def test_up_and_down_again_is_the_clip():
    clip = random_clip(40)
    np.testing.assert_array_equal(resample(resample(clip, 30, 60), 60, 30), clip)


def test_no_value_is_made_up_from_a_missing_one():
    clip = ramp(3)
    clip[1, :7] = np.nan
    fast = resample(clip, 10, 40)
    np.testing.assert_array_equal(np.isnan(fast[:, 0]), [False, False, True, True, True, True, False, False, False])
    np.testing.assert_array_equal(fast[~np.isnan(fast[:, 0]), 0], [0, 0, 2, 2, 2])
    np.testing.assert_allclose(fast[:, 9], np.arange(9) / 4)


@pytest.mark.parametrize("num_frames", [0, 1])
def test_clips_without_a_second_frame_stay(num_frames):
    assert len(resample(ramp(num_frames), 120, 30)) == num_frames


def with_hands(num_frames: int, *seen: int) -> np.ndarray:
    clip = ramp(num_frames)
    clip[np.ix_([frame for frame in range(num_frames) if frame not in seen], HANDS)] = np.nan
    return clip


@pytest.mark.parametrize(
    ("clip", "min_frames", "expected"),
    [
        (with_hands(9, 3, 4, 5), 0, (0, 9)),
        (with_hands(10, 4, 6), 0, (3, 10)),
        (with_hands(10, 3, 4, 5), 0, (0, 7)),
        (with_hands(20, 9), 0, (8, 11)),
        (with_hands(20, 9), 6, (7, 13)),
        (with_hands(20, 19), 8, (12, 20)),
        (with_hands(20, 0), 8, (0, 8)),
        (with_hands(20, 9), 30, (0, 20)),
        (with_hands(9), 4, (0, 0)),
        (with_hands(0), 4, (0, 0)),
    ],
)
def test_idle_ends(clip, min_frames, expected):
    found = signing(clip, min_frames)
    assert (found.start, found.stop) == expected


def test_a_hand_without_a_single_place_is_none():
    clip = with_hands(9, 4, 5)
    clip[4, 130 + SLOTS["left_hand"]] = clip[4, 130 + SLOTS["right_hand"]] = np.nan  # x and z alone
    assert signing(clip, 0) == slice(4, 9)


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    folder = write_network(tmp_path_factory.mktemp("model"), small_recipe(max_frames=64), seed=3)
    write_json(folder / "inference_args.json", {"selected_columns": COLUMNS, "frame_rate": 30})
    return folder


def test_the_library_reads_the_clip_at_its_rate(folder):
    recognizer, clip = Recognizer(folder), random_clip(40)
    expected = recognizer.read(clip)
    assert recognizer.frame_rate == 30 and recognizer.read(clip, fps=30) == expected
    fast = resample(clip, 30, 60)
    assert len(fast) == 79 and recognizer.read(fast, fps=60) == expected != recognizer.read(fast)
    assert recognizer.read(fast, fps=Fraction(60_000, 1001)) == recognizer.read(fast, fps=60_000 / 1001)


def test_idle_ends_change_no_text(folder):
    recognizer, clip = Recognizer(folder), random_clip(40)
    nobody, idle = np.full((30, 390), np.nan, np.float32), clip[:1].repeat(30, axis=0)
    idle[:, HANDS] = np.nan
    for end in (nobody, idle):
        one = end[:1]
        expected = recognizer.read(np.concatenate([one, clip, one]))
        assert recognizer.read(np.concatenate([end, clip, end])) == expected
        assert expected.num_read_frames == 42


@pytest.mark.parametrize("fps", [0, -30, float("nan"), float("inf"), 0.03, 30_000, True, "30"])
def test_what_is_no_frame_rate(folder, fps):
    with pytest.raises(UserError, match="fps is .*; a rate lies from 1 to 1000 frames a second"):
        Recognizer(folder).read(random_clip(20), fps=fps)


def test_a_model_that_does_not_tell_its_rate(folder, tmp_path):
    model = write_network(tmp_path, small_recipe(max_frames=64), seed=3)
    with pytest.raises(UserError, match="does not tell at which frame rate it was trained; leave fps out"):
        Recognizer(model).read(random_clip(20), fps=30)


def test_a_rate_that_makes_hours_of_a_clip(folder, monkeypatch):
    monkeypatch.setattr("podium.landmarks.timing.MAX_FRAMES", 100)
    with pytest.raises(ClipError, match="20 frames at 2 a second are more than 100 at the model's 30; cut the clip"):
        Recognizer(folder).read(random_clip(20), fps=2)


@pytest.mark.parametrize(
    ("key", "value", "reason"),
    [
        ("frame_rate", "30", "is '30', not a number"),
        ("min_confidence", "30", "is '30', not a number"),
        ("min_frames", "30", "is '30', not a whole number"),
        ("min_frames", 14.5, "is 14.5, not a whole number"),
        ("frame_rate", 0, "is 0; a rate lies from 1 to 1000"),
        ("frame_rate", -30.0, "is -30.0; a rate lies from 1 to 1000"),
    ],
)
def test_settings_that_are_no_numbers(tmp_path, key, value, reason):
    model = write_network(tmp_path, small_recipe(max_frames=64), seed=3)
    write_json(model / "inference_args.json", {"selected_columns": COLUMNS, key: value})
    with pytest.raises(UserError, match=f"{key} {reason}"):
        Recognizer(model)
