"""Landmarks of others: .pose files and results of MediaPipe Tasks, by the names of their parts."""

import json

import numpy as np
import pytest

from podium.errors import UserError
from podium.landmarks.foreign import read_foreign
from podium.landmarks.mediapipe import RAW_NAMES

BEGIN = {part: RAW_NAMES.index(f"{part}_0") for part in ("face", "left_hand", "pose", "right_hand")}
WIDTH, HEIGHT = 640, 480


def write_pose(path, parts: dict[str, int], data=None, confidence=None, num_people: int = 1):
    from pose_format import Pose
    from pose_format.numpy import NumPyPoseBody
    from pose_format.pose_header import PoseHeader, PoseHeaderComponent, PoseHeaderDimensions

    components = [
        PoseHeaderComponent(name, [f"{i}" for i in range(number)], [], [], "XYZC") for name, number in parts.items()
    ]
    header = PoseHeader(0.2, PoseHeaderDimensions(WIDTH, HEIGHT, 0), components)
    total = sum(parts.values())
    if data is None:
        data = np.arange(3 * num_people * total * 3, dtype=np.float32).reshape(3, num_people, total, 3) % WIDTH
        confidence = np.ones(data.shape[:3], np.float32)
    with open(path, "wb") as stream:
        Pose(header, NumPyPoseBody(25, np.ma.array(data), confidence)).write(stream)
    return data


ALL = {
    "POSE_LANDMARKS": 33,
    "FACE_LANDMARKS": 478,
    "LEFT_HAND_LANDMARKS": 21,
    "RIGHT_HAND_LANDMARKS": 21,
    "POSE_WORLD_LANDMARKS": 33,
}


def test_pose_files_go_by_names_and_pixels(tmp_path):
    data = write_pose(tmp_path / "a.pose", ALL)
    given = read_foreign(tmp_path / "a.pose")
    assert given.x_TLC.shape == (3, 543, 3) and given.rate == 25 and given.remarks == ()
    begin = 0
    for part, size, kept in (("pose", 33, 33), ("face", 478, 468), ("left_hand", 21, 21), ("right_hand", 21, 21)):
        expected = data[:, 0, begin : begin + kept] / [WIDTH, HEIGHT, 1]
        np.testing.assert_allclose(given.x_TLC[:, BEGIN[part] : BEGIN[part] + kept], expected, rtol=1e-5)
        begin += size


def test_pose_files_miss_what_has_no_confidence_and_tell_of_several_people(tmp_path):
    data = np.full((2, 2, 42, 3), 100, np.float32)
    confidence = np.zeros((2, 2, 42), np.float32)
    confidence[0, 1] = confidence[1, 1, 21:] = 1
    confidence[0, 0, :5] = 1
    hands = {"LEFT_HAND_LANDMARKS": 21, "RIGHT_HAND_LANDMARKS": 21}
    write_pose(tmp_path / "a.pose", hands, data, confidence)
    given = read_foreign(tmp_path / "a.pose")
    seen = ~np.isnan(given.x_TLC[..., 0])
    assert given.remarks == ("several_people",)
    assert seen[:, BEGIN["left_hand"]].tolist() == [True, False] and seen[:, BEGIN["right_hand"]].all()
    assert seen.sum() == 21 + 42, "no face, no body"


@pytest.mark.parametrize(
    "parts, message",
    [
        ({"pose_keypoints_2d": 25}, "holds no parts of MediaPipe Holistic but pose_keypoints_2d"),
        ({"FACE_LANDMARKS": 128}, "has 128 points in FACE_LANDMARKS, not 468"),
    ],
)
def test_other_pose_files_are_refused(tmp_path, parts, message):
    write_pose(tmp_path / "a.pose", parts)
    with pytest.raises(UserError, match=message):
        read_foreign(tmp_path / "a.pose")


def test_normalised_and_damaged_pose_files_are_refused(tmp_path):
    write_pose(tmp_path / "a.pose", ALL, np.full((2, 1, 586, 3), 0.4, np.float32), np.ones((2, 1, 586), np.float32))
    with pytest.raises(UserError, match="x and y are no pixels of its picture of 640 × 480"):
        read_foreign(tmp_path / "a.pose")
    (tmp_path / "b.pose").write_bytes((tmp_path / "a.pose").read_bytes()[:500])
    with pytest.raises(UserError, match="b.pose is damaged or no .pose file"):
        read_foreign(tmp_path / "b.pose")


def points(number: int, value: float) -> list[dict]:
    return [{"x": value, "y": value + i / 1000, "z": 0.0, "visibility": 0.5} for i in range(number)]


def written(path, content):
    path.write_text(json.dumps(content))
    return read_foreign(path)


def test_results_of_holistic_in_both_spellings(tmp_path):
    frames = [
        {"timestampMs": 0, "faceLandmarks": [points(478, 0.1)], "rightHandLandmarks": [], "poseLandmarks": []},
        {"timestampMs": 40, "face_landmarks": points(478, 0.2), "right_hand_landmarks": points(21, 0.3)},
    ]
    given = written(tmp_path / "a.json", frames)
    assert given.rate == pytest.approx(25) and given.remarks == ()
    assert given.x_TLC[0, 467, 1] == pytest.approx(0.567) and given.x_TLC[1, BEGIN["right_hand"], 0] == np.float32(0.3)
    assert np.isnan(given.x_TLC[0, BEGIN["right_hand"]]).all() and np.isnan(given.x_TLC[:, BEGIN["pose"]]).all()
    assert written(tmp_path / "b.json", {"fps": 30, "frames": frames}).rate == 30


def test_hands_alone_take_their_sides_and_a_hand_without_one_is_told(tmp_path):
    hands = {"landmarks": [points(21, 0.1), points(21, 0.5)], "worldLandmarks": []}
    sides = [[{"categoryName": "Left", "score": 0.9}], [{"categoryName": "Right", "score": 0.9}]]
    given = written(tmp_path / "a.json", [hands | {"handedness": sides}])
    assert given.x_TLC[0, BEGIN["left_hand"], 0] == np.float32(0.1) and given.remarks == ()
    assert given.x_TLC[0, BEGIN["right_hand"], 0] == np.float32(0.5)
    given = written(tmp_path / "b.json", [{"landmarks": [points(21, 0.1)]}])
    assert given.x_TLC[0, BEGIN["right_hand"], 0] == np.float32(0.1) and given.remarks == ("hand_alone",)


@pytest.mark.parametrize(
    "content, message",
    [
        ({"a": 1}, "holds no list of MediaPipe's results"),
        ([{"segments": []}], "holds no results of HolisticLandmarker or HandLandmarker but segments"),
        ([{"faceLandmarks": [points(300, 0.1)]}], "has 300 points of the face, not 468"),
        ([{"leftHandLandmarks": [[[0.1, 0.2]] * 21]}], "has points of the left hand without numbers x and y"),
    ],
)
def test_other_json_is_refused(tmp_path, content, message):
    with pytest.raises(UserError, match=message):
        written(tmp_path / "a.json", content)
