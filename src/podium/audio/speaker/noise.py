"""Noise as rooms and machines make it, computed: what a recording has behind the voice, and all that silence has.

Legend: S samples at 16 kHz, N bins of a spectrum.
"""

import numpy as np
from scipy import fft
from scipy.signal import fftconvolve

RATE = 16_000
KINDS = ("hiss", "hum", "machine", "water", "clatter", "beat", "glide")
_SHARES = (0.3, 0.15, 0.15, 0.1, 0.12, 0.1, 0.08)
_MIN_SAMPLES = 4_000


def draw_kind(rng: np.random.Generator) -> str:
    """One of `KINDS`."""
    return str(rng.choice(KINDS, p=_SHARES))


def noise(kind: str, num_samples: int, rng: np.random.Generator) -> np.ndarray:
    """(S,) float32 of a root mean square of 1.

    Args:
        kind: hiss, hum of the mains, a machine's tones, running water, clatter of dishes, a beat as of an exercise
            bike, or a gliding voice as of an animal; each over coloured noise.
        num_samples: S.
    """
    longer = max(num_samples, _MIN_SAMPLES)
    time_S = np.arange(longer, dtype=np.float64) / RATE
    base_S = _coloured(longer, rng)
    if kind != "hiss":
        share = rng.uniform(0.3, 3.0)
        base_S = base_S + share * _unit(_SOUNDS[kind](time_S, rng))
    return _unit(base_S)[:num_samples].astype(np.float32)


def _unit(x_S: np.ndarray) -> np.ndarray:
    return x_S / max(float(np.sqrt(np.mean(np.square(x_S)))), 1e-9)


def _coloured(num_samples: int, rng: np.random.Generator) -> np.ndarray:
    """White noise whose spectrum falls (or rises) by a power of the frequency and has a few broad bumps."""
    size = fft.next_fast_len(num_samples, real=True)
    spectrum_N = fft.rfft(rng.standard_normal(size, dtype=np.float32))
    frequency_N = np.linspace(0, RATE / 2, len(spectrum_N), dtype=np.float32)
    octave_N = np.log2(np.maximum(frequency_N, 20) / 1000)
    gain_db_N = rng.uniform(-9, 3) * octave_N
    for _ in range(rng.integers(0, 4)):
        centre, width = rng.uniform(-4, 3), rng.uniform(0.15, 1.0)
        gain_db_N += rng.uniform(-10, 15) * np.exp(-0.5 * ((octave_N - centre) / width) ** 2)
    return _unit(fft.irfft(spectrum_N * 10 ** (gain_db_N / 20), size)[:num_samples])


def _hum(time_S: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    mains = float(rng.choice([50, 60])) * rng.normal(1, 0.002)
    return _tones(time_S, mains * np.arange(1, 12), rng.uniform(0.5, 0.95), rng)


def _machine(time_S: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    drift_S = 1 + 0.02 * np.sin(2 * np.pi * rng.uniform(0.1, 1.5) * time_S)
    tones = np.sort(rng.uniform(60, 3000, rng.integers(2, 9)))
    return _tones(time_S, tones, 0.9, rng) * drift_S


def _tones(time_S: np.ndarray, frequencies: np.ndarray, falling: float, rng: np.random.Generator) -> np.ndarray:
    total_S = np.zeros_like(time_S)
    for number, frequency in enumerate(frequencies):
        level = falling**number * rng.uniform(0.2, 1)
        total_S += level * np.sin(2 * np.pi * (frequency * time_S + rng.random()))
    return total_S


def _water(time_S: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    marks = np.arange(0, time_S[-1] + 0.1, 0.05)
    return _coloured(len(time_S), rng) * np.interp(time_S, marks, rng.lognormal(0, 0.5, len(marks)))


def _clatter(time_S: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """Blows now and then, each ringing in a few tones."""
    blows_S = np.zeros_like(time_S)
    number = max(rng.poisson(rng.uniform(1, 6) * time_S[-1]), 1)
    blows_S[rng.integers(0, len(time_S), number)] = rng.lognormal(0, 0.8, number)
    short_S = time_S[: RATE // 5]
    ring_S = _tones(short_S, rng.uniform(400, 6500, 6), 1.0, rng) * np.exp(-short_S * rng.uniform(15, 80))
    return fftconvolve(blows_S, ring_S)[: len(time_S)]


def _beat(time_S: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    turn_S = 0.5 + 0.5 * np.sin(2 * np.pi * (rng.uniform(0.7, 6) * time_S + rng.random()))
    return _coloured(len(time_S), rng) * turn_S ** rng.uniform(1, 6)


def _glide(time_S: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """A harmonic tone that wanders, and comes and goes."""
    marks = np.arange(0, time_S[-1] + 0.5, 0.25)
    pitch_S = np.interp(time_S, marks, rng.uniform(200, 900) * 2 ** rng.normal(0, 0.3, len(marks)))
    level_S = np.interp(time_S, marks, np.maximum(rng.normal(0, 1, len(marks)), 0))
    phase_S = 2 * np.pi * np.cumsum(pitch_S) / RATE
    return level_S * sum(np.sin(number * phase_S) / number for number in range(1, 6))


_SOUNDS = {"hum": _hum, "machine": _machine, "water": _water, "clatter": _clatter, "beat": _beat, "glide": _glide}
