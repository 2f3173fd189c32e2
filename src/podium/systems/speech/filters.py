"""First filters to begin training with: short tones of all pitches, as an ear has them. Knows numpy, no framework.

Letters in tensor names: C channels, K samples of a filter.
"""

import numpy as np

from podium.systems.speech.layout import RATE
from podium.systems.speech.shapes import FRAME_HOP, FRAME_SAMPLES, STEM_FRAMES, STEM_SAMPLES

_LOWEST_HZ, _HIGHEST_HZ = 120, 7000
_NUM_PHASES = 4  # of each pitch: behind a filter, what is negative is lost


def tones(channels: int) -> np.ndarray:
    """(C, 80) float32: tones under a bell, their pitches equally far apart on the mel scale, each in four phases. Each
    has a mean of 0 and a norm of 1."""
    mels = np.linspace(_mel(_LOWEST_HZ), _mel(_HIGHEST_HZ), -(-channels // _NUM_PHASES))
    pitches = 700 * (10 ** (mels / 2595) - 1)
    time_K = np.arange(STEM_SAMPLES) - (STEM_SAMPLES - 1) / 2
    bell_K = np.hanning(STEM_SAMPLES + 2)[1:-1]
    phases = 2 * np.pi * np.arange(_NUM_PHASES) / _NUM_PHASES
    kernel_CK = np.stack(
        [bell_K * np.cos(2 * np.pi * hz * time_K / RATE + phase) for hz in pitches for phase in phases]
    )
    kernel_CK = kernel_CK[:channels] - kernel_CK[:channels].mean(1, keepdims=True)
    return (kernel_CK / np.linalg.norm(kernel_CK, axis=1, keepdims=True)).astype(np.float32)


def over_frames(kernel_CK: np.ndarray) -> np.ndarray:
    """(C, 40, 3): weights over three frames that are together this filter; overlapping frames share evenly."""
    weight = np.zeros((len(kernel_CK), FRAME_SAMPLES, STEM_FRAMES), np.float32)
    num_covers_K = np.zeros(STEM_SAMPLES)
    for frame in range(STEM_FRAMES):
        num_covers_K[frame * FRAME_HOP :][:FRAME_SAMPLES] += 1
    for frame in range(STEM_FRAMES):
        part = slice(frame * FRAME_HOP, frame * FRAME_HOP + FRAME_SAMPLES)
        weight[:, :, frame] = kernel_CK[:, part] / num_covers_K[part]
    return weight


def _mel(hz: float) -> float:
    return 2595 * np.log10(1 + hz / 700)
