"""Videos in ``podium predict`` and ``podium landmarks``: utterances with their times, subtitles, bad videos."""

import json
from itertools import islice

import numpy as np
import pyarrow.parquet as pq
import pytest
from films import pictures, write_sound, write_video
from raw_folder import landmarks
from small_networks import small_recipe, write_network

from podium.landmarks.mediapipe import RAW_COLUMNS, RAW_NAMES
from podium.landmarks.remarks import REASONS
from podium.recognise import clip_films

HANDS = [place for place, name in enumerate(RAW_NAMES) if "hand" in name]


@pytest.fixture(scope="module")
def model(tmp_path_factory):
    return write_network(tmp_path_factory.mktemp("model"), small_recipe(max_frames=64), seed=4)


@pytest.fixture
def seen(monkeypatch):
    """What MediaPipe is made to see in every video, instead of looking: set `x_TLC`."""

    class Seen:
        x_TLC = np.empty((0, 543, 3), np.float32)
        is_crowded = False

    def find(film, task, done, nobody=""):
        list(film.pictures())
        film.account.is_crowded = Seen.is_crowded
        yield from Seen.x_TLC

    monkeypatch.setattr(clip_films, "find_landmarks", find)
    monkeypatch.setattr(clip_films, "holistic_task", lambda named: named)
    return Seen


def signing(*stretches: tuple[bool, int]) -> np.ndarray:
    """(T, 543, 3): the virtual person, with and without hands."""
    number = sum(count for _, count in stretches)
    x_TLC = landmarks(number, seed=3).reshape(number, 3, 543).transpose(0, 2, 1).astype(np.float32)
    hands = x_TLC[~np.isnan(x_TLC[:, HANDS[-1], 0])][0, HANDS]  # raised ones, without gaps
    begin = 0
    for has_hands, count in stretches:
        x_TLC[begin : begin + count, HANDS] = hands if has_hands else np.nan
        begin += count
    return x_TLC


def test_a_long_video_is_read_utterance_by_utterance(podium, model, seen, tmp_path):
    video = write_video(tmp_path / "a.mp4", pictures(3))
    seen.x_TLC = signing((False, 40), (True, 30), (False, 50), (True, 45), (False, 30))
    done = podium("predict", video, "--model", model, "--format", "json")
    assert done.code == 0, done.err
    clips = json.loads(done.out)["clips"]
    assert [(one["begin_s"], one["end_s"], one["num_frames"]) for one in clips] == [
        (1.233, 2.433, 36), (3.9, 5.6, 51),
    ]  # fmt: skip
    assert [one["sequence_id"] for one in clips] == ["0:01.23-0:02.43", "0:03.90-0:05.60"]
    done = podium("predict", video, "--model", model)
    assert done.out.startswith(f"{video}#0:01.23-0:02.43\t{clips[0]['text']}\t")
    assert "counts as one of" not in done.err, "a video tells its rate"
    done = podium("predict", video, "--model", model, "--format", "srt")
    first = f"1\n00:00:01,233 --> 00:00:02,433\n{clips[0]['text']}\n\n"
    assert done.out.startswith(f"{first}2\n00:00:03,900 --> 00:00:05,600\n")
    done = podium("predict", video, "--model", model, "--format", "vtt")
    assert done.out.startswith(f"WEBVTT\n\n1\n00:00:01.233 --> 00:00:02.433\n{clips[0]['text']}\n\n2\n")
    done = podium("predict", video, video, "--model", model, "--format", "srt")
    assert done.code == 2 and done.err.endswith("error: --format srt is for one video; name one\n")


def test_landmarks_written_and_read_are_those_of_the_video(podium, model, seen, tmp_path, monkeypatch):
    from podium.landmarks.pictures import finding, task_file

    monkeypatch.setattr(finding, "find_landmarks", clip_films.find_landmarks)
    monkeypatch.setattr(task_file, "holistic_task", lambda named: named)
    video = write_video(tmp_path / "a.mp4", pictures(3), rate=25)
    seen.x_TLC, seen.is_crowded = signing((False, 40), (True, 30), (False, 50), (True, 45)), True
    done = podium("landmarks", video, "--out", tmp_path / "out")
    assert (done.code, done.out) == (0, f"{tmp_path}/out/a.parquet\t165 frames\t25 a second\n"), done.err
    assert "remark: " in done.err and "more than one person" in done.err
    table = pq.read_table(tmp_path / "out/a.parquet")
    assert table.column_names == ["sequence_id", *RAW_COLUMNS] and table.schema.metadata[b"fps"] == b"25.0"
    np.testing.assert_array_equal(table["y_pose_7"].to_numpy(), seen.x_TLC[:, RAW_NAMES.index("pose_7"), 1])
    of_video = podium("predict", video, "--model", model).out
    of_table = podium("predict", tmp_path / "out", "--model", model).out
    assert len(of_video.splitlines()) == 2
    assert of_table == of_video.replace(str(video), f"{tmp_path}/out/a.parquet")


@pytest.mark.parametrize(
    "stretches, reason", [(((False, 20),), "no_hand"), (((True, 2), (False, 20)), "hands_down"), ((), "no_frames")]
)
def test_a_video_without_a_raised_hand_has_a_reason(podium, model, seen, tmp_path, stretches, reason):
    video = write_video(tmp_path / "a.mp4", pictures(3))
    seen.x_TLC = signing(*stretches) if stretches else seen.x_TLC
    done = podium("predict", video, "--model", model)
    assert (done.code, done.out) == (0, f"{video}\t\t-\t{REASONS[reason]}\n"), done.err


def test_nobody_is_a_bad_clip(podium, model, seen, tmp_path):
    video = write_video(tmp_path / "a.mp4", pictures(3))
    seen.x_TLC = np.full((20, 543, 3), np.nan, np.float32)
    done = podium("predict", video, "--model", model)
    assert done.code == 2 and "nobody was seen in 20 pictures; sit so that" in done.err and done.out == ""


def test_bad_videos_do_not_stop_others(podium, model, seen, tmp_path):
    (tmp_path / "clips").mkdir()
    write_video(tmp_path / "clips/a.mp4", pictures(3))
    write_sound(tmp_path / "clips/b.mp4")
    (tmp_path / "clips/c.webm").write_bytes(b"no video")
    seen.x_TLC = signing((True, 30))
    done = podium("predict", tmp_path / "clips", "--model", model)
    assert done.code == 0 and "b.mp4 holds no pictures (sound alone)" in done.err and "num_read=1 num_bad=2" in done.err
    assert "c.webm is damaged or no video" in done.err


@pytest.mark.parametrize(
    "words, message",
    [
        (["absent.mp4"], "absent.mp4 does not exist; name a video"),
        (["notes.txt"], "notes.txt is no video; name one"),
        (["empty"], "empty holds neither videos nor numbered pictures"),
        (["a.mp4", "b/a.mp4"], "b/a.mp4 and another one would both become"),
        (["9"], "there is no camera 9"),
        (["sound.mp4"], "sound.mp4 holds no pictures (sound alone)"),
        (["a.mp4", "--task", "notes.txt"], "notes.txt is no task file"),
        (["a.mp4", "--seconds", "-1"], "'-1' is not a time in seconds"),
    ],
)
def test_what_cannot_become_landmarks_is_said_in_one_line(podium, tmp_path, monkeypatch, words, message):
    monkeypatch.chdir(tmp_path)
    for place in ("a.mp4", "b/a.mp4"):
        (tmp_path / place).parent.mkdir(exist_ok=True)
        write_video(tmp_path / place, pictures(2))
    write_sound(tmp_path / "sound.mp4")
    (tmp_path / "notes.txt").write_text("")
    (tmp_path / "empty").mkdir()
    if "9" in words or "sound.mp4" in words:
        from podium.landmarks.pictures import task_file

        monkeypatch.setattr(task_file, "holistic_task", lambda named: named)
    done = podium("landmarks", *words, "--out", "out")
    assert done.code == 2 and message in done.err.splitlines()[-1], done.err
    assert not list(tmp_path.glob("out/*"))


def test_a_real_video_becomes_a_text(podium, model, shared, tmp_path):
    from podium.landmarks.pictures.video_file import VideoFile

    film = VideoFile(shared / "real/video/hello.mp4")
    video = write_video(tmp_path / "a.mp4", [one.pixels_HWC for one in islice(film.pictures(), 24)])
    done = podium("predict", video, "--model", model)
    (line,) = done.out.splitlines()
    name, *_ = line.split("\t")
    assert done.code == 0 and name.startswith(f"{video}#0:00.")
