"""What the Snakefile asks about an experiment: its stages with their runs, and the files that its names mean."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from types import ModuleType
from typing import Any

from podium import config
from podium.errors import UserError, explained_by
from podium.registry import nearest
from podium.systems import part


def named_yaml(folder: str, name: str) -> str:
    """The file that a name in a config means: a path when it ends in .yaml, else ``folder/name.yaml``."""
    return name if name.endswith((".yaml", ".yml")) else Path(folder, f"{name}.yaml").as_posix()


def parse_experiment(content: Any, origin: str) -> config.Experiment:
    """Checks an experiment with the settings of its system.

    Args:
        content: A parsed YAML document.
        origin: What error messages call it.

    Raises:
        UserError: It is no experiment, or its system is unknown.
    """
    system = content.get("system") if isinstance(content, dict) else None
    if not isinstance(system, str):  # what is wrong with it is said without knowing the system
        return config.parse(config.Experiment[config.Section], content, origin)
    with explained_by(origin):
        plan = part(system, "plan")
    return config.parse(config.Experiment[plan.Settings], content, origin)


def load_experiment(*files: str | Path) -> config.Experiment:
    """Reads and checks an experiment, of several files as Snakemake puts them together: later ones win."""
    from snakemake.utils import update_config

    content: Any = {}
    for file in files:
        one = config.read_yaml(file)
        if not isinstance(one, dict):
            return parse_experiment(one, str(file))
        update_config(content, one)
    return parse_experiment(content, str(files[0]))


@dataclass(frozen=True)
class Run:
    """One training.

    Attributes:
        name: Its folder: "fold3", or "seed1".
        fold: The fold that it leaves out; None trains on all.
        seed: Of its weights and draws.
    """

    name: str
    fold: int | None
    seed: int


@dataclass(frozen=True)
class Stage:
    """A step of an experiment, see `podium.config.Stage`.

    Attributes:
        name: In the experiment.
        section: What the experiment says of it.
        folder: Where its runs lie, below the experiment's folder.
        recipe_file: Path of its recipe.
        recipe: A section of the system.
        runs: At least one.
        labels_supplemental: Whether its runs label the clips of the split "supplemental" for later stages.
    """

    name: str
    section: config.Stage
    folder: str
    recipe_file: str
    recipe: config.Recipe
    runs: list[Run]
    labels_supplemental: bool = False

    @property
    def pattern(self) -> str:
        """The runs' folders with a wildcard in place of the number."""
        return f"{self.folder}/fold{{fold}}" if self.section.folds else f"{self.folder}/seed{{seed}}"

    @property
    def checkpoints(self) -> dict[str, str]:
        """Published weights by seed, in place of training."""
        if not isinstance(self.section.given, list):
            return {}
        return {str(run.seed): file for run, file in zip(self.runs, self.section.given, strict=True)}

    @property
    def given_table(self) -> str | None:
        """A published table in place of its runs' predictions."""
        return self.section.given if isinstance(self.section.given, str) else None

    @property
    def leaves_out(self) -> bool:
        """Whether each run leaves out a fold, whose clips it then predicts."""
        return self.runs[0].fold is not None

    @property
    def num_gpus(self) -> int:
        """One, or none for a recipe that stays on the CPU: its runs go side by side on the cores."""
        return int(self.recipe.training.device != "cpu")

    @property
    def num_threads(self) -> int:
        """Of a run, loader processes included."""
        return max(1, self.recipe.training.num_threads) + self.recipe.training.num_workers

    @property
    def arguments(self) -> str:
        """What the training command is told of a run, with its wildcard."""
        labels = " --label-supplemental" if self.labels_supplemental else ""
        if self.section.folds:
            return f"--fold {{fold}} --seed {self.section.seed}{labels}"
        part = "--full-fit" if self.section.fold is None else f"--fold {self.section.fold}"
        return f"{part} --seed {{seed}}{labels}"


class Plan:
    """An experiment with all that it names, read and checked.

    Args:
        experiment: See `parse_experiment`.

    Attributes:
        system: The system's module `plan`.
        dataset_file: Path of its dataset file.
        dataset: What that says.
        stages: By name, in order.
        members: The runs that go into the file, each by the name of its folder under ``port/``.

    Raises:
        UserError: A file is absent or wrong, or something does not fit together.
    """

    def __init__(self, experiment: config.Experiment) -> None:
        self.experiment = experiment
        self.system: ModuleType = part(experiment.system, "plan")
        self.dataset_file = named_yaml("config/datasets", experiment.dataset)
        self.dataset = config.load(self.system.Dataset, self.dataset_file)
        self.stages = {name: self._stage(name, section) for name, section in experiment.stages.items()}
        for stage in self.stages.values():
            self._check_labels(stage)
        pairs = [(self.stages[name], run) for name in self._member_stages for run in self.stages[name].runs]
        is_plain = len(self._member_stages) == 1
        self.members = {run.name if is_plain else f"{stage.name}_{run.name}": (stage, run) for stage, run in pairs}

    @property
    def data(self) -> str:
        """The dataset's folder."""
        return f"results/data/{self.dataset.name}"

    @property
    def results(self) -> str:
        """The experiment's folder."""
        return f"results/{self.experiment.name}"

    @property
    def is_imported(self) -> bool:
        """Whether all members are published checkpoints: then the file needs no data."""
        return bool(self._member_stages) and all(self.stages[name].checkpoints for name in self._member_stages)

    @property
    def labelled(self) -> dict[str, Stage]:
        """The stages that learn from other stages, by their way of labels; of several stages of one way, any."""
        return {stage.section.labels.how: stage for stage in self.stages.values() if stage.section.labels}

    @property
    def needed(self) -> list[Stage]:
        """The stages that must run for the file: members and those that they learn from, without what is given."""
        waiting, found = [self.stages[name] for name in self._member_stages], set()
        while waiting:
            stage = waiting.pop()
            found.add(stage.name)
            if not stage.checkpoints:
                waiting += [teacher for teacher in self.teachers(stage) if not teacher.given_table]
        return [stage for stage in self.stages.values() if stage.name in found]

    @property
    def needed_labels(self) -> dict[str, Stage]:
        """The needed stages that learn from others, by their way of labels."""
        labelled = [stage for stage in self.needed if stage.section.labels and not stage.checkpoints]
        return {stage.section.labels.how: stage for stage in labelled}

    def place(self, stage: Stage, run: Run) -> str:
        """A run's folder."""
        return f"{self.results}/{stage.folder}/{run.name}"

    def table_of(self, stage: Stage) -> str:
        """The table that a stage trains on."""
        labels = stage.section.labels
        if labels is None:
            return f"{self.data}/index.parquet"
        return f"{self.results}/{labels.how}/train_with_{labels.how}.parquet"

    def teachers(self, stage: Stage) -> list[Stage]:
        """The stages that a stage learns from."""
        return [self.stages[name] for name in (stage.section.labels.stages if stage.section.labels else [])]

    def predictions(self, stage: Stage) -> list[str]:
        """The files in which a stage's runs say what they make of clips that they have not trained on."""
        name = "supplemental.parquet" if stage.labels_supplemental else "oof.parquet"
        return [f"{self.place(stage, run)}/{name}" for run in stage.runs]

    def is_taught(self, stage: Stage) -> bool:
        """Whether the networks of earlier stages themselves teach a stage."""
        return stage.section.labels is not None and stage.section.labels.how in self.teaching_ways

    def teaching_weights(self, stage: Stage) -> list[str]:
        """Weights of the networks that teach a stage, each beside its recipe.json."""
        teachers = self.teachers(stage) if self.is_taught(stage) else []
        return [f"{self.place(teacher, run)}/model.safetensors" for teacher in teachers for run in teacher.runs]

    def label_options(self, how: str) -> dict[str, Any]:
        """The keys of a way of labels, with defaults for what is not said."""
        ways = {**self.label_ways, **self.teaching_ways}
        labels, way = self.labelled[how].section.labels, ways.get(how, config.Section)
        return config.parse(way, labels.options, f"stages.{self.labelled[how].name}.labels").model_dump(mode="json")

    @property
    def label_ways(self) -> Mapping[str, type[config.Section]]:
        """Ways of labelling the clips of the split "supplemental", with the keys of each; empty in a system whose
        stages read the folds that they have left out."""
        return getattr(self.system, "LABEL_WAYS", {})

    @property
    def teaching_ways(self) -> Mapping[str, type[config.Section]]:
        """Ways in which the networks of earlier stages themselves teach a later one, with the keys of each."""
        return getattr(self.system, "TEACHING_WAYS", {})

    @property
    def _member_stages(self) -> list[str]:
        return self.experiment.export.members if self.experiment.export else []

    def _stage(self, name: str, section: config.Stage) -> Stage:
        file = named_yaml(f"config/recipes/{self.experiment.system}", section.recipe)
        recipe = config.load(self.system.Recipe, file)
        num_folds = self.dataset.folds.num_folds
        if section.fold is not None and section.fold >= num_folds:
            raise UserError(f"stages.{name}.fold is {section.fold}; folds go from 0 to {num_folds - 1}")
        if section.folds:
            runs = [Run(f"fold{fold}", fold, section.seed) for fold in range(num_folds)]
        else:
            runs = [Run(f"seed{seed}", section.fold, seed) for seed in section.seeds]
        folder = f"comparison/{name}" if name in (self.experiment.comparison or []) else name
        later = [one.labels for one in self.experiment.stages.values() if one.labels]
        is_asked = any(name in labels.stages for labels in later if labels.how in self.label_ways)
        return Stage(name, section, folder, file, recipe, runs, is_asked)

    def _check_labels(self, stage: Stage) -> None:
        teachers = self.teachers(stage)
        if stage.section.labels:
            how = stage.section.labels.how
            if self.label_ways and how not in {**self.label_ways, **self.teaching_ways}:
                known = nearest(how, {**self.label_ways, **self.teaching_ways})
                raise UserError(f"stages.{stage.name}.labels.how: unknown way '{how}': {known}")
            self.label_options(how)
        for teacher in teachers:
            if self.is_taught(stage):
                if teacher.given_table:
                    raise UserError(
                        f"stages.{stage.name}.labels.from: '{teacher.name}' is a given table; only networks teach"
                    )
                continue
            if not (teacher.leaves_out or teacher.labels_supplemental):
                ways = "".join(f", or 'how: {way}' to learn from its networks" for way in self.teaching_ways)
                raise UserError(
                    f"stages.{stage.name}.labels.from: '{teacher.name}' trains on all folds, so that it predicts no"
                    f" clip; give it 'folds: all'{ways}"
                )
            if teacher.given_table and len(teachers) > 1:
                raise UserError(f"stages.{teacher.name}.given: a table cannot stand among {len(teachers)} stages")


def digests_given(files: Sequence[str], key: str, otherwise: str) -> list[str]:
    """sha256 of published files.

    Raises:
        UserError: One cannot be read; ``key`` names where it stands, ``otherwise`` what leaving it out means.
    """
    from podium.storage.digests import digests_of

    found = []
    for file in files:
        try:
            found.append(digests_of([file])[file])
        except UserError:
            raise UserError(f"{file} cannot be read; correct {key}, or leave it out to {otherwise}") from None
    return found
