"""The packages of the extra ``video``, imported when they are needed."""

import os
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from types import ModuleType

import numpy as np

from podium.errors import UserError

INSTALL = 'install Podium with its extra: pip install "podium[video]"'
_LIBRARIES = "install that library (Debian, Ubuntu: apt install libgl1 libglib2.0-0)"


def import_av() -> ModuleType:
    """PyAV, silent: what is wrong with a file is told by its errors.

    Raises:
        UserError: It is not installed.
    """
    try:
        import av
    except ModuleNotFoundError:
        raise UserError(f"videos need the package av; {INSTALL}") from None
    # Not PANIC: with any level, messages go through Python. A decoding thread that has one to tell then waits for the
    # interpreter, which waits for that thread if a film is closed before its end.
    av.logging.set_level(None)
    return av


def import_cv2() -> ModuleType:
    """OpenCV.

    Raises:
        UserError: It is not installed, or lacks a library of the system.
    """
    try:
        import cv2
    except ModuleNotFoundError:
        raise UserError(f"cameras need the package opencv-contrib-python; {INSTALL}") from None
    except ImportError as error:
        raise UserError(f"OpenCV cannot be loaded ({error}); {_LIBRARIES}") from None
    return cv2


def import_mediapipe() -> tuple[ModuleType, object, type]:
    """The module ``vision``, what makes an image of an array, and the class of options.

    Raises:
        UserError: It is not installed, or lacks a library of the system.
    """
    try:
        with without_tensorflow():
            import mediapipe
            from mediapipe.tasks.python import vision
    except ModuleNotFoundError as error:
        raise UserError(f"videos need the package {error.name}; {INSTALL}") from None
    except (ImportError, OSError) as error:  # OpenCV's libGL, for one
        raise UserError(f"MediaPipe cannot be loaded ({error}); {_LIBRARIES}") from None

    def image(picture_HWC: np.ndarray) -> object:
        return mediapipe.Image(mediapipe.ImageFormat.SRGB, picture_HWC)

    return vision, image, mediapipe.tasks.BaseOptions


def cache_folder() -> Path:
    """The user's folder for what can be fetched or made again.

    Raises:
        UserError: The package that knows it is not installed.
    """
    try:
        from platformdirs import user_cache_path
    except ModuleNotFoundError:
        raise UserError(f"videos and the page need the package platformdirs; {INSTALL}") from None
    return user_cache_path("podium", appauthor=False)


@contextmanager
def without_tensorflow() -> Iterator[None]:
    """MediaPipe imports TensorFlow if it can, for its documentation alone; that would cost three seconds."""
    if "tensorflow" in sys.modules:
        yield
        return
    sys.modules["tensorflow"] = None  # as Python marks what cannot be imported
    try:
        yield
    finally:
        del sys.modules["tensorflow"]


@contextmanager
def quiet() -> Iterator[None]:
    """Keeps what libraries write to the error stream by themselves; shows it if they fail."""
    sys.stderr.flush()
    kept = os.dup(2)
    with tempfile.TemporaryFile() as told:
        os.dup2(told.fileno(), 2)
        try:
            yield
        except BaseException:
            os.dup2(kept, 2)
            told.seek(0)
            sys.stderr.write(told.read().decode(errors="replace"))
            raise
        finally:
            os.dup2(kept, 2)
            os.close(kept)
