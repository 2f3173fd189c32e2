"""The commands that prepare a dataset, on a small raw folder that a test may spoil."""

import json
import runpy
import shutil
import subprocess
import sys
from pathlib import Path
from unittest.mock import patch

from project import ROOT
from raw_folder import landmark_frame, table, write_arrays, write_dataset

SCRIPTS = ROOT / "workflow/scripts"


class Workplace:
    """A raw folder of four signers in two files, its dataset file, and the commands that prepare it."""

    rows = table(num_signers=4, clips_per_signer=3)

    def __init__(self, folder: Path, raw: Path) -> None:
        self.folder = folder
        self.raw = folder / "raw"
        self.data = folder / "data"
        self.file_id = int(self.rows["file_id"].iloc[0])
        self.parquet = self.raw / f"train_landmarks/{self.file_id}.parquet"
        self.arrays = self.raw / f"train_landmarks/{self.file_id}"  # read in place of the parquet file, once there
        shutil.copytree(raw, self.raw)
        self.dataset = write_dataset(folder / "dataset.yaml", self.raw)

    @property
    def shard(self) -> Path:
        return self.data / f"shards/train/{self.file_id}.npy"

    def command(self, name: str, file_id: int | None = None) -> list[str]:
        file_id = file_id or self.file_id
        parquet = self.raw / f"train_landmarks/{file_id}.parquet"
        arguments = {
            "list_sequences": {"out": self.data / "sequences.parquet", "skipped": self.data / "sequences.json"},
            "pack_shard": {
                "raw-file": parquet.with_suffix("" if parquet.with_suffix("").is_dir() else ".parquet"),
                "table": self.data / "sequences.parquet",
                "split": "train",
                "file-id": file_id,
                "out": self.data / f"shards/train/{file_id}.npy",
            },
            "index_data": {"data": self.data},
        }[name]
        if name != "pack_shard":
            arguments["dataset"] = self.dataset
        arguments["system"] = "fingerspelling"
        flat = [str(part) for key, value in arguments.items() for part in (f"--{key}", value)]
        return [sys.executable, str(SCRIPTS / f"{name}.py"), *flat]

    def run(self, name: str, file_id: int | None = None) -> subprocess.CompletedProcess:
        return subprocess.run(self.command(name, file_id), capture_output=True, text=True, check=False)

    def prepare(self) -> dict:
        """Runs everything, in this process since that is quicker; returns the manifest."""
        files = [("pack_shard", file_id) for file_id in sorted(set(self.rows["file_id"]))]
        for name, file_id in [("list_sequences", None), *files, ("index_data", None)]:
            with patch.object(sys, "argv", self.command(name, file_id)[1:]):
                runpy.run_path(sys.argv[0], run_name="__main__")
        return json.loads((self.data / "manifest.json").read_text())

    def edit_csv(self, column: str, value: object, row: int = 1) -> None:
        rows = self.rows.drop(columns="num_frames").astype(object)
        rows.loc[row, column] = value
        rows.to_csv(self.raw / "train.csv", index=False)

    def to_arrays(self) -> None:
        write_arrays(self.raw, self.rows[self.rows["file_id"] == self.file_id])

    def edit_parquet(self, edit) -> None:
        edit(landmark_frame(self.rows[self.rows["file_id"] == self.file_id])).to_parquet(self.parquet)
