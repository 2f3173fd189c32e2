"""Folders of wav files become shards: a second a clip, noise in its length, what cannot be used by its reason."""

import numpy as np
import pytest
import soundfile
from wavs import chunk, coded, fmt, tone, wav
from word_folders import write_wav

from podium.data.recordings import clips
from podium.data.shards import pack_shard
from podium.errors import UserError
from podium.systems.speech.labels import NOISE
from podium.systems.speech.layout import CLIP_FRAMES, CLIP_SAMPLES, FRAME_SAMPLES, INPUT_COLUMNS
from podium.systems.speech.names import clip_id
from podium.systems.speech.raw import open_raw, prepare

NOT_FINITE = np.where(np.arange(16_000) == 5, np.nan, tone())
FILES = {
    "a_nohash_0.wav": lambda path: wav(path, fmt(), coded(tone(), 16)),
    "b_nohash_0.wav": lambda path: wav(path, fmt(rate=96_000), coded(tone(48_000, 96_000), 16)),
    "c_nohash_0.wav": lambda path: wav(path, fmt(8), coded(tone(20_000), 8)),
    "d_nohash_0.wav": lambda path: wav(path, fmt(), coded(np.clip(3 * tone() + 0.4, -1, 1), 16)),
    "e_nohash_0.wav": lambda path: path.write_bytes(b"ID3" + bytes(3000)),
    "f_nohash_0.wav": lambda path: wav(path, fmt(channels=50), bytes(10_000)),
    "g_nohash_0.wav": lambda path: wav(path, fmt(), coded(tone(), 16)[:100], stated=32_000),
    "h_nohash_0.wav": lambda path: wav(path, fmt(), b"", behind=chunk(b"LIST", b"INFO")),
    "i_nohash_0.wav": lambda path: wav(path, fmt(32, tag=3), coded(NOT_FINITE, 32, is_float=True)),
    "j_nohash_0.WAV": lambda path: wav(path, fmt(), coded(tone(), 16)),
    ".hidden.wav": lambda path: path.write_bytes(b""),
    "notes.txt": lambda path: path.write_text("no clip"),
}


@pytest.fixture
def folder(tmp_path):
    (tmp_path / "yes").mkdir()
    for name, write in FILES.items():
        write(tmp_path / "yes" / name)
    return tmp_path / "yes"


def ids(names: str) -> dict[str, int]:
    files = sorted(name for name in FILES if name[0] in names)
    return {name[0]: clip_id("yes", name) for name in files}


def test_packing_counts_what_is_bad_or_doubtful(folder):
    wanted = ids("abcdefghij")
    packed = pack_shard(open_raw(folder), prepare, list(wanted.values()), set(), 0, folder / "0.npy")
    assert packed.sequences["sequence_id"].tolist() == list(ids("abcdj").values())
    assert packed.report["skipped"] == {
        "cut_off": 1, "no_samples": 1, "not_finite": 1, "not_wav": 1, "too_many_channels": 1,
    }  # fmt: skip
    assert packed.report["noted"] == {
        "clipped": 1, "coarse": 1, "dc_offset": 1, "longer_than_a_second": 1, "resampled": 1,
        "shorter_than_a_second": 1,
    }  # fmt: skip
    assert packed.report["examples"]["resampled"] == [wanted["b"]]
    shard = np.load(folder / "0.npy")
    assert shard.shape[1] == FRAME_SAMPLES == len(INPUT_COLUMNS) and packed.sequences["num_frames"].eq(50).all()
    assert CLIP_FRAMES * FRAME_SAMPLES == CLIP_SAMPLES == 16_000
    first_S = shard[:50].reshape(-1)
    np.testing.assert_array_equal(first_S, soundfile.read(folder / "a_nohash_0.wav", dtype="float32")[0])
    second_S = shard[50:100].reshape(-1)
    assert np.abs(second_S[:7_000]).max() > 0.4 and not second_S[8_100:].any()
    assert packed.sequences["peak"].iloc[0] == pytest.approx(0.5, abs=1e-4)


def test_noise_keeps_its_length_beside_words(tmp_path):
    write_wav(tmp_path / NOISE / "tap.wav", 1, 50_000)
    write_wav(tmp_path / "bed" / "0a1b2c3d_nohash_0.wav", 2, 9_000)
    found = dict(clips(open_raw(tmp_path / f"{NOISE}+bed")))
    assert {one: x_TK.shape for one, x_TK in found.items()} == {
        clip_id(NOISE, "tap.wav"): (156, 320),
        clip_id("bed", "0a1b2c3d_nohash_0.wav"): (50, 320),
    }
    recorded_S = soundfile.read(tmp_path / NOISE / "tap.wav", dtype="float32")[0]
    np.testing.assert_array_equal(found[clip_id(NOISE, "tap.wav")].reshape(-1), recorded_S[: 156 * 320])


def test_real_clips_come_as_they_are(shared):
    folder = shared / "real/speech/test/left"
    found = dict(clips(open_raw(folder)))
    assert len(found) == 60
    for path in sorted(folder.iterdir())[:5]:
        whole_S = soundfile.read(path, dtype="int16")[0]
        np.testing.assert_array_equal(found[clip_id("left", path.name)].reshape(-1), whole_S / np.float32(32768))


def test_a_folder_that_is_not_there(tmp_path):
    with pytest.raises(UserError, match="is no folder of wav files"):
        open_raw(tmp_path / "absent")
