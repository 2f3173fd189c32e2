"""Everything a YAML file may say: experiments, datasets and recipes.

Three kinds of file, each complete in itself: an *experiment* names a dataset, two recipes, folds and seeds; a
*dataset* says where sequences come from and who is kept aside; a *recipe* holds one network and its training. An
unknown key stops the run before it starts and names the nearest known one.
"""

from pathlib import Path
from typing import Annotated, Any, Literal, TypeVar

import yaml
from pydantic import BaseModel, ConfigDict, Field, ValidationError, model_validator

from podium.errors import UserError
from podium.registry import nearest

# "published": as the 1st-place solution computes it, oversights included. "corrected": as it was meant.
Choice = Literal["published", "corrected"]
Probability = Annotated[float, Field(ge=0, le=1)]
Count = Annotated[int, Field(ge=1)]
Name = Annotated[str, Field(pattern=r"^[A-Za-z0-9][A-Za-z0-9_.-]*$")]


class Section(BaseModel):
    """A part of a YAML file: no unknown keys, no change after loading."""

    model_config = ConfigDict(extra="forbid", frozen=True)


# ---------------------------------------------------------------------------------------------------------- datasets


class SyntheticSource(Section):
    """The virtual signer: a corpus that is computed, not downloaded."""

    kind: Literal["synthetic"]
    seed: int = Field(0, ge=0, description="the same seed makes the same bytes")
    num_train_sequences: Count = Field(description="fingerspelled names, addresses, numbers")
    num_supplemental_sequences: int = Field(ge=0, description="few distinct sentences by many signers")
    num_test_sequences: int = Field(ge=0, description="hidden test, signed by people who appear nowhere else")
    num_train_signers: Count
    num_test_signers: Count
    num_supplemental_phrases: Count = 40
    sequences_per_file: Count = 250
    min_characters: Count = 3
    max_characters: Annotated[int, Field(ge=3, le=31)] = 31
    mean_frames_per_character: float = Field(9.0, ge=2, le=30, description="tempo; the real corpus has about 9")


class LocalSource(Section):
    """A folder in the competition's layout that the user already has."""

    kind: Literal["local"]
    root: str = Field(description="folder with train.csv and train_landmarks/, relative to the working directory")
    num_test_participants: int = Field(0, ge=0, description="signers set aside as a hidden test")
    seed: int = Field(0, ge=0, description="chooses the hidden-test signers")


class Folds(Section):
    """How signers are distributed; a signer is in one place only."""

    num_folds: Annotated[int, Field(ge=2)] = 4
    num_holdout_participants: int = Field(0, ge=0, description="in no fold; they validate the full-fit seeds")
    table: str | None = Field(None, description="csv of your own (participant_id, fold; -1 holds out) to use instead")


class Dataset(Section):
    """``config/datasets/NAME.yaml``: a corpus, from its source to its folds."""

    name: Name = Field(description="the folder under results/data/")
    source: Annotated[SyntheticSource | LocalSource, Field(discriminator="kind")]
    folds: Folds = Folds()


# ----------------------------------------------------------------------------------------------------------- recipes


class Decoder(Section):
    """The autoregressive decoder over characters."""

    num_layers: Count = 2
    num_heads: Count = 4
    ff_dim: Count = 512
    p_dropout: Probability = 0.1
    p_activation_dropout: Probability = 0.1
    p_attention_dropout: Probability = 0.2


class ModelChoices(Section):
    """One switch for each oversight of the original that concerns the network."""

    conv_padding: Choice = Field("corrected", description="pads are zeroed after the gate, not only before it")
    batch_norm: Choice = Field("corrected", description="slow running averages, over valid frames alone")
    loss_positions: Choice = Field("corrected", description="losses ignore what follows the end token")
    input_masking: Choice = Field("corrected", description="only characters of the decoder input are masked")
    confidence_pooling: Choice = Field("corrected", description="mean of the valid frames instead of frame 0")
    generation: Choice = Field("corrected", description="characters and end only; text without an end is kept")


class Model(Section):
    """A network of the registry, at any size."""

    name: str
    dim: Count
    num_blocks: Count
    num_heads: Count = 4
    kernel_size: Annotated[int, Field(ge=3)] = 51
    p_dropout: Probability = 0.1
    p_attention_dropout: Probability = Field(0.1, description="relative-position attention only")
    p_mask_input: Probability = Field(0.2, description="decoder input characters that are hidden in training")
    backward_weight: Probability = Field(0.4, description="share of the backward decoder in the text loss")
    confidence_weight: Probability = Field(0.02, description="share of the confidence loss")
    ctc_weight: Probability = Field(0.0, description="share of an auxiliary CTC loss; 0 builds no CTC head")
    decoder: Decoder = Decoder()
    choices: ModelChoices = ModelChoices()

    @model_validator(mode="after")
    def _check(self) -> "Model":
        if self.dim % (2 * self.num_heads) or self.dim % self.decoder.num_heads or self.dim % 4:
            raise ValueError(f"dim {self.dim} must be divisible by 4, by 2·num_heads and by decoder.num_heads")
        if self.kernel_size % 2 == 0:
            raise ValueError(f"kernel_size {self.kernel_size} must be odd")
        return self


class Data(Section):
    """What a network sees of the prepared data."""

    max_frames: Annotated[int, Field(ge=15)] = Field(384, description="longer clips are resized to this length")
    min_train_frames: Count = Field(15, description="shorter clips are not trained on")
    supplemental: Literal["none", "phrases", "all"] = Field(
        "none", description="'phrases': one random recording of each distinct supplemental phrase per epoch"
    )
    pad_to: Literal["batch", "max_frames"] = Field("batch", description="'max_frames' as published")
    p_mirror: Probability = 0.5
    mirror: Choice = Field("corrected", description="mirror both CutMix partners, not only the first")
    p_cutmix: Probability = 0.5
    num_workers: int = Field(0, ge=0, description="loader processes; 0 loads in the training process")
    augment: list[dict[str, Any]] = Field([], description="augmentations by name with their parameters, in order")


class Optimizer(Section):
    """AdamW under a linear warm-up and a half cosine to zero."""

    learning_rate: Annotated[float, Field(gt=0)]
    weight_decay: Annotated[float, Field(ge=0)] = 0.05
    weight_decay_on: Literal["all", "matrices"] = Field("matrices", description="'all' as published")
    betas: tuple[float, float] = (0.9, 0.999)
    epsilon: float = 1e-8
    max_grad_norm: Annotated[float, Field(gt=0)] = 4.0
    warmup_epochs: Annotated[float, Field(ge=0)] = 10


class Training(Section):
    """The loop."""

    epochs: Count
    batch_size: Count = Field(64, description="clips per micro-batch")
    accumulation: Count = Field(1, description="micro-batches per optimiser step")
    precision: Literal["fp32", "bf16", "fp16"] = "fp32"
    device: Literal["auto", "cpu", "cuda"] = Field("auto", description="'cuda' refuses to start without a GPU")
    bucket_batches: int = Field(16, ge=0, description="batches sorted by length together; 0 shuffles without sorting")
    validate_every_epochs: Count = 10
    num_threads: Annotated[int, Field(ge=0)] = Field(0, description="CPU threads; 0 leaves torch's own number")


class Recipe(Section):
    """``config/recipes/NAME.yaml``: one network and how it is trained. Complete: nothing is inherited."""

    model: Model
    data: Data = Data()
    optimizer: Optimizer
    training: Training


# ------------------------------------------------------------------------------------------------------- experiments


class Round1(Section):
    """Folds that give every training clip an honest score."""

    recipe: str
    seed: int = Field(0, ge=0)


class Round2(Section):
    """Full-fit networks that end in the file."""

    recipe: str
    seeds: Annotated[list[int], Field(min_length=1)]

    @model_validator(mode="after")
    def _check(self) -> "Round2":
        if len(set(self.seeds)) != len(self.seeds) or min(self.seeds) < 0:
            raise ValueError(f"seeds must be distinct and not negative, got {self.seeds}")
        return self


class Export(Section):
    """What the file does beside the networks, and how hard it is checked."""

    min_frames: Count = Field(15, description="shorter clips get the dummy phrase")
    min_confidence: Probability = Field(0.15, description="less confident clips get the dummy phrase")
    num_parity_clips: Count = Field(24, description="hidden-test clips on which TensorFlow and TFLite must agree")
    benchmark_frames: list[Count] = [50, 150, 300]
    num_benchmark_runs: Annotated[int, Field(ge=5)] = 30


class Experiment(Section):
    """``config/*.yaml``: one chain from a dataset to a file."""

    name: Name = Field(description="the folder under results/")
    dataset: str = Field(description="a name in config/datasets/, or a path of a YAML file")
    round1: Round1
    round2: Round2
    export: Export = Export()

    @model_validator(mode="after")
    def _check(self) -> "Experiment":
        if self.name in RESERVED_NAMES:
            raise ValueError(f"name '{self.name}' is taken by a folder of its own: {', '.join(RESERVED_NAMES)}")
        return self


RESERVED_NAMES = ("data", "logs", "benchmarks", "state")

# ----------------------------------------------------------------------------------------------------------- loading

S = TypeVar("S", bound=Section)


def load_experiment(path: str | Path) -> Experiment:
    """Reads and checks an experiment file. Raises `UserError` with the file, the key and the nearest right one."""
    return load(Experiment, path)


def load_dataset(path: str | Path) -> Dataset:
    """Reads and checks a dataset file."""
    return load(Dataset, path)


def load_recipe(path: str | Path) -> Recipe:
    """Reads and checks a recipe file, YAML or JSON."""
    return load(Recipe, path)


def load(section: type[S], path: str | Path) -> S:
    """Reads a YAML (or JSON) file as ``section``."""
    try:
        with open(path, encoding="utf-8") as stream:
            content = yaml.safe_load(stream)
    except FileNotFoundError:
        siblings = sorted(file.stem for file in Path(path).parent.glob("*.yaml"))
        hint = nearest(Path(path).stem, siblings) if siblings else "there is no such file"
        raise UserError(f"{path} does not exist; {hint}") from None
    except (yaml.YAMLError, UnicodeDecodeError) as error:
        raise UserError(f"{path} is not YAML: {error}") from None
    return parse(section, content, str(path))


def parse(section: type[S], content: Any, origin: str) -> S:
    """Checks a parsed YAML document; ``origin`` is what error messages call it."""
    if not isinstance(content, dict):
        raise UserError(f"{origin} must hold 'key: value' lines, found {type(content).__name__}")
    try:
        return section.model_validate(content)
    except ValidationError as error:
        # A misspelt key is also a missing one: name the misspelling.
        first = min(error.errors(), key=lambda one: one["type"] != "extra_forbidden")
        more = f" (and {error.error_count() - 1} more)" if error.error_count() > 1 else ""
        raise UserError(f"{origin}: {_explain(section, first)}{more}") from None


def _explain(section: type[BaseModel], error: dict[str, Any]) -> str:
    keys = [key for key in error["loc"] if key not in ("synthetic", "local")]  # the union's own tag is no key
    place = ".".join(str(key) for key in keys)
    if error["type"] == "extra_forbidden":
        known = _known_keys(section, list(error["loc"][:-1]))
        return f"unknown key '{place}'; {nearest(str(keys[-1]), known)}"
    if error["type"] == "missing":
        return f"key '{place}' is missing"
    got = "" if isinstance(error.get("input"), dict) else f", got {error.get('input')!r}"
    return f"{place or 'it'}: {error['msg'].removeprefix('Value error, ')}{got}"


def _known_keys(section: type[BaseModel], location: list[Any]) -> list[str]:
    """Keys of the section at ``location`` of an error."""
    for key in location:
        if not isinstance(key, str):
            continue
        if key in section.model_fields:
            annotation = section.model_fields[key].annotation
            if isinstance(annotation, type) and issubclass(annotation, BaseModel):
                section = annotation
        else:  # the tag of a union: synthetic, local
            section = {"synthetic": SyntheticSource, "local": LocalSource}.get(key, section)
    return list(section.model_fields)
