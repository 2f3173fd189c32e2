"""What an experiment has left, for its report: read when asked for, and said if it is not there."""

from functools import cached_property
from pathlib import Path
from types import ModuleType
from typing import Any

import pandas as pd

from podium.config import parse
from podium.data import columns, sources
from podium.errors import UserError
from podium.export.pictures import Pictures
from podium.report.manifest import find_manifest, read_manifest
from podium.storage.files import read_json
from podium.storage.tables import read_table
from podium.systems import part
from podium.systems.extras import has_part


class Missing(Exception):
    """Something that a picture needs is not there; the message says what."""


class Material:
    """The files of one experiment. What is absent raises `Missing`.

    Args:
        place: As `podium.report.manifest.find_manifest` takes it.

    Attributes:
        manifest: Its manifest, of a finished or a failed run.
        results: The experiment's folder.
        name: The experiment's.
        pictures: What its system shows, see `podium.export.pictures`.

    Raises:
        UserError: There is no manifest, or none of today's form.
    """

    def __init__(self, place: str | Path) -> None:
        file = find_manifest(place)
        self.manifest = read_manifest(file)
        self.results = file.parent.parent
        self.experiment: dict[str, Any] = self.manifest["experiment"]
        if not {"system", "stages"} <= self.experiment.keys():
            raise UserError(f"{file} is of an earlier version of Podium; run the experiment again")
        self.name = str(self.experiment["name"])
        self.pictures: Pictures = (
            part(self.system, "pictures") if has_part(self.system, "pictures") else Pictures(self.label)
        )

    @property
    def system(self) -> str:
        return self.experiment["system"]

    @property
    def label(self) -> str:
        """The column of the label in tables."""
        return part(self.system, "plan").LABEL

    @property
    def data(self) -> Path:
        """The dataset's folder."""
        return self.results.parent / "data" / self.manifest["dataset"]["name"]

    @property
    def runs(self) -> list[str]:
        """Finished trainings, as "stage/seed1"."""
        folders = {stage: stage for stage in self.experiment["stages"]}
        jobs = self.manifest["jobs"]
        return [name for name, job in jobs.items() if name.split("/")[0] in folders and job["state"] == "finished"]

    @property
    def members(self) -> list[str]:
        """Those of the runs that are in the file."""
        stages = (self.experiment.get("export") or {}).get("members", [])
        return [run for run in self.runs if run.split("/")[0] in stages]

    @property
    def labels(self) -> dict[str, list[str]]:
        """The ways of labels → the stages that they come from."""
        told = [stage["labels"] for stage in self.experiment["stages"].values() if stage.get("labels")]
        return {labels["how"]: labels.get("from") or labels.get("stages") or [] for labels in told}

    def json(self, name: str) -> dict[str, Any]:
        """The content of a file below the experiment's folder."""
        return self._json(self.results / name)

    def data_json(self, name: str) -> dict[str, Any]:
        """The content of a file below the dataset's folder."""
        return self._json(self.data / name)

    def history(self, run: str) -> pd.DataFrame:
        """history.csv of a run."""
        return self._csv(self.results / run / "history.csv")

    @cached_property
    def predictions(self) -> tuple[pd.DataFrame, str]:
        """What was read of each clip, and on whom that was: the file on the hidden test; without one, what the folds
        read of clips that they had not seen."""
        place = self.results / "export/predictions.csv"
        if place.is_file():
            table = self._csv(place, dtype={self.label: str, "prediction": str}, keep_default_na=False)
            if len(table):
                for column in {"score", "num_frames", "confidence"} & set(table.columns):
                    table[column] = pd.to_numeric(table[column], errors="coerce")
                return table, "hidden test"
        files = [self.results / run / "oof.parquet" for run in self.runs]
        tables = [read_table(file, columns.PREDICTIONS) for file in files if file.is_file()]
        if not tables:
            raise Missing(f"neither {place} nor the oof.parquet of a fold has a prediction")
        return pd.concat(tables, ignore_index=True), "training clips that were not seen"

    @cached_property
    def source(self) -> sources.Source:
        """Where the raw clips come from."""
        plan = part(self.system, "plan")
        dataset = parse(plan.Dataset, self.manifest["dataset"], "the manifest's dataset")
        return sources.create(dataset, plan.SOURCES)

    def part(self, name: str) -> ModuleType:
        """A module of the system."""
        return part(self.system, name)

    def _json(self, path: Path) -> dict[str, Any]:
        if not path.is_file():
            raise Missing(f"{path} is not there")
        return read_json(path)

    def _csv(self, path: Path, **options: Any) -> pd.DataFrame:
        if not path.is_file():
            raise Missing(f"{path} is not there")
        return pd.read_csv(path, **options)
