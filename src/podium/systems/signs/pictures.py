"""What a report shows of isolated signs, for all systems of them: hands, arms and upper lip of a signing person.

Letters in tensor names: T frames, P points that are drawn.
"""

import numpy as np

from podium.export.pictures import Pictures
from podium.landmarks.hand_lines import HAND_LINES
from podium.systems.signs.points import HANDS, POSE

_ARMS = [POSE + point for point in (12, 14, 16, 11, 13, 15)]  # shoulder, elbow, wrist, right and left
_LIP = [191, 81, 13, 311, 415]
SHOWN = [*HANDS, *_ARMS, *_LIP]  # rows of a frame's 543, which every system reads


class SignPictures(Pictures):
    """See `podium.export.pictures`."""

    lines = (
        *((one + 21 * hand, other + 21 * hand) for hand in (0, 1) for one, other in HAND_LINES),
        (42, 43), (43, 44), (45, 46), (46, 47), (42, 45), (48, 49), (49, 50), (50, 51), (51, 52),
    )  # fmt: skip

    def shown(self, x: np.ndarray) -> np.ndarray:
        """(T, P, 2) of a clip (T, 543, 3)."""
        return x[:, SHOWN, :2]
