"""``config/recipes/signs_llama/NAME.yaml``: the network and what it sees of the data."""

from typing import Annotated, Any, ClassVar, Literal

from pydantic import Field

from podium import config
from podium.config import Choice, Count, Probability, Section

# First parts of the names of tensors that only training uses: none.
TRAINING_ONLY: tuple[str, ...] = ()


class ModelChoices(Section):
    """One switch for each oversight of the original that concerns the network."""

    batch_norm: Choice = Field("corrected", description="statistics of real frames alone, without padding")
    attention_dropout: Choice = Field("corrected", description="none in evaluation; the original keeps its 10 %")


class Model(Section):
    """The transformer."""

    name: Literal["llama"]
    num_heads: Count
    head_dim: Annotated[int, Field(ge=2, multiple_of=2)] = 64
    num_blocks: Count
    p_dropout: Probability = Field(0.1, description="of attention weights and of what each half of a block adds")
    p_head_dropout: Probability = 0.5
    choices: ModelChoices = ModelChoices()

    @property
    def dim(self) -> int:
        """Width."""
        return self.num_heads * self.head_dim

    @property
    def hidden_dim(self) -> int:
        """Of the feed-forward: 8/3 of the width, up to the next multiple of 8."""
        return -(-int(4 * self.dim * 2 / 3) // 8) * 8


class DataChoices(Section):
    """One switch for each oversight of the original that concerns the samples."""

    long_clips: Choice = Field(
        "corrected",
        description="longer clips than max_frames keep that many, spread evenly, everywhere; the original crops in"
        " training, cuts in evaluation, and spreads in the file",
    )
    mirror: Choice = Field("corrected", description="the corners of the mouth keep upper and lower lip apart")
    headless: Choice = Field(
        "corrected",
        description="a clip without a head is centred at the mean of its points; in the original's file it vanishes",
    )
    visibility: Choice = Field("corrected", description="four bits a frame: left hand, right hand, face, pose are seen")
    mixup: Choice = Field(
        "corrected", description="a point that one clip lacks is the other's, and is not drawn towards zero"
    )


class Data(Section):
    """What a network sees of the clips."""

    max_frames: Count = 512
    p_mirror: Probability = 0.5
    p_mixup: Probability = Field(1.0, description="of a batch's clips that are mixed with another one")
    mixup_alpha: Annotated[float, Field(gt=0)] = Field(0.5, description="both parameters of the Beta distribution")
    choices: DataChoices = DataChoices()


class Recipe(config.Recipe):
    """One network and how it is trained. Complete: nothing is inherited."""

    BY_HEART: ClassVar[dict[str, dict[str, Any]]] = {}

    model: Model
    data: Data = Data()
