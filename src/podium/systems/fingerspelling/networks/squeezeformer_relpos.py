"""Round 1 of the 1st-place solution: one front end, relative positions, one decoder.

Letters in tensor names: B batch, T frames, L landmarks, C coordinates, D width.
"""

import torch
from torch import Tensor

from podium.systems.fingerspelling.landmarks import NUM_LANDMARKS
from podium.systems.fingerspelling.networks.attention import RelativeAttention, offset_table
from podium.systems.fingerspelling.networks.base import SignReader
from podium.systems.fingerspelling.networks.encoder import Encoder
from podium.systems.fingerspelling.networks.layers import FrontEnd
from podium.systems.fingerspelling.networks.lessons import Lesson
from podium.systems.fingerspelling.networks.registry import MODELS
from podium.systems.fingerspelling.recipe import Model
from podium.training.learner import Batch


@MODELS.register("squeezeformer_relpos")
class SqueezeformerRelpos(SignReader):
    """Reads all 130 landmarks as one image; 2.5 M parameters at the winners' size."""

    def __init__(self, config: Model) -> None:
        super().__init__(config)
        published = config.choices.batch_norm == "published"
        self.frontend = FrontEnd(NUM_LANDMARKS, config.dim, published, config.frames_per_step)
        self.encoder = Encoder(
            config,
            lambda: RelativeAttention(config.dim, config.num_heads, config.p_attention_dropout),
            lambda num_frames, device: offset_table(num_frames, config.dim, device),
        )

    def encode(self, x_BTLC: Tensor, mask_BT: Tensor) -> Tensor:
        """(B, T, 130, 3) → (B, steps, D)."""
        return self.encoder(self.frontend(x_BTLC, mask_BT), self.steps(mask_BT))

    def losses(
        self, e_BTD: Tensor, mask_BT: Tensor, batch: Batch, generator: torch.Generator, lesson: Lesson | None
    ) -> dict[str, Tensor]:
        """The cross-entropy of the text."""
        taught_BSV = lesson.forward_BSV if lesson else None
        loss, _ = self.text_loss(self.decoder, batch["labels_BS"], e_BTD, mask_BT, generator, taught_BSV)
        return {"loss": loss}
