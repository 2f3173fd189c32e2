"""Clips that a file is judged by, and those that it must survive."""

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from podium.data.recordings import clips
from podium.export.comparing import compare_arrays
from podium.systems.speech.layout import CLIP_SAMPLES
from podium.systems.speech.readings import OUTPUT, read
from podium.systems.speech.samples import open_raw, prepare


def test_clips(table: pd.DataFrame, root: str | Path) -> Iterator[tuple[int, np.ndarray | None]]:
    """Yields the position of each row of ``table`` and its clip (16000,) float32, None if it is not there."""
    for path, rows in table.groupby("path", sort=False):
        positions = dict(zip(rows["sequence_id"].tolist(), rows.index.tolist(), strict=True))
        for sequence_id, x_TK in clips(open_raw(Path(root, path)), positions):
            prepared = prepare(x_TK)
            wave_W = np.ascontiguousarray(prepared.values_TK, np.float32).reshape(-1)[:CLIP_SAMPLES]
            yield positions.pop(sequence_id), None if prepared.problem else wave_W
        yield from ((position, None) for position in positions.values())


def edge_clips(x: np.ndarray, settings: Mapping[str, Any], recipe: Any) -> dict[str, np.ndarray]:
    """Clips at the edges of what may come in, made of a real one, by name."""
    return {
        "all zero": np.zeros_like(x),
        "hardly anything": x * np.float32(1e-4),
        "beyond full scale": x * np.float32(8),
        "cut off": np.clip(x * 50, -1, 1).astype(np.float32),
        "one level throughout": np.full_like(x, 0.5),
        "a single click": np.eye(1, len(x), len(x) // 2, dtype=np.float32)[0],
        "backwards": x[::-1].copy(),
    }


def example(num_frames: int, rng: np.random.Generator) -> np.ndarray:
    """A clip to time a file with: noise. Every clip is a second, whatever is asked for."""
    return (0.1 * rng.normal(size=CLIP_SAMPLES)).astype(np.float32)


def agree(
    expected: Mapping[str, np.ndarray], found: Mapping[str, np.ndarray], relative: float, settings: Mapping[str, Any]
) -> dict[str, Any]:
    """One clip of a file, or of TensorFlow, against torch. Two probabilities that are equal but for the tolerance may
    change places; such a tie has its gap."""
    result = compare_arrays(np.asarray(expected[OUTPUT]), found.get(OUTPUT), relative)
    readings = [read(one) if OUTPUT in one else None for one in (expected, found)]
    texts = tuple("" if reading is None else reading.text for reading in readings)
    gap = None
    if texts[0] != texts[1] and all(readings):
        places = [int(reading.probabilities.argmax()) for reading in readings]
        gap = float(np.ptp(np.asarray(expected[OUTPUT])[places]))
    return {"passed": result["passed"], "error": result["error"], "gap": gap, "texts": texts}
