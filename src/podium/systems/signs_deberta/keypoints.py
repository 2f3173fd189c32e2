"""The 100 points that the networks read: which they are, their types, their groups, and how they are mirrored.

95 landmarks and five means over parts of the face, in the order of the 6th place.

Legend: T frames, C coordinates (x, y, z), P the points of a shard, N the 100 points.
"""

import numpy as np

from podium.systems.signs.points import DEBERTA, DEBERTA_MEANS, positions

LEFT_HAND, RIGHT_HAND = slice(0, 21), slice(21, 42)
SILHOUETTE, LIPS, ARMS = slice(42, 60), slice(60, 81), slice(81, 93)
NOSE = 99  # the mean of its points
NUM_POINTS = len(DEBERTA) + len(DEBERTA_MEANS)
NUM_TYPES = 9  # the original counts more of them than there are
PAD = 0  # type and number of a point of a frame that is padding
CONV_DIM, CONV_WIDTH = 8, 5  # of the convolutions over time: channels between them, frames that each sees

# Type of each point, 1 to 6; cheeks and means are one type.
TYPES = np.repeat([1, 2, 3, 4, 5, 6], [21, 21, 18, 21, 12, 7])
CHEEKS_AND_MEANS = slice(93, 100)
# Groups of points that have an MLP of their own, as stretches of the 100.
GROUPS = {
    "left_hand": (LEFT_HAND,), "right_hand": (RIGHT_HAND,), "lips": (LIPS,), "face": (SILHOUETTE, CHEEKS_AND_MEANS),
}  # fmt: skip
GROUP_SIZES = {name: sum(part.stop - part.start for part in parts) for name, parts in GROUPS.items()}
HEAD = np.flatnonzero(np.isin(TYPES, [3, 4, 6]))  # what face CutMix exchanges

_PLACES = positions(DEBERTA)
_MEAN_PLACES = [positions(rows) for rows in DEBERTA_MEANS.values()]


def _mirror() -> np.ndarray:
    pairs = [(hand, hand + 21) for hand in range(21)]
    pairs += [(43, 52), (44, 53), (45, 54), (46, 55), (48, 56), (49, 57), (50, 58), (51, 59)]
    pairs += [(lip, lip + 10) for lip in range(61, 71)]
    pairs += [(arm, arm + 1) for arm in range(81, 93, 2)] + [(93, 94), (95, 96), (97, 98)]
    partner = np.arange(NUM_POINTS)
    for one, other in pairs:
        partner[one], partner[other] = other, one
    return partner


MIRROR = _mirror()  # (100,) int64: point i of a mirrored clip is point MIRROR[i]; an involution


def points_of(x_TCP: np.ndarray) -> np.ndarray:
    """(T, C, N) float32, a new array: the networks' points of a shard's; a mean is NaN if one of its points is."""
    x_TCN = np.empty((*x_TCP.shape[:2], NUM_POINTS), np.float32)
    np.take(x_TCP, _PLACES, axis=2, out=x_TCN[:, :, : len(_PLACES)])
    for place, members in enumerate(_MEAN_PLACES, start=len(_PLACES)):
        x_TCN[:, :, place] = x_TCP[:, :, members].mean(axis=2)
    return x_TCN
