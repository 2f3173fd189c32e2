"""MediaPipe Holistic on pictures, one after the other. Fresh for every clip: it remembers the pictures before.

Legend: L the 543 landmarks, C coordinates.
"""

from contextlib import nullcontext
from pathlib import Path

import numpy as np

from podium.errors import UserError
from podium.landmarks.mediapipe import PART_SIZES, RAW_NAMES
from podium.landmarks.pictures.packages import import_mediapipe, quiet

_FIELDS = {
    "face": "face_landmarks",
    "left_hand": "left_hand_landmarks",
    "pose": "pose_landmarks",
    "right_hand": "right_hand_landmarks",
}
_BEGINS = {part: RAW_NAMES.index(f"{part}_0") for part in PART_SIZES}
PART_PLACES = {part: slice(_BEGINS[part], _BEGINS[part] + size) for part, size in PART_SIZES.items()}


class Clock:
    """Asks a landmarker of MediaPipe, whose times are whole milliseconds and must rise."""

    def __init__(self) -> None:
        self._last_ms: int | None = None

    def ask(self, landmarker: object, picture: object, time_s: float) -> object:
        """What a landmarker in VIDEO mode finds. The first time it tells of kernels, which nobody hears."""
        time_ms, is_first = round(time_s * 1000), self._last_ms is None
        self._last_ms = time_ms if is_first else max(time_ms, self._last_ms + 1)
        with quiet() if is_first else nullcontext():
            return landmarker.detect_for_video(picture, self._last_ms)


class Landmarker:
    """Finds the landmarks in the pictures of one clip.

    The same pictures with the same times give the same bits; other times give others, since landmarks are smoothed
    over time.

    Args:
        task: The file of models, see `podium.landmarks.pictures.task_file`.

    Raises:
        UserError: MediaPipe is not installed or cannot be loaded here, or the file is none of its.
    """

    def __init__(self, task: Path) -> None:
        vision, self._image, options = import_mediapipe()
        with quiet():  # it tells of kernels
            try:
                self._landmarker = vision.HolisticLandmarker.create_from_options(
                    vision.HolisticLandmarkerOptions(
                        base_options=options(model_asset_path=str(task)), running_mode=vision.RunningMode.VIDEO
                    )
                )
            except (RuntimeError, ValueError) as error:
                raise UserError(f"{task} cannot be used by MediaPipe ({error}); name another task file") from None
        self._clock = Clock()

    def find(self, picture_HWC: np.ndarray, time_s: float) -> np.ndarray:
        """The landmarks of a picture.

        Args:
            picture_HWC: (H, W, 3) uint8, contiguous, red first, upright.
            time_s: When it was taken; later than the picture before. It is rounded to milliseconds, and to a later one
                if need be.

        Returns:
            (543, 3) float32: x and y in fractions of the picture, z of about the same unit as x; NaN for a part that
            was not found. Face 468, left hand 21, pose 33, right hand 21.
        """
        found = self._clock.ask(self._landmarker, self._image(picture_HWC), time_s)
        x_LC = np.full((len(RAW_NAMES), 3), np.nan, np.float32)
        for part, size in PART_SIZES.items():
            points = getattr(found, _FIELDS[part])
            if points:
                x_LC[PART_PLACES[part]] = [(point.x, point.y, point.z) for point in points[:size]]
        return x_LC

    def close(self) -> None:
        """Ends it."""
        self._landmarker.close()

    def __enter__(self) -> "Landmarker":
        return self

    def __exit__(self, *_) -> None:
        self.close()
