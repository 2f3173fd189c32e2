"""A person's sound files as clips of one second: mono, 16 kHz, with what is to be said of them.

Legend: S samples, C channels, N windows.
"""

from pathlib import Path
from typing import NamedTuple

import numpy as np

from podium.audio.resample import resample
from podium.audio.wav import Header, WavError, read_wav

RATE = 16_000
_DC_SHARE = 0.2  # of the root mean square
_DC_LEAST = 0.02
_FULL_SCALE = 0.999
_CLIPPED_SHARE = 0.01
_CANCELLED_SHARE = 0.3

# kind → what is doubtful and what was done about it
MEANINGS = {
    "resampled": "another sample rate; resampled to 16 kHz",
    "low_rate": "a sample rate below 16 kHz: the upper part of speech is missing; resampled to 16 kHz",
    "mixed_down": "several channels; their mean was taken",
    "channels_cancel": "channels that cancel each other; the louder one was taken",
    "coarse": "samples of 8 bits; expect noise",
    "no_length_stated": "the file does not state its length; it was read up to its end",
    "shorter_than_a_second": "shorter than a second; zeros were put behind",
    "longer_than_a_second": "longer than a second; its first second was taken",
    "dc_offset": "the samples lie around another level than zero; check the recorder",
    "clipped": "the loudest samples are cut off; record with less gain",
    "over_full_scale": "floats beyond ±1; they were taken as they are",
    "all_zeros": "all samples are zero: nothing was recorded",
}
PROBLEMS = {"not_finite": "holds samples that are no finite numbers; write it again"}


class Sound(NamedTuple):
    """A recording.

    Attributes:
        x_S: (S,) float32 at 16 kHz, mono, S ≥ 1, all finite.
        remarks: Keys of `MEANINGS`.
    """

    x_S: np.ndarray
    remarks: tuple[str, ...]


def read_sound(path: str | Path) -> Sound:
    """Reads a wav file of any length.

    Raises:
        WavError: The file cannot be used; one line says why.
        OSError: It cannot be opened.
    """
    x_SC, header = read_wav(path)
    if not np.isfinite(x_SC).all():
        raise WavError(path, "not_finite", PROBLEMS["not_finite"])
    x_S, remarks = _mono(x_SC)
    return Sound(resample(x_S, header.rate, RATE), (*of_header(header), *remarks, *doubts(x_S)))


def of_header(header: Header) -> tuple[str, ...]:
    """What a header alone tells to be doubtful."""
    found = {
        "resampled": header.rate > RATE,
        "low_rate": header.rate < RATE,
        "coarse": header.bits == 8 and header.coding == "pcm",
        "no_length_stated": not header.states_length,
    }
    return tuple(kind for kind, is_so in found.items() if is_so)


def num_samples(header: Header) -> int:
    """Of `read_sound`, known before the samples are read."""
    return -(-header.num_samples * RATE // header.rate)


def one_second(sound: Sound) -> Sound:
    """Exactly 16,000 samples: cut at the end, or with zeros behind."""
    x_S, missing = sound.x_S[:RATE], RATE - len(sound.x_S)
    if missing > 0:
        return Sound(np.pad(x_S, (0, missing)), (*sound.remarks, "shorter_than_a_second"))
    return Sound(x_S, (*sound.remarks, "longer_than_a_second") if missing < 0 else sound.remarks)


def windows(x_S: np.ndarray, hop: int = RATE // 2) -> tuple[np.ndarray, np.ndarray]:
    """A long recording as overlapping seconds.

    Args:
        x_S: (S,) float32 at 16 kHz, S ≥ 1.
        hop: Samples from one window to the next.

    Returns:
        (N,) float64, where each begins, in seconds; (N, 16000) float32. The last one ends with the recording, or has
        zeros behind if that is shorter than a second.
    """
    last = max(len(x_S) - RATE, 0)
    begins_N = np.unique(np.append(np.arange(0, last, hop), last))
    padded_S = np.pad(x_S, (0, max(RATE - len(x_S), 0)))
    return begins_N / RATE, np.stack([padded_S[begin : begin + RATE] for begin in begins_N])


def doubts(x_S: np.ndarray) -> tuple[str, ...]:
    """What the samples tell to be doubtful.

    Args:
        x_S: (S,) float32, S ≥ 1, all finite.
    """
    peak, level = float(np.abs(x_S).max()), float(np.sqrt(np.mean(np.square(x_S, dtype=np.float64))))
    mean = abs(float(x_S.mean(dtype=np.float64)))
    found = {
        "all_zeros": peak == 0,
        "dc_offset": mean > max(_DC_LEAST, _DC_SHARE * level),
        "clipped": _FULL_SCALE <= peak <= 1 and float(np.mean(np.abs(x_S) >= _FULL_SCALE * peak)) > _CLIPPED_SHARE,
        "over_full_scale": peak > 1,
    }
    return tuple(kind for kind, is_so in found.items() if is_so)


def _mono(x_SC: np.ndarray) -> tuple[np.ndarray, tuple[str, ...]]:
    if x_SC.shape[1] == 1:
        return x_SC[:, 0], ()
    level_C = np.sqrt(np.mean(np.square(x_SC, dtype=np.float64), axis=0))
    x_S = x_SC.mean(axis=1)
    loudest = int(level_C.argmax())
    if np.sqrt(np.mean(np.square(x_S, dtype=np.float64))) < _CANCELLED_SHARE * level_C[loudest] / x_SC.shape[1]:
        return np.ascontiguousarray(x_SC[:, loudest]), ("channels_cancel",)
    return x_S, ("mixed_down",)
