"""``config/*.yaml``: experiments."""

from typing import Annotated, Any, Generic, Literal, TypeVar

from pydantic import AfterValidator, ConfigDict, Field, model_validator

from podium.config.base import Count, Name, Section, Seed

RESERVED_NAMES = ("data", "logs", "benchmarks", "state")
RESERVED_STAGES = ("port", "export", "report", "comparison", "data", "compare", "all")  # folders, and targets

Settings = TypeVar("Settings", bound=Section)


def _distinct(values: list) -> list:
    if len(set(values)) != len(values):
        raise ValueError("seeds must be distinct")
    return values


Seeds = Annotated[list[Seed], Field(min_length=1), AfterValidator(_distinct)]


class Labels(Section):
    """What a stage learns from beside the dataset's labels: what earlier stages say of the clips.

    A way may have keys of its own, which stand beside ``how``; the system says which.
    """

    model_config = ConfigDict(serialize_by_alias=True, extra="allow")

    stages: Annotated[list[Name], Field(min_length=1, alias="from")] = Field(description="earlier stages")
    how: Name = Field(description="the system's way from their predictions to labels; names the folder and the rule")

    @property
    def options(self) -> dict[str, Any]:
        """The keys of its way."""
        return dict(self.model_extra or {})


class Stage(Section):
    """A step of an experiment: one recipe, trained once per fold or once per seed."""

    recipe: str = Field(description="a name in config/recipes/SYSTEM/, or a path of a YAML file")
    folds: Literal["all"] | None = Field(
        None, description="one run per fold, which predicts the people that it has not trained on"
    )
    seeds: Seeds | None = Field(None, description="one run per seed, on all folds; every stage has folds or seeds")
    fold: Annotated[int, Field(ge=0)] | None = Field(None, description="with seeds: the fold that no run trains on")
    seed: Seed = Field(0, description="with folds: of every run")
    labels: Labels | None = Field(None, description="null: the dataset's alone")
    given: str | list[str] | None = Field(
        None,
        description="what others have published, in place of this stage: a table of predictions (csv, or the parquet"
        " file of another experiment); or checkpoints, one per seed, and then `snakemake export` needs no data",
    )
    weights_name: str | None = Field(
        None, description="which set of weights to take if each checkpoint holds several, for example ema"
    )

    @model_validator(mode="before")
    @classmethod
    def _refuse_old_keys(cls, content: Any) -> Any:
        if isinstance(content, dict) and "weights" in content:
            raise ValueError("'weights' is called 'given' now")
        return content

    @model_validator(mode="after")
    def _check(self) -> "Stage":
        if (self.folds is None) == (self.seeds is None):
            raise ValueError("give either 'folds: all' or 'seeds: [1, 2, …]'")
        if self.fold is not None and self.seeds is None:
            raise ValueError("'fold' goes with 'seeds'; 'folds: all' leaves out every fold in turn")
        if isinstance(self.given, list):
            num_seeds = len(self.seeds or [])
            if len(self.given) != num_seeds:
                raise ValueError(f"{num_seeds} seed(s) and {len(self.given)} given; give one checkpoint per seed")
        elif self.weights_name is not None:
            raise ValueError("weights_name chooses within checkpoints; name these under given, or leave it out")
        elif self.given is not None and self.folds is None:
            raise ValueError("a given table takes the place of a stage with 'folds: all'; give checkpoints as a list")
        return self


Format = Literal["fp32", "fp16", "int8", "web", "kaggle"]


def _with_main(formats: list[Format]) -> list[Format]:
    if len(set(formats)) != len(formats) or "fp16" not in formats:
        raise ValueError(f"formats must be distinct, and fp16, the main file, among them, got {formats}")
    return sorted(formats, key=lambda format: format != "fp16")


class Export(Section, Generic[Settings]):
    """The file: whose networks are in it, what it does beside them, how it is stored, and how hard it is checked."""

    members: Annotated[list[Name], Field(min_length=1)] = Field(description="stages whose runs go into the file")
    settings: Settings = Field({}, validate_default=True, description="what the system builds into the file")
    formats: Annotated[list[Format], AfterValidator(_with_main)] = Field(
        ["fp16", "fp32", "int8", "web"], description="fp16 is model.tflite; each other is model_FORMAT.tflite beside it"
    )
    num_parity_clips: Count = Field(24, description="clips of the hidden test that torch and the files must read alike")
    benchmark_frames: list[Count] = [50, 150, 300]
    num_benchmark_runs: Annotated[int, Field(ge=5)] = 30

    @model_validator(mode="before")
    @classmethod
    def _refuse_old_keys(cls, content: Any) -> Any:
        known = getattr(cls.model_fields["settings"].annotation, "model_fields", {})
        moved = [key for key in known if isinstance(content, dict) and key in content]
        if moved:
            raise ValueError(f"'{moved[0]}' stands one level deeper now: settings: {{{moved[0]}: {content[moved[0]]}}}")
        return content


def file_of(format: Format) -> str:
    """The name of a format's file."""
    return "model.tflite" if format == "fp16" else f"model_{format}.tflite"


class Experiment(Section, Generic[Settings]):
    """``config/*.yaml``: one chain from a dataset to a file, or a comparison of recipes."""

    name: Name = Field(description="the folder under results/")
    system: str = Field(description="the recogniser: a folder of podium.systems")
    dataset: str = Field(description="a name in config/datasets/, or a path of a YAML file")
    stages: Annotated[dict[Name, Stage], Field(min_length=1)] = Field(
        description="by name, in order; each lies in a folder of its name"
    )
    export: Export[Settings] | None = Field(None, description="null: no file is made")
    comparison: Annotated[list[Name], Field(min_length=2)] | None = Field(
        None,
        description="stages that `snakemake compare` holds against the first of them: all with the same fold and at"
        " least two seeds, the same; they lie in comparison/",
    )

    @model_validator(mode="before")
    @classmethod
    def _refuse_old_keys(cls, content: Any) -> Any:
        for key, value in content.items() if isinstance(content, dict) else ():
            if key not in cls.model_fields and isinstance(value, dict) and "recipe" in value:
                raise ValueError(f"'{key}' is a stage; stages stand together now: stages: {{{key}: {{…}}}}")
            if key == "oof_table":
                raise ValueError("'oof_table' stands at its stage now: stages: {NAME: {…, given: FILE}}")
            if key == "comparison" and isinstance(value, dict):
                raise ValueError("'comparison' lists names of stages now; each recipe is a stage with seeds and fold")
        return content

    @model_validator(mode="after")
    def _check(self) -> "Experiment":
        if self.name in RESERVED_NAMES:
            raise ValueError(f"name '{self.name}' is taken by a folder of its own: {', '.join(RESERVED_NAMES)}")
        ways: dict[str, Labels] = {}
        for labels in [stage.labels for stage in self.stages.values() if stage.labels]:
            if ways.setdefault(labels.how, labels) != labels:
                raise ValueError(f"stages with labels.how '{labels.how}' share a table; write the same labels at each")
        for name in (*self.stages, *ways):
            if name in RESERVED_STAGES or [*self.stages, *ways].count(name) > 1:
                raise ValueError(f"a stage or way of labels cannot be called '{name}'; the name is taken")
        earlier: set[str] = set()
        for name, stage in self.stages.items():
            self._known(stage.labels.stages if stage.labels else [], f"stages.{name}.labels.from", earlier)
            earlier.add(name)
        self._known(self.export.members if self.export else [], "export.members")
        for name in self.export.members if self.export else []:
            if self.stages[name].folds or self.stages[name].fold is not None:
                raise ValueError(f"export.members: '{name}' leaves out folds; a member has seeds and trains on all")
        self._check_comparison()
        return self

    def _known(self, names: list[str], place: str, known: set[str] | None = None) -> None:
        for name in names:
            if name not in (self.stages if known is None else known):
                raise ValueError(f"{place}: '{name}' is no {'earlier ' if known is not None else ''}stage")

    def _check_comparison(self) -> None:
        self._known(self.comparison or [], "comparison")
        compared = [self.stages[name] for name in self.comparison or []]
        for name, stage in zip(self.comparison or [], compared, strict=True):
            if stage.fold is None or len(stage.seeds) < 2:
                raise ValueError(f"comparison: '{name}' needs a fold that it leaves out, and at least two seeds")
            if (stage.fold, stage.seeds) != (compared[0].fold, compared[0].seeds):
                raise ValueError(f"comparison: '{name}' has another fold or other seeds than '{self.comparison[0]}'")
