"""Cuts a long film into utterances by the hands: raised, down, out of sight.

Letters in names: T frames, K columns.
"""

from collections import deque
from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from podium.landmarks.selection import Selection
from podium.landmarks.timing import IDLE_FRAMES

PAUSE_S = 0.6  # without a raised hand; shorter gaps are tracking that failed, or a change of hands
MIN_S = 0.1  # of raised hands; less is a false alarm
MAX_S = 12.8  # of one utterance: what recognisers read without shortening, 384 frames at 30 a second
DOWN = 0.25  # of the upper arm's height: so far a resting hand hangs below its elbow
_ARMS = {"left_hand": ("pose_11", "pose_13"), "right_hand": ("pose_12", "pose_14")}  # shoulder, elbow


@dataclass(frozen=True)
class Utterance:
    """A stretch of a film.

    Attributes:
        begin, end: Frames of the film: the first one, and the one behind the last.
        x_TK: (end - begin, K) float32.
    """

    begin: int
    end: int
    x_TK: np.ndarray


class Cutter:
    """Takes a film frame by frame, and gives each utterance as soon as it has ended.

    It keeps the frames of one utterance at most, so memory does not grow with the film.

    Args:
        selection: Of the K columns. It must hold the hands; shoulders and elbows if resting hands are to be told.
        rate: Frames a second.
    """

    def __init__(self, selection: Selection, rate: float) -> None:
        self._selection = selection
        self._pause, self._min, self._max = (max(round(time * rate), 1) for time in (PAUSE_S, MIN_S, MAX_S))
        self._rows: deque[np.ndarray] = deque()  # of the utterance, or the idle frames before it
        self._number = 0  # of the next frame
        self._num_raised = 0
        self._last_raised = -1
        self.num_with_hands = 0

    def take(self, x_K: np.ndarray) -> Iterator[Utterance]:
        """Takes the next frame; yields what has ended with it."""
        has_hand, is_raised = raised(x_K, self._selection)
        self._rows.append(x_K)
        self._number += 1
        self.num_with_hands += has_hand
        if is_raised:
            self._num_raised += 1
            self._last_raised = self._number - 1
        if not self._num_raised:
            while len(self._rows) > IDLE_FRAMES:
                self._rows.popleft()
        elif self._number - 1 - self._last_raised >= max(self._pause, IDLE_FRAMES):
            yield from self.finish()
        elif len(self._rows) >= self._max + 2 * IDLE_FRAMES:
            yield self._cut_off(self._swiftest())

    def finish(self) -> Iterator[Utterance]:
        """Yields the utterance that has not ended yet, if there is one."""
        first = self._number - len(self._rows)
        if self._num_raised >= self._min:
            end = min(self._last_raised + 1 + IDLE_FRAMES, self._number)
            yield Utterance(first, end, np.stack(list(self._rows)[: end - first]))
        self._num_raised = 0
        while len(self._rows) > IDLE_FRAMES:
            self._rows.popleft()

    def _cut_off(self, num_rows: int) -> Utterance:
        first = self._number - len(self._rows)
        rows = [self._rows.popleft() for _ in range(num_rows)]
        self._num_raised = sum(raised(x_K, self._selection)[1] for x_K in self._rows)
        return Utterance(first, first + num_rows, np.stack(rows))

    def _swiftest(self) -> int:
        """Where the hands change most in the second half: between two signs rather than within one."""
        x_TAL = np.stack(self._rows).reshape(len(self._rows), 3, -1)[:, :2]
        swiftness_T = np.zeros(len(self._rows) - 1)
        for hand in _ARMS:
            shape_TAN = x_TAL[:, :, self._selection.slots[hand]]
            shape_TAN = shape_TAN - shape_TAN[:, :, :1]
            swiftness_T += np.nan_to_num(np.abs(np.diff(shape_TAN, axis=0))).sum(axis=(1, 2))
        half = len(self._rows) // 2
        return half + int(swiftness_T[half:].argmax()) + 1


def raised(x_K: np.ndarray, selection: Selection) -> tuple[bool, bool]:
    """Whether a frame shows a hand, and whether it shows a raised one.

    A hand is down if its wrist lies clearly below its elbow. If the arm is unknown, a hand that is seen is raised.

    Args:
        x_K: (K,) float32, NaN where a landmark is missing; x and y in fractions of the picture, or in pixels.
        selection: Of the K columns.
    """
    y_L = x_K.reshape(3, -1)[1]
    has_hand = False
    for hand, (shoulder, elbow) in _ARMS.items():
        wrist_y = y_L[selection.slots[hand][0]]
        if np.isnan(wrist_y):
            continue
        has_hand = True
        places = [selection.slot_of.get(name) for name in (shoulder, elbow)]
        if None in places:
            return True, True
        shoulder_y, elbow_y = y_L[places]
        limit = elbow_y + DOWN * abs(elbow_y - shoulder_y)
        if not wrist_y > limit:  # nor if the arm is unknown
            return True, True
    return has_hand, False


def cut(x_TK: np.ndarray, selection: Selection, rate: float) -> Iterator[Utterance]:
    """The utterances of a film that lies in memory.

    Args:
        x_TK: (T, K) float32.
    """
    cutter = Cutter(selection, rate)
    for x_K in x_TK:
        yield from cutter.take(x_K)
    yield from cutter.finish()
