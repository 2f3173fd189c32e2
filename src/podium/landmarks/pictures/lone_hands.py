"""Hands without a body: a second look at pictures in which Holistic, which finds hands by the body, finds none.

The rule: if Holistic finds neither a face nor a hand in a picture, MediaPipe's HandLandmarker looks at it. So a film
that shows the head costs nothing, and stays as it is bit by bit. Of two hands of one side the surer one is taken. If a
hand is added, the body is left out: without a head, and with its hand missed, it is guessed, and its arms would often
say that the hand is down.

Legend: L the 543 landmarks, C coordinates; H, W, C of a picture.
"""

from pathlib import Path

import numpy as np

from podium.landmarks.pictures.assembly import HAND_DETECTOR
from podium.landmarks.pictures.landmarker import PART_PLACES, Clock
from podium.landmarks.pictures.packages import import_mediapipe, quiet
from podium.landmarks.pictures.task_file import names_in

MAX_HANDS = 2
_PLACES = {"Left": PART_PLACES["left_hand"], "Right": PART_PLACES["right_hand"]}
_SEEN = (PART_PLACES["face"], *_PLACES.values())


class LoneHands:
    """Finds the hands in pictures of one clip. Fresh for every clip: it remembers the pictures before.

    The same pictures with the same times give the same bits. MediaPipe is loaded for the first picture that needs it.

    Args:
        task: The file of models, see `podium.landmarks.pictures.task_file`. If it lacks the detector of hands, as a
            file of the user's own may, nothing is found.
    """

    def __init__(self, task: Path) -> None:
        self._task, self._landmarker, self._clock = task, None, Clock()
        self._is_able = HAND_DETECTOR in names_in(task)

    def add(self, x_LC: np.ndarray, picture_HWC: np.ndarray, time_s: float) -> bool:
        """Adds hands to what Holistic has found in a picture, if the rule says so.

        Args:
            x_LC: (543, 3) float32, changed in place.
            picture_HWC: (H, W, 3) uint8, as Holistic has seen it.
            time_s: As for `podium.landmarks.pictures.landmarker.Landmarker.find`.

        Returns:
            Whether a hand was added.
        """
        if not self._is_able or any(not np.isnan(x_LC[place]).all() for place in _SEEN):
            return False
        found = self._find(picture_HWC, time_s)
        hands = [(side[0], points) for side, points in zip(found.handedness, found.hand_landmarks, strict=True)]
        if hands:
            x_LC[PART_PLACES["pose"]] = np.nan
        for side, points in sorted(hands, key=lambda hand: hand[0].score):  # the surest one comes last, and stays
            x_LC[_PLACES[side.category_name]] = [(point.x, point.y, point.z) for point in points]
        return bool(hands)

    def _find(self, picture_HWC: np.ndarray, time_s: float) -> object:
        if self._landmarker is None:
            vision, self._image, options = import_mediapipe()
            with quiet():
                self._landmarker = vision.HandLandmarker.create_from_options(
                    vision.HandLandmarkerOptions(
                        base_options=options(model_asset_path=str(self._task)),
                        running_mode=vision.RunningMode.VIDEO,
                        num_hands=MAX_HANDS,
                    )
                )
        return self._clock.ask(self._landmarker, self._image(picture_HWC), time_s)

    def close(self) -> None:
        """Ends it."""
        if self._landmarker is not None:
            self._landmarker.close()
