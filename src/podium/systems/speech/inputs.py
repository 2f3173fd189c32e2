"""A person's sound files as clips of one second, and clips as the file takes them.

Letters in tensor names: S samples, W samples of a clip (16,000).
"""

from collections.abc import Iterator, Mapping
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np

from podium.audio.clip_files import MEANINGS, Sound, num_samples, one_second, read_sound, windows
from podium.audio.wav import read_header
from podium.data.clip_files import Clip, ClipFile, ClipFiles
from podium.errors import ClipError, UserError
from podium.recognise.readings import Prepared
from podium.recognise.tflite import INPUT, Shapes
from podium.systems.speech.layout import CLIP_SAMPLES, RATE
from podium.systems.speech.readings import OUTPUT

__all__ = ["MEANINGS", "REASONS", "as_input", "check_settings", "is_own", "open_clips"]

REASONS: Mapping[str, str] = {}
SUFFIXES = (".wav",)
LONGEST_CLIP = RATE * 3 // 2  # a longer recording is read second by second
HOP = RATE // 2


def open_clips(paths: list[Path]) -> ClipFiles:
    """The wav files below some paths. A recording of up to one and a half seconds is a clip; of a longer one, each
    second is, every half second, and is called by the time at which it begins."""
    files = ClipFiles(suffixes=SUFFIXES)
    for path in paths:
        for file in sorted(path.rglob("*")) if path.is_dir() else [path]:
            if file.suffix.lower() in SUFFIXES or (file == path and file.is_file()):
                try:
                    size = num_samples(read_header(file))
                except (UserError, OSError) as error:
                    files.add_broken(file, UserError(str(error)))
                    continue
                files.append(ClipFile(file, _num_clips(size), partial(_clips, file)))
            elif file.is_file():
                files.passed_over[file.suffix.lower()] += 1
    return files


def as_input(clip: Any, settings: Mapping[str, Any], fps: float | None) -> Prepared:
    """A clip as the file takes it.

    Args:
        clip: A `Sound`, or an array (S,) of at least one sample at 16 kHz, in [−1, 1].

    Raises:
        ClipError: It is none, or ``fps`` is given: sound files tell their own rate.
    """
    if fps is not None:
        raise ClipError("a sound file tells its own rate; leave --fps out")
    if not isinstance(clip, Sound):
        array = np.asarray(clip)
        if array.ndim != 1 or not len(array) or array.dtype.kind != "f" or not np.isfinite(array).all():
            told = f"{array.dtype} of the shape {array.shape}"
            raise ClipError(f"a clip is an array (samples,) of finite floats at 16 kHz in [-1, 1], not {told}")
        clip = Sound(array.astype(np.float32, copy=False), ())
    sound = one_second(clip)
    return Prepared(np.ascontiguousarray(sound.x_S), sound.remarks)


def check_settings(settings: Mapping[str, Any], path: Path) -> None:
    """Nothing to check: a file takes sound as it is."""


def is_own(inputs: Shapes, outputs: Shapes) -> bool:
    """Whether a file of such inputs and outputs may be one of this system."""
    return inputs.get(INPUT) == (CLIP_SAMPLES,) and outputs.get(OUTPUT) == (12,)


def _num_clips(size: int) -> int:
    return 1 if size <= LONGEST_CLIP else -(-(size - RATE) // HOP) + 1


def _clips(path: Path) -> Iterator[Clip]:
    try:
        sound = read_sound(path)
    except (UserError, OSError) as error:
        yield Clip(path, None, None, problem=str(error))
        return
    if len(sound.x_S) <= LONGEST_CLIP:
        yield Clip(path, None, sound, len(sound.x_S))
        return
    for begin, x_W in zip(*windows(sound.x_S, HOP), strict=True):
        span = (float(begin), float(begin) + 1)
        yield Clip(path, f"{begin:.2f}s", Sound(x_W, sound.remarks), len(x_W), span=span)
