"""Opens whatever pictures come from."""

from pathlib import Path

from podium.errors import UserError
from podium.landmarks.pictures.films import PICTURE_SUFFIXES, VIDEO_SUFFIXES, Film
from podium.storage.files import check_readable


def is_film(path: Path) -> bool:
    """Whether a path means a video, by its suffix, or a folder that holds frames and nothing else to read."""
    if path.is_dir():
        return holds_frames(path) and not any(
            one.suffix.lower() in (".npy", ".parquet", ".csv") for one in path.iterdir()
        )
    return path.suffix.lower() in VIDEO_SUFFIXES


def is_camera(path: Path) -> bool:
    """Whether a path means a camera: a number, and no file or folder of that name."""
    return str(path).isdecimal() and not path.exists()


def holds_frames(path: Path) -> bool:
    """Whether a folder holds pictures."""
    return any(one.suffix.lower() in PICTURE_SUFFIXES and not one.name.startswith(".") for one in path.iterdir())


def open_film(path: Path, fps: float | None = None, seconds: float | None = None) -> Film:
    """A video, a folder of frames or a camera.

    Args:
        fps: Pictures a second of a folder of frames; None counts as 30.
        seconds: How long a camera is watched; None goes on until Ctrl-C.

    Raises:
        UserError: It cannot be opened, or holds no pictures.
    """
    if is_camera(path):
        from podium.landmarks.pictures.camera import Camera

        return Camera(int(str(path)), seconds)
    if path.is_dir():
        from podium.landmarks.pictures.frame_folder import FrameFolder

        return FrameFolder(path, fps)
    if not path.is_file():
        raise UserError(f"{path} does not exist; name a video, a folder of frames, or the number of a camera")
    from podium.landmarks.pictures.video_file import VideoFile

    check_readable(path)
    return VideoFile(path)
