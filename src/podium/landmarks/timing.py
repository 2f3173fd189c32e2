"""What happens to a clip's frames before it is read: another frame rate becomes the model's, idle ends are cut.

Letters in names: T frames, N new frames, K columns, C coordinates, L landmarks.
"""

import numpy as np

from podium.config import FRAME_RATES
from podium.data.recordings import MAX_FRAMES
from podium.errors import ClipError
from podium.landmarks.selection import Selection, by_coordinate

SAME_RATE = 0.05  # relative; tempos of signers differ by far more, and each new frame is a little blurred
# Frames without a hand at each end: up to IDLE_FRAMES stay, as in the clips of the training; of more, KEPT_FRAMES stay.
# Of the numbers that were tried these lost least; benchmarks/clip_timing.py gives their scores (docs/predict.md).
IDLE_FRAMES, KEPT_FRAMES = 3, 1


def at_rate(raw_TK: np.ndarray, fps: float | None, frame_rate: float | None) -> np.ndarray:
    """`resample`, if both rates are known.

    Raises:
        ClipError: ``fps`` is no frame rate, or the clip would have too many frames.
    """
    if fps is None or frame_rate is None:
        return raw_TK
    lowest, highest = FRAME_RATES
    if not lowest <= fps <= highest:
        raise ClipError(
            f"a clip of {fps:g} frames a second cannot be read; a rate lies from {lowest} to {highest} frames a second"
        )
    if len(raw_TK) * frame_rate > MAX_FRAMES * fps:
        raise ClipError(
            f"{len(raw_TK):,} frames at {fps:g} a second are more than {MAX_FRAMES:,} at the model's {frame_rate:g};"
            " cut the clip"
        )
    return resample(raw_TK, fps, frame_rate)


def resample(raw_TK: np.ndarray, fps: float, frame_rate: float) -> np.ndarray:
    """The clip as a camera of another rate sees it. The first frame stays, the others lie on lines between frames.

    Args:
        raw_TK: (T, K) float32, NaN if a landmark is missing.
        fps: Frames a second of the clip.
        frame_rate: Frames a second that are wanted.

    Returns:
        (N, K) float32; the clip itself if the rates differ by at most 5 %. If one of the two frames lacks a value,
        it is that of the nearer frame, which may be NaN.
    """
    step = fps / frame_rate
    if len(raw_TK) < 2 or abs(step - 1) <= SAME_RATE:
        return raw_TK
    place_N = np.arange(int((len(raw_TK) - 1) / step + 1e-6) + 1) * step
    before_N = np.minimum(place_N.astype(np.int64), len(raw_TK) - 1)
    share_N1 = (place_N - before_N).astype(np.float32)[:, None]
    before_NK, after_NK = raw_TK[before_N], raw_TK[np.minimum(before_N + 1, len(raw_TK) - 1)]
    between_NK = before_NK + (after_NK - before_NK) * share_N1
    return np.where(np.isnan(between_NK), np.where(share_N1 < 0.5, before_NK, after_NK), between_NK)


def signing(raw_TK: np.ndarray, min_frames: int, selection: Selection) -> slice:
    """The frames from the first to the last with a hand, and a little around them; none if no frame has a hand.

    Args:
        raw_TK: (T, K), NaN if a landmark is missing. A hand is there if one of its points has x and y.
        min_frames: At least so many frames are kept, if the clip has them, so that a short word stays long enough to
            be read.
        selection: Of the K columns.
    """
    hands = np.concatenate([selection.slots["left_hand"], selection.slots["right_hand"]])
    is_missing_TCL = by_coordinate(np.isnan(raw_TK))[:, :2, hands]
    seen = np.flatnonzero((~is_missing_TCL.any(axis=1)).any(axis=1))
    if len(seen) == 0:
        return slice(0, 0)
    num_frames = len(raw_TK)
    begin, end = int(seen[0]), int(seen[-1]) + 1
    begin, end = begin - _kept(begin), end + _kept(num_frames - end)
    num_lacking = max(min_frames - (end - begin), 0)
    begin = max(min(begin - num_lacking // 2, num_frames - max(min_frames, end - begin)), 0)
    return slice(begin, min(max(end, begin + min_frames), num_frames))


def _kept(num_idle: int) -> int:
    return num_idle if num_idle <= IDLE_FRAMES else KEPT_FRAMES
