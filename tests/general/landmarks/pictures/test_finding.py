"""Real MediaPipe on short videos: the same bits twice, the old solution's numbers, one person of two, nobody."""

from itertools import islice

import numpy as np
import pytest
from films import pictures, write_video

from podium.errors import ClipError
from podium.landmarks.clip_films import remarks_of
from podium.landmarks.pictures.films import Account, Picture
from podium.landmarks.pictures.finding import Timed, evenly, find_landmarks, without_gaps
from podium.landmarks.pictures.landmarker import Landmarker
from podium.landmarks.pictures.video_file import VideoFile

FACE, POSE, RIGHT_HAND = slice(0, 468), slice(489, 522), slice(522, 543)


class Frames:
    """A film of pictures in memory."""

    rate, is_even = 30.0, True

    def __init__(self, path, pictures_THWC) -> None:
        self.path, self.account, self._pictures = path, Account(), pictures_THWC
        self.num_pictures = len(pictures_THWC)

    def pictures(self):
        for number, picture in enumerate(self._pictures):
            self.account.num_pictures += 1
            yield Picture(number / self.rate, np.ascontiguousarray(picture))


@pytest.fixture(scope="module")
def hello(shared):
    """16 pictures of a person who raises the right hand, and the frames that the old solution saw."""
    film = VideoFile(shared / "real/video/hello.mp4")
    return [one.pixels_HWC for one in islice(film.pictures(), 16)]


def test_the_same_video_twice_gives_the_same_bits_and_nearly_those_of_the_old_solution(task, shared, hello, tmp_path):
    first, second = (np.stack(list(find_landmarks(Frames(tmp_path, hello), task))) for _ in range(2))
    np.testing.assert_array_equal(first, second)
    assert first.shape == (16, 543, 3) and first.dtype == np.float32
    with np.load(shared / "golden/holistic_hello.npz") as golden:
        expected = golden["x"][:16]
    for part in (FACE, POSE, RIGHT_HAND):
        difference = np.abs(first[:, part, :2] - expected[:, part, :2]).max(axis=(1, 2))
        np.testing.assert_array_equal(np.isnan(first[:, part, 0]), np.isnan(expected[:, part, 0]))
        assert np.nanmedian(difference) < 0.002
    assert not np.isnan(first[-1, RIGHT_HAND]).any()


def test_nobody_gives_no_landmarks_and_can_be_told(task, tmp_path):
    film = VideoFile(write_video(tmp_path / "a.mp4", pictures(3)))
    assert np.isnan(np.stack(list(find_landmarks(film, task)))).all()
    with pytest.raises(ClipError, match="nobody in 3"):
        list(find_landmarks(VideoFile(tmp_path / "a.mp4"), task, nobody="nobody in {}"))


def test_of_two_people_the_larger_one_is_followed_and_it_is_told(task, hello, tmp_path):
    from PIL import Image

    def side_by_side(left, right):
        small = np.asarray(Image.fromarray(left).resize((552, 310)))
        both = np.full((414, 1200, 3), 90, np.uint8)
        both[104:, :500], both[:, 500:] = small[:, :500], right[:, 18:718]
        return both

    for frames, middle in (
        ([side_by_side(one, one) for one in hello[:2]], 0.71),
        ([side_by_side(one, one)[:, ::-1] for one in hello[:2]], 0.29),
    ):
        film = Frames(tmp_path, frames)
        nose = np.stack(list(find_landmarks(film, task)))[:, 0, 0]
        assert film.account.is_crowded and nose == pytest.approx(middle, abs=0.04)
    film = Frames(tmp_path, hello[:1])
    list(find_landmarks(film, task))
    assert not film.account.is_crowded


def test_a_film_without_a_face_is_told(task, hello, tmp_path):
    """The head is cut off, as in a picture of hands alone."""
    film = Frames(tmp_path, [one[260:] for one in hello[:2]] * 15)
    list(find_landmarks(film, task))
    assert film.account.num_with_face == 0 and remarks_of(film) == ("no_face",)
    film = Frames(tmp_path, hello[:1] * 30)
    list(find_landmarks(film, task))
    assert film.account.num_with_face == 30 and not remarks_of(film)
    few = Frames(tmp_path, [one[260:] for one in hello[:2]])
    list(find_landmarks(few, task))
    assert not remarks_of(few), "two pictures tell nothing"


def test_times_that_do_not_rise_are_made_to(task):
    picture = np.zeros((48, 64, 3), np.uint8)
    with Landmarker(task) as landmarker:
        for time_s in (1.0, 1.0, 0.2, 1.0004):
            assert np.isnan(landmarker.find(picture, time_s)).all()


def test_a_variable_rate_becomes_even_by_lines_between_two_pictures():
    def timed(time_s, value):
        return Timed(time_s, np.full((543, 3), value, np.float32))

    found = [timed(0.0, 0), timed(0.1, 1), timed(0.4, 4), timed(0.45, np.nan), timed(0.6, 6)]
    even = [float(x_LC[0, 0]) for x_LC in evenly(iter(found), 10)]
    assert even == pytest.approx([0, 1, 2, 3, 4, np.nan, 6], nan_ok=True, abs=1e-5)
    assert [float(x_LC[0, 0]) for x_LC in evenly(iter(found[:1]), 10)] == [0]
    assert list(evenly(iter([]), 10)) == []


def test_lost_pictures_of_an_even_rate_are_bridged():
    times = {0: 0.0, 1: 0.101, 4: 0.399}
    found = [Timed(time_s, np.full((543, 3), value, np.float32)) for value, time_s in times.items()]
    kept = list(without_gaps(iter(found), 10))
    assert [float(x_LC[0, 0]) for x_LC in kept] == pytest.approx([0, 1, 2, 3, 4])
    assert kept[1] is found[1].x_LC and kept[4] is found[2].x_LC
