"""Preprocessing and augmentation against numbers of the 1st-place solution's own code."""

from types import SimpleNamespace

import numpy as np
import pytest

from podium.landmarks.normalise import fill_missing, nearest_frames, normalise, resize
from podium.systems.fingerspelling.augment.affine import affine
from podium.systems.fingerspelling.augment.arm_drop import published_subset
from podium.systems.fingerspelling.augment.dynamic_resample import dynamic_frames
from podium.systems.fingerspelling.augment.finger_drop import FINGERS, drop_fingers
from podium.systems.fingerspelling.augment.part_drop import PartDrop
from podium.systems.fingerspelling.augment.resample import resampled_frames
from podium.systems.fingerspelling.augment.spatial_mask import spatial_mask
from podium.systems.fingerspelling.augment.temporal_mask import temporal_mask
from podium.systems.fingerspelling.augment.time_shift import shifted_frames
from podium.systems.fingerspelling.clips import Labelled, Stretch, cutmix, mirror
from podium.systems.fingerspelling.landmarks import COLUMNS, MIRROR, NAMES
from podium.systems.fingerspelling.recipe import Data
from podium.systems.fingerspelling.samples import Sample, collate
from podium.systems.fingerspelling.text import encode

CLIPS = ["T20_L64", "T64_L64", "T65_L64", "T100_L64", "T1_L64", "allnan_T5_L64", "T400_L384", "T150_L384"]


@pytest.fixture(scope="module")
def preprocessing(shared):
    return np.load(shared / "golden/golden_preproc.npz", allow_pickle=False)


@pytest.fixture(scope="module")
def augmentation(shared):
    return np.load(shared / "golden/golden_aug.npz", allow_pickle=False)


def close(actual: np.ndarray, expected: np.ndarray, tolerance: float = 1e-5) -> None:
    assert actual.shape == expected.shape and actual.dtype == np.float32
    np.testing.assert_allclose(actual, expected, rtol=0, atol=tolerance)


def test_golden_landmarks(preprocessing):
    assert NAMES == preprocessing["landmarks"].tolist()
    assert COLUMNS == preprocessing["columns"].tolist()
    assert np.array_equal(MIRROR, preprocessing["flip_array"])


@pytest.mark.parametrize("clip", CLIPS)
def test_golden_clip(preprocessing, clip):
    num_frames = int(clip.split("L")[-1])
    x_TLC = normalise(preprocessing[f"{clip}/raw"])
    # An all-NaN clip has no mean: the original's norm is NaN until it is filled.
    close(x_TLC, np.nan_to_num(preprocessing[f"{clip}/norm"]))
    recipe = SimpleNamespace(data=Data.model_construct(max_frames=num_frames, pad_to="max_frames"))
    batch = collate([Sample(resize(x_TLC, num_frames), encode("a"), 1.0, len(x_TLC), 0)], recipe, is_training=True)
    expected = preprocessing[f"{clip}/out"].copy()
    is_early = float32_frames(len(x_TLC), num_frames) != nearest_frames(len(x_TLC), num_frames)
    if len(x_TLC) > num_frames and is_early.any():
        # Where j·T/384 is a whole number, the original's float32 product can fall short of it: the frame before.
        places = np.flatnonzero(is_early)
        assert np.all(places * len(x_TLC) % num_frames == 0)
        close(x_TLC[places * len(x_TLC) // num_frames - 1], expected[places])
        expected[places] = x_TLC[places * len(x_TLC) // num_frames]
    close(batch["x_BTLC"][0], expected)
    assert np.array_equal(batch["mask_BT"][0], preprocessing[f"{clip}/mask"] == 1)


def float32_frames(num_frames: int, new_frames: int) -> np.ndarray:
    """The frames that torch's nearest interpolation picks: its scale is a float32."""
    scale = np.float32(num_frames) / np.float32(new_frames)
    return np.floor(np.arange(new_frames, dtype=np.float32) * scale).astype(np.int64)


def test_golden_mirror(preprocessing):
    close(mirror(normalise(preprocessing["T20_L64/raw"])), preprocessing["T20_L64/flip"])


@pytest.mark.parametrize("case", range(5))
def test_golden_labels(preprocessing, case):
    assert np.array_equal(encode(str(preprocessing[f"tok{case}/phrase"])), preprocessing[f"tok{case}/ids"])


@pytest.mark.parametrize("rate", ["0.3", "0.77", "1.0", "1.33", "2.0"])
def test_golden_resample(augmentation, rate):
    x_TLC = augmentation["x"]
    close(x_TLC[resampled_frames(len(x_TLC), float(rate))], augmentation[f"Resample_{rate}"], tolerance=0)


@pytest.mark.parametrize(
    "key, scale, shear, shift, degrees",
    [
        ("SpatialAffine_s1.2_sh(0,.13)_shift-.1_deg17", 1.2, (0.0, 0.13), -0.1, 17.0),
        ("SpatialAffine_s.8_sh(-.2,0)_shift.15_deg-30", 0.8, (-0.2, 0.0), 0.15, -30.0),
    ],
)
def test_golden_affine(augmentation, key, scale, shear, shift, degrees):
    moved = affine(augmentation["x"].copy(), scale, shear, degrees, (shift, shift))
    close(moved, augmentation[key])


@pytest.mark.parametrize(
    "key, windows",
    [("TemporalMask_.3@.6", [(0.3, 0.6)]), ("TemporalMask_.1@.2,.15@.9", [(0.1, 0.2), (0.15, 0.9)])],
)
def test_golden_temporal_mask(augmentation, key, windows):
    close(fill_missing(temporal_mask(augmentation["x"].copy(), windows)), augmentation[key], tolerance=0)


def choose(x_TLC: np.ndarray, chosen_T: np.ndarray) -> np.ndarray:
    """Frames as a loader shows them, with zeros where nothing is seen."""
    return np.where((chosen_T >= 0)[:, None, None], x_TLC[chosen_T], 0)


def test_golden_dynamic_resample(augmentation):
    chosen_T = dynamic_frames(len(augmentation["x"]), augmentation["DynamicResample_rates"])
    close(choose(augmentation["x"], chosen_T), augmentation["DynamicResample"], tolerance=0)


@pytest.mark.parametrize("shift", [-10, -1, 0, 7])
def test_golden_time_shift(augmentation, shift):
    chosen_T = shifted_frames(len(augmentation["x"]), shift)
    close(choose(augmentation["x"], chosen_T), augmentation[f"TimeShift_{shift}"], tolerance=0)


def test_golden_fingers(augmentation):
    assert np.array_equal(FINGERS, augmentation["finger_indices"])
    x_TLC = augmentation["x"].copy()
    drop_fingers(x_TLC, np.array([0, 3, 7]))
    close(fill_missing(x_TLC), augmentation["FingersDrop_fidx_0_3_7"], tolerance=0)


@pytest.mark.parametrize("choice", range(4))
def test_golden_arms(augmentation, choice):
    assert np.array_equal(published_subset(choice), augmentation[f"PoseDrop2_type{choice + 1}"])


@pytest.mark.parametrize("key, parts", [("FaceDrop", ["face"]), ("HandDrop2", ["left_hand", "right_hand"])])
def test_golden_parts(augmentation, key, parts):
    x_TLC = PartDrop(parts=parts)(augmentation["x"].copy(), np.random.default_rng(0))
    close(fill_missing(x_TLC), augmentation[key], tolerance=0)


def test_golden_spatial_mask(augmentation):
    masked = spatial_mask(augmentation["x"].copy(), 0.1, np.array([0.5, 0.5]))
    close(fill_missing(masked), augmentation["SpatialMaskFix_.1@.5,.5"], tolerance=0)


@pytest.mark.parametrize("case", range(6))
def test_golden_cutmix(augmentation, case):
    share, order = augmentation[f"cutmix{case}/draws"]
    clips = [augmentation["x"], augmentation["cutmix_x2"]]
    first = Labelled(Stretch(0, 0, len(clips[0])), "abcdefghij", 0.9)
    second = Labelled(Stretch(1, 0, len(clips[1])), "KLMNOP", 0.3)
    stretches, phrase, score = cutmix(first, second, share, is_second_first=order < 0.5)
    frames = np.concatenate([clips[row][begin:end] for row, begin, end, _ in stretches])
    close(frames, augmentation[f"cutmix{case}/data"], tolerance=0)
    assert phrase == augmentation[f"cutmix{case}/phrase"]
    assert score == pytest.approx(float(augmentation[f"cutmix{case}/score"]), abs=1e-12)
