"""A folder of pictures that are the frames of a film, numbered in their names."""

import re
from collections.abc import Iterator
from pathlib import Path

import numpy as np

from podium.errors import UserError
from podium.landmarks.pictures.films import PICTURE_SUFFIXES, Account, Picture, target_size

ORDINARY_RATE = 30.0


class FrameFolder:
    """A `podium.landmarks.pictures.films.Film`.

    Args:
        path: Every picture in it is a frame; the last number in its name says which.
        rate: Pictures a second, which a folder does not tell.

    Raises:
        UserError: There are no pictures, or their names do not tell their order.
    """

    is_even = True

    def __init__(self, path: Path, rate: float | None = None) -> None:
        self.path, self.account = path, Account()
        self.rate = rate or ORDINARY_RATE
        self._files = _in_order(path)
        self.num_pictures = len(self._files)

    def pictures(self) -> Iterator[Picture]:
        """As `Film`."""
        from PIL import Image, ImageOps, UnidentifiedImageError

        for number, file in enumerate(self._files):
            try:
                with Image.open(file) as image:
                    picture = ImageOps.exif_transpose(image).convert("RGB")
            except (UnidentifiedImageError, OSError, ValueError, SyntaxError) as error:
                raise UserError(f"{file} is damaged or no picture ({error}); remove or make it again") from None
            picture = picture.resize(target_size(*picture.size, 1.0)) if max(picture.size) > 0 else picture
            self.account.num_pictures += 1
            yield Picture(number / self.rate, np.ascontiguousarray(picture))


def _is_picture(file: Path) -> bool:
    return file.suffix.lower() in PICTURE_SUFFIXES and not file.name.startswith(".")


def _in_order(path: Path) -> list[Path]:
    files = [file for file in path.iterdir() if _is_picture(file)]
    if not files:
        raise UserError(f"{path} holds no pictures ({', '.join(PICTURE_SUFFIXES)}); name a folder of frames or a video")
    numbers: dict[int, Path] = {}
    for file in files:
        found = re.findall(r"\d+", file.stem)
        if not found:
            raise UserError(f"{file} has no number in its name, which frames need; rename or remove it")
        if (number := int(found[-1])) in numbers:
            raise UserError(f"{file} and {numbers[number].name} have the same number; frames need one each")
        numbers[number] = file
    return [numbers[number] for number in sorted(numbers)]
