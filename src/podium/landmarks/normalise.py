"""What happens to every clip alike, in training, in torch and in the file: standardise, and shorten what is too long.

Letters in names: T frames, L landmarks, C coordinates (3), K columns: all x, all y, all z.
"""

import numpy as np

from podium.landmarks.selection import by_coordinate

STATISTICS_COLUMNS = ["mean_x", "mean_y", "mean_z", "deviation_x", "deviation_y", "deviation_z"]  # of a clip, in tables
MAX_COORDINATE = 1e15  # the exported file adds up a clip's squares in float32; those of an hour still fit


def is_infinite(raw_TK: np.ndarray) -> np.ndarray:
    """Which values count as infinite: beyond ±`MAX_COORDINATE`, where squares overflow and a clip would become 0.

    Args:
        raw_TK: float32, any shape; NaN if a landmark is missing.

    Returns:
        bool, of the same shape; False for NaN.
    """
    return np.abs(raw_TK) > MAX_COORDINATE


def statistics(raw_TK: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Mean and population deviation of a clip's x, y and z, over all landmarks of all frames (1st-place solution).

    Args:
        raw_TK: (T, K) float32; NaN if a landmark is missing.

    Returns:
        Mean and deviation, each (3,) float32, finite means. A coordinate that is missing throughout has mean 0; one
        without spread has the deviation infinity, which divides to 0.
    """
    x_TCL = by_coordinate(raw_TK)
    is_missing_TCL = np.isnan(x_TCL)
    x_TCL = x_TCL.copy()
    np.copyto(x_TCL, 0, where=is_missing_TCL)
    # Sums run over a frame's landmarks in float32 and over frames in float64: fast, and as good as float64 throughout.
    num_C = x_TCL.shape[0] * x_TCL.shape[2] - np.count_nonzero(is_missing_TCL, axis=(0, 2))
    num_C = np.maximum(num_C, 1)
    mean_C = (x_TCL.sum(axis=2).sum(axis=0, dtype=np.float64) / num_C).astype(np.float32)
    x_TCL -= mean_C[:, None]
    np.copyto(x_TCL, 0, where=is_missing_TCL)
    deviation_C = np.sqrt(np.einsum("tcl,tcl->tc", x_TCL, x_TCL).sum(axis=0, dtype=np.float64) / num_C)
    deviation_C[deviation_C == 0] = np.inf
    return mean_C, deviation_C.astype(np.float32)


def standardise(raw_TK: np.ndarray, mean_C: np.ndarray, deviation_C: np.ndarray) -> np.ndarray:
    """Brings x, y and z to mean 0 and deviation 1, frame by frame: a cut clip gives cut results.

    Args:
        raw_TK: (T, K) float32.
        mean_C, deviation_C: (3,) float32, as `statistics` returns them.

    Returns:
        (T, L, 3) float32, NaN if the input has NaN. A new array.
    """
    x_TCL = by_coordinate(raw_TK) - mean_C[:, None]
    x_TCL /= deviation_C[:, None]
    return x_TCL.transpose(0, 2, 1)


def fill_missing(x_TLC: np.ndarray) -> np.ndarray:
    """NaN becomes 0, in place; returns its argument."""
    np.copyto(x_TLC, 0, where=np.isnan(x_TLC))
    return x_TLC


def normalise(raw_TK: np.ndarray) -> np.ndarray:
    """Standardises a clip by its own statistics, no epsilon; then NaN becomes 0 (1st-place solution).

    Args:
        raw_TK: (T, K) float32; NaN if a landmark is missing.

    Returns:
        (T, L, 3) float32, no NaN. A new array.
    """
    return fill_missing(standardise(raw_TK, *statistics(raw_TK)))


def nearest_frames(num_frames: int, new_frames: int) -> np.ndarray:
    """The frame that each frame of a resized clip repeats: floor(j·num_frames/new_frames), in integers.

    Returns:
        (new_frames,) int64.
    """
    return np.arange(new_frames, dtype=np.int64) * num_frames // new_frames


def resize(x_TLC: np.ndarray, max_frames: int) -> np.ndarray:
    """Shortens a clip of more than ``max_frames`` to exactly that; the others are returned as they are."""
    if len(x_TLC) <= max_frames:
        return x_TLC
    return x_TLC[nearest_frames(len(x_TLC), max_frames)]
