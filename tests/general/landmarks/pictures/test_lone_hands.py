"""A second look for hands without a body: real MediaPipe on a film without a head, and on films without a hand."""

import zipfile
from itertools import islice
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pytest
from films import pictures, write_video

from podium import Recognizer, pretrained
from podium.landmarks.clip_arrays import GivenClip
from podium.landmarks.clip_films import remarks_of, select
from podium.landmarks.mediapipe import RAW_NAMES
from podium.landmarks.pictures.assembly import HAND_DETECTOR
from podium.landmarks.pictures.finding import find_landmarks
from podium.landmarks.pictures.landmarker import PART_PLACES
from podium.landmarks.pictures.lone_hands import LoneHands
from podium.landmarks.pictures.task_file import holistic_task
from podium.landmarks.pictures.video_file import VideoFile
from podium.systems.fingerspelling.landmarks import SELECTION

FACE, LEFT, POSE, RIGHT = PART_PLACES.values()
IDLE, SIGNED = range(100, 108), range(422, 470)  # pictures of numbers_1-10.mp4: before it begins, SEVEN EIGHT NINE


@pytest.fixture(scope="module")
def older_task(task, tmp_path_factory) -> Path:
    """A file of the user's own, for HolisticLandmarker alone."""
    path = tmp_path_factory.mktemp("task") / "own.task"
    with zipfile.ZipFile(task) as archive, zipfile.ZipFile(path, "w") as older:
        for name in set(archive.namelist()) - {HAND_DETECTOR}:
            older.writestr(name, archive.read(name))
    return holistic_task(path)


@pytest.fixture(scope="module")
def numbers(shared) -> dict[int, np.ndarray]:
    """Pictures of a chest and a hand that shows a number; the head is cut off."""
    film = VideoFile(shared / "real/video/numbers_1-10.mp4").pictures()
    return {place: one.pixels_HWC for place, one in enumerate(film) if place in IDLE or place in SIGNED}


def looked_at(path: Path, task: Path) -> tuple[np.ndarray, VideoFile]:
    film = VideoFile(path)
    return np.stack(list(find_landmarks(film, task))), film


def has(x_TLC: np.ndarray, place: slice) -> np.ndarray:
    return ~np.isnan(x_TLC[:, place, 0]).any(axis=1)


def test_hands_are_found_and_read_though_the_head_is_cut_off(task, older_task, numbers, tmp_path):
    path = write_video(tmp_path / "a.mp4", [numbers[place] for place in SIGNED])
    found_TLC, film = looked_at(path, task)
    again_TLC, _ = looked_at(path, task)
    np.testing.assert_array_equal(found_TLC, again_TLC)
    before_TLC, older = looked_at(path, older_task)
    assert has(before_TLC, RIGHT).mean() < 0.3 and has(found_TLC, RIGHT).mean() > 0.9
    added = has(found_TLC, RIGHT) & ~has(before_TLC, RIGHT)
    assert (older.account.num_lone, film.account.num_lone) == (0, added.sum())
    assert not has(found_TLC, LEFT)[added].any() and not has(found_TLC, POSE)[added].any()
    np.testing.assert_array_equal(found_TLC[~added], before_TLC[~added])
    assert remarks_of(film) == ("no_face", "lone_hands") and remarks_of(older) == ("no_face",)
    frames_TK = np.stack([select(x_LC, SELECTION) for x_LC in found_TLC])
    assert Recognizer(pretrained()).read(GivenClip(frames_TK, (), film.rate)).text == "789"


def test_no_hand_is_found_where_none_is(task, numbers, shared, tmp_path):
    chest = write_video(tmp_path / "chest.mp4", [numbers[place] for place in IDLE])
    wall = [one.pixels_HWC[:, :180] for one in islice(VideoFile(shared / "real/video/hello.mp4").pictures(), 4)]
    films = [chest, write_video(tmp_path / "wall.mp4", wall), write_video(tmp_path / "plain.mp4", pictures(3))]
    for path in films:
        found_TLC, film = looked_at(path, task)
        assert not film.account.num_lone and not (has(found_TLC, LEFT) | has(found_TLC, RIGHT)).any()
        assert "lone_hands" not in remarks_of(film)


def answer(*hands: tuple[str, float, float]) -> SimpleNamespace:
    """What HandLandmarker says: hands with side, how sure it is of it, and where all their points lie."""
    sides = [[SimpleNamespace(category_name=side, score=score)] for side, score, _ in hands]
    return SimpleNamespace(handedness=sides, hand_landmarks=[[SimpleNamespace(x=x, y=x, z=x)] * 21 for *_, x in hands])


def test_one_hand_of_each_side_is_taken_and_the_surer_one(task, monkeypatch):
    hands = LoneHands(task)
    told = answer(("Right", 0.9, 0.25), ("Right", 0.8, 0.5), ("Left", 0.7, 0.75))
    monkeypatch.setattr(hands, "_find", lambda *_: told)
    x_LC = np.full((len(RAW_NAMES), 3), np.nan, np.float32)
    x_LC[POSE] = 1
    assert hands.add(x_LC, None, 0.0)
    assert (x_LC[RIGHT] == 0.25).all() and (x_LC[LEFT] == 0.75).all() and np.isnan(x_LC[POSE]).all()


def test_what_holistic_has_found_is_left_alone(task, monkeypatch):
    hands = LoneHands(task)
    monkeypatch.setattr(hands, "_find", lambda *_: pytest.fail("no second look is needed"))
    for place in (FACE, LEFT, RIGHT):
        x_LC = np.full((len(RAW_NAMES), 3), np.nan, np.float32)
        x_LC[place] = 1
        before_LC = x_LC.copy()
        assert not hands.add(x_LC, None, 0.0)
        np.testing.assert_array_equal(x_LC, before_LC)
