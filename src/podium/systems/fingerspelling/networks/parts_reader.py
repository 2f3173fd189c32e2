"""Networks of round 2's kind: body parts by themselves beside the whole, a second decoder that writes backwards, and a
head that tells whether the clip can be read at all. They differ in their encoder.

Letters in tensor names: B batch, T frames, behind the front ends their steps, L landmarks, C coordinates, D width.
"""

from abc import abstractmethod

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from podium.systems.fingerspelling.landmarks import NUM_LANDMARKS, PARTS, SLOTS
from podium.systems.fingerspelling.networks.base import SignReader, share_right
from podium.systems.fingerspelling.networks.decoder import Decoder, reverse_labels
from podium.systems.fingerspelling.networks.layers import FrontEnd, part_view
from podium.systems.fingerspelling.networks.lessons import Lesson
from podium.systems.fingerspelling.recipe import Model
from podium.training.learner import Batch
from podium.training.reduction import part_of_mean


class PartsReader(SignReader):
    """All but the encoder, which takes (x_BTD, mask_BT) and holds its layers as ``blocks``."""

    def __init__(self, config: Model) -> None:
        super().__init__(config)
        published = config.choices.batch_norm == "published"
        rate = config.frames_per_step
        self.frontend = FrontEnd(NUM_LANDMARKS, config.dim, published, rate)
        self.parts = nn.ModuleDict(
            {part: FrontEnd(len(SLOTS[part]), config.dim // len(PARTS), published, rate) for part in PARTS}
        )
        self.encoder = self.make_encoder(config)
        self.backward_decoder = Decoder(config.dim, config.decoder)
        self.confidence = nn.Linear(config.dim, 1)

    @abstractmethod
    def make_encoder(self, config: Model) -> nn.Module:
        """A fresh encoder."""

    def embed(self, x_BTLC: Tensor, mask_BT: Tensor) -> tuple[Tensor, Tensor]:
        """What the encoder adds up: features of the whole and of the parts, each (B, steps, D)."""
        parts = [front_end(part_view(x_BTLC[:, :, SLOTS[part]]), mask_BT) for part, front_end in self.parts.items()]
        return self.frontend(x_BTLC, mask_BT), torch.cat(parts, dim=-1)

    def encode(self, x_BTLC: Tensor, mask_BT: Tensor) -> Tensor:
        """(B, T, 130, 3) → (B, steps, D)."""
        whole_BTD, parts_BTD = self.embed(x_BTLC, mask_BT)
        return self.encoder(whole_BTD + parts_BTD, self.steps(mask_BT))

    def confidence_logit(self, e_BTD: Tensor, mask_BT: Tensor) -> Tensor:
        """(B,), from the mean of the valid steps, or from the first one alone as published."""
        if self.config.choices.confidence_pooling == "published":
            summary_BD = e_BTD[:, 0]
        else:
            valid_BT1 = mask_BT.unsqueeze(-1)
            summary_BD = (e_BTD * valid_BT1).sum(1) / valid_BT1.sum(1).clamp(min=1)
        return self.confidence(summary_BD).squeeze(-1)

    def losses(
        self, e_BTD: Tensor, mask_BT: Tensor, batch: Batch, generator: torch.Generator, lesson: Lesson | None
    ) -> dict[str, Tensor]:
        """Forward and backward text, and the confidence.

        Its target is the clip's out-of-fold score, or by ``confidence_target`` "own" how much of the clip this network
        reads right now, times that score: an experiment of one stage has no scores but 1, and 0 of what is empty. What
        teachers trust is mixed in by their share.
        """
        labels_BS = batch["labels_BS"]
        reversed_BS = reverse_labels(labels_BS, self.config.choices.loss_positions == "published")
        lesson_forward, lesson_backward = (lesson.forward_BSV, lesson.backward_BSV) if lesson else (None, None)
        forward, logits_BSV = self.text_loss(self.decoder, labels_BS, e_BTD, mask_BT, generator, lesson_forward)
        backward, _ = self.text_loss(self.backward_decoder, reversed_BS, e_BTD, mask_BT, generator, lesson_backward)
        target_B = batch["score_B"].clamp(0, 1)
        if self.config.confidence_target == "own":
            target_B = target_B * share_right(logits_BSV, labels_BS)
        if lesson is not None and lesson.confidence_B is not None:
            target_B = torch.lerp(target_B, lesson.confidence_B, self.config.teaching.confidence)
        confidence = F.binary_cross_entropy_with_logits(self.confidence_logit(e_BTD, mask_BT).float(), target_B)
        confidence = part_of_mean(confidence, labels_BS.new_tensor(len(labels_BS)))
        w_backward, w_confidence = self.config.backward_weight, self.config.confidence_weight
        text = (1 - w_backward) * forward + w_backward * backward
        total = (1 - w_confidence) * text + w_confidence * confidence
        return {"loss": total, "loss_forward": forward, "loss_backward": backward, "loss_confidence": confidence}
