"""Video files: decoded by PyAV (FFmpeg), turned upright, with the times that the file gives its pictures.

Legend: F frames; H, W, C of a picture.
"""

import os
from collections.abc import Iterator
from fractions import Fraction
from pathlib import Path

import numpy as np

from podium.errors import UserError
from podium.landmarks.pictures.films import Account, Picture, target_size
from podium.landmarks.pictures.packages import import_av

_MAX_ODD = 0.5  # of a picture's length: so far a time may be off in an even film
_ORDINARY_RATE = 30.0  # of a film that tells no times
_SAME_RATE = 0.01  # relative
_LONGEST = 24 * 3600.0  # seconds between two pictures; beyond it times are damaged


class VideoFile:
    """A `podium.landmarks.pictures.films.Film`.

    Opening goes through the file once without decoding it: number and times of its pictures are known then.

    Raises:
        UserError: It is no video, holds no pictures (sound alone), or is damaged at its beginning.
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        self.account = Account()
        self._av = import_av()
        with self._open() as container:
            stream = self._stream(container)
            times_F = self._times(container, stream)
            self._promised, self._told = stream.frames, float(stream.average_rate or 0)
            self._pixel_aspect = float(stream.sample_aspect_ratio or 1)
        self.num_pictures = len(times_F)
        if not self.num_pictures:
            raise UserError(f"{path} holds no pictures (zero frames); record it again")
        self.rate, self.is_even = rate_of(times_F)
        if self.is_even and abs(self._told / self.rate - 1) < _SAME_RATE:  # times are rounded, often to ms
            self.rate = self._told

    def pictures(self) -> Iterator[Picture]:
        """As `Film`. A picture that cannot be decoded is left out and counted."""
        first = None
        last = -1.0
        with self._open() as container:
            stream = self._stream(container)
            stream.thread_type = "AUTO"
            self.account.num_damaged = max(self._promised - self.num_pictures, 0)
            for frame in self._frames(container, stream):
                time_s = self._time(frame, last)
                first = time_s if first is None else first
                if time_s - first <= last:  # the same time again
                    continue
                last = time_s - first
                self.account.num_pictures += 1
                yield Picture(last, _upright(frame, self._pixel_aspect))
        if not self.account.num_pictures:
            raise UserError(
                f"{self.path} is damaged: none of its {self.num_pictures} pictures can be decoded; record it again"
            )

    def _open(self):
        if os.path.isdir(self.path):
            raise UserError(f"{self.path} is a folder; name a video")
        try:
            return self._av.open(str(self.path))
        except (self._av.error.FFmpegError, OSError, ValueError) as error:
            reason = getattr(error, "strerror", None) or str(error)
            raise UserError(f"{self.path} is damaged or no video ({reason}); record or convert it again") from None

    def _stream(self, container):
        cover = self._av.stream.Disposition.attached_pic  # of a song
        pictures = [one for one in container.streams.video if not one.disposition & cover]
        if not pictures:
            what = "sound alone" if container.streams.audio else "zero frames"
            raise UserError(f"{self.path} holds no pictures ({what}); name a video")
        return pictures[0]

    def _times(self, container, stream) -> np.ndarray:
        """(F,) float64 seconds, rising: when each picture is shown."""
        ticks = []
        for packet in self._packets(container, stream):
            tick = packet.dts if packet.pts is None else packet.pts
            if packet.size and not packet.is_discard:
                ticks.append(tick)
        if None in ticks or stream.time_base is None:
            rate = float(stream.guessed_rate or stream.average_rate or _ORDINARY_RATE)
            return np.arange(len(ticks)) / rate
        return np.unique(np.array(ticks, np.float64)) * float(stream.time_base)

    def _frames(self, container, stream) -> Iterator:
        for packet in self._packets(container, stream):
            try:
                frames = packet.decode()
            except (self._av.error.FFmpegError, OSError):
                self.account.num_damaged += 1
                continue
            for frame in frames:
                self.account.num_damaged += bool(frame.is_corrupt)
                yield frame

    def _packets(self, container, stream) -> Iterator:
        """Up to the end, or to where the file is cut off."""
        try:
            yield from container.demux(stream)
        except (self._av.error.FFmpegError, OSError):
            return

    def _time(self, frame, last: float) -> float:
        tick = frame.pts if frame.pts is not None else frame.dts
        if tick is None:
            return last + 1 / self.rate if last >= 0 else 0.0
        return float(tick * (frame.time_base or Fraction(1, round(self.rate))))


def rate_of(times_F: np.ndarray) -> tuple[float, bool]:
    """Pictures a second, and whether they come at that rate throughout.

    Args:
        times_F: (F,) seconds, rising.

    Returns:
        The mean rate if each picture is where it would be at that rate, within half a picture; else that of the median
        distance.
    """
    steps = np.diff(times_F)
    steps = steps[(steps > 0) & (steps < _LONGEST)]
    if len(steps) == 0:
        return _ORDINARY_RATE, True
    mean = (times_F[-1] - times_F[0]) / (len(times_F) - 1)
    even_F = times_F[0] + np.arange(len(times_F)) * mean
    if np.abs(times_F - even_F).max() <= _MAX_ODD * mean:
        return float(1 / mean), True
    return float(1 / np.median(steps)), False


def _upright(frame, pixel_aspect: float) -> np.ndarray:
    """(H, W, 3) uint8 of a decoded frame, turned as the file says."""
    width, height = target_size(frame.width, frame.height, pixel_aspect)
    picture = frame.reformat(width=width, height=height, format="rgb24").to_ndarray()
    return np.ascontiguousarray(np.rot90(picture, round(frame.rotation / 90) % 4))
