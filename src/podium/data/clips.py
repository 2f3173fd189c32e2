"""Clips out of shards.

Legend: T frames, K columns of values.
"""

from pathlib import Path

import numpy as np
import pandas as pd

from podium.errors import UserError
from podium.storage.artefacts import made_by
from podium.storage.npy import map_npy


def shard_path(root: str | Path, split: str, file_id: int) -> Path:
    """Place of a shard below a dataset's folder."""
    return Path(root, "shards", split, f"{file_id}.npy")


class Clips:
    """The clips of a table, memory-mapped shard by shard when first read in a process.

    A system derives its own that reads less than a whole clip, or more than its values.

    Args:
        table: Rows with split, file_id, offset, num_frames.
        root: The dataset's folder.
        num_columns: K, which each shard must have; None takes any.
    """

    def __init__(self, table: pd.DataFrame, root: str | Path, num_columns: int | None = None) -> None:
        of_shard = table.groupby(["split", "file_id"])
        self._shard_of_row = of_shard.ngroup().to_numpy(dtype=np.int32)
        self._paths = [shard_path(root, split, file_id) for split, file_id in of_shard.groups]
        self._begin = table["offset"].to_numpy(dtype=np.int64)
        self._end = self._begin + table["num_frames"].to_numpy(dtype=np.int64)
        self._num_columns = num_columns
        self._open: dict[int, np.ndarray] = {}

    def __getstate__(self) -> dict:
        """Without the open maps: a worker process opens its own."""
        return {**self.__dict__, "_open": {}}

    def raw(self, row: int) -> np.ndarray:
        """(T, K) float32, NaN kept; a read-only view of the file if that is float32."""
        return self._shard(row)[self._begin[row] : self._end[row]].astype(np.float32, copy=False)

    def _shard(self, row: int) -> np.ndarray:
        """(F, K): all frames of the shard that holds a clip."""
        shard = int(self._shard_of_row[row])
        if shard not in self._open:
            self._open[shard] = self._map(shard)
        return self._open[shard]

    def _map(self, shard: int) -> np.ndarray:
        path = self._paths[shard]
        x_FK = np.asarray(map_npy(made_by(path, "pack_shard")))
        num_frames = self._end[self._shard_of_row == shard].max()
        is_right = x_FK.ndim == 2 and self._num_columns in (None, x_FK.shape[1]) and x_FK.dtype.kind == "f"
        if not is_right or len(x_FK) < num_frames:
            found = f"{x_FK.dtype} of the shape {x_FK.shape}"
            raise UserError(f"{path} holds {found}, not {num_frames} frames or more; make it again")
        return x_FK
