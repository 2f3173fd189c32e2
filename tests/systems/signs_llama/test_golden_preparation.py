"""What becomes of a clip before the network against the original's numbers."""

import numpy as np
import pytest
from signs_llama_golden import PUBLISHED

from podium.systems.signs_llama.keypoints import HEAD, MIRROR, ROWS
from podium.systems.signs_llama.preparation import centred_points, chosen_frames, features, seen_points
from podium.systems.signs_llama.recipe import Data

DATA = Data(choices=PUBLISHED)
SHORT = ("T1", "T7", "T40", "nohead_T12", "allnan_T5")


@pytest.fixture(scope="module")
def golden(shared):
    return np.load(shared / "golden/signs_llama_tiny_preproc.npz")


def flat(points_TNA):
    return features(points_TNA[None], seen_points(points_TNA[None]), PUBLISHED)[0]


def keypoints(golden, case):
    return golden[f"{case}/raw"].astype(np.float32)[:, ROWS]


def test_which_points(golden):
    assert ROWS == golden["keypoints"].tolist()
    assert HEAD.tolist() == golden["centre_subset"].tolist()
    assert MIRROR["published"].tolist() == golden["flip_perm"].tolist()


@pytest.mark.parametrize("choice", ["published", "corrected"])
def test_a_mirror_turned_twice_changes_nothing(choice):
    assert MIRROR[choice][MIRROR[choice]].tolist() == list(range(85))
    (changed,) = np.nonzero(MIRROR["published"] != MIRROR["corrected"])
    assert {ROWS[slot] for slot in changed} == {95, 191, 324, 415}


@pytest.mark.parametrize("case", SHORT)
def test_short_clips(golden, case):
    x_TNC = keypoints(golden, case)
    np.testing.assert_array_equal(x_TNC, golden[f"{case}/kp"])
    for name, use, is_mirrored in (
        ("eval_centred", "evaluation", False), ("train_flip0", "training", False), ("train_flip1", "training", True),
    ):  # fmt: skip
        found_TNA = centred_points(x_TNC, DATA, use, is_mirrored)
        np.testing.assert_allclose(found_TNA, golden[f"{case}/{name}"], atol=1e-6, err_msg=name)
    for name, use in (("eval_tensor", "evaluation"), ("export_tensor", "file")):
        np.testing.assert_allclose(
            flat(centred_points(x_TNC, DATA, use)), golden[f"{case}/{name}"], atol=1e-6, err_msg=name
        )


def test_a_long_clip(golden):
    x_TNC, frames = keypoints(golden, "T520"), golden["T520/frames"]
    np.testing.assert_array_equal(x_TNC[frames], golden["T520/kp@"])
    evaluated_TF = flat(centred_points(x_TNC, DATA, "evaluation"))
    np.testing.assert_allclose(evaluated_TF[frames[:-1]], golden["T520/eval_tensor@"], atol=1e-6)
    exported_TF = flat(centred_points(x_TNC, DATA, "file"))
    np.testing.assert_allclose(exported_TF[frames[:-1]], golden["T520/export_tensor@"], atol=1e-6)
    for start in (0, 3, 8):
        cropped_TF = flat(centred_points(x_TNC, DATA, "training", share=(start + 0.5) / 9))
        expected = golden[f"T520/train_crop_start{start}"]
        np.testing.assert_allclose(cropped_TF[[0, 1, 255, 510, 511]], expected, atol=5e-6)


@pytest.mark.parametrize("num_frames", [513, 520, 600, 1024, 1025])
def test_frames_of_a_long_clip_in_the_file(golden, num_frames):
    expected = golden[f"export/resize_idx_{num_frames}"]
    np.testing.assert_array_equal(chosen_frames(num_frames, DATA, "file"), expected)
    for use in ("training", "evaluation", "file"):
        np.testing.assert_array_equal(chosen_frames(num_frames, Data(), use), expected)
