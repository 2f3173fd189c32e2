"""Body, face, camera, motion and gaps of the virtual signer."""

import numpy as np
import pandas as pd
import pytest

from podium.landmarks.person import body as bodies
from podium.landmarks.person import face as faces
from podium.landmarks.person import rotation
from podium.landmarks.person.camera import Camera, project, sample_camera, to_camera, to_world
from podium.landmarks.person.dropout import missing_bursts
from podium.landmarks.person.observation import FACE, LEFT_HAND, MIRROR, POSE, RIGHT_HAND
from podium.systems.fingerspelling.corpus.clip import record
from podium.systems.fingerspelling.corpus.handshapes import SHAPES
from podium.systems.fingerspelling.corpus.motion import sample_style, spell
from podium.systems.fingerspelling.corpus.person import sample_person
from podium.systems.fingerspelling.text import CHARACTERS


def test_arm_keeps_its_lengths():
    rng = np.random.default_rng(0)
    body = bodies.sample_body(rng)
    shoulder = rng.normal(0, 0.01, (200, 3))
    wanted = rng.normal(0, 0.5, (200, 3))  # many of them out of reach
    elbow, wrist = bodies.arm(body, shoulder, wanted, -1.0, 0.4)
    np.testing.assert_allclose(np.linalg.norm(elbow - shoulder, axis=1), body.upper_arm, rtol=1e-9)
    np.testing.assert_allclose(np.linalg.norm(wrist - elbow, axis=1), body.forearm, rtol=1e-9)
    near = np.linalg.norm(wanted - shoulder, axis=1) < 0.95 * (body.upper_arm + body.forearm)
    far_enough = np.linalg.norm(wanted - shoulder, axis=1) > 0.1
    np.testing.assert_allclose(wrist[near & far_enough], wanted[near & far_enough], atol=1e-12)


def test_elbow_hangs_down():
    body = bodies.sample_body(np.random.default_rng(1))
    elbow, wrist = bodies.arm(body, np.zeros((1, 3)), np.array([[0.0, 0.0, 0.25]]), -1.0, 0.3)
    assert elbow[0, 1] < wrist[0, 1] - 0.1


def test_face_is_symmetric_and_its_blink_closes_the_eyes():
    points = faces.GENERIC_V3
    np.testing.assert_array_equal(faces.MIRROR[faces.MIRROR], np.arange(468))
    np.testing.assert_allclose(points[faces.MIRROR], points * [-1, 1, 1], atol=1e-12)
    assert np.isfinite(points).all() and len(np.unique(points.round(6), axis=0)) == 468
    face = faces.sample_face(np.random.default_rng(0))
    still, blink, opened = faces.face_points(face, np.array([[0, 0, 0], [1, 0, 0], [0, 1, 0]], dtype=float))
    for upper, lower in ((159, 145), (386, 374)):
        assert (blink[upper, 1] - blink[lower, 1]) < 0.25 * (still[upper, 1] - still[lower, 1])
    assert (opened[13, 1] - opened[14, 1]) > 2 * (still[13, 1] - still[14, 1])


def test_face_mirror_is_the_mesh_mirror(shared):
    table = pd.read_csv(shared / "real" / "fingerspelling" / "symmetry.csv")
    table = table[table["id"].str.startswith("face_")]
    ours = {f"face_{i}": f"face_{j}" for i, j in enumerate(faces.MIRROR)}
    assert dict(zip(table["id"], table["corresponding_id"], strict=True)) == ours


def test_raw_mirror_is_an_involution():
    np.testing.assert_array_equal(MIRROR[MIRROR], np.arange(543))
    assert MIRROR[LEFT_HAND].tolist() == list(range(RIGHT_HAND.start, RIGHT_HAND.stop))
    assert MIRROR[POSE.start + 15] == POSE.start + 16


def test_rotations():
    rng = np.random.default_rng(0)
    vectors = rng.normal(0, 1, (50, 3))
    matrices = rotation.to_matrices(rotation.from_vectors(vectors))
    np.testing.assert_allclose(matrices @ matrices.swapaxes(1, 2), np.broadcast_to(np.eye(3), (50, 3, 3)), atol=1e-12)
    np.testing.assert_allclose(np.einsum("nij,nj->ni", matrices, vectors), vectors, atol=1e-12)  # the axis stays
    for matrix in matrices:
        np.testing.assert_allclose(rotation.to_matrices(rotation.from_matrix(matrix)), matrix, atol=1e-9)
    product = rotation.multiply(rotation.from_vectors(vectors[:25]), rotation.from_vectors(vectors[25:]))
    np.testing.assert_allclose(rotation.to_matrices(product), matrices[:25] @ matrices[25:], atol=1e-12)
    quarter = rotation.to_matrices(rotation.from_vectors(np.array([0, 0, np.pi / 2])))
    np.testing.assert_allclose(quarter @ [1, 0, 0], [0, 1, 0], atol=1e-12)


def test_camera_puts_right_to_the_right_and_near_to_negative_z():
    camera = Camera(np.eye(3), 0.8, 1.4, 4 / 3, np.array([0.5, 0.6]))
    points = np.array([[[0, 0, 0], [0.1, 0, 0], [0, 0.1, 0], [0, 0, 0.1]]], dtype=float)
    origin, right, up, near = project(to_camera(points, camera), camera, np.zeros(1), 1.0)[0]
    np.testing.assert_allclose(origin, [0.5, 0.6, 0])
    assert right[0] > 0.5 and right[1] == 0.6
    assert up[1] < 0.6 and up[0] == 0.5
    assert near[2] < 0
    # One length in x and in y is one length in pixels.
    assert (right[0] - 0.5) == pytest.approx((0.6 - up[1]) * 4 / 3)


def test_image_to_world_and_back():
    camera = sample_camera(np.random.default_rng(0))
    place = to_world(np.array([0.3, 0.7]), 0.2, camera)
    seen = to_camera(place[None, None], camera)
    assert seen[0, 0, 2] == pytest.approx(0.2)
    np.testing.assert_allclose(project(seen, camera, np.zeros(1), 1.0)[0, 0, :2], [0.3, 0.7])


def test_gaps_come_in_bursts_of_the_wanted_share():
    missing = missing_bursts(200_000, 0.2, 4.0, np.random.default_rng(0))
    assert missing.mean() == pytest.approx(0.2, abs=0.01)
    num_gaps = (np.diff(missing.astype(int)) == 1).sum()
    assert missing.sum() / num_gaps == pytest.approx(4.0, rel=0.05)
    assert not missing_bursts(1000, 0.0, 4.0, np.random.default_rng(0)).any()
    first = [missing_bursts(1, 0.3, 5.0, np.random.default_rng(seed))[0] for seed in range(2000)]
    assert np.mean(first) == pytest.approx(0.3, abs=0.04)


def test_hand_reaches_each_letter_in_order():
    style = sample_style(np.random.default_rng(0))
    phrase = "lab"
    path = spell(phrase, style, 300, 40.0, 40.0, np.random.default_rng(1))
    assert path.raised_F[0] == 0 and path.raised_F[-1] == pytest.approx(0, abs=0.01)
    assert path.raised_F[150] == pytest.approx(1)
    nearest = [
        min("abl", key=lambda c: np.abs(SHAPES[c].angles_A - angles).mean()) for angles in path.angles_FA[60:255]
    ]
    runs = [c for i, c in enumerate(nearest) if i == 0 or nearest[i - 1] != c]
    assert "".join(runs) == phrase


def test_doubled_letter_moves_between_its_halves():
    style = sample_style(np.random.default_rng(0))
    for seed in range(10):
        path = spell("ll", style, 60, 0.0, 0.0, np.random.default_rng(seed))
        assert np.ptp(path.offset_F3, axis=0).max() > 0.1


def test_path_is_smooth():
    style = sample_style(np.random.default_rng(3))
    path = spell("hello world", style, 110, 10.0, 10.0, np.random.default_rng(4))
    for values in (path.angles_FA, path.offset_F3, path.raised_F[:, None]):
        assert np.isfinite(values).all()
    assert np.abs(np.diff(path.angles_FA, axis=0)).max() < np.deg2rad(60)
    determinant = np.linalg.det(path.rotation_F33)
    np.testing.assert_allclose(determinant, 1.0, atol=1e-9)


@pytest.mark.parametrize("phrase", ["a", "jj", CHARACTERS[:30], CHARACTERS[30:]])
def test_record_any_phrase(phrase):
    person = sample_person(np.random.default_rng(5))
    clip = record(phrase, person, 5.0, np.random.default_rng(6))
    assert clip.dtype == np.float32 and clip.shape[1:] == (543, 3)
    for part in (FACE, LEFT_HAND, POSE, RIGHT_HAND):
        is_nan = np.isnan(clip[:, part]).reshape(len(clip), -1)
        assert (is_nan.all(1) == is_nan.any(1)).all()  # a part is found or missing as a whole
    again = record(phrase, person, 5.0, np.random.default_rng(6))
    np.testing.assert_array_equal(clip, again)


def test_left_handers_sign_with_the_left_hand():
    people = [sample_person(np.random.default_rng(seed)) for seed in range(200)]
    left_handed = [person for person in people if person.is_left_handed]
    assert 8 <= len(left_handed) <= 36
    for person in (left_handed[0], next(person for person in people if not person.is_left_handed)):
        clip = record("mirror", person, 9.0, np.random.default_rng(0))
        found = {part.start: np.isfinite(clip[:, part.start, 0]).mean() for part in (LEFT_HAND, RIGHT_HAND)}
        signing, other = (LEFT_HAND, RIGHT_HAND) if person.is_left_handed else (RIGHT_HAND, LEFT_HAND)
        assert found[signing.start] > found[other.start]
        # The signing wrist of the pose agrees with the hand; 15 is the left wrist, 16 the right.
        wrist = clip[:, POSE.start + (15 if person.is_left_handed else 16), :2]
        distance = np.linalg.norm(clip[:, signing.start, :2] - wrist, axis=1)
        assert np.nanmedian(distance) < 0.12
