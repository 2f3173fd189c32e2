"""The page on films, in headless Chromium: videos as Python reads them, a camera, and what is wrong with either."""

import json
from itertools import islice
from pathlib import Path

import numpy as np
import pytest
from chromium import CHROMIUM, Chromium
from films import pictures, write_sound, write_video
from sites import answer_of, served

from podium import Recognizer
from podium.landmarks.clip_arrays import GivenClip
from podium.landmarks.clip_films import select
from podium.landmarks.mediapipe import PART_SIZES, RAW_NAMES
from podium.landmarks.pictures.finding import find_landmarks
from podium.landmarks.pictures.task_file import holistic_task
from podium.landmarks.pictures.video_file import VideoFile
from podium.landmarks.utterances import cut
from podium.systems.fingerspelling.landmarks import SELECTION

pytestmark = pytest.mark.skipif(not CHROMIUM, reason="no Chromium: apt-get install chromium")

SAME = 0.01  # of the picture
# Others are painted over up to edges that a detector tells; it sees the picture made small, by a browser or by Pillow.
SAME_OF_TWO = 0.03
FAKE_CAMERA = ("--use-fake-device-for-media-stream", "--use-fake-ui-for-media-stream")
STATUS, PROBLEM = (f"document.querySelector('#{place}').textContent" for place in ("status", "problem"))
RIGHT_WRIST = RAW_NAMES.index("right_hand_0")
FOCUSED = "document.activeElement.id"


@pytest.fixture(scope="module")
def hello(shared) -> list[np.ndarray]:
    """Pictures of a person who raises the right hand."""
    film = VideoFile(shared / "real/video/hello.mp4")
    return [one.pixels_HWC for one in film.pictures()][:24]


@pytest.fixture(scope="module")
def headless(shared) -> list[np.ndarray]:
    """Pictures of a chest and a hand; the head is cut off, and Holistic finds no hand."""
    film = VideoFile(shared / "real/video/numbers_1-10.mp4")
    return [one.pixels_HWC for one in islice(film.pictures(), 300, 312)]


def side_by_side(picture: np.ndarray) -> np.ndarray:
    """The person twice, small on the left."""
    from PIL import Image

    small = np.asarray(Image.fromarray(picture).resize((552, 310)))
    both = np.full((414, 1200, 3), 90, np.uint8)
    both[104:, :500], both[:, 500:] = small[:, :500], picture[:, 18:718]
    return both


def points_of(answer: dict) -> np.ndarray:
    """(T, 543, 3): what the page has found."""
    rows = [[np.nan if value is None else value for value in row] for row in answer["points"]]
    return np.array(rows, np.float32).reshape(-1, len(RAW_NAMES), 3)


def readings_of(x_TLC: np.ndarray, rate: float, recognizer: Recognizer) -> list[tuple]:
    """What Python reads in landmarks: text, reason, begin and end of each utterance."""
    film_TK = np.stack([select(x_LC, SELECTION) for x_LC in x_TLC])
    found = []
    for one in cut(film_TK, SELECTION, rate):
        reading = recognizer.read(GivenClip(one.x_TK, (), rate))
        found.append((reading.text, reading.reason, pytest.approx(one.begin / rate), pytest.approx(one.end / rate)))
    return found


def read_films(site: Path, films: list[Path], profile: Path) -> list[dict]:
    for film in films:
        (site / film.name).write_bytes(film.read_bytes())
    (site / "films.json").write_text(json.dumps([film.name for film in films]))
    answer = answer_of(site, "read_films.html", profile)
    assert "failure" not in answer, answer["failure"]
    return answer["answers"]


def test_a_browser_reads_videos_as_python_does(film_site, hello, headless, tmp_path):
    turned = [np.ascontiguousarray(np.rot90(picture)) for picture in hello[:2]]
    odd_times = [0, 20, 200, 210, 220, 230, 400, 420]
    films = [
        write_video(tmp_path / "one.mp4", hello),
        write_video(tmp_path / "odd.webm", hello[14:22], codec="libvpx", times_ms=odd_times),
        write_video(tmp_path / "turned.mp4", turned, rotation=-90),
        write_video(tmp_path / "two.mp4", [side_by_side(picture) for picture in hello[:2]]),
        write_video(tmp_path / "headless.mp4", headless),
        tmp_path / "same.mp4",
    ]
    films[-1].write_bytes(films[0].read_bytes())
    answers = read_films(film_site, films, tmp_path / "profile")
    recognizer = Recognizer(film_site / "model_web.tflite")
    for path, answer in zip(films[:-1], answers, strict=False):
        film = VideoFile(path)
        assert "error" not in answer, answer["error"]
        assert (answer["rate"], answer["isEven"]) == (pytest.approx(film.rate, rel=0.01), film.is_even)
        found_TLC = points_of(answer)
        assert len(found_TLC) == film.num_pictures
        if not film.is_even:
            continue
        expected_TLC = np.stack(list(find_landmarks(film, holistic_task())))
        same = SAME_OF_TWO if path.stem == "two" else SAME
        begin = 0
        for size in PART_SIZES.values():
            part = slice(begin, begin := begin + size)
            apart_T = np.abs(found_TLC[:, part, :2] - expected_TLC[:, part, :2]).max(axis=(1, 2))
            is_seen_T = np.isnan(found_TLC[:, part, 0]).all(1) == np.isnan(expected_TLC[:, part, 0]).all(1)
            assert is_seen_T.mean() > 0.9 and not (np.nanquantile([0.0, *apart_T], 0.9) > same), path.name
        if expected := readings_of(found_TLC, film.rate, recognizer):
            texts = [(one["text"], one["reason"], one["begin"], one["end"]) for one in answer["texts"]]
            assert texts == expected
    assert answers[0]["texts"][0]["reason"] != "hands_down", "a hand is raised there"
    assert answers[-1]["points"] == answers[0]["points"], "a fresh landmarker for each film"
    assert (~np.isnan(points_of(answers[4])[:, RIGHT_WRIST, 0])).mean() > 0.7, "hands are found without a body"
    assert [one["remarks"] for one in answers[4]["texts"]] == [["lone_hands"]]
    assert [one["remarks"] for one in answers[3]["texts"]] == [["several_people"]]
    assert not answers[0]["texts"][0]["remarks"]
    assert answers[0]["drafts"], "the text grows"


def test_bad_videos_are_told_in_one_line(film_site, tmp_path):
    whole = write_video(tmp_path / "nobody.mp4", pictures(3))
    (tmp_path / "text.mp4").write_text("no video")
    (tmp_path / "empty.webm").write_bytes(b"")
    (tmp_path / "cut.mp4").write_bytes(whole.read_bytes()[:400])
    films = [whole, tmp_path / "text.mp4", tmp_path / "empty.webm", tmp_path / "cut.mp4"]
    films += [write_sound(tmp_path / "sound.mp4"), write_video(tmp_path / "none.mp4", [])]
    told = [one.get("error") for one in read_films(film_site, films, tmp_path / "profile")]
    assert told[0].startswith("nobody was seen in 3 pictures; ")
    for name, line in zip(("text.mp4", "empty.webm"), told[1:3], strict=True):
        assert line.startswith(f"{name} is damaged or no video (") and "\n" not in line
    assert told[3] == "cut.mp4 holds no pictures (zero frames, or cut off); choose a video"
    assert told[4] == "sound.mp4 holds no pictures (sound alone); choose a video"
    assert told[5] == "none.mp4 holds no pictures (zero frames, or cut off); choose a video"


def test_the_page_reads_a_video_and_asks_nobody_else(film_site, tmp_path):
    film = write_video(tmp_path / "nobody.mp4", pictures(3))
    with served(film_site) as address, Chromium(tmp_path / "profile") as page:
        page.open(f"{address}/index.html")
        page.wait(f"{STATUS} === 'ready'")
        page.choose("#file", film)
        assert page.wait(PROBLEM).startswith("nobody was seen in 3 pictures; ")
        assert page.value("document.querySelector('#start').textContent") == "Start camera"
        assert page.value("document.querySelector('#picture').width") == 96, "the picture is shown"
        assert {url.split("/")[2] for url in page.requests if url.startswith("http")} == {address.split("/")[2]}
        assert {url.split(":")[0] for url in page.requests} <= {"http", "data", "blob", "about"}
        page.value("fetch('https://example.org').then(() => window.left = true, () => window.left = false); 0")
        page.wait("window.left === false")


def test_the_page_reads_the_camera_from_the_keyboard(film_site, hello, tmp_path):
    camera = write_video(tmp_path / "camera.mjpeg", hello, codec="mjpeg")
    flags = (*FAKE_CAMERA, f"--use-file-for-fake-video-capture={camera}")
    with served(film_site) as address, Chromium(tmp_path / "profile", *flags) as page:
        page.open(f"{address}/index.html")
        page.wait(f"{STATUS} === 'ready'")
        page.press("Tab")
        assert page.value(FOCUSED) == "start"
        page.press("Enter")
        page.wait(f"{STATUS}.startsWith('watching')")
        page.wait("document.querySelector('#picture').classList.contains('mirrored')")
        page.wait("document.querySelector('#percent').textContent !== '–'")
        assert page.value(FOCUSED) == "start" and page.value("document.activeElement.textContent") == "Stop"
        page.press("Enter")
        page.wait("document.querySelector('#start').textContent === 'Start camera'")
        assert page.value(PROBLEM) == ""
        for place in ("file", "copy"):
            if not page.value(f"document.querySelector('#{place}').disabled"):
                page.press("Tab")
                assert page.value(FOCUSED) == place
        names = [one["name"]["value"] for one in page.call("Accessibility.getFullAXTree")["nodes"] if "name" in one]
        assert {"Choose a file", "Start camera", "Confidence", "Text", "Texts so far"} <= set(names)


@pytest.mark.parametrize(
    ("flags", "setting", "expected"),
    [(FAKE_CAMERA[:1], "denied", "the camera is refused; "), ((), "granted", "there is no camera; ")],
)
def test_the_page_says_what_is_wrong_with_the_camera(film_site, tmp_path, flags, setting, expected):
    with served(film_site) as address, Chromium(tmp_path / "profile", *flags) as page:
        permission = {"permission": {"name": "camera"}, "setting": setting, "origin": address}
        page.call("Browser.setPermission", **permission)
        page.open(f"{address}/index.html")
        page.wait(f"{STATUS} === 'ready'")
        page.click("#start")
        assert page.wait(PROBLEM).startswith(expected)
        assert page.value("document.querySelector('#start').textContent") == "Start camera"
