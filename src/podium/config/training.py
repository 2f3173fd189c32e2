"""What every recipe shares: optimiser, schedule and loop. A system adds the sections of its networks and samples."""

from collections.abc import Iterator
from typing import Annotated, Any, ClassVar, Literal, Self

from pydantic import Field

from podium.config.base import Choice, Count, Probability, Section

# What a training asks of a system's modules, by module: code that its outcome depends on.
TRAINING_USES = {
    "samples": ("training", "validation", "collate", "TABLE_COLUMNS"),
    "learner": ("make",),
    "answers": ("read", "score", "predictions"),
}
WARMUP_SHARE = 0.1  # of a run that learns by heart

Momentum = Annotated[float, Field(ge=0, lt=1)]
_SECTION = "a section of its own now, beside 'optimizer'; write schedule: {name: cosine, warmup_epochs: 10}"
_EDEN = "now the schedule eden; write schedule: {name: eden, num_batches: 7500, …}"


class AnyOptimizer(Section):
    """What all optimisers have."""

    MOVED: ClassVar[dict[str, str]] = {
        "schedule": _SECTION,
        "warmup_epochs": _SECTION.replace("a section of its own", "in a section 'schedule'"),
        "eden": _EDEN,
        "scaled_adam": "gone; write its keys beside optimizer.name",
    }

    learning_rate: Annotated[float, Field(gt=0)] = Field(description="its peak; the schedule makes the course")
    max_grad_norm: Annotated[float, Field(gt=0)] = Field(
        4.0, description="of all gradients together, unless the learner has bounds of its own"
    )


class AdamW(AnyOptimizer):
    """Adam whose weights decay apart from the gradient."""

    name: Literal["adamw"]
    epsilon: Annotated[float, Field(gt=0)] = 1e-8
    weight_decay: Annotated[float, Field(ge=0)] = 0.05
    weight_decay_on: Literal["all", "matrices"] = Field("matrices", description="'all' as published")
    betas: tuple[Momentum, Momentum] = (0.9, 0.999)


class ScaledAdam(AnyOptimizer):
    """Adam whose steps are as large as the tensor they change; it knows no weight decay."""

    name: Literal["scaled_adam"]
    epsilon: Annotated[float, Field(gt=0)] = 1e-8
    clipping_scale: Annotated[float, Field(gt=0)] = Field(2.0, description="of the median norm of recent gradients")
    betas: tuple[Momentum, Momentum] = (0.9, 0.98)


class Lion(AnyOptimizer):
    """Steps of one size along the sign of a momentum: about a tenth of AdamW's rate, ten times its decay."""

    name: Literal["lion"]
    weight_decay: Annotated[float, Field(ge=0)] = 1e-3
    weight_decay_on: Literal["all", "matrices"] = Field("matrices", description="'all' as published")
    betas: tuple[Momentum, Momentum] = (0.9, 0.99)


class Muon(AnyOptimizer):
    """Orthogonal steps for the weights of linear layers, AdamW for the rest, both at one learning rate."""

    name: Literal["muon"]
    epsilon: Annotated[float, Field(gt=0)] = Field(1e-8, description="AdamW's")
    weight_decay: Annotated[float, Field(ge=0)] = Field(0.05, description="of matrices")
    momentum: Momentum = Field(0.95, description="of the gradients that orthogonal steps follow")
    betas: tuple[Momentum, Momentum] = Field((0.9, 0.999), description="AdamW's")


class RMSprop(AnyOptimizer):
    """Gradients divided by the root of their mean square so far; epsilon is added to the root, as in Keras 2."""

    name: Literal["rmsprop"]
    epsilon: Annotated[float, Field(gt=0)] = 1e-8
    decay: Momentum = Field(0.9, description="of the running mean")


Optimizer = Annotated[AdamW | ScaledAdam | Lion | Muon | RMSprop, Field(discriminator="name")]


class AnySchedule(Section):
    """What all schedules have."""

    warmup_epochs: Annotated[float, Field(ge=0)] = Field(10, description="epochs of a linear rise")


class Cosine(AnySchedule):
    """After the warm-up the learning rate falls to zero by half a cosine."""

    name: Literal["cosine"]


class Linear(AnySchedule):
    """After the warm-up the learning rate falls to zero in a straight line."""

    name: Literal["linear"]


class CosineFloor(AnySchedule):
    """As cosine, but the learning rate falls to a share of its peak and not to zero."""

    name: Literal["cosine_floor"]
    floor: Probability = Field(0.1, description="share of the peak at the end")


class Eden(AnySchedule):
    """rate · (1 + (n/num_batches)²)^(−1/4) · (1 + (e/num_epochs)²)^(−1/4), n micro-batches and e whole epochs done."""

    name: Literal["eden"]
    num_batches: Annotated[float, Field(gt=0)] = Field(7500, description="micro-batches, not optimiser steps")
    num_epochs: Annotated[float, Field(gt=0)] = 3.5
    warmup_start: Probability = Field(0.5, description="share of the rate at which the warm-up begins")


class Plateau(AnySchedule):
    """After the warm-up the rate stays until validation no longer gets better; then it is cut, again and again.

    The first cut comes after one validation more than ``patience`` without a better score, each further one after
    ``patience`` (Keras 2.1.2).
    """

    name: Literal["plateau"]
    warmup_epochs: Annotated[float, Field(ge=0)] = Field(0, description="epochs of a linear rise")
    patience: Count = 4
    factor: Annotated[float, Field(gt=0, lt=1)] = Field(0.5, description="what a cut multiplies the rate with")
    least_gain: Annotated[float, Field(ge=0)] = Field(1e-4, description="a better score is better by more than this")
    least_rate: Annotated[float, Field(ge=0)] = Field(0.0, description="no cut goes below")


Schedule = Annotated[Cosine | Linear | CosineFloor | Eden | Plateau, Field(discriminator="name")]


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
    kept: Literal["last", "best"] = Field(
        "last", description="weights of the last epoch, or of the validation with the best score"
    )
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
    ema: Choice = Field(
        "corrected", description="'published': the average takes the weights before each step, not after it"
    )
    batch_norm_statistics: Literal["running", "recomputed"] = Field(
        "running", description="'recomputed' from 50 training batches before validating and saving"
    )
    num_threads: Annotated[int, Field(ge=0)] = Field(0, description="CPU threads; 0 leaves torch's own number")
    num_workers: int = Field(0, ge=0, description="loader processes; 0 loads in the training process")


class Recipe(Section):
    """``config/recipes/SYSTEM/NAME.yaml``: one network and how it is trained. Complete: nothing is inherited.

    A system's recipe adds the sections ``model`` and ``data``.
    """

    # What learning by heart needs beside certainty: values by section and key, taken if the section has the key.
    BY_HEART: ClassVar[dict[str, dict[str, Any]]] = {}

    optimizer: Optimizer
    schedule: Schedule
    training: Training

    @property
    def least_frames(self) -> int:
        """Frames of the shortest clips that are trained on."""
        return 1

    def outcome(self) -> dict[str, Any]:
        """All that the trained network depends on: not what only suits a machine."""
        return self.model_dump(mode="json", exclude={"training": {"num_workers", "save_every_minutes"}})

    def named(self) -> set[str]:
        """What it names in registries, such as network, optimiser and augmentations, also those inside others."""
        return set(_names(self.model_dump(mode="json")))

    def by_heart(self, num_steps: int) -> Self:
        """The recipe with all that hinders learning by heart taken out: one batch, and nothing left to chance."""
        values = _without_chance(self.model_dump())
        values["schedule"]["warmup_epochs"] = WARMUP_SHARE * num_steps
        values["training"] |= {
            "epochs": num_steps, "accumulation": 1, "validate_every_epochs": num_steps, "ema_decay": None,
            "batch_norm_statistics": "recomputed", "max_loss_rise": None, "num_workers": 0,
        }  # fmt: skip
        for section, calm in {"optimizer": {"weight_decay": 0.0}, **self.BY_HEART}.items():
            values[section] |= {key: value for key, value in calm.items() if key in values[section]}
        return type(self).model_validate(values)


def _without_chance(value: Any) -> Any:
    """A section with all probabilities at zero: keys that begin with ``p_``."""
    if not isinstance(value, dict):
        return value
    return {key: 0.0 if key.startswith("p_") else _without_chance(one) for key, one in value.items()}


def _names(value: Any) -> Iterator[str]:
    if isinstance(value, dict):
        if isinstance(name := value.get("name"), str):
            yield name
        value = list(value.values())
    if isinstance(value, list):
        for one in value:
            yield from _names(one)
