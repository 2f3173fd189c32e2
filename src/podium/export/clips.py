"""The clips on which a file is held against torch: many of the hidden test, and the edges of what may come in.

Letters in tensor names: T frames, K columns (390).
"""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from podium.errors import UserError
from podium.export.evaluation import hidden_clips, read_test_table
from podium.systems.fingerspelling.landmarks import COLUMNS


@dataclass(frozen=True)
class Clip:
    """A clip by name; ``phrase`` is None where it is not known."""

    name: str
    raw_TK: np.ndarray
    phrase: str | None


def num_clips_in(reference: Mapping[str, np.ndarray]) -> int:
    """Number of clips in a reference, see `podium.training.weights`."""
    return len({name.split("/")[0] for name in reference})


def parity_clips(
    reference: Mapping[str, np.ndarray],
    sequences: str | Path | None,
    root: str | Path,
    num_clips: int,
    min_frames: int,
    max_frames: int,
) -> list[Clip]:
    """Clips spread evenly over the hidden test, or the reference clips where there is none; and then edge clips made of
    the longest of them.

    Args:
        sequences: The table whose split "test" gives the clips; None where there is no data.
        root: What the table's paths are relative to.
        num_clips: How many of the hidden test, or all if it has fewer.
        min_frames, max_frames: Of the file.
    """
    table = None if sequences is None else read_test_table(sequences)
    if table is None or table.empty:
        names = [f"{clip}/raw" for clip in range(num_clips_in(reference))]
        clips = [Clip(f"reference {name}", reference[name], None) for name in names]
    else:
        chosen = np.unique(np.linspace(0, len(table) - 1, num_clips).astype(int))
        table = table.iloc[chosen].reset_index(drop=True)
        clips = [
            Clip(f"sequence {table['sequence_id'][position]}", raw_TK, table["phrase"][position])
            for position, raw_TK in hidden_clips(table, root, COLUMNS)
            if raw_TK is not None
        ]
    if not clips:
        raise UserError(f"none of {num_clips} clip(s) of the hidden test can be read; see docs/bad_input.md")
    longest_TK = max((clip.raw_TK for clip in clips), key=len)
    return clips + edge_clips(longest_TK, min_frames, max_frames)


def edge_clips(base_TK: np.ndarray, min_frames: int, max_frames: int) -> list[Clip]:
    """Clips at the edges of what may come in, cut from or made of a real one."""
    frames = np.arange(max_frames + min(37, max_frames)) % len(base_TK)
    nothing_TK = np.full((max(min_frames, min(len(base_TK), max_frames)), base_TK.shape[1]), np.nan, np.float32)
    return [
        Clip("no frame", base_TK[:0], None),
        Clip("one frame", base_TK[:1], None),
        Clip("too short", base_TK[: max(1, min_frames - 1)], None),
        Clip("all missing", nothing_TK, None),
        Clip("too long", base_TK[frames], None),
    ]
