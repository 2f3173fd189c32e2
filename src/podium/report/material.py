"""What an experiment has left, for its report: read when asked for, and said if it is not there."""

from functools import cached_property
from pathlib import Path
from statistics import fmean
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


def stage_of(run: str) -> str:
    """The stage of a run, see `Material.runs`."""
    return run.split("/")[-2]


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
    def has_file(self) -> bool:
        """Whether the experiment makes a file; else it only compares stages."""
        return bool(self.experiment.get("export"))

    @property
    def compared(self) -> list[str]:
        """The stages that are held against each other."""
        return self.experiment.get("comparison") or []

    @property
    def runs(self) -> list[str]:
        """Finished trainings, by their folders below the experiment's: "stage/seed1", "comparison/stage/seed1"."""
        jobs, stages = self.manifest["jobs"], self.experiment["stages"]
        finished = [name for name, job in jobs.items() if job["state"] == "finished"]
        return [name for name in finished if "/" in name and stage_of(name) in stages]

    @property
    def members(self) -> list[str]:
        """Those of the runs that are in the file."""
        stages = (self.experiment.get("export") or {}).get("members", [])
        return [run for run in self.runs if stage_of(run) in stages]

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
    def scores_of_compared(self) -> dict[str, list[float]]:
        """Of each compared stage the score of each seed; the best mean first."""
        scores = {
            stage: [
                self.json(f"comparison/{stage}/seed{seed}/metrics.json")["score"]
                for seed in self.experiment["stages"][stage]["seeds"]
            ]
            for stage in self.compared
        }
        return dict(sorted(scores.items(), key=lambda one: -fmean(one[1])))

    @cached_property
    def predictions(self) -> tuple[pd.DataFrame, str]:
        """What was read of each clip, and which clips that were: by the file on the hidden test; without one, by the
        folds, or by the best of the compared stages, on clips that they had not seen."""
        place = self.results / "export/predictions.csv"
        if place.is_file():
            table = self._csv(place, dtype={self.label: str, "prediction": str}, keep_default_na=False)
            if len(table):
                for column in {"score", "num_frames", "confidence"} & set(table.columns):
                    table[column] = pd.to_numeric(table[column], errors="coerce")
                return table, "hidden test"
        runs = self.runs
        if self.compared and not self.has_file:
            best = next(iter(self.scores_of_compared))
            runs, unseen = [run for run in runs if stage_of(run) == best], f"training clips that {best} had not seen"
        else:
            unseen = "training clips that the folds' networks had not seen"
        files = [self.results / run / "oof.parquet" for run in runs]
        tables = [read_table(file, columns.PREDICTIONS) for file in files if file.is_file()]
        if not tables:
            raise Missing(f"neither {place} nor the oof.parquet of a fold has a prediction")
        return pd.concat(tables, ignore_index=True), unseen

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
