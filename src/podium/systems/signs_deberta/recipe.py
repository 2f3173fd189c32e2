"""``config/recipes/signs_deberta/NAME.yaml``: the networks, what they see, and how they teach each other."""

from typing import Annotated, Any, ClassVar, Literal, Self

from pydantic import Field, model_validator

from podium import config
from podium.config import Choice, Count, Probability, Section

# First parts of the names of tensors that only training uses: none.
TRAINING_ONLY: tuple[str, ...] = ()
Share = Annotated[float, Field(ge=0, le=1)]


class ModelChoices(Section):
    """One switch for each oversight of the original that concerns a network."""

    positions: Choice = Field(
        "corrected",
        description="distances between frames are the same in training and file; the original trains with distances"
        " that are rounded on a logarithmic scale, and its file counts frames",
    )
    padding: Choice = Field(
        "corrected",
        description="padding changes nothing; in the original batch norms, convolutions and mixup see it",
    )


class Size(Section):
    """Widths of a network."""

    dense_dim: Count = Field(description="of what an MLP makes of a group of points")
    layer_dims: Annotated[list[Count], Field(min_length=2)] = Field(
        description="width of a frame before the first layer, and behind each layer"
    )
    dropout_factors: list[float] = Field(description="of model.p_dropout, one for each layer")


class Model(Section):
    """Three networks of the same kind: a student, its mean teacher of the same size, and a smaller one."""

    name: Literal["deberta"]
    student: Size
    distilled: Size
    exported: Literal["distilled", "teacher", "student"] = Field(
        "distilled", description="which one is validated, saved and exported; one that serves no purpose is not trained"
    )
    num_heads: Count = 16
    embedding_dim: Count = Field(16, description="width of a point of a frame")
    p_dropout: Probability = 0.05
    choices: ModelChoices = ModelChoices()

    @model_validator(mode="after")
    def _check(self) -> Self:
        for name, size in (("student", self.student), ("distilled", self.distilled)):
            if len(size.dropout_factors) != len(size.layer_dims) - 1:
                raise ValueError(f"{name}.dropout_factors must be one less than layer_dims: one for each layer")
            if odd := [dim for dim in size.layer_dims[:-1] if dim % self.num_heads]:
                raise ValueError(f"{name}.layer_dims: {odd[0]} cannot be dealt to {self.num_heads} heads")
        return self


class Augmentation(Section):
    """What chance does to a clip. The values are those of the original's code; its README tells others."""

    strong_epochs: Annotated[int, Field(ge=0)] = Field(
        50, description="epochs of the stronger augmentation, of the first half at most; 'late' tells of the others"
    )
    p_face: Probability = Field(0.25, description="face and lips become those of another clip of the sign; not late")
    p_missing_hand: Probability = Field(0.25, description="a missing hand becomes a mirror image; not late")
    p_interpolate: Probability = Field(0.5, description="gaps of a point are bridged")
    p_mirror: Probability = 0.5
    p_rotate: Probability = 0.5
    max_degrees: Annotated[float, Field(ge=0)] = 30.0
    p_crop: Probability = Field(0.5, description="up to a fifth of the frames is cut off at one end")
    p_late_crop: Probability = 0.25
    p_scale: Probability = 0.25
    p_distort: Probability = Field(0.25, description="of scaled clips: a further factor for each axis is added")
    max_scale: Share = Field(0.3, description="factors differ from 1 by so much at most")


class DataChoices(Section):
    """One switch for each oversight of the original that concerns the samples."""

    missing_hand: Choice = Field("corrected", description="the hand that is missing becomes the other's mirror image")
    face: Choice = Field("corrected", description="a face without depth is not exchanged by halves")


class Data(Section):
    """What the networks see of the clips."""

    max_frames: Count = Field(25, description="of a clip; a longer one is thinned")
    augmentation: Augmentation = Augmentation()
    choices: DataChoices = DataChoices()


class TeachingChoices(Section):
    """One switch for each oversight of the original that concerns training."""

    late_mode: Choice = Field(
        "corrected",
        description="'published': in the second half the distilled network trains in evaluation mode, without dropout"
        " and with the statistics that it has",
    )


class Teaching(Section):
    """Losses, and how the networks teach each other."""

    smoothing: Share = Field(0.3, description="of labels")
    num_dropped: Annotated[int, Field(ge=0)] = Field(3, description="worst losses that do not count, in each group")
    dropped_of: Count = Field(32, description="clips in a group")
    consistency: Annotated[float, Field(ge=0)] = Field(
        5.0, description="weight of the distance to the teacher; 0: no teacher"
    )
    rampup: Share = Field(0.25, description="of the run, in which this weight rises")
    teacher_decay: Annotated[float, Field(ge=0, lt=1)] = Field(0.97, description="of the teacher's weights, per step")
    p_mixup: Probability = Field(0.5, description="of a batch whose clips are mixed inside the networks, at its peak")
    mixup_course: Literal["falling", "rising"] = Field(
        "falling", description="the code's falls from its peak, the README's rises to it"
    )
    mixup_epochs: Share = Field(0.9, description="of the run, after which the course of p_mixup ends")
    mixup_alpha: Annotated[float, Field(gt=0)] = Field(0.4, description="both parameters of the Beta distribution")
    soup_epochs: Annotated[int, Field(ge=0)] = Field(
        0, description="the result is the mean of the weights after each of the last so many epochs; 0: the last ones"
    )
    choices: TeachingChoices = TeachingChoices()


class Recipe(config.Recipe):
    """Three networks and how they are trained. Complete: nothing is inherited."""

    BY_HEART: ClassVar[dict[str, dict[str, Any]]] = {
        "teaching": {"smoothing": 0.0, "num_dropped": 0, "consistency": 0.0, "soup_epochs": 0},
    }

    model: Model
    data: Data = Data()
    teaching: Teaching = Teaching()

    @model_validator(mode="after")
    def _check_averages(self) -> Self:
        if self.teaching.soup_epochs and self.training.ema_decay:
            raise ValueError("teaching.soup_epochs and training.ema_decay are two averages of one thing; take one")
        return self
