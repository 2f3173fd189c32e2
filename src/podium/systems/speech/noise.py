"""What clips are mixed with: the noise recordings of the corpus, and three that are computed.

Letters in tensor names: W samples.
"""

import functools
from collections.abc import Callable, Sequence

import numpy as np

from podium.systems.speech.layout import CLIP_SAMPLES, RATE

# Amplitude over frequency: blue rises by 3 decibels an octave, violet by 6, brown falls by 6.
COLOURS = {"blue": 0.5, "brown": -1.0, "violet": 1.0}
_COLOURED_S = 60
_COLOURED_LEVEL = 1 / 3  # root mean square


@functools.cache
def coloured(colour: str) -> np.ndarray:
    """A minute of noise, (W,) float32 in [−1, 1], always the same."""
    num = _COLOURED_S * RATE
    rng = np.random.default_rng(sorted(COLOURS).index(colour))
    spectrum = rng.normal(size=(2, num // 2 + 1)).astype(np.float32)
    shape = np.maximum(np.arange(num // 2 + 1), 1) ** COLOURS[colour]
    wave_W = np.fft.irfft((spectrum[0] + 1j * spectrum[1]) * shape, num)
    return np.clip(wave_W * (_COLOURED_LEVEL / wave_W.std()), -1, 1).astype(np.float32)


class Noise:
    """Crops of one second out of recordings; a longer recording is chosen more often.

    Args:
        lengths: Samples of each recording of the corpus, at least one of which or one colour there must be.
        recording: A recording by its number: (W,) float32.
        with_colours: Whether `COLOURS` are among them.
    """

    def __init__(self, lengths: Sequence[int], recording: Callable[[int], np.ndarray], with_colours: bool) -> None:
        self._colours = list(COLOURS) if with_colours else []
        self._recording, self._num_given = recording, len(lengths)
        ends = np.cumsum([*lengths, *[_COLOURED_S * RATE] * len(self._colours)])
        self._ends = ends

    def __bool__(self) -> bool:
        return len(self._ends) > 0

    def crop(self, rng: np.random.Generator) -> np.ndarray:
        """(16000,) float32; a shorter recording is repeated."""
        place = int(rng.integers(self._ends[-1]))
        number = int(np.searchsorted(self._ends, place, side="right"))
        is_given = number < self._num_given
        wave_W = self._recording(number) if is_given else coloured(self._colours[number - self._num_given])
        if len(wave_W) <= CLIP_SAMPLES:
            return np.resize(np.roll(wave_W, -place), CLIP_SAMPLES)
        begin = int(rng.integers(len(wave_W) - CLIP_SAMPLES + 1))
        return wave_W[begin : begin + CLIP_SAMPLES]
