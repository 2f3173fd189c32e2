"""The sizes that networks, samples and the file share. Knows neither torch nor TensorFlow."""

from typing import NamedTuple

SAMPLE_RATE = NUM_SAMPLES = 16000  # a clip is one second
FRAME_SAMPLES, FRAME_HOP, STEM_FRAMES = 40, 20, 3
STEM_SAMPLES = FRAME_SAMPLES + (STEM_FRAMES - 1) * FRAME_HOP  # three frames in a row
STEM_HOP = 2 * FRAME_HOP
WAVE_PADDING = (10, 10)  # of the framing
NUM_PLACES = 9  # in time, at the end
NORM_EPSILON = 1e-3
TTA_SHIFT, TTA_GAIN = -1500, 1.2  # the second and third look at a clip


class Block(NamedTuple):
    """A depthwise separable convolution.

    Attributes:
        name: Of its stage.
        width: Which of the recipe's widths it has.
        stride: 1 or 2.
        is_same: Whether zeros around keep the length (up to the stride).
    """

    name: str
    width: int
    stride: int
    is_same: bool


BLOCKS = [
    Block("2", 1, 1, False),
    *(
        Block(f"{group}{half}", group - 1, stride, stride == 2)
        for group in range(3, 8)
        for half, stride in (("a", 2), ("b", 1))
    ),
]
NUM_WIDTHS = 7


def same_padding(length: int, stride: int) -> tuple[int, int]:
    """Zeros before and behind for three taps, as TensorFlow places them: an odd one behind."""
    total = max((-(-length // stride) - 1) * stride + 3 - length, 0)
    return total // 2, total - total // 2
