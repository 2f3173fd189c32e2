"""``config/recipes/speech/NAME.yaml``: the networks and what they hear of the data."""

from typing import Annotated, Any, ClassVar, Literal

from pydantic import Field, model_validator

from podium import config
from podium.config import Choice, Count, Probability, Section
from podium.systems.speech.shapes import NUM_SAMPLES, NUM_WIDTHS

Share = Annotated[float, Field(ge=0, lt=1)]
Gain = Annotated[float, Field(ge=0)]


class Model(Section):
    """One network over raw sound."""

    name: Literal["attention_mean", "attention_max"] = Field(description="the head: of experiment 106, or of 195")
    num_classes: Literal[12, 32] = Field(description="32: all words of the corpus; 12: the wanted ten and two more")
    widths: Annotated[list[Count], Field(min_length=NUM_WIDTHS, max_length=NUM_WIDTHS)] = Field(
        description="channels of the first convolution and of the six groups behind it"
    )
    first_filters: Literal["random", "tones"] = Field(
        "random", description="what training begins with; 'tones' (of all pitches) learn sooner"
    )
    dropout: Share = 0.4
    batch_norm_momentum: Annotated[float, Field(gt=0, lt=1)] = Field(
        0.01, description="share of a batch in the running statistics; short runs want 0.1"
    )


class Augment(Section):
    """What happens to a clip in training, in this order. Each draw is the clip's own."""

    p_speed: Probability = Field(0.0, description="play it faster or slower")
    speed: tuple[Annotated[float, Field(gt=0.5, lt=2)], Annotated[float, Field(gt=0.5, lt=2)]] = (0.85, 1.15)
    p_equalise: Probability = Field(0.0, description="turn parts of the spectrum up and down, smoothly")
    equalise_db: Gain = Field(12.0, description="at most, up or down")
    p_gain: Probability = 0.5
    gain: Share = Field(0.2, description="multiply by 1 ± so much")
    p_shift: Probability = 0.5
    shift: tuple[int, int] = Field((-2000, 0), description="samples, to the right; from … to")
    fill: Literal["wrap", "zeros"] = Field("wrap", description="what comes in behind a shift; 'wrap' as published")
    p_noise: Probability = 0.5
    noise: Gain = Field(0.2, description="a crop of a noise recording, times 0 to so much")
    noise_db: tuple[float, float] | None = Field(
        None, description="in place of `noise`: how many decibels the clip is louder than the noise, from … to"
    )
    silence_noise: Gain | None = Field(
        0.3, description="as `noise`, for nine of ten silences without noise; null leaves them zero, as 106 did"
    )
    coloured_noise: bool = Field(True, description="mix with a minute each of blue, brown and violet noise, too")
    p_mask: Probability = Field(0.0, description="silence a stretch of at most a tenth")
    clip: bool = Field(False, description="cut off what is beyond ±1, as 106 did")

    @model_validator(mode="after")
    def _check(self) -> "Augment":
        for name in ("speed", "shift", "noise_db"):
            pair = getattr(self, name)
            if pair is not None and pair[0] > pair[1]:
                raise ValueError(f"{name} must go from the smaller to the larger, got {list(pair)}")
        if max(map(abs, self.shift)) >= NUM_SAMPLES:
            raise ValueError(f"shift must stay below {NUM_SAMPLES} samples, got {list(self.shift)}")
        return self


class Data(Section):
    """What a network hears of the prepared data."""

    silence_share: Annotated[float, Field(ge=0)] = Field(0.15, description="silences, as a share of wanted words")
    unknown_share: Annotated[float, Field(ge=0)] | None = Field(
        0.6, description="unknown words, likewise, chosen at random; null takes all that there are"
    )
    pseudo_unknown_share: Annotated[float, Field(ge=0)] | None = Field(
        0.6, description="the same among clips with labels of earlier stages; null takes all, as 206 did"
    )
    pseudo_share: Share = Field(0.0, description="of a batch: clips with labels of earlier stages, if there are any")
    augment: Augment = Augment()


class Learning(Section):
    """The loss."""

    label_smoothing: Share = 0.0
    l2: Annotated[float, Field(ge=0)] = Field(1e-5, description="times the sum of squares; not on depthwise kernels")
    soft_labels: Share | Literal[1] = Field(
        0.0, description="share of earlier stages' probabilities in the targets of their clips; 0 takes hard labels"
    )
    temperature: Annotated[float, Field(ge=1)] = Field(1.0, description="of these probabilities")


class Choices(Section):
    """One switch for each oversight of the original that concerns training."""

    sampling: Choice = Field("corrected", description="every clip once per epoch, not with replacement")
    pseudo_silence: Choice = Field("corrected", description="silences of earlier stages are silence, no unknown word")
    validation_silence: Choice = Field("corrected", description="validation hears real silences, not zeros")


class Recipe(config.Recipe):
    """One network and how it is trained. Complete: nothing is inherited."""

    BY_HEART: ClassVar[dict[str, dict[str, Any]]] = {
        "model": {"dropout": 0.0},
        "data": {"pseudo_share": 0.0, "silence_share": 0.0, "unknown_share": None},
        "learning": {"label_smoothing": 0.0, "l2": 0.0},
    }

    model: Model
    data: Data = Data()
    learning: Learning = Learning()
    labelling: Literal["once", "left_loud"] = Field(
        "left_loud", description="how a run hears a clip that it labels for later stages: also earlier, and louder"
    )
    choices: Choices = Choices()
