"""A person's file becomes a second of sound at 16 kHz, and what is doubtful about it is said."""

import numpy as np
import pytest
import soundfile
from wavs import coded, fmt, tone, wav

from podium.audio.clip_files import MEANINGS, Sound, num_samples, one_second, read_sound, windows
from podium.audio.resample import resample
from podium.audio.wav import WavError, read_header

RATES = [8_000, 11_025, 16_000, 22_050, 32_000, 44_100, 48_000, 96_000, 44_099]


@pytest.mark.parametrize("rate", RATES)
def test_a_tone_keeps_its_pitch_at_every_rate(tmp_path, rate):
    soundfile.write(tmp_path / "a.wav", tone(rate, rate), rate, subtype="FLOAT")
    sound = read_sound(tmp_path / "a.wav")
    assert len(sound.x_S) == num_samples(read_header(tmp_path / "a.wav")) == 16_000
    np.testing.assert_allclose(sound.x_S[400:-400], tone()[400:-400], atol=2e-3)
    expected = {8_000: "low_rate", 11_025: "low_rate", 16_000: None}.get(rate, "resampled")
    assert sound.remarks == ((expected,) if expected else ())


def test_what_the_new_rate_cannot_hold_is_taken_away():
    high_S = tone(48_000, 48_000, hz=11_000).astype(np.float32)
    assert np.abs(resample(high_S, 48_000, 16_000)[200:-200]).max() < 0.005, "it would be heard at 5 kHz"


def test_equal_rates_change_nothing():
    x_S = tone().astype(np.float32)
    assert resample(x_S, 16_000, 16_000) is x_S


def test_channels_are_mixed_unless_they_cancel(tmp_path):
    soundfile.write(tmp_path / "a.wav", np.stack([tone(), 0 * tone()], 1), 16_000, subtype="FLOAT")
    sound = read_sound(tmp_path / "a.wav")
    assert sound.remarks == ("mixed_down",)
    np.testing.assert_allclose(sound.x_S, tone() / 2, atol=1e-6)
    soundfile.write(tmp_path / "b.wav", np.stack([tone(), -1.1 * tone()], 1), 16_000, subtype="FLOAT")
    sound = read_sound(tmp_path / "b.wav")
    assert sound.remarks == ("channels_cancel",)
    np.testing.assert_allclose(sound.x_S, -1.1 * tone(), atol=1e-6)


DOUBTFUL = {
    "coarse": (fmt(8), coded(tone(), 8)),
    "dc_offset": (fmt(), coded(0.3 + 0.4 * tone(), 16)),
    "clipped": (fmt(), coded(np.clip(5 * tone(), -1, 1), 16)),
    "all_zeros": (fmt(), bytes(32_000)),
    "over_full_scale": (fmt(32, tag=3), coded(3 * tone(), 32, is_float=True)),
}


@pytest.mark.parametrize("kind", DOUBTFUL)
def test_doubtful_recordings_are_told(tmp_path, kind):
    sound = read_sound(wav(tmp_path / "a.wav", *DOUBTFUL[kind]))
    assert sound.remarks == (kind,) and kind in MEANINGS


def test_sound_recordings_raise_no_doubt(tmp_path):
    assert read_sound(wav(tmp_path / "a.wav", fmt(), coded(tone(level=0.999), 16))).remarks == ()
    quiet = 0.001 * np.random.default_rng(0).normal(size=16_000)
    assert read_sound(wav(tmp_path / "b.wav", fmt(), coded(quiet, 16))).remarks == ()


def test_numbers_that_are_none_are_refused(tmp_path):
    x_S = tone()
    x_S[7] = np.nan
    with pytest.raises(WavError, match="no finite numbers") as caught:
        read_sound(wav(tmp_path / "a.wav", fmt(32, tag=3), coded(x_S, 32, is_float=True)))
    assert caught.value.problem == "not_finite"


def test_a_second_is_cut_or_filled():
    short, long, right = (Sound(np.ones(n, dtype=np.float32), ()) for n in (10_000, 20_000, 16_000))
    assert one_second(short).remarks == ("shorter_than_a_second",)
    assert one_second(short).x_S.tolist() == [1] * 10_000 + [0] * 6_000
    assert one_second(long).remarks == ("longer_than_a_second",) and len(one_second(long).x_S) == 16_000
    assert not one_second(right).remarks and len(one_second(right).x_S) == 16_000


@pytest.mark.parametrize(
    ("length", "begins"), [(1, [0]), (16_000, [0]), (16_001, [0, 1]), (40_000, [0, 8_000, 16_000, 24_000])]
)
def test_a_long_recording_in_windows(length, begins):
    x_S = np.arange(1, length + 1, dtype=np.float32)
    times_N, x_NS = windows(x_S)
    assert (times_N * 16_000).tolist() == begins and x_NS.shape == (len(begins), 16_000)
    for begin, window_S in zip(begins, x_NS, strict=True):
        there = x_S[begin : begin + 16_000]
        assert (window_S[: len(there)] == there).all() and not window_S[len(there) :].any()
