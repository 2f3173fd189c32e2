"""A person's sound files: one clip, a folder, a long recording; and what is refused."""

import numpy as np
import pytest
import soundfile

from podium.errors import ClipError
from podium.systems.speech import answers
from podium.systems.speech.inputs import HOP

RATE = 16000


def tone(seconds: float) -> np.ndarray:
    return (0.2 * np.sin(np.arange(round(seconds * RATE)) / 7)).astype(np.float32)


def read(path, rate=RATE, seconds=1.0):
    soundfile.write(path, tone(seconds), rate, subtype="PCM_16")
    return [clip for source in answers.open_clips([path]) for clip in source.clips()]


def test_a_clip(tmp_path):
    (clip,) = read(tmp_path / "a.wav")
    prepared = answers.as_input(clip.content, {}, None)
    assert prepared.x.shape == (16000,) and prepared.x.dtype == np.float32 and prepared.remarks == ()
    assert prepared.x == pytest.approx(tone(1), abs=1 / 32768)
    (clip,) = read(tmp_path / "b.wav", seconds=1.4)
    assert "longer_than_a_second" in answers.as_input(clip.content, {}, None).remarks
    assert all(remark in answers.MEANINGS for remark in answers.as_input(tone(0.5), {}, None).remarks)


def test_a_long_recording_is_read_second_by_second(tmp_path):
    clips = read(tmp_path / "long.wav", seconds=3.2)
    assert [clip.sequence_id for clip in clips] == ["0.00s", "0.50s", "1.00s", "1.50s", "2.00s", "2.20s"]
    for clip, begin in zip(clips, (0, 0.5, 1, 1.5, 2, 2.2), strict=True):
        expected = tone(3.2)[round(begin * RATE) :][:RATE]
        assert answers.as_input(clip.content, {}, None).x == pytest.approx(expected, abs=1 / 32768)
    for seconds in (1.5, 1.6, 2.0, 2.5, 2.51, 7.77):
        soundfile.write(tmp_path / "one.wav", tone(seconds), RATE)
        (source,) = answers.open_clips([tmp_path / "one.wav"])
        assert source.num_clips == len(list(source.clips())), seconds
    assert HOP == RATE // 2


def test_a_folder(tmp_path):
    (tmp_path / "deep").mkdir()
    read(tmp_path / "deep/b.wav")
    read(tmp_path / "a.WAV")
    (tmp_path / "c.wav").write_bytes(b"ID3 is an mp3")
    (tmp_path / "d.txt").write_text("no sound")
    files = answers.open_clips([tmp_path])
    clips = [clip for source in files for clip in source.clips()]
    assert [clip.path.name for clip in clips] == ["a.WAV", "c.wav", "b.wav"]
    assert "mp3" in clips[1].problem and clips[1].content is None
    assert files.passed_over == {".txt": 1}


@pytest.mark.parametrize("clip", [np.zeros((2, 3)), np.zeros(0), np.zeros(5, np.int16), np.array([np.nan]), "yes"])
def test_what_is_no_clip_is_refused(clip):
    with pytest.raises(ClipError, match="array .samples,. of finite floats at 16 kHz"):
        answers.as_input(clip, {}, None)


def test_a_frame_rate_is_refused():
    with pytest.raises(ClipError, match="tells its own rate"):
        answers.as_input(tone(1), {}, 30.0)


def test_whose_file_it_is():
    assert answers.is_own({"inputs": (16000,)}, {"probabilities": (12,)})
    assert not answers.is_own({"inputs": (-1, 390)}, {"outputs": (-1, 59)})
