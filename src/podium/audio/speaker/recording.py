"""From a spoken word to a second of sound: the room, the microphone, the noise around, and where in the second it is.

Legend: S samples at 16 kHz, N bins of a spectrum.
"""

import functools

import numpy as np
from scipy import fft

from podium.audio.resample import resample
from podium.audio.speaker.noise import noise
from podium.audio.speaker.person import KNOTS_HZ, RATE, Person

_FRAME = 320
_STEP_HZ = 50  # rates are rounded to multiples: the filters of the resampling stay short
_SIZE = 32_768  # of the transforms: a second, and a room's sound behind it
_TRIM_DB = -42
_LOUDEST = 0.98


def record(word_S: np.ndarray, rate: int, person: Person, rng: np.random.Generator) -> np.ndarray:
    """One recording of a word.

    Args:
        word_S: (S,) float32, as the engine has said it.
        rate: Its samples a second.

    Returns:
        (16000,) float32 in [-1, 1].
    """
    shift = person.shift * np.exp(rng.normal(0, 0.03))
    voice_S = trimmed(resample(word_S, round(rate * shift / _STEP_HZ) * _STEP_HZ, RATE))
    sound_S = _through_room(_placed(voice_S, rng), person, rng)
    level = 10 ** ((person.level_db + rng.normal(0, 2)) / 20)
    sound_S *= level / max(_loudest(sound_S), 1e-6)
    noise_S = noise(person.noise, RATE, rng)
    sound_S += level * 10 ** (-(person.noise_ratio_db + rng.normal(0, 3)) / 20) * noise_S
    peak = float(np.abs(sound_S).max())
    if person.gain > 1:
        sound_S *= person.gain / max(peak, 1e-6)
    elif peak > _LOUDEST:  # else a quarter of all recordings would be cut off, and of real ones hardly any is
        sound_S *= _LOUDEST / peak
    return np.clip(sound_S, -1, 1).astype(np.float32)


def record_silence(person: Person, rng: np.random.Generator) -> np.ndarray:
    """(16000,) float32: what a person's microphone hears if nobody speaks. It is never all zeros."""
    level = 10 ** (min(person.level_db - rng.uniform(3, 45), -10) / 20)
    return np.clip(level * noise(person.noise, RATE, rng), -1, 1).astype(np.float32)


def trimmed(x_S: np.ndarray) -> np.ndarray:
    """Without what is far quieter than the rest at both ends; a little of it stays."""
    num_frames = -(-len(x_S) // _FRAME)
    levels = np.sqrt(np.square(np.pad(x_S, (0, num_frames * _FRAME - len(x_S)))).reshape(num_frames, _FRAME).mean(1))
    loud = np.flatnonzero(levels > 10 ** (_TRIM_DB / 20) * levels.max())
    if not len(loud):
        return x_S
    return x_S[max(loud[0] - 1, 0) * _FRAME : (loud[-1] + 2) * _FRAME]


def _placed(voice_S: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """The word somewhere in a second; sometimes an end of it is cut off, as people start too early or too late."""
    free = RATE - len(voice_S)
    over = int(0.12 * len(voice_S)) if rng.random() < 0.15 else 0
    begin = int(rng.integers(min(free, 0) - over, max(free, 0) + over + 1))
    out_S = np.zeros(RATE, dtype=np.float32)
    inside = slice(max(begin, 0), min(begin + len(voice_S), RATE))
    out_S[inside] = voice_S[inside.start - begin : inside.stop - begin]
    return out_S


def _through_room(voice_S: np.ndarray, person: Person, rng: np.random.Generator) -> np.ndarray:
    """The room's echoes and the microphone's response, both as one filter."""
    spectrum_N = fft.rfft(voice_S, _SIZE)
    spectrum_N *= fft.rfft(_echoes(person, rng), _SIZE)
    spectrum_N *= 10 ** (_response_db(person) / 20)
    return fft.irfft(spectrum_N, _SIZE)[:RATE].astype(np.float32)


def _echoes(person: Person, rng: np.random.Generator) -> np.ndarray:
    """The direct sound, some early echoes, and a tail that falls by 60 dB and is duller than the rest."""
    length = min(int(person.reverberation_s * RATE), _SIZE - RATE)
    tail_S = rng.standard_normal(length, dtype=np.float32)
    tail_S *= np.exp(np.arange(length, dtype=np.float32) * np.float32(-6.9 / (person.reverberation_s * RATE)))
    tail_S[1:] = 0.6 * tail_S[1:] + 0.4 * tail_S[:-1]
    early = rng.integers(20, max(length // 6, 40), 6)
    tail_S[: early.min()] = 0
    energy = float(np.sqrt(np.square(tail_S).sum()))
    out_S = np.zeros(max(length, int(early.max()) + 1), dtype=np.float32)
    out_S[:length] = tail_S * (0.7 * person.distance / max(energy, 1e-6))
    out_S[early] += person.distance * 0.3 * rng.normal(0, 1, len(early)).astype(np.float32)
    out_S[0] = 1
    return out_S


def _response_db(person: Person) -> np.ndarray:
    """(N,) of the microphone, smooth over octaves, falling by 24 dB in an octave beyond its ends."""
    octave_N, knots = _octaves()
    response_N = np.interp(octave_N, knots, person.knots_db)
    response_N += 24 * np.minimum(octave_N - np.log2(person.low_hz), 0)
    if person.high_hz < RATE / 2:
        response_N -= 24 * np.maximum(octave_N - np.log2(person.high_hz), 0)
    return np.maximum(response_N, -80).astype(np.float32)


@functools.cache
def _octaves() -> tuple[np.ndarray, np.ndarray]:
    frequency_N = np.maximum(np.linspace(0, RATE / 2, _SIZE // 2 + 1), 1)
    return np.log2(frequency_N), np.log2(KNOTS_HZ)


def _loudest(x_S: np.ndarray) -> float:
    """Root mean square of the loudest 20 ms."""
    return float(np.sqrt(np.square(x_S).reshape(-1, _FRAME).mean(axis=1).max()))
