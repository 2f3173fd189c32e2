"""Which of MediaPipe's landmarks a system reads, and in which order."""

from dataclasses import dataclass
from functools import cached_property

import numpy as np

from podium.landmarks.mediapipe import PARTS


@dataclass(frozen=True)
class Selection:
    """Landmarks in the order of a system.

    Readers of files take its `columns`; rules about people (`plausibility`, `timing`) take the selection itself.

    Attributes:
        names: As in `podium.landmarks.mediapipe.RAW_NAMES`: part, underscore, number.
    """

    names: tuple[str, ...]

    @cached_property
    def columns(self) -> list[str]:
        """Of tables and arrays: all x, then all y, then all z."""
        return [f"{axis}_{name}" for axis in "xyz" for name in self.names]

    @cached_property
    def slots(self) -> dict[str, np.ndarray]:
        """Part → (N,) int64: where its landmarks stand, in the order of `PARTS`."""
        return {
            part: np.array([slot for slot, name in enumerate(self.names) if name.startswith(part)]) for part in PARTS
        }

    @cached_property
    def slot_of(self) -> dict[str, int]:
        """Name → where it stands."""
        return {name: slot for slot, name in enumerate(self.names)}


def by_coordinate(raw_TK: np.ndarray) -> np.ndarray:
    """(T, 3, L): a view of a clip (T, K)."""
    return raw_TK.reshape(len(raw_TK), 3, raw_TK.shape[1] // 3)
