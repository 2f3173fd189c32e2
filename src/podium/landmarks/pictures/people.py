"""How many people are in a picture, and which of them Holistic follows: it follows one, and the best seen at first.

The pose detector among Holistic's models looks at a picture now and then, all by itself.

Legend: A anchors, P people, H, W, C of a picture.
"""

import zipfile
from functools import cache
from pathlib import Path
from typing import NamedTuple

import numpy as np

from podium.landmarks.mediapipe import RAW_NAMES
from podium.landmarks.pictures.films import Picture

EVERY_S = 2.0  # between two looks
MIN_SIZE = 0.4  # of the largest person's: who is smaller stands in the background and is no second signer
MUCH_LARGER = 1.25  # than the person that is followed: begin anew with the larger one
_SIDE = 224  # pixels
_GRIDS = ((28, 2), (14, 2), (7, 6))  # cells along a side, anchors in each
_MIN_SCORE = 0.5
_GREY = 128
_POSE = RAW_NAMES.index("pose_0")
_SHOULDERS = [_POSE + 11, _POSE + 12]


class Person(NamedTuple):
    """A person in a picture, in pixels.

    Attributes:
        size: From the hips to the end of the body, as the detector estimates it.
        box: Left, top, right, bottom: what is hidden to hide the person.
    """

    shoulders: np.ndarray
    size: float
    box: tuple[int, int, int, int]


class Watch:
    """Looks for people now and then, and remembers whom Holistic follows.

    Args:
        task: The file of models.
    """

    def __init__(self, task: Path) -> None:
        from ai_edge_litert.interpreter import Interpreter

        with zipfile.ZipFile(task) as archive:
            self._interpreter = Interpreter(model_content=archive.read("pose_detector.tflite"), num_threads=1)
        self._interpreter.allocate_tensors()
        self._next_s = 0.0
        self._followed: np.ndarray | None = None

    def is_due(self, picture: Picture) -> bool:
        """Whether it is time to look."""
        if picture.time_s < self._next_s:
            return False
        self._next_s = picture.time_s + EVERY_S
        return True

    def look(self, picture: Picture) -> list[Person]:
        """The people in a picture, the largest first; none that are far smaller than that one."""
        people = sorted(self._people(picture.pixels_HWC), key=lambda person: -person.size)
        return [person for person in people if person.size >= MIN_SIZE * people[0].size]

    def follow(self, x_LC: np.ndarray) -> None:
        """Notes whom Holistic follows."""
        shoulders = x_LC[_SHOULDERS, :2].mean(axis=0)
        self._followed = None if np.isnan(shoulders).any() else shoulders

    def is_wrong_person(self, people: list[Person]) -> bool:
        """Whether Holistic follows someone while another person is much larger."""
        if len(people) < 2 or self._followed is None:
            return False
        return people[0].size > MUCH_LARGER * self._nearest(people).size

    def hide_others(self, picture_HWC: np.ndarray, people: list[Person]) -> np.ndarray:
        """The picture with all but one person painted over, if Holistic is to choose whom it follows."""
        if len(people) < 2 or not (self._followed is None or self.is_wrong_person(people)):
            return picture_HWC
        painted = picture_HWC.copy()
        for person in people[1:]:
            left, top, right, bottom = person.box
            painted[top:bottom, left:right] = _GREY
        left, top, right, bottom = people[0].box
        painted[top:bottom, left:right] = picture_HWC[top:bottom, left:right]
        return painted

    def _nearest(self, people: list[Person]) -> Person:
        width_height = self._shape[::-1]
        place = self._followed * width_height
        return min(people, key=lambda person: np.hypot(*(person.shoulders - place)))

    def _people(self, picture_HWC: np.ndarray) -> list[Person]:
        from PIL import Image

        height, width = picture_HWC.shape[:2]
        self._shape = np.array([height, width])
        side = max(height, width)
        small = Image.fromarray(picture_HWC).resize((round(width * _SIDE / side), round(height * _SIDE / side)))
        square = np.zeros((_SIDE, _SIDE, 3), np.float32)
        top, left = (_SIDE - small.height) // 2, (_SIDE - small.width) // 2
        square[top : top + small.height, left : left + small.width] = np.asarray(small, np.float32) / 127.5 - 1
        values_AV, scores_A = self._ask(square)
        found: list[Person] = []
        for anchor in np.argsort(-scores_A):
            if scores_A[anchor] < _MIN_SCORE:
                break
            points = values_AV[anchor, 4:].reshape(4, 2)  # hips, end of the body, shoulders, end of the upper body
            points = (points + _anchors()[anchor] * _SIDE - [left, top]) * side / _SIDE
            person = _person(points, width, height)
            if all(np.hypot(*(person.shoulders - one.shoulders)) > max(person.size, one.size) / 4 for one in found):
                found.append(person)
        return found

    def _ask(self, square: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """(A, 12) boxes and points in pixels from their anchor, and (A,) scores."""
        self._interpreter.set_tensor(self._interpreter.get_input_details()[0]["index"], square[None])
        self._interpreter.invoke()
        outputs = [self._interpreter.get_tensor(one["index"])[0] for one in self._interpreter.get_output_details()]
        values_AV, logits_A1 = sorted(outputs, key=lambda output: -output.shape[1])
        return values_AV, 1 / (1 + np.exp(-np.clip(logits_A1[:, 0].astype(np.float64), -100, 100)))


def _person(points: np.ndarray, width: int, height: int) -> Person:
    hips, end, shoulders, _ = points
    size = float(np.hypot(*(end - hips)))
    middle, reach = (hips + shoulders) / 2, size * 0.8
    left, top = np.maximum((middle - reach).astype(int), 0)
    right, bottom = (int(edge) for edge in np.minimum(middle + reach, [width, height]))
    return Person(shoulders, size, (int(left), int(top), right, bottom))


@cache
def _anchors() -> np.ndarray:
    """(A, 2): centres of the anchors, in parts of the picture."""
    centres = []
    for cells, number in _GRIDS:
        line = (np.arange(cells) + 0.5) / cells
        grid = np.stack(np.meshgrid(line, line), axis=-1).reshape(-1, 2)
        centres.append(np.repeat(grid, number, axis=0))
    return np.concatenate(centres)
