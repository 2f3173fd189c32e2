"""A camera by its number, through OpenCV, which comes with MediaPipe."""

import os
import signal
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import numpy as np

from podium.errors import UserError
from podium.landmarks.pictures.films import Account, Picture, target_size
from podium.landmarks.pictures.packages import import_cv2, quiet

_ORDINARY_RATE = 30.0


class Camera:
    """A `podium.landmarks.pictures.films.Film` that ends after some seconds, or with Ctrl-C.

    Args:
        number: 0 is the first camera.
        seconds: How long; None goes on until Ctrl-C.
        device: What the system calls the cameras, with a place for the number.

    Raises:
        UserError: There is no such camera, it is in use, or the system refuses it.
    """

    is_even = False  # times are those at which the pictures arrive

    def __init__(self, number: int, seconds: float | None = None, device: str = "/dev/video{}") -> None:
        self.path, self.account = Path(f"camera {number}"), Account()
        self._seconds = seconds
        place = device.format(number)
        if sys.platform == "linux" and not os.path.exists(place):
            raise UserError(f"there is no camera {number} ({place}); plug one in, or name a video")
        if sys.platform == "linux" and not os.access(place, os.R_OK | os.W_OK):
            raise UserError(f"camera {number} ({place}) is refused; allow it, for instance by joining the group video")
        self._cv2 = import_cv2()
        with quiet():
            self._capture = self._cv2.VideoCapture(number)
        if not self._capture.isOpened():
            raise UserError(
                f"camera {number} cannot be opened: it is not there, in use, or refused; close other programs that use"
                " it, or allow the terminal to use it in the system's settings"
            )
        told = self._capture.get(self._cv2.CAP_PROP_FPS)
        self.rate = told if 1 <= told <= 240 else _ORDINARY_RATE
        self.num_pictures = None if seconds is None else round(seconds * self.rate)

    def pictures(self) -> Iterator[Picture]:
        """As `Film`."""
        begin = None
        with _until_interrupted() as is_over:
            while not is_over():
                is_there, picture = self._capture.read()
                now = time.monotonic()
                begin = now if begin is None else begin
                if not is_there or (self._seconds is not None and now - begin > self._seconds):
                    break
                self.account.num_pictures += 1
                yield Picture(now - begin, self._pixels(picture))
        self._capture.release()

    def _pixels(self, picture_HWC: np.ndarray) -> np.ndarray:
        height, width = picture_HWC.shape[:2]
        size = target_size(width, height, 1.0)
        if size != (width, height):
            picture_HWC = self._cv2.resize(picture_HWC, size, interpolation=self._cv2.INTER_AREA)
        return self._cv2.cvtColor(picture_HWC, self._cv2.COLOR_BGR2RGB)


@contextmanager
def _until_interrupted() -> Iterator[Callable[[], bool]]:
    """Whether the person has pressed Ctrl-C, which ends the film and not the program. A second one ends the program."""
    if threading.current_thread() is not threading.main_thread():
        yield lambda: False
        return
    is_over = False
    before = signal.getsignal(signal.SIGINT)

    def end(*_) -> None:
        nonlocal is_over
        is_over = True
        signal.signal(signal.SIGINT, before)

    signal.signal(signal.SIGINT, end)
    try:
        yield lambda: is_over
    finally:
        signal.signal(signal.SIGINT, before)
