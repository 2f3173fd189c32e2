"""A stand-in until the rules of plausibility arrive."""

import numpy as np

from podium.landmarks import NUM_LANDMARKS, SLOTS


def doubts(raw_TK: np.ndarray) -> tuple[str, ...]:
    """Kinds of `podium.remarks.MEANINGS`: none yet."""
    return ()


def without_zeros(raw_TK: np.ndarray) -> tuple[np.ndarray, bool]:
    """Whole parts of a frame of exactly 0.0 become NaN; and whether there are any."""
    x_TCL = raw_TK.reshape(-1, 3, NUM_LANDMARKS).copy()
    is_changed = False
    for slots in SLOTS.values():
        is_zero_T = (x_TCL[:, :, slots] == 0).all(axis=(1, 2))
        x_TCL[np.ix_(is_zero_T, range(3), slots)] = np.nan
        is_changed |= bool(is_zero_T.any())
    return (x_TCL.reshape(raw_TK.shape), True) if is_changed else (raw_TK, False)
