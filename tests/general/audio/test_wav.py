"""Wav files of every dialect are read alike; files that cannot be used end with one line."""

import struct

import numpy as np
import pytest
import soundfile
import wavs
from wavs import chunk, coded, extensible, fmt, tone, wav

from podium.audio.wav import PROBLEMS, WavError, read_header, read_wav

ODD_LIST = chunk(b"LIST", b"INFOISFT\x05\0\0\0Sound\0")[:-1] + b"\0"


@pytest.mark.parametrize("bits", [8, 16, 24, 32])
@pytest.mark.parametrize("header", [fmt, extensible])
def test_whole_numbers_of_every_width(tmp_path, bits, header):
    x_S = tone()
    found_SC, told = read_wav(wav(tmp_path / "a.wav", header(bits), coded(x_S, bits)))
    assert found_SC.shape == (16_000, 1) and found_SC.dtype == np.float32
    assert (told.coding, told.bits, told.rate, told.states_length) == ("pcm", bits, 16_000, True)
    np.testing.assert_allclose(found_SC[:, 0], x_S, atol=2.0 ** (2 - bits) + 1e-7)


@pytest.mark.parametrize("bits", [32, 64])
@pytest.mark.parametrize("header", [fmt, extensible])
def test_floats_come_as_they_are(tmp_path, bits, header):
    x_S = np.array([0.0, 1.0, -1.0, 1.5, 0.25])
    path = wav(tmp_path / "a.wav", header(bits, tag=wavs.FLOAT), coded(x_S, bits, is_float=True))
    assert read_wav(path)[0][:, 0].tolist() == x_S.tolist()
    as_int16, _ = soundfile.read(path, dtype="int16")
    assert as_int16[1] == 1, "why floats are never asked for as int16"


def test_int16_is_divided_by_two_to_the_fifteenth(tmp_path):
    path = wav(tmp_path / "a.wav", fmt(), struct.pack("<4h", 0, -32768, 32767, 1))
    assert read_wav(path)[0][:, 0].tolist() == [0, -1, 32767 / 32768, 1 / 32768]


@pytest.mark.parametrize("place", ["before", "behind"])
@pytest.mark.parametrize("more", [ODD_LIST, chunk(b"junk", b"12345"), chunk(b"data"[::-1], bytes(5000))])
def test_further_chunks_change_nothing(tmp_path, place, more):
    plain = read_wav(wav(tmp_path / "a.wav", fmt(), coded(tone(), 16)))[0]
    found = read_wav(wav(tmp_path / "b.wav", fmt(), coded(tone(), 16), **{place: more}))[0]
    np.testing.assert_array_equal(found, plain)


@pytest.mark.parametrize("stated", [0, 0xFFFF_FFFF, 0x7FFF_FFFF, 0x7FFF_F000])
def test_a_stream_that_states_no_length_is_read_to_its_end(tmp_path, stated):
    path = wav(tmp_path / "a.wav", fmt(), coded(tone(), 16), stated=stated)
    found_SC, header = read_wav(path)
    assert len(found_SC) == 16_000 and not header.states_length
    np.testing.assert_array_equal(found_SC, read_wav(wav(tmp_path / "b.wav", fmt(), coded(tone(), 16)))[0])


def test_large_files_state_their_length_elsewhere(tmp_path):
    data = coded(tone(), 16)
    wide = chunk(b"ds64", struct.pack("<QQQI", 0, len(data), 16_000, 0))
    body = b"WAVE" + wide + chunk(b"fmt ", fmt()) + chunk(b"data", data, 0xFFFF_FFFF) + chunk(b"LIST", b"more")
    (tmp_path / "a.wav").write_bytes(b"RF64\xff\xff\xff\xff" + body)
    assert read_header(tmp_path / "a.wav").num_samples == 16_000


def test_the_other_byte_order(tmp_path):
    x_S = tone(100)
    soundfile.write(tmp_path / "a.wav", x_S, 16_000, subtype="PCM_16", endian="BIG")
    assert (tmp_path / "a.wav").read_bytes()[:4] == b"RIFX"
    np.testing.assert_allclose(read_wav(tmp_path / "a.wav")[0][:, 0], x_S, atol=1e-4)


@pytest.mark.parametrize("subtype", ["PCM_U8", "PCM_16", "PCM_24", "PCM_32", "FLOAT", "DOUBLE", "ULAW", "ALAW"])
def test_what_libsndfile_writes(tmp_path, subtype):
    soundfile.write(tmp_path / "a.wav", np.stack([tone(), -tone()], 1), 44_100, subtype=subtype)
    found_SC, header = read_wav(tmp_path / "a.wav")
    np.testing.assert_array_equal(found_SC, soundfile.read(tmp_path / "a.wav", dtype="float32")[0])
    assert (header.num_channels, header.rate, header.num_samples) == (2, 44_100, 16_000)


GOOD = coded(tone(), 16)
BAD = {
    "no RIFF": ("not_wav", lambda path: path.write_bytes(b"this is no sound at all" * 10)),
    "mp3": ("not_wav", lambda path: path.write_bytes(b"ID3\x04" + bytes(4000))),
    "mp3 without a tag": ("not_wav", lambda path: path.write_bytes(b"\xff\xfb\x90" + bytes(4000))),
    "empty": ("no_samples", lambda path: path.write_bytes(b"")),
    "begun": ("cut_off", lambda path: path.write_bytes(b"RIFF\x24\0\0\0WAVEfmt ")),
    "cut off": ("cut_off", lambda path: wav(path, fmt(), GOOD[:9_000], stated=len(GOOD))),
    "no data": ("cut_off", lambda path: path.write_bytes(b"RIFF\x24\0\0\0WAVE" + chunk(b"fmt ", fmt()))),
    "zero samples": ("no_samples", lambda path: wav(path, fmt(), b"")),
    "zero samples and a chunk": ("no_samples", lambda path: wav(path, fmt(), b"", behind=chunk(b"LIST", b"INFO"))),
    "50 channels": ("too_many_channels", lambda path: wav(path, fmt(channels=50), bytes(5000))),
    "no channels": ("damaged_header", lambda path: wav(path, fmt(channels=0), bytes(5000))),
    "12 bits": ("unknown_coding", lambda path: wav(path, fmt(bits=12), bytes(5000))),
    "ADPCM": ("unknown_coding", lambda path: wav(path, fmt(bits=4, tag=2), bytes(5000))),
    "half floats": ("unknown_coding", lambda path: wav(path, fmt(bits=16, tag=wavs.FLOAT), bytes(5000))),
    "1 kHz": ("odd_rate", lambda path: wav(path, fmt(rate=1000), bytes(5000))),
    "2 MHz": ("odd_rate", lambda path: wav(path, fmt(rate=2_000_000), bytes(5000))),
    "short header": ("damaged_header", lambda path: wav(path, fmt()[:10], bytes(5000))),
}


@pytest.mark.parametrize("name", BAD)
def test_bad_files_end_with_one_line(tmp_path, name):
    problem, write = BAD[name]
    write(tmp_path / "bad.wav")
    with pytest.raises(WavError) as caught:
        read_wav(tmp_path / "bad.wav")
    assert caught.value.problem == problem and problem in PROBLEMS
    message = str(caught.value)
    assert message.startswith(str(tmp_path / "bad.wav")) and "\n" not in message and "; " in message


def test_an_mp3_is_called_one(tmp_path):
    (tmp_path / "a.wav").write_bytes(b"ID3\x04" + bytes(4000))
    with pytest.raises(WavError, match="is an mp3 file, not a wav file"):
        read_header(tmp_path / "a.wav")


def test_a_cut_file_says_how_much_is_there(tmp_path):
    with pytest.raises(WavError, match=r"cut off after 0\.50 of 1\.00 seconds"):
        read_header(wav(tmp_path / "a.wav", fmt(), GOOD[:16_000], stated=len(GOOD)))
