"""What a report shows of isolated signs; of a sample, the first of its views.

Letters in tensor names: T frames, C coordinates (x, y, z), N the 100 points, P points that are drawn.
"""

from typing import Any

import numpy as np

from podium.systems.signs.labels import LABEL
from podium.systems.signs.pictures import SHOWN, SignPictures
from podium.systems.signs.points import DEBERTA
from podium.systems.signs.vocabulary import SIGNS

_SLOTS = [DEBERTA.index(row) for row in SHOWN]


class ViewPictures(SignPictures):
    """See `podium.export.pictures`."""

    def sample(self, sample: Any) -> tuple[np.ndarray, str]:
        """(T, P, 2), and the sign. A network is given 0 for a missing point."""
        x_TCN = sample.views[0]
        is_missing_TP1 = (x_TCN[:, :, _SLOTS] == 0).all(axis=1)[..., None]
        return np.where(is_missing_TP1, np.nan, x_TCN[:, :2, _SLOTS].transpose(0, 2, 1)), SIGNS[sample.target]


PART = ViewPictures(LABEL)
