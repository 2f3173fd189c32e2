"""``config/recipes/fingerspelling/NAME.yaml``: the networks and what they see of the data."""

from typing import Annotated, Any, ClassVar, Literal

from pydantic import Field, field_validator, model_validator

from podium import config
from podium.config import Choice, Count, Probability, Section
from podium.systems.fingerspelling.augment import build_augmentations

Factor = Annotated[float, Field(gt=0)]
KernelSize = Annotated[int, Field(ge=3)]


class Decoder(Section):
    """The autoregressive decoder over characters."""

    num_layers: Count = 2
    num_heads: Count = 4
    ff_dim: Count = 512
    p_dropout: Probability = 0.1
    p_activation_dropout: Probability = 0.1
    p_attention_dropout: Probability = 0.2


class Choices(Section):
    """One switch for each oversight of the original that concerns the network."""

    batch_norm: Choice = Field("corrected", description="slow running averages, over valid frames alone")
    loss_positions: Choice = Field("corrected", description="losses ignore what follows the end token")
    input_masking: Choice = Field("corrected", description="only characters of the decoder input are masked")
    generation: Choice = Field("corrected", description="characters and end only; text without an end is kept")


class ConvolutionChoices(Choices):
    """With the Squeezeformer's convolution."""

    conv_padding: Choice = Field("corrected", description="pads are zeroed after the gate, not only before it")


class HeadChoices(Choices):
    """With a confidence head."""

    confidence_pooling: Choice = Field("corrected", description="mean of the valid frames instead of frame 0")


class RopeChoices(ConvolutionChoices, HeadChoices):
    """With both."""


class Teaching(Section):
    """Shares of the losses that come from the teachers, the networks of an earlier stage; the rest is the labels'."""

    text: Probability = Field(0.5, description="of the text losses: distance from the teachers' distributions")
    ctc: Probability = Field(0.5, description="of the CTC loss: distance from the teachers' distributions")
    confidence: Probability = Field(1.0, description="of the confidence's target: what the teachers trust")
    temperature: Factor = Field(1.0, description="of texts; above 1 it brings out what teachers hold for unlikely")


class AnyModel(Section):
    """What all networks have, at any size."""

    MOVED: ClassVar[dict[str, str]] = {"zipformer": "gone; write its keys beside model.name"}

    dim: Count
    num_blocks: Count
    num_heads: Count = 4
    kernel_size: KernelSize = 51
    frames_per_step: Literal[1, 2] = Field(
        1, description="frames that the front end takes as one; 2 halves the work of all that follows"
    )
    p_dropout: Probability = 0.1
    p_mask_input: Probability = Field(0.2, description="decoder input characters that are hidden in training")
    ctc_weight: Probability = Field(0.0, description="share of an auxiliary CTC loss; 0 builds no CTC head")
    decoder: Decoder = Decoder()
    teaching: Teaching | None = Field(
        None, description="for a stage with `labels: {how: distill}`: what it learns from its teachers"
    )

    @model_validator(mode="after")
    def _check_sizes(self) -> "AnyModel":
        if self.dim % (2 * self.num_heads) or self.dim % self.decoder.num_heads or self.dim % 4:
            raise ValueError(f"dim {self.dim} must be divisible by 4, by 2·num_heads and by decoder.num_heads")
        _check_odd(self.kernel_size)
        return self


class SqueezeformerRelpos(AnyModel):
    """Round 1 of the 1st-place solution: relative positions, one decoder."""

    name: Literal["squeezeformer_relpos"]
    p_attention_dropout: Probability = 0.1
    choices: ConvolutionChoices = ConvolutionChoices()


class PartsModel(AnyModel):
    """What networks of round 2's kind have."""

    backward_weight: Probability = Field(0.4, description="share of the backward decoder in the text loss")
    confidence_weight: Probability = Field(0.02, description="share of the confidence loss")
    confidence_target: Literal["score", "own"] = Field(
        "score", description="what confidence is of: the table's score, or what the network itself reads in training"
    )


class SqueezeformerRope(PartsModel):
    """Round 2 of the 1st-place solution: rotary positions, body parts, two decoders, a confidence head."""

    name: Literal["squeezeformer_rope"]
    choices: RopeChoices = RopeChoices()


class Stack(Section):
    """Layers that work at one frame rate."""

    num_layers: Count
    rate: Count = Field(1, description="frames that one step of these layers stands for")
    kernel_size: KernelSize | None = Field(None, description="null takes model.kernel_size")

    @model_validator(mode="after")
    def _check(self) -> "Stack":
        if self.kernel_size is not None:
            _check_odd(self.kernel_size)
        return self


class Zipformer(PartsModel):
    """Round 2's network with a Zipformer encoder; the other choice of each switch is the Squeezeformer's part."""

    name: Literal["zipformer"]
    stacks: list[Stack] = Field([], description="frame rates, in order; none keeps all layers at the full rate")
    query_head_dim: Annotated[int, Field(ge=2, multiple_of=2)] = Field(32, description="per head, of queries and keys")
    value_head_dim: Count = Field(12, description="per head")
    ff_dim: Count = Field(512, description="hidden width of the middle feed-forward")
    ff_factors: tuple[Factor, Factor, Factor] = Field(
        (0.75, 1.0, 1.25), description="hidden widths of the three feed-forwards, times ff_dim"
    )
    activation: Literal["swoosh", "silu"] = Field(
        "swoosh", description="SwooshL in feed-forwards, SwooshR in convolutions"
    )
    norm: Literal["bias", "layer"] = Field("bias", description="BiasNorm or layer norm at the end of a layer")
    bypass: bool = Field(True, description="learnt mixture of a layer's input and output; false takes the output")
    attention: Literal["shared", "separate"] = Field(
        "shared", description="one map of attention for the whole layer, or another one for its second half"
    )
    nonlin_attention: bool = Field(True, description="the gated module that reads along the first head's map")
    convolution: Literal["masked", "batch_norm"] = Field(
        "masked", description="'masked' has a bias behind the kernel, 'batch_norm' a norm"
    )
    layer_skip: bool = Field(True, description="training leaves out modules and layers, clip by clip, at first often")
    p_const_attention: Probability = Field(
        0.025, description="training: the gated module reads a plain mean instead; ten times as often at first"
    )
    balancer: bool = Field(True, description="training: gradients that keep activations and scales in their range")
    whitener: bool = Field(True, description="training: gradients that keep channels from repeating each other")
    schedule_step: Annotated[float, Field(gt=0)] = Field(
        1.0, description="what a micro-batch adds to the count along which skips, dropout and limits ease (≈ 20,000)"
    )
    choices: HeadChoices = HeadChoices()

    @model_validator(mode="after")
    def _check_stacks(self) -> "Zipformer":
        num_layers = sum(stack.num_layers for stack in self.stacks)
        if self.stacks and num_layers != self.num_blocks:
            raise ValueError(f"stacks hold {num_layers} layers and num_blocks is {self.num_blocks}")
        return self


Model = Annotated[SqueezeformerRelpos | SqueezeformerRope | Zipformer, Field(discriminator="name")]


class Data(Section):
    """What a network sees of the prepared data."""

    MOVED: ClassVar[dict[str, str]] = {"num_workers": "now training.num_workers"}

    max_frames: Annotated[int, Field(ge=15)] = Field(384, description="longer clips are resized to this length")
    min_train_frames: Count = Field(15, description="shorter clips are not trained on")
    supplemental: Literal["none", "phrases", "all"] = Field(
        "none", description="'phrases': one random recording of each distinct supplemental phrase per epoch"
    )
    pad_to: Literal["batch", "max_frames"] = Field("batch", description="'max_frames' as published")
    p_mirror: Probability = 0.5
    mirror: Choice = Field("corrected", description="mirror both CutMix partners, not only the first")
    p_cutmix: Probability = 0.5
    augment: list[dict[str, Any]] = Field([], description="augmentations by name with their parameters, in order")

    @field_validator("augment")
    @classmethod
    def _check_augment(cls, entries: list[dict[str, Any]]) -> list[dict[str, Any]]:
        build_augmentations(entries)
        return entries


class Recipe(config.Recipe):
    """One network and how it is trained. Complete: nothing is inherited."""

    BY_HEART: ClassVar[dict[str, dict[str, Any]]] = {
        "model": {"layer_skip": False},
        "data": {"augment": [], "min_train_frames": 1, "supplemental": "all"},
    }

    model: Model
    data: Data = Data()

    def by_heart(self, num_steps: int) -> "Recipe":
        """As for any recipe, and without teachers."""
        recipe = super().by_heart(num_steps)
        return recipe.model_copy(update={"model": recipe.model.model_copy(update={"teaching": None})})

    @property
    def least_frames(self) -> int:
        """``data.min_train_frames``."""
        return self.data.min_train_frames


def _check_odd(kernel_size: int) -> None:
    if kernel_size % 2 == 0:
        raise ValueError(f"kernel_size {kernel_size} must be odd")
