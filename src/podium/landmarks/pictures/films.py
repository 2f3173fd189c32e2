"""What pictures come from: a video file, a folder of frames, a camera. All give pictures with their times.

Legend: F frames; H, W, C of a picture.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import NamedTuple, Protocol

import numpy as np

VIDEO_SUFFIXES = (".mp4", ".mov", ".webm", ".gif", ".m4v", ".mkv", ".avi")
PICTURE_SUFFIXES = (".png", ".jpg", ".jpeg", ".webp", ".bmp")
MIN_PICTURES, MIN_FACES = 30, 0.1
MAX_SIDE = 1920  # pixels; larger pictures are made smaller, since the models look at squares of 256


class Picture(NamedTuple):
    """A picture of a film.

    Attributes:
        time_s: Seconds since the first one.
        pixels_HWC: (H, W, 3) uint8, red first, contiguous, upright, its pixels square.
    """

    time_s: float
    pixels_HWC: np.ndarray


class Film(Protocol):
    """Pictures in the order of their times.

    Attributes:
        path: Where they come from.
        rate: Pictures a second; of a film of variable rate, those that a clip of it is to have.
        is_even: Whether the pictures already come at that rate.
        num_pictures: As far as that is known before.
        account: What became known on the way.
    """

    path: Path
    rate: float
    is_even: bool
    num_pictures: int | None
    account: "Account"

    def pictures(self) -> Iterator[Picture]:
        """Yields them, once."""


@dataclass
class Account:
    """What is to be said of a film once it has been read.

    Attributes:
        num_pictures: That were read.
        num_damaged: Pictures that could not be decoded, or that are missing at the end.
        num_with_person: Pictures in which anything at all was found.
        num_with_face: Pictures with a face.
        num_lone: Pictures whose hands were found without a body, see `podium.landmarks.pictures.lone_hands`.
        is_crowded: Several people were seen.
    """

    num_pictures: int = 0
    num_damaged: int = 0
    num_with_person: int = 0
    num_with_face: int = 0
    num_lone: int = 0
    is_crowded: bool = False

    @property
    def is_headless(self) -> bool:
        """Hardly a picture shows a face; few pictures tell nothing."""
        return self.num_pictures >= MIN_PICTURES and self.num_with_face < MIN_FACES * self.num_pictures


def target_size(width: int, height: int, pixel_aspect: float) -> tuple[int, int]:
    """Width and height of a picture with square pixels and no side beyond `MAX_SIDE`.

    Args:
        pixel_aspect: Width of a pixel over its height.
    """
    true_width = width * pixel_aspect
    scale = min(1.0, MAX_SIDE / max(true_width, height))
    return max(round(true_width * scale), 1), max(round(height * scale), 1)
