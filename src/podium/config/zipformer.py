"""``model.zipformer``: the encoder of `networks.zipformer`, each of its parts by a switch."""

from typing import Annotated, Literal

from pydantic import Field, model_validator

from podium.config.base import Count, Probability, Section

Factor = Annotated[float, Field(gt=0)]


class Stack(Section):
    """Layers that work at one frame rate."""

    num_layers: Count
    rate: Count = Field(1, description="frames that one step of these layers stands for")
    kernel_size: Annotated[int, Field(ge=3)] | None = Field(None, description="null takes model.kernel_size")

    @model_validator(mode="after")
    def _check(self) -> "Stack":
        if self.kernel_size is not None and self.kernel_size % 2 == 0:
            raise ValueError(f"kernel_size {self.kernel_size} must be odd")
        return self


class Zipformer(Section):
    """Parts of the Zipformer encoder; the other choice of each switch is the Squeezeformer's part."""

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
