"""Videos as they come: turned, of variable rate, huge, cut off, without pictures."""

import numpy as np
import pytest
from films import HEIGHT, WIDTH, pictures, write_sound, write_video

from podium.errors import UserError
from podium.landmarks.pictures.films import MAX_SIDE
from podium.landmarks.pictures.frame_folder import FrameFolder
from podium.landmarks.pictures.opening import is_camera, is_film, open_film
from podium.landmarks.pictures.packages import import_av
from podium.landmarks.pictures.video_file import VideoFile, rate_of

UNEVEN_MS = [0, 33, 66, 100, 133, 300, 333, 366, 400, 600]


def corner(picture_HWC) -> tuple[float, float]:
    """Where the white corner lies: from the left and from the top, in parts of the picture."""
    rows, columns = (picture_HWC > 200).all(axis=2).nonzero()
    return columns.mean() / picture_HWC.shape[1], rows.mean() / picture_HWC.shape[0]


@pytest.mark.parametrize(
    "name, codec", [("a.mp4", "libx264"), ("a.MOV", "libx264"), ("a.webm", "libvpx-vp9"), ("a.gif", "gif")]
)
def test_formats(tmp_path, name, codec):
    film = VideoFile(write_video(tmp_path / name, pictures(10), rate=25, codec=codec))
    read = list(film.pictures())
    assert (film.num_pictures, len(read), film.is_even) == (10, 10, True)
    assert film.rate == pytest.approx(25, rel=1e-3)
    assert [one.time_s for one in read] == pytest.approx(np.arange(10) / 25, abs=1e-3)
    assert read[3].pixels_HWC.shape == (HEIGHT, WIDTH, 3) and read[3].pixels_HWC.flags.c_contiguous
    assert corner(read[3].pixels_HWC) == pytest.approx((0.12, 0.16), abs=0.03)


@pytest.mark.parametrize("rotation, place", [(90, (0.16, 0.88)), (180, (0.88, 0.84)), (-90, (0.84, 0.12))])
def test_a_phone_held_upright_is_turned_as_the_file_says(tmp_path, rotation, place):
    film = VideoFile(write_video(tmp_path / "a.mp4", pictures(2), rotation=rotation))
    picture = next(film.pictures()).pixels_HWC
    assert picture.shape[:2] == ((WIDTH, HEIGHT) if rotation % 180 else (HEIGHT, WIDTH))
    assert corner(picture) == pytest.approx(place, abs=0.04)


@pytest.mark.parametrize("name", ["a.mp4", "a.webm"])
def test_a_variable_rate_keeps_its_times(tmp_path, name):
    codec = "libx264" if name == "a.mp4" else "libvpx"
    film = VideoFile(write_video(tmp_path / name, pictures(10), codec=codec, times_ms=UNEVEN_MS))
    assert not film.is_even and film.rate == pytest.approx(30.3, abs=0.1)
    assert [round(one.time_s * 1000) for one in film.pictures()] == UNEVEN_MS


def test_rates_with_jitter_are_even_and_with_lost_pictures_are_not():
    times = np.arange(300) / 30
    rng = np.random.default_rng(1)
    assert rate_of(np.sort(times + rng.uniform(-0.004, 0.004, 300)))[1]
    assert rate_of(np.delete(times, [100, 101, 102])) == (pytest.approx(30), False)
    assert rate_of(np.array([0.0])) == (30.0, True)


def test_4k_at_60_is_made_smaller(tmp_path):
    film = VideoFile(write_video(tmp_path / "a.mp4", pictures(2, 3840, 2160), rate=60))
    picture = next(film.pictures()).pixels_HWC
    assert (picture.shape, film.rate) == ((1080, MAX_SIDE, 3), 60)
    assert corner(picture) == pytest.approx((0.125, 0.167), abs=0.01)


def test_sound_alone_and_zero_frames_are_refused(tmp_path):
    with pytest.raises(UserError, match="a.mp4 holds no pictures .sound alone."):
        VideoFile(write_sound(tmp_path / "a.mp4"))
    with pytest.raises(UserError, match="b.mp4 holds no pictures .zero frames."):
        VideoFile(write_video(tmp_path / "b.mp4", []))


@pytest.mark.parametrize("content", [b"", b"no video at all", bytes(5000)])
def test_what_is_no_video_is_refused(tmp_path, content):
    (tmp_path / "a.mp4").write_bytes(content)
    with pytest.raises(UserError, match=r"a\.mp4 is damaged or no video .*; record or convert it again"):
        VideoFile(tmp_path / "a.mp4")


def test_a_video_that_is_cut_off_is_read_as_far_as_it_goes_and_told(tmp_path):
    rng = np.random.default_rng(1)
    noise = list(rng.integers(0, 255, (40, HEIGHT, WIDTH, 3), dtype=np.uint8))
    whole = write_video(tmp_path / "a.webm", noise, codec="libvpx").read_bytes()
    (tmp_path / "cut.webm").write_bytes(whole[: len(whole) // 2])
    film = VideoFile(tmp_path / "cut.webm")
    assert 5 < len(list(film.pictures())) < 40
    avi = write_video(tmp_path / "a.avi", noise, codec="mpeg4").read_bytes()
    (tmp_path / "cut.avi").write_bytes(avi[: len(avi) * 6 // 10])
    film = VideoFile(tmp_path / "cut.avi")
    assert 5 < len(list(film.pictures())) < 40 and film.account.num_damaged > 0


def test_a_video_damaged_within_is_told(tmp_path):
    rng = np.random.default_rng(1)
    noise = list(rng.integers(0, 255, (40, HEIGHT, WIDTH, 3), dtype=np.uint8))
    content = bytearray(write_video(tmp_path / "a.mp4", noise).read_bytes())
    middle = len(content) // 2
    content[middle : middle + 3000] = bytes(3000)
    (tmp_path / "b.mp4").write_bytes(content)
    film = VideoFile(tmp_path / "b.mp4")
    assert len(list(film.pictures())) > 10 and film.account.num_damaged > 0


def test_messages_of_decoding_threads_never_wait_for_the_interpreter(tmp_path):
    """Else a film that is closed before its end may hang, when one of its threads has something to tell."""
    next(iter(VideoFile(write_video(tmp_path / "a.mp4", pictures(3))).pictures()))
    assert import_av().logging.get_level() is None


def test_a_folder_of_frames(tmp_path):
    from PIL import Image

    for number in (1, 2, 10):
        picture = np.full((8, 12, 3), number, np.uint8)
        Image.fromarray(picture).save(tmp_path / f"f{number}.png")
    film = open_film(tmp_path, fps=10)
    assert is_film(tmp_path) and isinstance(film, FrameFolder)
    read = list(film.pictures())
    assert [int(one.pixels_HWC[0, 0, 0]) for one in read] == [1, 2, 10]
    assert [one.time_s for one in read] == pytest.approx([0, 0.1, 0.2])
    (tmp_path / "g2.png").write_bytes(b"no picture")
    with pytest.raises(UserError, match="the same number"):
        open_film(tmp_path)
    (tmp_path / "g2.png").rename(tmp_path / "g11.png")
    with pytest.raises(UserError, match="g11.png is damaged or no picture"):
        list(open_film(tmp_path).pictures())
    (tmp_path / "g11.png").rename(tmp_path / "title.png")
    with pytest.raises(UserError, match="title.png has no number in its name"):
        open_film(tmp_path)


def test_cameras_that_are_not_there_or_refused(tmp_path, monkeypatch):
    from pathlib import Path

    from podium.landmarks.pictures.camera import Camera

    assert is_camera(Path("0")) and not is_camera(Path("clip.mp4"))
    with pytest.raises(UserError, match="there is no camera 7 .*video7.; plug one in"):
        Camera(7, device=f"{tmp_path}/video{{}}")
    (tmp_path / "video0").touch()
    monkeypatch.setattr("os.access", lambda *_: False)
    with pytest.raises(UserError, match="camera 0 .*is refused; allow it"):
        Camera(0, device=f"{tmp_path}/video{{}}")
    monkeypatch.undo()
    with pytest.raises(UserError, match="camera 0 cannot be opened"):
        Camera(0, device=f"{tmp_path}/video{{}}")


def test_a_camera_gives_pictures_with_their_times(tmp_path, monkeypatch):
    import cv2

    from podium.landmarks.pictures.camera import Camera

    video = write_video(tmp_path / "a.mp4", pictures(12))
    (tmp_path / "video0").touch()
    open_capture = cv2.VideoCapture
    monkeypatch.setattr(cv2, "VideoCapture", lambda number: open_capture(str(video)))
    camera = Camera(0, device=f"{tmp_path}/video{{}}")
    read = list(camera.pictures())
    assert len(read) == 12 and (np.diff([one.time_s for one in read]) > 0).all()
    assert corner(read[0].pixels_HWC) == pytest.approx((0.12, 0.16), abs=0.03) and read[0].pixels_HWC[-1, 0, 0] > 200


def test_ctrl_c_ends_a_camera_and_keeps_what_it_gave(tmp_path, monkeypatch):
    import os
    import signal

    import cv2

    from podium.landmarks.pictures.camera import Camera

    video = write_video(tmp_path / "a.mp4", pictures(12))
    (tmp_path / "video0").touch()
    open_capture = cv2.VideoCapture
    monkeypatch.setattr(cv2, "VideoCapture", lambda number: open_capture(str(video)))
    before = signal.getsignal(signal.SIGINT)
    read = []
    for one in Camera(0, device=f"{tmp_path}/video{{}}").pictures():
        read.append(one)
        if len(read) == 4:
            os.kill(os.getpid(), signal.SIGINT)
    assert len(read) == 4 and signal.getsignal(signal.SIGINT) is before
