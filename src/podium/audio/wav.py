"""Reading wav files: their headers by own checks, their samples by libsndfile.

Files of the wild have chunks of odd length before the samples, extensible headers, or no length at all, as what writes
into a pipe cannot know it. Readers differ in what they take, and some return nothing without an error. So the
chunks are walked here, and libsndfile is given the format and the samples alone.

Legend: S samples, C channels.
"""

import io
import struct
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO

import numpy as np
import soundfile

from podium.errors import ClipError

MAX_BYTES = 2**31  # of samples: six hours of 16 bit mono at 48 kHz
MAX_CHANNELS = 8
RATES = (4_000, 384_000)
_ENDLESS = 0x7FFF_0000  # a length from here on is what streams state that do not know theirs
_CODINGS = {1: "pcm", 3: "float", 6: "alaw", 7: "ulaw"}
_BITS = {"pcm": (8, 16, 24, 32), "float": (32, 64), "alaw": (8,), "ulaw": (8,)}
_EXTENSIBLE = 0xFFFE
_GUID_END = bytes.fromhex("000000001000800000aa00389b71")
# First bytes of files that bear the name of a wav file now and then.
_OTHERS = (
    (b"ID3", "an mp3"), (b"\xff\xfb", "an mp3"), (b"\xff\xf3", "an mp3"), (b"\xff\xf2", "an mp3"),
    (b"OggS", "an Ogg"), (b"fLaC", "a FLAC"), (b"FORM", "an AIFF"), (b"caff", "a CAF"), (b"\x1aE\xdf\xa3", "a WebM"),
    (b"#!AMR", "an AMR"), (b"\x00\x00\x00", "an MP4"),
)  # fmt: skip

# Why a file cannot be used → what is wrong with it and what to do.
PROBLEMS = {
    "not_wav": "is no wav file (no RIFF header); convert it to wav",
    "damaged_header": "has a damaged header; write it again",
    "cut_off": "is cut off; fetch or record it again",
    "no_samples": "holds no samples; record it again",
    "too_long": "is too long; cut it into parts",
    "too_many_channels": f"has more than {MAX_CHANNELS} channels; mix them down to one",
    "unknown_coding": "holds samples of a coding that is not read here; write it as 16-bit PCM",
    "odd_rate": f"has a sample rate beyond {RATES[0]} to {RATES[1]} Hz; write it at 16000 Hz",
}


class WavError(ClipError):
    """A file that cannot be used.

    Args:
        path: Of the file.
        problem: A key of `PROBLEMS`.
        told: What the file is or has, in place of the general words.
    """

    def __init__(self, path: str | Path, problem: str, told: str = "") -> None:
        super().__init__(f"{path} {told or PROBLEMS[problem]}")
        self.problem = problem


@dataclass(frozen=True)
class Header:
    """What a wav file says of itself.

    Attributes:
        coding: "pcm", "float", "alaw" or "ulaw".
        bits: Of a sample.
        rate: Samples a second.
        num_samples: Of each channel; of what is there if the file states none.
        states_length: False if the file was written by something that did not know how long it would be.
    """

    coding: str
    bits: int
    num_channels: int
    rate: int
    num_samples: int
    states_length: bool
    _magic: bytes
    _format: bytes
    _begin: int

    @property
    def num_bytes(self) -> int:
        """Of all samples."""
        return self.num_samples * self.num_channels * self.bits // 8


def read_header(path: str | Path) -> Header:
    """Reads and checks what stands before the samples, and whether all of them are there.

    Raises:
        WavError: The file cannot be used.
        OSError: It cannot be opened.
    """
    with open(path, "rb") as stream:
        return _header(stream, path)


def read_wav(path: str | Path) -> tuple[np.ndarray, Header]:
    """Reads a file.

    Returns:
        (S, C) float32: whole numbers divided by 2^(bits - 1), so in [-1, 1); floats as they are, also beyond ±1, also
        NaN; and the header.

    Raises:
        WavError: The file cannot be used.
        OSError: It cannot be opened.
    """
    with open(path, "rb") as stream:
        header = _header(stream, path)
        stream.seek(header._begin)
        data = stream.read(header.num_bytes)
    order = "<" if header._magic == b"RIFF" else ">"
    size = struct.Struct(order + "I").pack
    chunks = b"WAVEfmt " + size(len(header._format)) + header._format + b"data" + size(len(data)) + data
    wav = io.BytesIO(header._magic + size(len(chunks)) + chunks)
    try:
        # Always as float: asked for int16, libsndfile gives 1 for a float sample of 1.0.
        x_SC, _ = soundfile.read(wav, dtype="float32", always_2d=True)
    except soundfile.SoundFileError as error:
        raise WavError(path, "damaged_header", f"cannot be decoded ({error}); write it again") from None
    if len(x_SC) != header.num_samples:
        raise WavError(path, "damaged_header")
    return x_SC, header


def _header(stream: BinaryIO, path: str | Path) -> Header:
    size = stream.seek(0, io.SEEK_END)
    stream.seek(0)
    magic = stream.read(12)
    if len(magic) < 12 or magic[:4] not in (b"RIFF", b"RIFX", b"RF64", b"BW64") or magic[8:] != b"WAVE":
        raise WavError(path, *_what_else(magic))
    order, wide, form = (">" if magic[:4] == b"RIFX" else "<"), None, b""
    while True:
        chunk = stream.read(8)
        if len(chunk) < 8:
            raise WavError(path, "cut_off" if form or size < 44 else "damaged_header")
        name, length = struct.unpack(f"{order}4sI", chunk)
        if name == b"data":
            break
        content = stream.read(min(length, 4096)) if name in (b"fmt ", b"ds64") else b""
        if name == b"fmt ":
            form = content
        elif name == b"ds64" and len(content) >= 16:
            wide = struct.unpack("<QQ", content[:16])[1]
        stream.seek(length - len(content) + length % 2, io.SEEK_CUR)
    if not form:
        raise WavError(path, "damaged_header")
    coding, channels, rate, block, bits = _format(form, order, path)
    if wide is not None and length == 0xFFFF_FFFF:
        length = wide
    begin, left = stream.tell(), size - stream.tell()
    states_length = length < _ENDLESS and not (length == 0 and left > 0 and not _is_chunk(stream, order, left))
    if states_length and length > left:
        seconds = f"{left / block / rate:.2f} of {length / block / rate:.2f} seconds"
        raise WavError(path, "cut_off", f"is cut off after {seconds}; fetch or record it again")
    num_samples = (length if states_length else left) // block
    if num_samples == 0:
        raise WavError(path, "no_samples")
    if num_samples * block > MAX_BYTES:
        raise WavError(path, "too_long")
    plain = b"RIFX" if order == ">" else b"RIFF"
    return Header(coding, bits, channels, rate, num_samples, states_length, plain, form, begin)


def _format(form: bytes, order: str, path: str | Path) -> tuple[str, int, int, int, int]:
    """Coding, channels, rate, bytes of a sample of all channels, bits."""
    if len(form) < 16:
        raise WavError(path, "damaged_header")
    tag, channels, rate, _, block, bits = struct.unpack(f"{order}HHIIHH", form[:16])
    if tag == _EXTENSIBLE:
        if len(form) < 40:
            raise WavError(path, "damaged_header")
        tag = struct.unpack(f"{order}H", form[24:26])[0] if form[26:40] == _GUID_END or order == ">" else 0
    coding = _CODINGS.get(tag, "")
    if bits not in _BITS.get(coding, ()):
        told = f"holds samples of {bits} bits" if coding else f"holds samples of the coding {tag:#06x}"
        raise WavError(path, "unknown_coding", f"{told}, which is not read here; write it as 16-bit PCM")
    if channels > MAX_CHANNELS:
        raise WavError(path, "too_many_channels", f"has {channels} channels; mix them down to one")
    if not RATES[0] <= rate <= RATES[1]:
        raise WavError(path, "odd_rate", f"has a sample rate of {rate} Hz; write it at 16000 Hz")
    if channels == 0 or block != channels * bits // 8:
        raise WavError(path, "damaged_header")
    return coding, channels, rate, block, bits


def _is_chunk(stream: BinaryIO, order: str, left: int) -> bool:
    """Whether what follows is a chunk that ends with the file, so that a stated length of 0 is meant."""
    place = stream.tell()
    name, length = struct.unpack(f"{order}4sI", stream.read(8)) if left >= 8 else (b"", 0)
    stream.seek(place)
    return all(32 <= byte < 127 for byte in name) and bool(name) and length <= left - 8


def _what_else(begin: bytes) -> tuple[str, str]:
    """The problem of a file without a RIFF header, and what it is if that can be seen."""
    kind = next((kind for mark, kind in _OTHERS if begin.startswith(mark)), "")
    if not begin:
        return "no_samples", "is empty; record it again"
    return "not_wav", f"is {kind} file, not a wav file, whatever its name says; convert it to wav" if kind else ""
