"""Clips by which a file is proven, scored and timed: of the hidden test, at the edges of what may come in, and made up.

Letters in tensor names: T frames, K columns (390).
"""

from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from podium.data.recordings import clips
from podium.landmarks.plausibility import without_zeros
from podium.systems.fingerspelling.landmarks import COLUMNS, SELECTION
from podium.systems.fingerspelling.readings import Settings

if TYPE_CHECKING:
    import pandas as pd


def test_clips(table: "pd.DataFrame", root: str | Path) -> Iterator[tuple[int, np.ndarray | None]]:
    """Yields the position of each row of ``table`` and its clip (T, 390) float32, NaN kept, file by file.

    Clips are those that packing would store: rows by `frame`, a whole part in one point as NaN. A sequence without
    frames in its file is a clip of 0 frames; one that packing would skip for its rows has None.

    Args:
        root: What the table's ``path`` is relative to.

    Raises:
        UserError: A landmark file is absent, damaged or lacks a column.
    """
    from podium.landmarks.parquet import ParquetRecordings  # who reads arrays need not wait for it

    for path, rows in table.groupby("path", sort=False):
        recordings = ParquetRecordings(Path(root, path), COLUMNS)
        positions = dict(zip(rows["sequence_id"].tolist(), rows.index.tolist(), strict=True))
        for sequence_id, x_TK in clips(recordings, positions):
            yield positions.pop(sequence_id), without_zeros(x_TK, SELECTION)[0]
        num_frames = recordings.num_frames()
        for sequence_id, position in positions.items():
            yield position, None if sequence_id in num_frames else np.empty((0, len(COLUMNS)), np.float32)


def edge_clips(x: np.ndarray, settings: Settings, recipe: Any) -> dict[str, np.ndarray]:
    """Clips at the edges of what may come in, cut from or made of a real one (T, 390), by name."""
    min_frames, max_frames = settings["min_frames"], recipe.data.max_frames
    frames = np.arange(max_frames + min(37, max_frames)) % len(x)
    return {
        "no frame": x[:0],
        "one frame": x[:1],
        "too short": x[: max(1, min_frames - 1)],
        "all missing": np.full((max(min_frames, min(len(x), max_frames)), x.shape[1]), np.nan, np.float32),
        "too long": x[frames],
    }


def example(num_frames: int, rng: np.random.Generator) -> np.ndarray:
    """A clip to time a file with: random landmarks (num_frames, 390), whose text is as long as it comes out."""
    return rng.normal(size=(num_frames, len(COLUMNS))).astype(np.float32)
