"""``config/recipes/fingerspelling/NAME.yaml``: networks and their training."""

from collections.abc import Iterator
from typing import Annotated, Any, Literal

from pydantic import Field, model_validator

from podium.config.base import Choice, Count, Probability, Section
from podium.config.zipformer import Zipformer

Momentum = Annotated[float, Field(ge=0, lt=1)]


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
    zipformer: Zipformer | None = Field(None, description="demanded by the model zipformer, refused by all others")
    choices: ModelChoices = ModelChoices()

    @model_validator(mode="after")
    def _check(self) -> "Model":
        if self.dim % (2 * self.num_heads) or self.dim % self.decoder.num_heads or self.dim % 4:
            raise ValueError(f"dim {self.dim} must be divisible by 4, by 2·num_heads and by decoder.num_heads")
        if self.kernel_size % 2 == 0:
            raise ValueError(f"kernel_size {self.kernel_size} must be odd")
        if self.zipformer is not None and self.name != "zipformer":
            raise ValueError(f"section 'zipformer' belongs to the model zipformer, not to {self.name}; remove it")
        if self.name == "zipformer":
            self._check_zipformer()
        return self

    def _check_zipformer(self) -> None:
        if self.zipformer is None:
            raise ValueError("the model zipformer needs a section 'zipformer'; 'zipformer: {}' takes its defaults")
        if self.choices.conv_padding == "published":
            raise ValueError("the model zipformer has no published convolution; set choices.conv_padding to corrected")
        num_layers = sum(stack.num_layers for stack in self.zipformer.stacks)
        if self.zipformer.stacks and num_layers != self.num_blocks:
            raise ValueError(f"zipformer.stacks hold {num_layers} layers and num_blocks is {self.num_blocks}")


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


class Eden(Section):
    """rate · (1 + (n/num_batches)²)^(−1/4) · (1 + (e/num_epochs)²)^(−1/4), n micro-batches and e whole epochs done."""

    num_batches: Annotated[float, Field(gt=0)] = Field(7500, description="micro-batches, not optimiser steps")
    num_epochs: Annotated[float, Field(gt=0)] = 3.5
    warmup_start: Probability = Field(0.5, description="share of the rate at which the warm-up begins")


class ScaledAdam(Section):
    """Adam whose steps are as large as the tensor they change."""

    clipping_scale: Annotated[float, Field(gt=0)] = Field(2.0, description="of the median norm of recent gradients")


class Optimizer(Section):
    """An optimiser under a linear warm-up and a falling learning rate."""

    name: Literal["adamw", "scaled_adam"] = "adamw"
    schedule: Literal["cosine", "eden"] = Field("cosine", description="'cosine' falls to zero by half a cosine")
    scaled_adam: ScaledAdam | None = Field(None, description="demanded by the name scaled_adam, refused otherwise")
    eden: Eden | None = Field(None, description="demanded by the schedule eden, refused otherwise")
    learning_rate: Annotated[float, Field(gt=0)]
    weight_decay: Annotated[float, Field(ge=0)] = 0.05
    weight_decay_on: Literal["all", "matrices"] = Field("matrices", description="'all' as published")
    betas: tuple[Momentum, Momentum] = (0.9, 0.999)
    epsilon: Annotated[float, Field(gt=0)] = 1e-8
    max_grad_norm: Annotated[float, Field(gt=0)] = 4.0
    warmup_epochs: Annotated[float, Field(ge=0)] = 10

    @model_validator(mode="after")
    def _check(self) -> "Optimizer":
        for section, key, choice in ((self.scaled_adam, "name", "scaled_adam"), (self.eden, "schedule", "eden")):
            is_chosen = getattr(self, key) == choice
            if is_chosen and section is None:
                raise ValueError(f"{key} {choice} needs a section '{choice}'; '{choice}: {{}}' takes its defaults")
            if section is not None and not is_chosen:
                raise ValueError(f"section '{choice}' belongs to {key}: {choice}; remove it")
        if self.name == "scaled_adam" and self.weight_decay:
            raise ValueError(f"scaled_adam knows no weight decay; set weight_decay to 0, not {self.weight_decay}")
        return self


class Training(Section):
    """The loop."""

    epochs: Count
    batch_size: Count = Field(64, description="clips per micro-batch")
    accumulation: Count = Field(1, description="micro-batches per optimiser step")
    precision: Literal["fp32", "bf16", "fp16"] = "fp32"
    device: Literal["auto", "cpu", "cuda"] = Field("auto", description="'cuda' refuses to start without a GPU")
    compile: bool = Field(
        False, description="torch.compile the repeated blocks: for GPUs; on a CPU it takes minutes and gains nothing"
    )
    bucket_batches: int = Field(16, ge=0, description="batches sorted by length together; 0 shuffles without sorting")
    validate_every_epochs: Count = 10
    save_every_minutes: Annotated[float, Field(ge=0)] = Field(
        5, description="how often a run writes the state from which it can go on; 0 after every micro-batch"
    )
    max_loss_rise: Annotated[float, Field(gt=1)] | None = Field(
        10,
        description="a run stops when half of its last 20 losses are above this many times the median of the 200 before"
        " (of 1 at least), once the warm-up is over; null never",
    )
    ema_decay: Annotated[float, Field(gt=0, lt=1)] | None = Field(
        None, description="of a moving average of the weights, which is then validated and saved; null: none"
    )
    batch_norm_statistics: Literal["running", "recomputed"] = Field(
        "running", description="'recomputed' from 50 training batches before validating and saving"
    )
    num_threads: Annotated[int, Field(ge=0)] = Field(0, description="CPU threads; 0 leaves torch's own number")


class Recipe(Section):
    """``config/recipes/SYSTEM/NAME.yaml``: one network and how it is trained. Complete: nothing is inherited."""

    model: Model
    data: Data = Data()
    optimizer: Optimizer
    training: Training

    def outcome(self) -> dict[str, Any]:
        """All that the trained network depends on: not what only suits a machine."""
        neutral = {"data": {"num_workers"}, "training": {"save_every_minutes"}}
        return self.model_dump(mode="json", exclude=neutral)

    def named(self) -> set[str]:
        """What it names in registries: network, optimiser and augmentations, also those inside others."""
        return set(_names(self.model_dump(mode="json")))


def _names(value: Any) -> Iterator[str]:
    if isinstance(value, dict):
        if isinstance(name := value.get("name"), str):
            yield name
        value = list(value.values())
    if isinstance(value, list):
        for one in value:
            yield from _names(one)
