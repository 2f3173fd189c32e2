"""What a report draws of a sample."""

import numpy as np

from podium.systems.signs.pictures import SHOWN
from podium.systems.signs.points import DEBERTA
from podium.systems.signs.vocabulary import SIGNS
from podium.systems.signs_deberta.pictures import PART
from podium.systems.signs_deberta.samples import Sample


def test_points_of_the_first_view_and_none_for_missing_ones():
    x_TCN = np.random.default_rng(0).normal(size=(4, 3, 100)).astype(np.float32)
    x_TCN[1, :, DEBERTA.index(SHOWN[0])] = 0
    drawn, caption = PART.sample(Sample((x_TCN, x_TCN + 1), 3, 0))
    assert drawn.shape == (4, len(SHOWN), 2) and caption == SIGNS[3]
    assert np.isnan(drawn[1, 0]).all() and np.isnan(drawn).sum() == 2
    np.testing.assert_array_equal(drawn[0, -1], x_TCN[0, :2, DEBERTA.index(SHOWN[-1])])
