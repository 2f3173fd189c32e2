"""The clips of isolated signs as the systems of them train on them: out of shards, with the numbers of their signs.

Legend: T frames, P the points of a shard, C coordinates (x, y, z).
"""

from pathlib import Path

import numpy as np
import pandas as pd

from podium.data.clips import Clips
from podium.systems.signs.labels import LABEL
from podium.systems.signs.points import COLUMNS, NUM_POINTS, as_frames
from podium.systems.signs.vocabulary import numbers_of


class SignClips(Clips):
    """The clips of a table.

    Args:
        table: split, file_id, offset, num_frames, sign.
        root: The dataset's folder, with shards/.

    Attributes:
        lengths: (rows,) int64.
        targets: (rows,) int64; the numbers of the signs.

    Raises:
        UserError: A sign is none of the competition's.
    """

    def __init__(self, table: pd.DataFrame, root: str | Path) -> None:
        super().__init__(table, root, len(COLUMNS))
        self.targets = numbers_of(table[LABEL])
        self.lengths = table["num_frames"].to_numpy(dtype=np.int64)

    def __len__(self) -> int:
        return len(self.lengths)

    def raw(self, row: int) -> np.ndarray:
        """(T, 543, 3) float32, NaN kept: what the exported file takes. A new array."""
        return as_frames(super().raw(row))

    def points(self, row: int) -> np.ndarray:
        """(T, 3, P) float32, NaN kept; a view that may be read only."""
        return super().raw(row).reshape(-1, 3, NUM_POINTS)
