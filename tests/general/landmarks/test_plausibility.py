"""Geometry that cannot be a person's is doubted; people, real and virtual, are not."""

import numpy as np
import pytest
from bound import doubts, figures, without_zeros
from planted import FAULTS, HABITS, real_clips, real_hands, virtual_clips

from podium.landmarks.plausibility import MIN_FRAMES
from podium.landmarks.remarks import MEANINGS
from podium.systems.fingerspelling.landmarks import COLUMNS, NUM_LANDMARKS, SLOTS

NUM_VIRTUAL = 200  # benchmarks/plausibility.py takes 10,000


@pytest.fixture(scope="module")
def clips():
    return list(virtual_clips(NUM_VIRTUAL, seed=5))


@pytest.fixture(scope="module")
def real(shared):
    found = [clip for clips in real_clips(shared).values() for clip in clips]
    if not found:
        pytest.skip(f"no real recordings in {shared}")
    return found


def told(clips, change) -> list[tuple[str, ...]]:
    return [doubts(change(clip, np.random.default_rng(number))) for number, clip in enumerate(clips)]


@pytest.mark.parametrize("habit", HABITS)
def test_no_false_alarm_on_virtual_people(clips, habit):
    assert set(told(clips, HABITS[habit])) == {()}


@pytest.mark.parametrize("habit", HABITS)
def test_no_false_alarm_on_real_people(real, habit):
    assert len(real) >= 132 and set(told(real, HABITS[habit])) == {()}


def test_no_false_alarm_on_pictures_of_single_hands(shared):
    hands = list(real_hands(shared))[::10]
    if not hands:
        pytest.skip(f"no pictures of hands in {shared}")
    assert {doubts(hand) for hand in hands} == {()}


@pytest.mark.parametrize("fault", FAULTS)
def test_planted_faults_are_found(clips, fault):
    change, kind = FAULTS[fault]
    share = np.mean([kind in said for said in told(clips[:60], change)])
    assert share >= (0.7 if fault == "hands before the face" else 0.97)


@pytest.mark.parametrize("fault", FAULTS)
def test_planted_faults_are_found_in_real_clips(real, fault):
    change, kind = FAULTS[fault]
    assert np.mean([kind in said for said in told(real[::4], change)]) >= 0.9


@pytest.mark.parametrize("unit", [(640.0, 480.0), (2.0, -1.0), (1e-3, 0.1)])
def test_neither_units_nor_place_matter(clips, unit):
    """Pixels of a part of a picture, the middle of a picture as origin, kilometres."""
    for fault in ("hands swapped", "y upwards", "x mirrored", "quarter turn", "landmarks shuffled"):
        change, kind = FAULTS[fault]
        scale, shift = unit
        moved = [clip * np.float32(scale) + np.float32(shift) for clip in clips[:10]]
        assert set(told(moved, change)) == {(kind,)}
        assert set(told(moved, HABITS["as it is"])) == {()}


@pytest.mark.parametrize("missing", [("face",), ("pose",), ("left_hand", "right_hand"), ("face", "pose")])
def test_what_is_missing_speaks_against_nothing(clips, missing):
    """Faults are found in the parts that are left."""
    gone = np.concatenate([SLOTS[part] for part in missing])
    for clip in clips[:10]:
        x_TCL = clip.reshape(-1, 3, NUM_LANDMARKS).copy()
        x_TCL[:, :, gone] = np.nan
        partial = x_TCL.reshape(-1, len(COLUMNS))
        assert doubts(partial) == ()
        mirrored = FAULTS["x mirrored"][0](partial, np.random.default_rng(0))
        assert doubts(mirrored) == (() if set(missing) >= {"face", "pose"} else ("mirrored",))


@pytest.mark.parametrize(
    "clip",
    [
        np.zeros((0, 390)), np.zeros((40, 390)), np.full((40, 390), np.nan), np.full((40, 390), np.inf),
        np.ones((40, 390)), np.full((40, 390), 1e14), np.full((1, 390), 0.5),
    ],
)  # fmt: skip
def test_nothing_is_said_of_clips_that_show_nothing(clip):
    with np.errstate(all="raise"):
        assert doubts(clip.astype(np.float32)) == ()


def test_infinite_values_count_as_missing(clips):
    clip = clips[0].copy()
    clip[::3] = np.inf
    assert doubts(clip) == () and np.isfinite(figures(clip)["eyes_x"])


def test_few_frames_are_no_evidence(clips):
    swapped = FAULTS["x mirrored"][0](clips[0], np.random.default_rng(0))
    assert doubts(swapped[: MIN_FRAMES - 1]) == () and doubts(swapped[:20]) == ("mirrored",)


@pytest.mark.parametrize("fault", ["hands swapped", "y upwards", "x y z side by side"])
def test_long_clips(clips, fault):
    clip = np.concatenate(clips[:30])
    change, kind = FAULTS[fault]
    assert len(clip) > 1000 and doubts(clip) == () and doubts(change(clip, np.random.default_rng(0))) == (kind,)


def test_kinds_come_in_the_order_of_the_table(clips):
    turned = FAULTS["half turn"][0](FAULTS["hands swapped"][0](clips[0], np.random.default_rng(0)), None)
    said = doubts(turned)
    assert said == ("hands_swapped", "upside_down", "mirrored")
    assert list(said) == [kind for kind in MEANINGS if kind in said]


@pytest.mark.parametrize("part", list(SLOTS))
def test_zeros_of_a_whole_part_are_missing(clips, part):
    x_TCL = clips[0].reshape(-1, 3, NUM_LANDMARKS).copy()
    x_TCL[4:9, :, SLOTS[part]] = 0
    expected = x_TCL.copy()
    expected[4:9, :, SLOTS[part]] = np.nan
    before = x_TCL.copy()
    found, has_zeros = without_zeros(x_TCL.reshape(-1, len(COLUMNS)))
    assert has_zeros and found.dtype == np.float32
    np.testing.assert_array_equal(found, expected.reshape(-1, len(COLUMNS)))
    np.testing.assert_array_equal(x_TCL, before, "the input stays as it is")


@pytest.mark.parametrize("value", [-1, 1, 1e-9, 9999, (0.5, 0.25, 0)])
@pytest.mark.parametrize("part", SLOTS)
def test_a_part_in_one_point_is_missing(clips, part, value):
    """Whatever stands for missing, in either precision that arrays are stored in."""
    for dtype in (np.float32, np.float16):
        x_TCL = clips[0].astype(dtype).astype(np.float32).reshape(-1, 3, NUM_LANDMARKS).copy()
        expected_TCL = x_TCL.copy()
        x_TCL[3:9, :, SLOTS[part]] = np.broadcast_to(np.float32(value).astype(dtype), 3)[:, None]
        expected_TCL[3:9, :, SLOTS[part]] = np.nan
        found, has_fillers = without_zeros(x_TCL.reshape(-1, len(COLUMNS)))
        assert has_fillers
        np.testing.assert_array_equal(found, expected_TCL.reshape(found.shape))


def test_infinite_parts_are_not_taken_for_missing(clips):
    x_TCL = clips[0].reshape(-1, 3, NUM_LANDMARKS).copy()
    x_TCL[3:9, :, SLOTS["face"]] = np.inf
    assert not without_zeros(x_TCL.reshape(-1, len(COLUMNS)))[1]


def test_no_part_of_a_person_lies_in_one_point(clips, real):
    assert not any(without_zeros(clip.astype(np.float16).astype(np.float32))[1] for clip in [*clips, *real])


def test_zeros_without_depth_are_missing(clips):
    x_TCL = clips[0].reshape(-1, 3, NUM_LANDMARKS).copy()
    x_TCL[:, :2, SLOTS["left_hand"]] = 0
    x_TCL[:, 2] = np.nan
    found, has_zeros = without_zeros(x_TCL.reshape(-1, len(COLUMNS)))
    assert has_zeros and np.isnan(found.reshape(x_TCL.shape)[:, :, SLOTS["left_hand"]]).all()


@pytest.mark.parametrize("zeros", [slice(0, 1), slice(1, None), slice(0, 20)])
def test_zeros_of_single_landmarks_are_places(clips, zeros):
    """A wrist's depth is always 0; a corner of the picture is a place."""
    x_TCL = clips[0].reshape(-1, 3, NUM_LANDMARKS).copy()
    x_TCL[:, :, SLOTS["right_hand"]] = 0.5
    x_TCL[:, :, SLOTS["right_hand"][zeros]] = 0
    raw_TK = x_TCL.reshape(-1, len(COLUMNS))
    found, has_zeros = without_zeros(raw_TK)
    assert found is raw_TK and not has_zeros


def test_zeros_of_a_real_table(clips):
    """As ``fillna(0)`` leaves it: gaps come back exactly where they were."""
    for clip in clips[:20]:
        found, has_zeros = without_zeros(np.nan_to_num(clip))
        assert has_zeros == np.isnan(clip).any()
        np.testing.assert_array_equal(found, clip)
