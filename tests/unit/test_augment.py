"""What every augmentation of the registry keeps, and what each of them does."""

import numpy as np
import pytest

from podium.data.augment import AUGMENTATIONS, FrameAugmentation, build_augmentations
from podium.data.augment.affine import affine
from podium.data.augment.base import window
from podium.errors import UserError

NAMES = AUGMENTATIONS.names()


def clip(num_frames: int, seed: int = 0) -> np.ndarray:
    """(num_frames, 130, 3) float32 in the pipeline's memory layout; the left hand is missing in some frames."""
    x_TCL = np.random.default_rng(seed).standard_normal((num_frames, 3, 130)).astype(np.float32)
    x_TCL[num_frames // 3 : num_frames // 2, :, 40:61] = np.nan
    return x_TCL.transpose(0, 2, 1)


def example(name: str, **parameters):
    return build_augmentations([{"name": name, **AUGMENTATIONS.get(name).example, **parameters}])[0]


@pytest.mark.parametrize("num_frames", [1, 2, 15, 90])
@pytest.mark.parametrize("name", NAMES)
def test_contract(name, num_frames):
    augmentation = example(name, p=1.0)
    for seed in range(20):
        out_TLC = augmentation(clip(num_frames), np.random.default_rng(seed))
        assert out_TLC.ndim == 3 and len(out_TLC) >= 1 and out_TLC.shape[1:] == (130, 3)
        assert out_TLC.dtype == np.float32 and not np.isinf(out_TLC).any()
        is_missing_TLC = np.isnan(out_TLC)
        assert (is_missing_TLC.all(axis=2) == is_missing_TLC.any(axis=2)).all(), "a landmark is missing as a whole"
        assert out_TLC.transpose(0, 2, 1).flags.c_contiguous, "memory is laid out as in the shards"


@pytest.mark.parametrize("name", [name for name in NAMES if issubclass(AUGMENTATIONS.get(name), FrameAugmentation)])
def test_choosing_frames_before_they_are_read_changes_nothing(name):
    for seed in range(40):
        augmentation = example(name, p=0.7)
        chosen_T = augmentation.choose_from(np.arange(50), np.random.default_rng(seed))
        assert (np.diff(chosen_T) >= 0).all() and chosen_T[0] >= -1 and chosen_T[-1] < 50
        expected = clip(50)[chosen_T]
        expected[chosen_T < 0] = np.nan
        assert np.array_equal(augmentation(clip(50), np.random.default_rng(seed)), expected, equal_nan=True)


@pytest.mark.parametrize("name", NAMES)
def test_missing_landmarks_stay_missing(name):
    """By default: no frame shows a landmark that MediaPipe did not find."""
    augmentation = example(name, p=1.0)
    for seed in range(20):
        x_TLC = clip(60)
        x_TLC[:, 61:82] = np.nan  # the right hand throughout
        assert np.isnan(augmentation(x_TLC, np.random.default_rng(seed))[:, 61:82]).all()


@pytest.mark.parametrize("name", NAMES)
def test_same_generator_same_result(name):
    augmentation = example(name, p=1.0)
    first, second, other = (augmentation(clip(90), np.random.default_rng(seed)) for seed in (1, 1, 2))
    assert np.array_equal(first, second, equal_nan=True)
    assert not np.array_equal(first, other, equal_nan=True)


@pytest.mark.parametrize("name", NAMES)
def test_p_zero_is_identity(name):
    augmentation = example(name, p=0.0)
    x_TLC = clip(30)
    assert all(augmentation(x_TLC, np.random.default_rng(seed)) is x_TLC for seed in range(50))


@pytest.mark.parametrize("name", NAMES)
def test_p_is_the_share_of_clips(name):
    augmentation = example(name, p=0.3)
    x_TLC = clip(10)
    rng = np.random.default_rng(0)
    num_changed = 0
    for _ in range(2000):
        before = x_TLC.copy()
        out_TLC = augmentation(x_TLC, rng)
        num_changed += out_TLC is not x_TLC or not np.array_equal(out_TLC, before, equal_nan=True)
        x_TLC = clip(10)
    assert 0.26 < num_changed / 2000 < 0.34


# ----------------------------------------------------------------------------------------------------- recipe errors


@pytest.mark.parametrize(
    "entry, words",
    [
        ({"p": 0.5}, ["data.augment[1]", "'name' is missing", "resample"]),
        ({"name": "resampel", "rate": [0.5, 1.5]}, ["resampel", "did you mean 'resample'"]),
        ({"name": "resample", "rates": [0.5, 1.5]}, ["data.augment[1]", "'rates'", "did you mean 'rate'"]),
        ({"name": "resample"}, ["'rate' is missing"]),
        ({"name": "resample", "rate": [1.5, 0.5]}, ["rate", "must not be above"]),
        ({"name": "resample", "rate": [0.0, 0.5]}, ["rate", "greater than 0"]),
        ({"name": "resample", "rate": [0.5, 1.5], "p": 1.2}, ["p", "1.2"]),
        ({"name": "temporal_mask", "size": [0.2, 1.2]}, ["size", "1.2"]),
        ({"name": "affine", **AUGMENTATIONS.get("affine").example, "missing": "publishd"}, ["missing", "'published'"]),
    ],
)
def test_wrong_recipe_entry(entry, words):
    right = {"name": "resample", "rate": [0.9, 1.1]}
    with pytest.raises(UserError) as caught:
        build_augmentations([right, entry])
    assert "\n" not in str(caught.value)
    for word in words:
        assert word in str(caught.value)


def test_order_is_the_recipes():
    entries = [{"name": name, **AUGMENTATIONS.get(name).example} for name in reversed(NAMES)]
    built = build_augmentations(entries)
    assert [type(one) for one in built] == [AUGMENTATIONS.get(name) for name in reversed(NAMES)]


# --------------------------------------------------------------------------------------------------------- each one


def test_resample_draws_the_whole_range():
    augmentation = example("resample", rate=(0.5, 1.5))
    rng = np.random.default_rng(0)
    lengths = [len(augmentation(clip(100), rng)) for _ in range(300)]
    assert min(lengths) < 55 and max(lengths) > 145 and min(lengths) >= 50 and max(lengths) < 150


def test_affine_turns_about_the_origin():
    x_TLC = np.full((1, 130, 3), np.nan, dtype=np.float32)
    x_TLC[0, 0] = 1, 0, 5
    turned = affine(x_TLC, scale=2.0, shear=(0.0, 0.0), degrees=90.0, shift=(0.5, -0.25))
    np.testing.assert_allclose(turned[0, 0], [0.5, 1.75, 5.0], atol=1e-6)
    assert np.isnan(turned[0, 1:]).all()


def test_affine_published_moves_missing_landmarks():
    fixed = {"scale": (1, 1), "shear": (0, 0), "degrees": (0, 0), "shift": (0.1, 0.1), "shifts": "published"}
    x_TLC = np.full((1, 3, 130), np.nan, dtype=np.float32).transpose(0, 2, 1)
    moved = example("affine", missing="published", **fixed)(x_TLC, np.random.default_rng(0))
    np.testing.assert_allclose(moved, np.broadcast_to([0.1, 0.1, 0.0], (1, 130, 3)), atol=1e-6)


@pytest.mark.parametrize("shifts, is_equal", [("published", True), ("corrected", False)])
def test_affine_shifts(shifts, is_equal):
    fixed = {"scale": (1, 1), "shear": (0, 0), "degrees": (0, 0), "shift": (-1, 1)}
    moved = example("affine", shifts=shifts, **fixed)(clip(5), np.random.default_rng(3)) - clip(5)
    assert np.allclose(moved[0, 0, 0], moved[0, 0, 1], atol=1e-5) == is_equal


def test_affine_shears_along_one_axis():
    fixed = {"scale": (1, 1), "shear": (0.2, 0.2), "degrees": (0, 0), "shift": (0, 0)}
    augmentation = example("affine", **fixed)
    changed = set()
    for seed in range(20):
        moved = augmentation(clip(1), np.random.default_rng(seed)) - clip(1)
        changed.add(tuple(np.abs(moved).max(axis=(0, 1)) > 1e-3))
    assert changed == {(True, False, False), (False, True, False)}


def test_temporal_mask_hides_its_share():
    augmentation = example("temporal_mask", size=(0.25, 0.25), num_masks=1)
    for seed in range(20):
        out_TLC = augmentation(clip(40), np.random.default_rng(seed))
        is_hidden_T = np.isnan(out_TLC).all(axis=(1, 2))
        assert is_hidden_T.sum() == 10 and np.ptp(np.flatnonzero(is_hidden_T)) == 9


@pytest.mark.parametrize(
    "num_frames, size, offset, expected", [(90, 0.3, 0.6, (37, 64)), (1, 0.4, 0.9, (0, 0)), (10, 1.0, 0.99, (0, 10))]
)
def test_window(num_frames, size, offset, expected):
    piece = window(num_frames, size, offset)
    assert (piece.start, piece.stop) == expected
