"""What a report shows of isolated signs: hands, arms and mouth of a signing person.

Letters in tensor names: T frames, N the 85 points, P points that are drawn.
"""

from typing import Any

import numpy as np

from podium.export.pictures import Pictures
from podium.landmarks.hand_lines import HAND_LINES
from podium.systems.signs.labels import LABEL
from podium.systems.signs.points import LEFT_HAND, POSE, RIGHT_HAND
from podium.systems.signs.vocabulary import SIGNS
from podium.systems.signs_llama.keypoints import ROWS as READ

_ROWS = [
    *range(LEFT_HAND, LEFT_HAND + 21), *range(RIGHT_HAND, RIGHT_HAND + 21),
    *(POSE + point for point in (12, 14, 16, 11, 13, 15)), 78, 13, 308, 14,
]  # fmt: skip
_SHOWN = [row for row in _ROWS if row in READ]  # 78 and 308 are not read
_SLOTS = [READ.index(row) for row in _SHOWN]


class SignPictures(Pictures):
    """See `podium.export.pictures`."""

    lines = (
        *((one + 21 * hand, other + 21 * hand) for hand in (0, 1) for one, other in HAND_LINES),
        (42, 43), (43, 44), (45, 46), (46, 47), (42, 45), (48, 49),
    )  # fmt: skip

    def shown(self, x: np.ndarray) -> np.ndarray:
        """(T, P, 2) of a clip (T, 543, 3)."""
        return x[:, _SHOWN, :2]

    def sample(self, sample: Any) -> tuple[np.ndarray, str]:
        """The same of what a network is given, before clips are mixed."""
        return sample.x_TNA[:, _SLOTS], SIGNS[sample.target]


PART = SignPictures(LABEL)
