"""What happens to a clip in training: drawn for each clip by itself, computed on numpy arrays.

Letters in tensor names: W samples (16,000), F frequencies.
"""

import functools
from typing import Literal

import numpy as np

from podium.systems.speech.layout import CLIP_SAMPLES, RATE
from podium.systems.speech.noise import Noise
from podium.systems.speech.recipe import Augment

P_SILENCE_NOISE = 0.9  # of a silence that was mixed with nothing (published)
_NUM_BANDS, _LOWEST_HZ = 8, 80.0
_LEAST_LEVEL = 1e-5  # of noise, against a division by zero
_LONGEST_MASK = CLIP_SAMPLES // 10


def augmented(x_W: np.ndarray, rng: np.random.Generator, settings: Augment, noise: Noise) -> np.ndarray:
    """A clip as training hears it once.

    Args:
        x_W: (16000,) float32 in [−1, 1]; it stays as it is.
    """
    if rng.random() < settings.p_speed:
        x_W = played(x_W, rng.uniform(*settings.speed))
    if rng.random() < settings.p_equalise:
        x_W = equalised(x_W, rng.uniform(-settings.equalise_db, settings.equalise_db, _NUM_BANDS))
    gain = 1 + rng.uniform(-settings.gain, settings.gain) if rng.random() < settings.p_gain else 1.0
    shift = _drawn_shift(rng, settings)
    noise_W, noise_gain = None, 0.0
    if noise and rng.random() < settings.p_noise:
        noise_W, noise_gain = noise.crop(rng), rng.uniform(0, settings.noise)
        if settings.noise_db is not None:
            ratio = 10 ** (-rng.uniform(*settings.noise_db) / 20)
            noise_gain = ratio * gain * _level(x_W) / max(_level(noise_W), _LEAST_LEVEL)
    y_W = mixed(x_W, gain, shift, noise_W, noise_gain, settings.fill, settings.clip)
    if rng.random() < settings.p_mask:
        begin, size = rng.integers(CLIP_SAMPLES), rng.integers(_LONGEST_MASK)
        y_W[begin : begin + size] = 0
    return y_W


def silence(rng: np.random.Generator, settings: Augment, noise: Noise) -> np.ndarray:
    """A second without speech: a crop of noise, softer or louder, or nothing at all. (16000,) float32."""
    share = settings.noise if rng.random() < settings.p_noise else None
    if share is None and settings.silence_noise is not None and rng.random() < P_SILENCE_NOISE:
        share = settings.silence_noise
    if share is None or not noise:
        return np.zeros(CLIP_SAMPLES, np.float32)
    y_W = noise.crop(rng) * np.float32(rng.uniform(0, share))
    return np.clip(y_W, -1, 1) if settings.clip else y_W


def mixed(
    x_W: np.ndarray,
    gain: float,
    shift: int,
    noise_W: np.ndarray | None,
    noise_gain: float,
    fill: Literal["wrap", "zeros"],
    clip: bool,
) -> np.ndarray:
    """Louder or softer, shifted, with noise.

    Args:
        shift: Samples to the right; a negative one is to the left.
        fill: What comes in behind: the clip's other end, or zeros.

    Returns:
        A new array.
    """
    y_W = np.roll(x_W, shift)
    if fill == "zeros" and shift:
        y_W[slice(0, shift) if shift > 0 else slice(shift, None)] = 0
    if gain != 1:
        y_W *= np.float32(gain)
    if noise_W is not None:
        y_W += noise_W * np.float32(noise_gain)
    return np.clip(y_W, -1, 1, out=y_W) if clip else y_W


def played(x_W: np.ndarray, speed: float) -> np.ndarray:
    """At another speed, and so at another pitch; the middle stays in the middle, zeros come in at the ends.

    Between two samples lies the straight line.
    """
    middle = (CLIP_SAMPLES - 1) / 2
    places_W = (np.arange(CLIP_SAMPLES, dtype=np.float32) - middle) * np.float32(speed) + middle
    floor_W = np.clip(np.floor(places_W), 0, CLIP_SAMPLES - 2)
    is_inside_W = (places_W >= 0) & (places_W < CLIP_SAMPLES - 1)
    before_W = floor_W.astype(np.int32)
    left_W = x_W[before_W]
    return (left_W + (x_W[before_W + 1] - left_W) * (places_W - floor_W)) * is_inside_W


def equalised(x_W: np.ndarray, decibels: np.ndarray) -> np.ndarray:
    """With bands of the spectrum louder or softer; the gain between the middles of two bands is between theirs.

    Args:
        decibels: One per band.
    """
    decibels_F = decibels.astype(np.float32) @ _bands()
    gain_F = np.exp(decibels_F * np.float32(np.log(10) / 20))
    return np.fft.irfft(np.fft.rfft(x_W) * gain_F, CLIP_SAMPLES).astype(np.float32, copy=False)


@functools.cache
def _bands() -> np.ndarray:
    """(bands, F): each band's share in each frequency; bands are equally far apart on a logarithmic scale."""
    place_F = np.log(np.maximum(np.arange(CLIP_SAMPLES // 2 + 1) * RATE / CLIP_SAMPLES, _LOWEST_HZ) / _LOWEST_HZ)
    place_F *= (_NUM_BANDS - 1) / place_F[-1]
    return np.maximum(1 - np.abs(place_F - np.arange(_NUM_BANDS)[:, None]), 0).astype(np.float32)


def _drawn_shift(rng: np.random.Generator, settings: Augment) -> int:
    return int(rng.integers(*settings.shift, endpoint=True)) if rng.random() < settings.p_shift else 0


def _level(x_W: np.ndarray) -> float:
    """Root mean square."""
    return float(np.sqrt(np.dot(x_W, x_W) / len(x_W)))
