"""What an inspection must know of the system that the data is for."""

from dataclasses import dataclass

from podium.data.labels import Labels
from podium.landmarks.selection import Selection


@dataclass(frozen=True)
class Inspection:
    """A system whose clips are landmarks.

    Attributes:
        selection: The landmarks that it reads.
        labels: What its rows are labelled with.
        short_frames: Clips of fewer frames are told; they may be too short to be learned from.
    """

    selection: Selection
    labels: Labels
    short_frames: int
