"""The virtual signer's hand: anatomy, the 59 shapes, and real hands as the judge.

Legend: N samples, K key frames, A angles, J joints, C classes, 3 axes.
"""

import dataclasses
from pathlib import Path

import numpy as np
import pytest

from podium.landmarks.person import hand
from podium.systems.fingerspelling.corpus.handshapes import SHAPES, key_frames
from podium.systems.fingerspelling.text import CHARACTERS

LETTERS, DIGITS = "abcdefghijklmnopqrstuvwxyz", "0123456789"
LETTERS_ASPECT = 1.55  # width / height of the real letters' images, from the bone lengths of level and upright hands
J_KEY_FRAME = 1  # the first is an I
PARENTS = np.array([0, 0, 1, 2, 3, 0, 5, 6, 7, 0, 9, 10, 11, 0, 13, 14, 15, 0, 17, 18, 19])


def _random_angles(num: int, rng: np.random.Generator) -> np.ndarray:
    return rng.uniform(hand.LIMITS_A2[:, 0], hand.LIMITS_A2[:, 1], (num, hand.NUM_ANGLES))


def test_forward_kinematics_keeps_every_bone_length_and_knuckle():
    rng = np.random.default_rng(0)
    bones = hand.sample_bones(rng)
    joints_NJ3 = hand.forward_kinematics(_random_angles(200, rng), bones)
    assert joints_NJ3.shape == (200, 21, 3) and not joints_NJ3[:, 0].any()
    lengths_NJ = np.linalg.norm(joints_NJ3 - joints_NJ3[:, PARENTS], axis=-1)
    for digit in range(5):
        root = 1 + 4 * digit
        np.testing.assert_allclose(joints_NJ3[:, root], np.tile(bones.roots_53[digit], (200, 1)))
        np.testing.assert_allclose(lengths_NJ[:, root + 1 : root + 4], np.tile(bones.lengths_53[digit], (200, 1)))


def test_forward_kinematics_directions():
    straight_J3 = hand.forward_kinematics(np.zeros(hand.NUM_ANGLES), hand.GENERIC_BONES)
    np.testing.assert_allclose(straight_J3[9], (0, 1, 0))  # the palm is the unit
    assert (straight_J3[[8, 12, 16, 20], 1] > straight_J3[[5, 9, 13, 17], 1]).all()  # fingers up
    assert straight_J3[5, 0] > straight_J3[17, 0] and straight_J3[1, 0] > 0  # index and thumb on +x
    for name, joint in (("index_mcp", 8), ("pinky_pip", 20), ("thumb_lift", 4)):
        angles_A = np.where(np.array(hand.ANGLES) == name, 0.5, 0.0)
        assert hand.forward_kinematics(angles_A, hand.GENERIC_BONES)[joint, 2] > straight_J3[joint, 2] + 0.1, name
    spread_A = np.where(np.array(hand.ANGLES) == "thumb_spread", 0.8, 0.0)
    assert hand.forward_kinematics(spread_A, hand.GENERIC_BONES)[4, 0] > straight_J3[4, 0] + 0.3
    side_A = np.where(np.array(hand.ANGLES) == "middle_side", 0.3, 0.0)
    assert hand.forward_kinematics(side_A, hand.GENERIC_BONES)[12, 0] > straight_J3[12, 0] + 0.1


def test_forward_kinematics_any_leading_shape_gives_the_same_joints():
    rng = np.random.default_rng(1)
    angles_NA = _random_angles(6, rng)
    flat_NJ3 = hand.forward_kinematics(angles_NA, hand.GENERIC_BONES)
    folded = hand.forward_kinematics(angles_NA.reshape(2, 3, -1), hand.GENERIC_BONES)
    np.testing.assert_array_equal(folded.reshape(6, 21, 3), flat_NJ3)
    np.testing.assert_array_equal(hand.forward_kinematics(angles_NA[0], hand.GENERIC_BONES), flat_NJ3[0])


def test_people_differ_and_come_back_from_their_seed():
    first, again, other = (hand.sample_bones(np.random.default_rng(seed)) for seed in (3, 3, 4))
    np.testing.assert_array_equal(first.lengths_53, again.lengths_53)
    np.testing.assert_array_equal(first.roots_53, again.roots_53)
    assert np.abs(first.lengths_53 / other.lengths_53 - 1).max() > 0.01
    for seed in range(200):
        bones = hand.sample_bones(np.random.default_rng(seed))
        assert (np.abs(bones.lengths_53 / hand.GENERIC_BONES.lengths_53 - 1) < 0.35).all()
        assert (np.diff(bones.roots_53[1:, 0]) < -0.08).all()  # the knuckles stay in order


def test_all_shapes_are_within_the_joint_limits():
    for character, shape in SHAPES.items():
        angles_KA = shape.angles_A[None]
        if shape.motion is not None:
            num_keys = len(shape.motion.offsets_K3)
            assert num_keys >= 2 and shape.motion.rotations_K3.shape == (num_keys, 3), character
            if shape.motion.angles_KA is not None:
                angles_KA = np.concatenate([angles_KA, shape.motion.angles_KA])
                assert len(shape.motion.angles_KA) == num_keys, character
                np.testing.assert_array_equal(shape.motion.angles_KA[0], shape.angles_A)
        assert (angles_KA >= hand.LIMITS_A2[:, 0]).all() and (angles_KA <= hand.LIMITS_A2[:, 1]).all(), character
        np.testing.assert_allclose(shape.rotation_33 @ shape.rotation_33.T, np.eye(3), atol=1e-12)
        assert np.linalg.det(shape.rotation_33) > 0, character


def _trajectory(character: str) -> np.ndarray:
    """(13, 21, 3) joints over the hold, the path's start at 0: what a viewer can tell a character by."""
    joints_KJ3 = key_frames(SHAPES[character], hand.GENERIC_BONES)
    times = np.linspace(0, len(joints_KJ3) - 1, 13)
    before = np.minimum(times.astype(int), max(len(joints_KJ3) - 2, 0))
    after, share = np.minimum(before + 1, len(joints_KJ3) - 1), (times - before)[:, None, None]
    return (1 - share) * joints_KJ3[before] + share * joints_KJ3[after] - joints_KJ3[0, 0]


def test_characters_are_told_apart_by_shape_orientation_or_motion():
    trajectories = {character: _trajectory(character) for character in CHARACTERS}
    alike = {frozenset("2v"), frozenset("0o"), frozenset("9f"), frozenset("6w"), frozenset("1d")}  # as in ASL
    for i, first in enumerate(CHARACTERS):
        for second in CHARACTERS[i + 1 :]:
            apart = np.sqrt(((trajectories[first] - trajectories[second]) ** 2).sum(-1).mean())
            floor = 0.0 if {first, second} in alike else 0.06 if (first + second).isalnum() else 0.25
            assert apart >= floor, (first, second, apart)


def test_fingertips_touch_where_the_sign_says_so():
    def gap(character: str, first: int, second: int) -> float:
        joints_J3 = key_frames(SHAPES[character], hand.GENERIC_BONES)[0]
        return float(np.linalg.norm(joints_J3[first] - joints_J3[second]))

    for character, tip in (("6", 20), ("7", 16), ("8", 12), ("9", 8), ("f", 8), ("o", 8), ("0", 8), ("d", 12)):
        assert gap(character, 4, tip) < 0.17, character
    for character in "35ly":
        assert min(gap(character, 4, tip) for tip in (8, 12, 16, 20)) > 0.5, character
    crossed_J3 = key_frames(SHAPES["r"], hand.GENERIC_BONES)[0]
    assert crossed_J3[12, 0] > crossed_J3[8, 0] and crossed_J3[12, 2] > crossed_J3[8, 2]  # middle over index


def _plane_features(joints_NJ3: np.ndarray) -> np.ndarray:
    """(N, 42) x, y wrist-centred, divided by the root mean square distance of the joints from the wrist."""
    centred_NJ2 = joints_NJ3[:, :, :2] - joints_NJ3[:, :1, :2]
    scale_N11 = np.sqrt((centred_NJ2**2).sum(-1).mean(1))[:, None, None]
    return (centred_NJ2 / scale_N11).reshape(len(joints_NJ3), -1)


def _turn(axis: int, angle: float) -> np.ndarray:
    matrix_33 = np.eye(3)
    first, second = (axis + 1) % 3, (axis + 2) % 3
    matrix_33[[first, second], [first, second]] = np.cos(angle)
    matrix_33[first, second], matrix_33[second, first] = -np.sin(angle), np.sin(angle)
    return matrix_33


def _seen(character: str, rng: np.random.Generator) -> np.ndarray:
    """(21, 3) a new signer's character through a new camera: yaw, pitch ±18°, roll ±10°, perspective, 4° of noise."""
    shape, bones = SHAPES[character], hand.sample_bones(rng)
    angles_A = shape.angles_A + np.deg2rad(rng.normal(0, 4, hand.NUM_ANGLES))
    joints_KJ3 = key_frames(dataclasses.replace(shape, angles_A=angles_A), bones)
    joints_J3 = joints_KJ3[J_KEY_FRAME if character == "j" else 0]
    yaw, pitch, roll = np.deg2rad(rng.uniform((-18, -18, -10), (18, 18, 10)))
    turned_J3 = (joints_J3 - joints_J3[0]) @ (_turn(2, roll) @ _turn(0, pitch) @ _turn(1, yaw)).T
    return turned_J3 / (1 - turned_J3[:, 2:] / rng.uniform(6, 12))  # distance of the camera in palms


def _confusions(real_NJ3: np.ndarray, labels_N: np.ndarray, characters: str, num_each: int) -> np.ndarray:
    """(C, C) share of each virtual character (row) whose nearest real hand carries each name (column)."""
    rng = np.random.default_rng(20)
    virtual_NJ3 = np.stack([_seen(character, rng) for character in characters for _ in range(num_each)])
    real_NF, virtual_NF = _plane_features(real_NJ3), _plane_features(virtual_NJ3)
    distances = (real_NF**2).sum(1) - 2 * virtual_NF @ real_NF.T  # the virtual hand's own square changes no order
    named_N = np.array([characters.index(name) for name in labels_N[distances.argmin(axis=1)]])
    counts_CC = np.zeros((len(characters), len(characters)))
    np.add.at(counts_CC, (np.repeat(np.arange(len(characters)), num_each), named_N), 1)
    return counts_CC / num_each


def _report(shares_CC: np.ndarray, characters: str) -> str:
    worst = sorted(((share, i, j) for (i, j), share in np.ndenumerate(shares_CC) if i != j), reverse=True)[:8]
    pairs = " ".join(f"{characters[i]}>{characters[j]}={share:.2f}" for share, i, j in worst if share > 0)
    return f"right={np.trace(shares_CC) / len(characters):.3f} worst: {pairs}"


def _real_hands(folder: Path, name: str) -> np.lib.npyio.NpzFile:
    path = folder / "real" / "handshapes" / name
    if not path.is_file():
        pytest.skip(f"no real hands: {path} is absent")
    return np.load(path)


def test_real_letters_name_the_virtual_letters(shared):
    real = _real_hands(shared, "borisgraudt_asl-ai.npz")
    right_hand_NJ3 = real["xyz"].astype(np.float64) * (-LETTERS_ASPECT, -1, -LETTERS_ASPECT)  # its images are mirrored
    shares_CC = _confusions(right_hand_NJ3, np.char.lower(real["label"]), LETTERS, num_each=40)
    report = _report(shares_CC, LETTERS)
    print("letters", report)
    assert np.trace(shares_CC) / 26 >= 0.80, report
    assert np.diag(shares_CC).min() >= 0.3, report


def test_real_digits_name_the_virtual_digits(shared):
    real = _real_hands(shared, "ardamavi_digits_mediapipe.npz")
    kept_N = real["handedness"] == "Left"  # MediaPipe's word for a right hand in an unmirrored image: 1616 of 1628
    hands_NJ3 = real["xyz"][kept_N].astype(np.float64) * (1, -1, -1)
    shares_CC = _confusions(hands_NJ3, real["label"][kept_N], DIGITS, num_each=100)
    report = _report(shares_CC, DIGITS)
    print("digits", report)
    assert np.trace(shares_CC) / 10 >= 0.85, report
    assert np.diag(shares_CC).min() >= 0.5, report
