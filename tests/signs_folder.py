"""Small raw folders in the layout of the isolated-sign competition, for tests."""

import functools
import json
from pathlib import Path

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq

from podium.landmarks.mediapipe import PART_SIZES
from podium.systems.signs.corpus.corpus import clip
from podium.systems.signs.corpus.long_files import write_long
from podium.systems.signs.corpus.section import SyntheticSource

MAP = "sign_to_prediction_index_map.json"


def frames(num_frames: int, seed: int = 0) -> np.ndarray:
    """(num_frames, 543, 3) float32: a virtual person who trembles; only the right hand is seen."""
    tremble_FL3 = np.random.default_rng(seed).normal(0, 0.002, (num_frames, 543, 3))
    return (_person() + tremble_FL3).astype(np.float32)


@functools.cache
def _person() -> np.ndarray:
    """(543, 3): one frame."""
    source = SyntheticSource(kind="synthetic", num_train_clips=9, num_train_signers=1, jitter=0)
    for sequence_id in range(100):
        x_FL3 = clip(source, 10_007, sequence_id, "hello")
        seen_F = ~np.isnan(x_FL3[:, 522:]).any(axis=(1, 2)) & ~np.isnan(x_FL3[:, :468]).any(axis=(1, 2))
        if seen_F.any():
            x_FL3[:, 468:489] = np.nan
            return x_FL3[np.flatnonzero(seen_F)[0]]
    raise AssertionError("the first virtual signer is left-handed")


def long_table(num_frames: int, first_frame: int = 7, seed: int = 0) -> pd.DataFrame:
    """A clip in the long layout, to be spoilt."""
    x_FL3 = frames(num_frames, seed)
    parts = [(part, index) for part, size in PART_SIZES.items() for index in range(size)]
    rows = [
        (
            np.int16(first_frame + frame),
            f"{first_frame + frame}-{part}-{index}",
            part,
            np.int16(index),
            *x_FL3[frame, row],
        )
        for frame in range(num_frames)
        for row, (part, index) in enumerate(parts)
    ]
    table = pd.DataFrame(rows, columns=["frame", "row_id", "type", "landmark_index", "x", "y", "z"])
    return table.astype({"frame": "int16", "landmark_index": "int16", **dict.fromkeys("xyz", "float64")})


def save(table: pd.DataFrame, path: Path) -> Path:
    """Writes a table as it is."""
    path.parent.mkdir(parents=True, exist_ok=True)
    pq.write_table(pa.Table.from_pandas(table, preserve_index=False), path)
    return path


def write_raw(
    root: Path, num_signers: int = 4, signs: tuple[str, ...] = ("hello", "yes"), times: int = 2
) -> pd.DataFrame:
    """Each of some people makes each sign some times; returns the rows of train.csv."""
    rows = []
    for signer in range(50, 50 + num_signers):
        for number in range(times * len(signs)):
            sequence_id = 1000 * signer + number
            path = f"train_landmark_files/{signer}/{sequence_id}.parquet"
            write_long(root / path, frames(3 + number, sequence_id), first_frame=number)
            rows.append((path, signer, sequence_id, signs[number % len(signs)]))
    table = pd.DataFrame(rows, columns=["path", "participant_id", "sequence_id", "sign"])
    write_tables(root, table, {sign: number for number, sign in enumerate(signs)})
    return table


def write_tables(root: Path, table: pd.DataFrame, numbers: dict[str, int]) -> None:
    """Writes train.csv and the map of signs."""
    table.to_csv(root / "train.csv", index=False)
    (root / MAP).write_text(json.dumps(numbers))
