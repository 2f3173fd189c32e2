"""A film's landmarks, frame by frame at an even rate, whatever the times of its pictures.

Legend: L the 543 landmarks, C coordinates, T frames.
"""

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import NamedTuple

import numpy as np

from podium.errors import ClipError
from podium.landmarks.mediapipe import PART_SIZES
from podium.landmarks.pictures.films import Film, Picture
from podium.landmarks.pictures.landmarker import Landmarker
from podium.landmarks.pictures.lone_hands import LoneHands
from podium.landmarks.pictures.people import Watch

_ROUNDING = 1e-6  # seconds
_FACE = slice(0, PART_SIZES["face"])


class Timed(NamedTuple):
    """Landmarks (543, 3) float32, NaN where nothing was found, with their time in seconds."""

    time_s: float
    x_LC: np.ndarray


def find_landmarks(
    film: Film, task: Path, done: Callable[[], object] = lambda: None, nobody: str = ""
) -> Iterator[np.ndarray]:
    """Yields the landmarks (543, 3) float32 of each frame, at ``film.rate`` frames a second.

    Pictures that are lost are bridged, so that later ones keep their times. A film of variable rate is brought to that
    rate by lines between two pictures; if one of both lacks a part, the nearer one decides. Memory does not grow with
    the film.

    Args:
        task: The file of models, see `podium.landmarks.pictures.task_file`.
        done: Called after each picture.
        nobody: What to say if nobody is in the film, with a place for the number of pictures; "" says nothing.

    Raises:
        UserError: At the end, if ``nobody`` is given and nobody was in the film.
    """
    found = _found(film, task, done)
    yield from (without_gaps if film.is_even else evenly)(found, film.rate)
    if nobody and not film.account.num_with_person:
        raise ClipError(nobody.format(film.account.num_pictures))


def _found(film: Film, task: Path, done: Callable[[], object]) -> Iterator[Timed]:
    watch = Watch(task)
    landmarker, lone_hands = Landmarker(task), LoneHands(task)
    try:
        for picture in film.pictures():
            if watch.is_due(picture):
                people = watch.look(picture)
                film.account.is_crowded |= len(people) > 1
                if watch.is_wrong_person(people):  # begin anew, with the largest person alone
                    landmarker.close()
                    landmarker = Landmarker(task)
                picture = Picture(picture.time_s, watch.hide_others(picture.pixels_HWC, people))
            x_LC = landmarker.find(picture.pixels_HWC, picture.time_s)
            watch.follow(x_LC)
            film.account.num_lone += lone_hands.add(x_LC, picture.pixels_HWC, picture.time_s)
            film.account.num_with_person += not np.isnan(x_LC).all()
            film.account.num_with_face += not np.isnan(x_LC[_FACE]).all()
            done()
            yield Timed(picture.time_s, x_LC)
    finally:
        landmarker.close()
        lone_hands.close()


def without_gaps(found: Iterator[Timed], rate: float) -> Iterator[np.ndarray]:
    """Landmarks of an even film as they are; what lies between two pictures of which some were lost is on lines."""
    before = None
    for after in found:
        steps = 1 if before is None else max(round((after.time_s - before.time_s) * rate), 1)
        for step in range(1, steps):
            yield _between(before.x_LC, after.x_LC, step / steps)
        yield after.x_LC
        before = after


def evenly(found: Iterator[Timed], rate: float) -> Iterator[np.ndarray]:
    """Landmarks at an even rate, from the first picture to the last."""
    before = None
    number = 0
    for after in found:
        if before is None:
            before = after
        while number / rate <= after.time_s + _ROUNDING:
            yield _between(before.x_LC, after.x_LC, _share(before, after, number / rate))
            number += 1
        before = after


def _share(before: Timed, after: Timed, time_s: float) -> float:
    length = after.time_s - before.time_s
    return 0.0 if length <= 0 else min(max((time_s - before.time_s) / length, 0.0), 1.0)


def _between(before_LC: np.ndarray, after_LC: np.ndarray, share: float) -> np.ndarray:
    between_LC = before_LC + (after_LC - before_LC) * np.float32(share)
    return np.where(np.isnan(between_LC), before_LC if share < 0.5 else after_LC, between_LC)
