"""The clips on which a file is held against torch: many of the hidden test, and the edges of what may come in."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from types import ModuleType
from typing import Any

import numpy as np

from podium.data.columns import TRAINED
from podium.errors import UserError
from podium.export.evaluation import read_test_table
from podium.storage.artefacts import made_by
from podium.storage.npy import read_npz
from podium.storage.tables import read_table


@dataclass(frozen=True)
class ProofClip:
    """A clip by name, as the file takes it; ``label`` is None if it is not known."""

    name: str
    x: np.ndarray
    label: Any = None


def num_clips_in(reference: Mapping[str, np.ndarray]) -> int:
    """Number of clips in a ``reference.npz``."""
    return len({name.split("/")[0] for name in reference})


def calibration_clips(
    samples: ModuleType, recipe: Any, data: Path | None, reference: Path | None, num_clips: int
) -> list[np.ndarray]:
    """Clips that were trained on, spread evenly over the split "train"; without data those of a reference.

    Args:
        samples: The system's module.
        data: The dataset's folder.
        reference: A ``reference.npz``.
    """
    if data is None:
        arrays = read_npz(reference)
        return [arrays[f"{clip}/raw"] for clip in range(num_clips_in(arrays))]
    table = read_table(made_by(data / "index.parquet", "index_data"), [*TRAINED, *samples.TABLE_COLUMNS])
    table = table[table["split"] == "train"]
    chosen = np.unique(np.linspace(0, len(table) - 1, num_clips).astype(int))
    clips = samples.validation(table.iloc[chosen].reset_index(drop=True), data, recipe)
    return [clips.raw(row) for row in range(len(clips))]


def parity_clips(
    reference: Mapping[str, np.ndarray],
    sequences: str | Path | None,
    root: str | Path,
    num_clips: int,
    answers: ModuleType,
    settings: Mapping[str, Any],
    recipe: Any,
    label: str,
) -> list[ProofClip]:
    """Clips spread evenly over the hidden test, or the reference clips if there is none; and then edge clips made of
    the longest of them.

    Args:
        sequences: The table whose split "test" gives the clips; None if there is no data.
        root: What the table's paths are relative to.
        num_clips: How many of the hidden test, or all if it has fewer.
        answers: The system's module.
        settings: What the file has built in.
        recipe: Of the first network.
        label: The column of the label in the table.
    """
    table = None if sequences is None else read_test_table(sequences, label)
    if table is None or table.empty:
        names = [f"{clip}/raw" for clip in range(num_clips_in(reference))]
        clips = [ProofClip(f"reference {name}", reference[name]) for name in names]
    else:
        chosen = np.unique(np.linspace(0, len(table) - 1, num_clips).astype(int))
        table = table.iloc[chosen].reset_index(drop=True)
        clips = [
            ProofClip(f"sequence {table['sequence_id'][position]}", x, table[label][position])
            for position, x in answers.test_clips(table, root)
            if x is not None
        ]
    if not clips:
        raise UserError(f"none of {num_clips} clip(s) of the hidden test can be read; see docs/bad_input.md")
    longest = max((clip.x for clip in clips), key=len)
    return clips + [ProofClip(name, x) for name, x in answers.edge_clips(longest, settings, recipe).items()]
