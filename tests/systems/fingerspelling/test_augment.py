"""What every augmentation of the registry keeps, and what each of them does."""

import numpy as np
import pytest

from podium.errors import UserError
from podium.systems.fingerspelling.augment import AUGMENTATIONS, FrameAugmentation, build_augmentations
from podium.systems.fingerspelling.augment.affine import affine
from podium.systems.fingerspelling.augment.base import window
from podium.systems.fingerspelling.augment.finger_drop import FINGERS
from podium.systems.fingerspelling.augment.time_shift import shifted_frames
from podium.systems.fingerspelling.landmarks import SLOTS

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
    first, second = (augmentation(clip(90), np.random.default_rng(1)) for _ in range(2))
    assert np.array_equal(first, second, equal_nan=True)
    others = [augmentation(clip(90), np.random.default_rng(seed)) for seed in range(2, 30)]
    if name != "part_drop":  # it has nothing to draw
        assert not all(np.array_equal(first, other, equal_nan=True) for other in others)


@pytest.mark.parametrize("name", NAMES)
def test_p_zero_is_identity(name):
    augmentation = example(name, p=0.0)
    x_TLC = clip(30)
    assert all(augmentation(x_TLC, np.random.default_rng(seed)) is x_TLC for seed in range(50))


@pytest.mark.parametrize("name", NAMES)
def test_p_is_the_share_of_clips(name, monkeypatch):
    augmentation = example(name, p=0.3)
    assert 0.26 < share_of_runs(augmentation, monkeypatch) < 0.34


def share_of_runs(augmentation, monkeypatch, num_calls: int = 2000) -> float:
    """How often an augmentation does something, out of many calls."""
    runs, rng = [], np.random.default_rng(0)
    monkeypatch.setattr(type(augmentation), "apply", lambda self, x_TLC, rng: runs.append(self) or x_TLC)
    for _ in range(num_calls):
        augmentation(clip(3), rng)
    return len(runs) / num_calls


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
        ({"name": "resample", "rate": [0.5, 1e9]}, ["rate.1", "less than"]),
        ({"name": "dynamic_resample", "rate": [0.9, 1.1], "num_chunks": [1, 10**20]}, ["num_chunks.1", "less than"]),
        ({"name": "time_shift", "shift": [0, 10**20]}, ["shift.1", "less than"]),
        ({"name": "time_shift", "shift": [-(10**20), 0]}, ["shift.0", "greater than"]),
        ({"name": "temporal_mask", "size": [0.2, 0.4], "num_masks": 10**20}, ["num_masks", "less than"]),
        ({"name": "affine", **AUGMENTATIONS.get("affine").example, "shear": [0, 1e300]}, ["shear.1", "less than"]),
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


def test_affine_without_depth():
    """A detector that knows no depth leaves z missing throughout; x and y are moved all the same."""
    x_TLC = clip(5)
    flat_TLC = x_TLC.copy()
    flat_TLC[..., 2] = np.nan
    moved, flat = (affine(one, 1.1, (0.1, 0.0), 10.0, (0.1, 0.2)) for one in (x_TLC, flat_TLC))
    assert np.array_equal(flat[..., :2], moved[..., :2], equal_nan=True) and np.isnan(flat[..., 2]).all()


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


ROUND2_DROP = {
    "name": "one_of",
    "choices": [
        {"weight": 0.5, "name": "one_of", "p": 0.5, "choices": [
            {"weight": 0.7, "name": "arm_drop", "subsets": "published"},
            {"weight": 0.5, "name": "part_drop", "parts": ["face"]},
        ]},
        {"weight": 0.05, "name": "part_drop", "parts": ["left_hand", "right_hand"]},
    ],
}  # fmt: skip


def test_one_of_drops_as_often_as_the_winners_do():
    augmentation, rng = build_augmentations([ROUND2_DROP])[0], np.random.default_rng(0)
    seen = {"nothing": 0, "pose": 0, "face": 0, "hands": 0}
    for _ in range(6000):
        is_missing_L = np.isnan(augmentation(np.zeros((1, 130, 3), dtype=np.float32), rng)).all(axis=(0, 2))
        hands = is_missing_L[SLOTS["left_hand"]].all() and is_missing_L[SLOTS["right_hand"]].all()
        face, pose = is_missing_L[SLOTS["face"]].all(), is_missing_L[SLOTS["pose"]].any()
        assert hands + face + pose <= 1
        seen["hands" if hands else "face" if face else "pose" if pose else "nothing"] += 1
    shares = {part: number / 6000 for part, number in seen.items()}
    assert shares == pytest.approx({"nothing": 0.455, "pose": 0.265, "face": 0.189, "hands": 0.091}, abs=0.02)


@pytest.mark.parametrize("weight", [None, 0, -1, True, "1", float("nan"), float("inf"), 1e300, 10**30])
def test_a_wrong_weight_is_named(weight):
    with pytest.raises(UserError, match="weight above 0"):
        build_augmentations([{"name": "one_of", "choices": [{"weight": weight, "name": "part_drop"}]}])


def test_a_wrong_choice_is_named():
    with pytest.raises(UserError, match=r"choices\[0\] \(part_drop\): unknown key 'part'; did you mean 'parts'"):
        build_augmentations([{"name": "one_of", "choices": [{"weight": 1, "name": "part_drop", "part": ["face"]}]}])


@pytest.mark.parametrize("probability, expected", [("published", 0.5625), ("corrected", 0.75)])
def test_finger_drop_runs_as_often_as_said(probability, expected, monkeypatch):
    augmentation = example("finger_drop", p=0.75, probability=probability)
    assert share_of_runs(augmentation, monkeypatch) == pytest.approx(expected, abs=0.03)


@pytest.mark.parametrize("draws, low, high, mean", [("published", 3, 10, 7.18), ("corrected", 2, 5, 3.5)])
def test_finger_drop_number_of_fingers(draws, low, high, mean):
    augmentation = example("finger_drop", draws=draws, num_windows=1, window_size=(1, 1))
    numbers = []
    for seed in range(1500):
        x_TLC = augmentation(np.zeros((1, 130, 3), dtype=np.float32), np.random.default_rng(seed))
        is_missing_L = np.isnan(x_TLC).all(axis=(0, 2))
        assert is_missing_L.sum() == is_missing_L[FINGERS].sum() and (is_missing_L[FINGERS].sum(axis=1) % 4 == 0).all()
        numbers.append(int(is_missing_L.sum()) // 4)
    assert min(numbers) >= low and max(numbers) <= high and np.mean(numbers) == pytest.approx(mean, abs=0.15)


def test_arm_drop_corrected_goes_from_a_joint_outwards():
    seen = set()
    for seed in range(200):
        x_TLC = example("arm_drop")(np.zeros((1, 130, 3), dtype=np.float32), np.random.default_rng(seed))
        right, left = np.isnan(x_TLC).all(axis=(0, 2))[SLOTS["pose"]].reshape(2, 6)
        seen.add((tuple(np.flatnonzero(right)), tuple(np.flatnonzero(left))))
    arms = [tuple(range(joint, 6)) for joint in range(3)]
    assert seen == {(arm, arm) for arm in arms} | {(arms[0], ()), ((), arms[0])}


def test_spatial_mask_published_changes_nothing():
    out_TLC = example("spatial_mask", effect="published", size=(1, 1))(clip(9), np.random.default_rng(0))
    assert np.array_equal(out_TLC, clip(9), equal_nan=True)
    hidden_TLC = example("spatial_mask", size=(1, 1))(clip(9), np.random.default_rng(0))
    assert np.isnan(hidden_TLC).sum() > np.isnan(clip(9)).sum()
    nothing = np.full((3, 3, 130), np.nan, dtype=np.float32).transpose(0, 2, 1)
    assert np.isnan(example("spatial_mask")(nothing, np.random.default_rng(0))).all()


@pytest.mark.parametrize("num_frames, shift, expected", [
    (3, 2, [-1, -1, 0, 1, 2]), (5, 0, [0, 1, 2, 3, 4]), (5, -2, [2, 3, 4]), (5, -3, [0, 1, 2, 3, 4]), (1, -9, [0]),
])  # fmt: skip
def test_time_shift(num_frames, shift, expected):
    assert shifted_frames(num_frames, shift).tolist() == expected


@pytest.mark.parametrize(
    "num_frames, size, offset, expected", [(90, 0.3, 0.6, (37, 64)), (1, 0.4, 0.9, (0, 0)), (10, 1.0, 0.99, (0, 10))]
)
def test_window(num_frames, size, offset, expected):
    piece = window(num_frames, size, offset)
    assert (piece.start, piece.stop) == expected
