"""``config/*.yaml``: experiments."""

from typing import Annotated, Literal

from pydantic import AfterValidator, Field, model_validator

from podium.config.base import Count, Name, Probability, Section, Seed


class Round1(Section):
    """Folds that give every training clip an honest score."""

    recipe: str
    seed: Seed = 0


def _distinct(seeds: list[int]) -> list[int]:
    if len(set(seeds)) != len(seeds):
        raise ValueError("seeds must be distinct")
    return seeds


Seeds = Annotated[list[Seed], Field(min_length=1), AfterValidator(_distinct)]


class Round2(Section):
    """Full-fit networks that end in the file."""

    recipe: str
    seeds: Seeds
    weights: list[str] | None = Field(
        None,
        description="checkpoints of the 1st-place solution (PyTorch files, .npz or .safetensors), one per seed, in"
        " place of training; then `snakemake export` needs no data",
    )
    weights_name: str | None = Field(
        None, description="which set of weights to take if each checkpoint holds several, for example ema"
    )

    @model_validator(mode="after")
    def _check(self) -> "Round2":
        if self.weights is not None and len(self.weights) != len(self.seeds):
            raise ValueError(f"{len(self.seeds)} seed(s) and {len(self.weights)} weights; give one checkpoint per seed")
        if self.weights_name is not None and self.weights is None:
            raise ValueError("weights_name chooses within checkpoints; name these under weights, or leave it out")
        return self


Format = Literal["fp32", "fp16", "int8", "web", "kaggle"]


def _with_main(formats: list[Format]) -> list[Format]:
    if len(set(formats)) != len(formats) or "fp16" not in formats:
        raise ValueError(f"formats must be distinct, and fp16, the main file, among them, got {formats}")
    return sorted(formats, key=lambda format: format != "fp16")


class Export(Section):
    """What the file does beside the networks, how it is stored, and how hard it is checked."""

    formats: Annotated[list[Format], AfterValidator(_with_main)] = Field(
        ["fp16", "fp32", "int8", "web"], description="fp16 is model.tflite; each other is model_FORMAT.tflite beside it"
    )
    min_frames: Count = Field(15, description="shorter clips get the dummy phrase")
    min_confidence: Probability = Field(0.15, description="less confident clips get the dummy phrase")
    num_parity_clips: Count = Field(24, description="hidden-test clips that torch and the files must read alike")
    benchmark_frames: list[Count] = [50, 150, 300]
    num_benchmark_runs: Annotated[int, Field(ge=5)] = 30

    def file_of(self, format: Format) -> str:
        """The name of a format's file."""
        return "model.tflite" if format == "fp16" else f"model_{format}.tflite"


class Comparison(Section):
    """Recipes against each other: each trains from several seeds on the same clips and reads unseen signers."""

    recipes: Annotated[dict[Name, str], Field(min_length=2)] = Field(
        description="recipe by the name it gets in paths and tables; the others are compared with the first"
    )
    seeds: Annotated[Seeds, Field(min_length=2, description="each recipe trains from every one of them")]
    fold: int = Field(0, ge=0, description="the signers that nobody trains on")


class Experiment(Section):
    """``config/*.yaml``: one chain from a dataset to a file."""

    name: Name = Field(description="the folder under results/")
    system: str = Field(description="the recogniser: a folder of podium.systems")
    dataset: str = Field(description="a name in config/datasets/, or a path of a YAML file")
    oof_table: str | None = Field(
        None,
        description="score of every train clip in place of round 1: a csv, as the winners publish it, or the"
        " oof/train_with_oof.parquet of another experiment",
    )
    round1: Round1
    round2: Round2
    export: Export = Export()
    comparison: Comparison | None = Field(None, description="what `snakemake compare` trains")

    @model_validator(mode="after")
    def _check(self) -> "Experiment":
        if self.name in RESERVED_NAMES:
            raise ValueError(f"name '{self.name}' is taken by a folder of its own: {', '.join(RESERVED_NAMES)}")
        return self


RESERVED_NAMES = ("data", "logs", "benchmarks", "state")
