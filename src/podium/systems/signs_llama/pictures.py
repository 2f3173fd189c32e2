"""What a report shows of isolated signs; of a sample, what a network is given before clips are mixed."""

from typing import Any

import numpy as np

from podium.systems.signs.labels import LABEL
from podium.systems.signs.pictures import SHOWN, SignPictures
from podium.systems.signs.vocabulary import SIGNS
from podium.systems.signs_llama.keypoints import ROWS

_SLOTS = [ROWS.index(row) for row in SHOWN]


class KeypointPictures(SignPictures):
    """See `podium.export.pictures`."""

    def sample(self, sample: Any) -> tuple[np.ndarray, str]:
        """(T, P, 2), and the sign."""
        return sample.x_TNA[:, _SLOTS], SIGNS[sample.target]


PART = KeypointPictures(LABEL)
