"""The file of models: what is in it, what its corrections compute, and what is said if it cannot be had."""

import zipfile
from hashlib import sha256

import numpy as np
import pytest
from ai_edge_litert.interpreter import Interpreter

from podium.errors import UserError
from podium.landmarks.pictures.assembly import ALIGNMENT, PARTS
from podium.landmarks.pictures.task_file import holistic_task, read_wheel

TASK_SHA256 = "616e746ef0694a1cf06f0b2bb78dbd0a9695d1b5b0790906d1a116a4130fb08e"


class Model:
    """A model of the task on random input, with the tensors inside.

    Args:
        seed: Of the picture.
    """

    def __init__(self, task, name: str, seed: int = 0) -> None:
        with zipfile.ZipFile(task) as archive:
            content = archive.read(name)
        self.interpreter = Interpreter(model_content=content, experimental_preserve_all_tensors=True)
        self.interpreter.allocate_tensors()
        (place,) = self.interpreter.get_input_details()
        self.interpreter.set_tensor(place["index"], np.random.default_rng(seed).random(place["shape"], np.float32))
        self.interpreter.invoke()
        self.outputs = [self.interpreter.get_tensor(one["index"]) for one in self.interpreter.get_output_details()]

    def inside(self, name: str) -> np.ndarray:
        """A tensor that was an output before the model was corrected."""
        (index,) = (one["index"] for one in self.interpreter.get_tensor_details() if one["name"] == name)
        return self.interpreter.get_tensor(index)


def test_the_file_is_the_same_everywhere_and_aligned(task):
    assert sha256(task.read_bytes()).hexdigest() == TASK_SHA256
    with zipfile.ZipFile(task) as archive:
        assert set(archive.namelist()) == PARTS.keys() and archive.testzip() is None
        for entry in archive.infolist():
            assert entry.compress_type == zipfile.ZIP_STORED
            begin = entry.header_offset + 30 + len(entry.filename) + len(entry.extra)
            assert begin % ALIGNMENT == 0 and task.read_bytes()[begin + 4 : begin + 8] == b"TFL3"


def test_the_detector_of_hands_takes_a_picture_and_gives_boxes(task):
    model = Model(task, "hand_detector.tflite")
    assert [list(one["shape"]) for one in model.interpreter.get_input_details()] == [[1, 192, 192, 3]]
    assert sorted(output.shape for output in model.outputs) == [(1, 2016, 1), (1, 2016, 18)]


def test_pose_points_move_to_the_centre_of_a_window_of_nine_cells(task):
    model = Model(task, "pose_landmarks_detector.tflite")
    before, heat = model.inside("Identity").reshape(39, 5), model.inside("Identity_3")[0]
    after = model.outputs[0].reshape(39, 5)
    confidence = 1 / (1 + np.exp(-heat.astype(np.float64)))
    expected = before.astype(np.float64)
    for point in range(39):
        column, row = (int(value / 4) for value in before[point, :2])
        rows, columns = slice(max(row - 4, 0), row + 5), slice(max(column - 4, 0), column + 5)
        window = confidence[rows, columns, point]
        if 0 <= min(row, column) and max(row, column) < 64 and window.max() >= 0.5:
            y, x = np.mgrid[rows.start : rows.start + window.shape[0], columns.start : columns.start + window.shape[1]]
            expected[point, :2] = 4 * (x * window).sum() / window.sum(), 4 * (y * window).sum() / window.sum()
    np.testing.assert_allclose(after, expected, atol=1e-3)
    assert model.outputs[3].shape == (1, 64, 64, 39) and model.outputs[3].max() < 0, "nothing is left to move them"
    assert [output.shape[-1] for output in model.outputs] == [195, 1, 1, 39, 117]


def test_the_face_detector_lifts_its_key_points_by_a_tenth(task):
    model = Model(task, "face_detector.tflite")
    before = model.inside("regressors")[0]
    after = next(one for one in model.outputs if one.shape[-1] == 16)[0]
    key_points = before[:, 4:].reshape(896, 6, 2)
    height = np.ptp(key_points[..., 1], axis=1)
    assert height.max() > 1
    np.testing.assert_array_equal(after[:, :4], before[:, :4])
    lifted = key_points - np.stack([np.zeros_like(height), height / 10], 1)[:, None]
    np.testing.assert_allclose(after[:, 4:].reshape(896, 6, 2), lifted, atol=1e-3)


@pytest.mark.parametrize("roll", [-20, -7, 0, 12])
def test_the_upright_box_around_a_face_of_any_roll_is_a_square(task, roll):
    model = Model(task, "face_landmarks_detector.tflite")
    points = next(one for one in model.outputs if one.shape[-1] == 1434).reshape(478, 3)[:, :2]
    angle = np.deg2rad(roll)
    turned = points @ np.array([[np.cos(angle), np.sin(angle)], [-np.sin(angle), np.cos(angle)]])
    own, all_points = (np.stack([one.min(axis=0), one.max(axis=0)]) for one in (turned[:468], turned))
    (own_width, height), width = np.ptp(own, axis=0), np.ptp(all_points[:, 0])
    assert width == pytest.approx(max(own_width, height), rel=0.02) and np.ptp(all_points[:, 1]) == height
    assert all_points.mean(axis=0) == pytest.approx(own.mean(axis=0), abs=0.015 * height)


def test_a_wheel_of_other_models_is_refused(tmp_path):
    with zipfile.ZipFile(tmp_path / "a.whl", "w") as archive:
        archive.writestr(PARTS["face_detector.tflite"].path, b"another model")
    with pytest.raises(UserError, match="a.whl does not hold the model .*face_detection_short_range"):
        read_wheel(tmp_path / "a.whl")


def test_without_a_network_one_line_says_what_to_do(tmp_path, monkeypatch):
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    monkeypatch.setenv("PIP_NO_INDEX", "1")
    monkeypatch.setenv("PIP_CONFIG_FILE", "/dev/null")
    monkeypatch.delenv("PIP_FIND_LINKS", raising=False)
    with pytest.raises(UserError) as told:
        holistic_task()
    assert "cannot be fetched (No matching distribution" in str(told.value) and "--task" in str(told.value)
    assert not list((tmp_path / "podium").iterdir()), "nothing half made"


def test_a_file_of_ones_own_is_checked(tmp_path, task):
    (tmp_path / "a.task").write_bytes(task.read_bytes())
    assert holistic_task(tmp_path / "a.task") == tmp_path / "a.task"
    (tmp_path / "b.task").write_bytes(b"no zip")
    with pytest.raises(UserError, match="b.task is no task file of HolisticLandmarker .it lacks face_detector"):
        holistic_task(tmp_path / "b.task")
    with pytest.raises(UserError, match="c.task does not exist"):
        holistic_task(tmp_path / "c.task")
