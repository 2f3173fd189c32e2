"""Preparation and augmentation against the original's numbers."""

import numpy as np
import pytest
from signs_deberta_golden import Golden

from podium.systems.signs.points import NUM_POINTS, as_columns
from podium.systems.signs_deberta import augmentation as change
from podium.systems.signs_deberta.keypoints import ARMS, MIRROR, TYPES
from podium.systems.signs_deberta.preparation import num_read, prepared, stride

CLIPS = ("T1", "T7", "T40", "T200", "avgnan_T6", "onehand_T8", "full_T25", "full_T26", "full_T50", "full_T51")


@pytest.fixture(scope="module")
def golden(shared) -> Golden:
    return Golden(shared / "golden/signs_deberta_tiny_preproc.npz")


@pytest.fixture(scope="module")
def misc(shared) -> Golden:
    return Golden(shared / "golden/signs_deberta_tiny_misc.npz")


@pytest.fixture
def clip(misc) -> np.ndarray:
    return misc["aug/frames"][:, 1:].astype(np.float32)


def points(golden: Golden, name: str) -> np.ndarray:
    raw = golden[f"{name}/raw"].astype(np.float32)
    return as_columns(raw).reshape(len(raw), 3, NUM_POINTS)


def close(found: np.ndarray, expected: np.ndarray, atol: float = 1e-6) -> None:
    np.testing.assert_allclose(found, expected, rtol=1e-6, atol=atol)


def test_layout(golden):
    np.testing.assert_array_equal(MIRROR, golden["flip_perm"])
    np.testing.assert_array_equal(MIRROR[MIRROR], np.arange(100))
    np.testing.assert_array_equal(TYPES, golden["type"])


@pytest.mark.parametrize("name", CLIPS)
def test_clips(golden, name):
    sizes = [size for size in (10, 25, 80) if f"{name}/L{size}/out" in golden.keys()]
    for size in sizes:
        found = prepared(points(golden, name), size)
        close(found, golden[f"{name}/L{size}/out"][:, 1:])
        if f"{name}/L{size}/tf" in golden.keys():
            close(found, golden[f"{name}/L{size}/tf"][:, 1:4], 5e-6)
    assert sizes


def test_a_clip_without_hands_keeps_all_its_frames(golden):
    """There torch's original raises, and TensorFlow's has no frames."""
    found = prepared(points(golden, "nohand_T5"), 25)
    assert len(found) == 5 and np.isfinite(found).all() and found.any()
    assert len(prepared(points(golden, "nohand_T5"), 2)) == 5 // 3
    nothing = prepared(points(golden, "allnan_T3"), 25)
    assert len(nothing) == 3 and not nothing.any()


def test_strides(golden):
    numbers = golden["stride/n"].tolist()
    for size in (10, 25, 80):
        assert [stride(number, size) for number in numbers] == golden[f"stride/L{size}/step"].tolist()
        assert [num_read(number, size) for number in numbers] == golden[f"stride/L{size}/length"].tolist()
    long = prepared(np.random.default_rng(0).normal(size=(2100, 3, NUM_POINTS)).astype(np.float32), 80)
    assert len(long) == 2100 // 27  # torch's original fails from 1,001 frames on


def test_augmentations(misc, clip):
    expected = {name: misc[f"aug/{name}"] for name in ("flip", "interpolate", "missing_hand", "scale_1.2")}
    close(change.mirrored(clip), expected["flip"])
    close(change.interpolated(clip), expected["interpolate"])
    close(change.interpolated(misc["aug/interpolate_edge_in"]), misc["aug/interpolate_edge"])
    close(change.with_both_hands(clip, "published"), expected["missing_hand"])
    armless = clip.copy()
    armless[3:6, :, ARMS] = 0
    close(change.with_both_hands(armless, "published"), misc["aug/missing_hand_noarms_3to5"])
    close(change.scaled(clip, np.full(3, 1.2)), expected["scale_1.2"])
    close(change.scaled(clip, 0.8 + np.array([0.9, 1.1, 1.3])), misc["aug/scale_.8_distort_.9_1.1_1.3"])
    for share in (0.0, 0.25, 0.9):
        close(change.rotated(clip, (share - 0.5) * 60), misc[f"aug/rotate_u{share}"])
    for number in (50, 9):
        close(change.resized(clip, number), misc[f"aug/resize_{number}"], 5e-6)
    for frames, least, most in misc["aug/crop_ranges"].tolist():
        assert (1, change.most_cropped(frames) + 1) == (least, most) or frames < change.LEAST_CROPPED


def test_face_cutmix(misc, clip):
    other, turned = (misc[f"aug/{name}"][:, 1:].astype(np.float32) for name in ("other", "other_flipped_hand"))
    assert [change.is_left_handed(one) for one in (clip, other, turned)] == misc["aug/is_left"].tolist()
    close(change.with_face_of(clip, other, "published"), misc["aug/face_other"])
    close(change.with_face_of(clip, turned, "published"), misc["aug/face_other_flipped_hand"])
    close(change.with_face_of(clip, clip, "published"), misc["aug/face_self"])
    for axis, letter in ((1, "y"), (2, "z")):
        flat = other.copy()
        flat[:, axis] = 0.5
        close(change.with_face_of(clip, flat, "published"), misc[f"aug/face_{letter}_constant"])
        np.testing.assert_array_equal(change.with_face_of(clip, flat, "corrected"), clip)


def test_chains(misc, clip):
    """Both strengths, as far as they are no exchange with other clips."""
    clip = change.rotated(change.mirrored(change.interpolated(clip)), 15)
    factors = 1.1 + np.full(3, 1.1)
    close(change.scaled(clip[:-2], factors), misc["aug/chain3"])
    close(change.scaled(clip, factors)[:-2], misc["aug/chain2"])
