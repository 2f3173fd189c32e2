"""From raw files to shards: which columns are read, and what packing does to a clip. Knows numpy, no framework.

Legend: T frames, K the 390 columns, C coordinates (x, y, z).
"""

from pathlib import Path

import numpy as np

from podium.data.recordings import PreparedClip, Recordings
from podium.landmarks.arrays import ArrayRecordings
from podium.landmarks.normalise import STATISTICS_COLUMNS, is_infinite, statistics
from podium.landmarks.parquet import ParquetRecordings
from podium.landmarks.plausibility import doubts, without_zeros
from podium.systems.fingerspelling.landmarks import COLUMNS, SELECTION, SHORT_FRAMES, SLOTS

HAND_COLUMNS = ["hand_share", "left_hand_share", "right_hand_share"]
SHORT = f"under_{SHORT_FRAMES}_frames"


def open_raw(path: str | Path) -> Recordings:
    """The sequences of a parquet file, or of a folder with one npy file per sequence.

    Raises:
        UserError: It is missing, cut off or something else, lacks a column, or a column has a wrong type.
    """
    return ArrayRecordings(path, COLUMNS) if Path(path).is_dir() else ParquetRecordings(path, COLUMNS)


def prepare(raw_TK: np.ndarray) -> PreparedClip:
    """What is stored of a clip: the clip itself; parts of a frame whose landmarks lie in one point become NaN.

    Args:
        raw_TK: (T, 390) float32, T ≥ 1, NaN if a landmark is missing.

    Returns:
        With the columns `HAND_COLUMNS` (share of frames with any, with the left, with the right hand) and
        `STATISTICS_COLUMNS`, of what is stored. A clip without any landmark, or with an infinite value, is of no use.
    """
    x_TK, has_zeros = without_zeros(raw_TK, SELECTION)
    is_missing_TK = np.isnan(x_TK)
    if is_missing_TK.all():
        return PreparedClip(x_TK, problem="all_nan")
    if is_infinite(x_TK).any():
        return PreparedClip(x_TK, problem="infinite_value")
    has_left_T, has_right_T = (~is_missing_TK[:, SLOTS[hand]].all(axis=1) for hand in ("left_hand", "right_hand"))
    shares = [float(has_T.mean()) for has_T in (has_left_T | has_right_T, has_left_T, has_right_T)]
    with np.errstate(over="ignore", invalid="ignore"):
        figures = np.concatenate(statistics(x_TK)).tolist()
    remarks = {
        "no_hand": shares[0] == 0,
        "one_frame": len(x_TK) == 1,
        SHORT: len(x_TK) < SHORT_FRAMES,
        "zeros_for_missing": has_zeros,
    }
    return PreparedClip(
        x_TK,
        dict(zip([*HAND_COLUMNS, *STATISTICS_COLUMNS], [*shares, *figures], strict=True)),
        (*(kind for kind, is_there in remarks.items() if is_there), *doubts(x_TK, SELECTION)),
    )
