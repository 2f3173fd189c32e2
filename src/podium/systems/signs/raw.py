"""From raw files to shards: the clips of one signer are one raw file, and packing keeps `points.COLUMNS` of them.

Legend: T frames, K columns, P selected points, C coordinates (x, y, z).
"""

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from functools import cached_property
from pathlib import Path

import numpy as np

from podium.data.recordings import PreparedClip, Recordings
from podium.errors import UserError
from podium.landmarks.arrays import is_id
from podium.landmarks.long_parquet import LongClip, read_long
from podium.landmarks.mediapipe import LEFT_EYE, LIPS, NOSE, RIGHT_EYE
from podium.landmarks.normalise import is_infinite
from podium.landmarks.plausibility import doubts, without_zeros
from podium.landmarks.selection import Selection
from podium.systems.signs.points import COLUMNS, NUM_POINTS, ROWS, SELECTION, SLOTS

HAND_COLUMNS = ["hand_share", "left_hand_share", "right_hand_share"]
HELD_BYTES = 4 * 10**8  # of coordinates in memory
NUM_THREADS = 2  # pyarrow reads small files beside each other; more threads would wait for Python
# Isolated signs are short, so the plausibility of several of a signer is judged together, by some of their frames.
JUDGED_FRAMES, JUDGED_STEP = 256, 4
_ROWS_P = np.array(ROWS)

# The limits of `podium.landmarks.plausibility` are those of hands, lips, eyes, nose and arms alone.
_JUDGED_FACE = {f"face_{index}" for index in LIPS + NOSE + RIGHT_EYE + LEFT_EYE}
_HEAD = {f"pose_{index}" for index in range(11)}
_JUDGED_P = np.array(
    [
        place
        for place, name in enumerate(SELECTION.names)
        if name in _JUDGED_FACE or not name.startswith("face_") and name not in _HEAD
    ]
)
JUDGED_COLUMNS = np.concatenate([_JUDGED_P + axis * NUM_POINTS for axis in range(3)])
JUDGED = Selection(tuple(SELECTION.names[place] for place in _JUDGED_P))


def open_raw(path: str | Path) -> Recordings:
    """The clips of a signer's folder, ``{sequence_id}.parquet`` in the long layout.

    Raises:
        UserError: It is no folder, or holds no such file.
    """
    return SignerRecordings(path)


class SignerRecordings(Recordings):
    """The clips of a signer, by ascending id; see `podium.data.recordings.Recordings`.

    What is wrong with a file shows when it is read. So all are read first; clips are kept until they are asked for, up
    to `HELD_BYTES`, and those beyond are read again.
    """

    absence = "no_file"
    num_columns = len(COLUMNS)
    extra_columns: list[str] = []

    def __init__(self, folder: str | Path) -> None:
        self._folder = Path(folder)
        self._ids = sorted(int(path.stem) for path in self._folder.glob("*.parquet") if is_id(path.stem))
        if not self._ids:
            raise UserError(f"{folder} holds no file {{sequence_id}}.parquet; fetch or make it again")
        self._held: dict[int, np.ndarray] = {}
        self.remarks: dict[int, tuple[str, ...]] = {}

    @cached_property
    def _clips(self) -> dict[int, LongClip | None]:
        """What is known of each file beside its coordinates; None if it cannot be read."""
        found: dict[int, LongClip | None] = {}
        num_bytes = 0
        with ThreadPoolExecutor(NUM_THREADS) as pool:
            for one, clip in zip(self._ids, pool.map(self._try, self._ids), strict=True):
                if clip is not None and clip.x_TCR is not None and num_bytes + clip.x_TCR.nbytes <= HELD_BYTES:
                    num_bytes += clip.x_TCR.nbytes
                    self._held[one] = clip.x_TCR
                found[one] = clip and clip._replace(x_TCR=None)
        return found

    @property
    def unreadable(self) -> list[int]:
        """Ids of files that are cut off, damaged, or no parquet."""
        return [one for one, clip in self._clips.items() if clip is None]

    @property
    def refused(self) -> dict[int, str]:
        """As `Recordings.refused`; reasons are keys of `podium.landmarks.long_parquet.LONG_PROBLEMS`."""
        return {one: clip.problem for one, clip in self._clips.items() if clip and clip.problem}

    def num_frames(self) -> dict[int, int]:
        """Frames of each clip, of those that are refused as well."""
        return {one: clip.num_frames for one, clip in self._clips.items() if clip}

    def order(self, sequence_id: int) -> np.ndarray | None:
        """As `Recordings.order`."""
        return self._clips[sequence_id].order_T

    def batches(self) -> Iterator[tuple[np.ndarray, np.ndarray]]:
        """Yields ids (T,) int64, all equal, and values (T, K) float32 of each clip that is not refused.

        Fills `remarks` meanwhile.
        """
        group: dict[int, np.ndarray] = {}
        for one, clip in self._clips.items():
            if clip is None or clip.problem:
                continue
            x_TCP = self._held.pop(one) if one in self._held else self._read(one).x_TCR
            x_TK = x_TCP.reshape(clip.num_frames, self.num_columns)
            if clip.order_T is not None:
                self.remarks[one] = ("frames_sorted",)
            group[one] = x_TK[::JUDGED_STEP, JUDGED_COLUMNS]
            if sum(map(len, group.values())) >= JUDGED_FRAMES:
                self._judge(group)
                group = {}
            yield np.full(len(x_TK), one), x_TK
        if group:
            self._judge(group)

    def _judge(self, group: dict[int, np.ndarray]) -> None:
        kinds = doubts(np.concatenate(list(group.values())), JUDGED)
        for one in group if kinds else []:
            self.remarks[one] = (*self.remarks.get(one, ()), *kinds)

    def _try(self, sequence_id: int) -> LongClip | None:
        try:
            return self._read(sequence_id)
        except UserError:
            return None

    def _read(self, sequence_id: int) -> LongClip:
        return read_long(self._folder / f"{sequence_id}.parquet", _ROWS_P)


def prepare(raw_TK: np.ndarray) -> PreparedClip:
    """What is stored of a clip: the clip itself; parts of a frame whose points lie in one place become NaN.

    Args:
        raw_TK: (T, K) float32, T ≥ 1, NaN where a point is missing.

    Returns:
        With the columns `HAND_COLUMNS`: the share of frames with any, with the left, with the right hand. A clip
        without any point, or with an infinite value, is of no use.
    """
    x_TK, has_zeros = without_zeros(raw_TK, SELECTION)
    x_TCP = x_TK.reshape(len(x_TK), 3, NUM_POINTS)
    if is_infinite(x_TK).any():
        return PreparedClip(x_TK, problem="infinite_value")
    has_left_T, has_right_T = (~np.isnan(x_TCP[:, 0, SLOTS[hand]]).all(axis=1) for hand in ("left_hand", "right_hand"))
    if not (has_left_T | has_right_T).any() and np.isnan(x_TK).all():
        return PreparedClip(x_TK, problem="all_nan")
    shares = [float(has_T.mean()) for has_T in (has_left_T | has_right_T, has_left_T, has_right_T)]
    remarks = {"no_hand": shares[0] == 0, "one_frame": len(x_TK) == 1, "zeros_for_missing": has_zeros}
    return PreparedClip(
        x_TK,
        dict(zip(HAND_COLUMNS, shares, strict=True)),
        tuple(kind for kind, is_there in remarks.items() if is_there),
    )
