"""What the networks of the registry share: their losses and their way from a clip to ids.

Letters in tensor names: B batch, T frames, of the encoder's output its steps, L landmarks, C coordinates, D width,
S output positions, V vocabulary.
"""

from abc import ABC, abstractmethod

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from podium.systems.fingerspelling.networks.decoder import Decoder, greedy, mask_inputs, shift_right
from podium.systems.fingerspelling.networks.layers import steps_of
from podium.systems.fingerspelling.networks.lessons import Lesson, ctc_distance, text_distance
from podium.systems.fingerspelling.recipe import Model
from podium.systems.fingerspelling.text import END, LABEL_LENGTH, NUM_CHARACTERS, PAD, START, VOCAB_SIZE
from podium.training.learner import Batch
from podium.training.reduction import part_of_mean


class SignReader(nn.Module, ABC):
    """An encoder over landmarks and a decoder over characters.

    A batch holds ``x_BTLC`` (B, T, 130, 3) float32, normalised, missing landmarks and pads 0; ``mask_BT`` bool, true at
    valid frames; ``labels_BS`` (B, 33) int64; ``score_B`` float32.

    The learner looks inside: a network has the modules ``frontend`` and ``encoder.blocks``; if it has front ends for
    parts of the body, ``parts`` holds them by name.
    """

    def __init__(self, config: Model) -> None:
        super().__init__()
        self.config = config
        self.decoder = Decoder(config.dim, config.decoder)
        # For small budgets: connectionist temporal classification finds where the characters are long before the
        # decoder's attention does. The 1st-place solution saw no gain from it at full scale, so its recipes go without.
        self.ctc_head = nn.Linear(config.dim, NUM_CHARACTERS + 1) if config.ctc_weight else None

    @abstractmethod
    def encode(self, x_BTLC: Tensor, mask_BT: Tensor) -> Tensor:
        """(B, T, 130, 3) → (B, steps, D); rows of pads hold something finite without meaning.

        There are ⌈T / frames_per_step⌉ steps; `steps` says which of them are no pads.
        """

    @abstractmethod
    def losses(
        self, e_BTD: Tensor, mask_BT: Tensor, batch: Batch, generator: torch.Generator, lesson: Lesson | None
    ) -> dict[str, Tensor]:
        """Scalars named "loss_…", and "loss", the network's own total; ``mask_BT`` is of steps."""

    def steps(self, mask_BT: Tensor) -> Tensor:
        """Valid frames (B, T) → valid steps of the encoder's output."""
        return steps_of(mask_BT, self.config.frames_per_step)

    def confidence_logit(self, e_BTD: Tensor, mask_BT: Tensor) -> Tensor | None:
        """(B,) logit of the clip being readable, of its steps; None for a network without that head."""
        return None

    def forward(self, batch: Batch, generator: torch.Generator, lesson: Lesson | None = None) -> dict[str, Tensor]:
        """Training losses of a batch.

        Args:
            generator: Draws which decoder inputs are hidden.
            lesson: What teachers say of it, for a network whose section has ``teaching``: each loss is then a mixture.

        Returns:
            Scalars: "loss", the one to minimise, and its parts by name ("loss_ctc", …).
        """
        e_BTD, mask_BT = self.encode(batch["x_BTLC"], batch["mask_BT"]), self.steps(batch["mask_BT"])
        losses = self.losses(e_BTD, mask_BT, batch, generator, lesson)
        if self.ctc_head is not None:
            logits_BTV = self.ctc_head(e_BTD)
            losses["loss_ctc"] = ctc_loss(logits_BTV, mask_BT, batch["labels_BS"])
            if lesson is not None and lesson.ctc_BTV is not None:
                taught = ctc_distance(logits_BTV, lesson.ctc_BTV, mask_BT, batch["labels_BS"])
                losses["loss_ctc"] = torch.lerp(losses["loss_ctc"], taught, self.config.teaching.ctc)
            weight = self.config.ctc_weight
            losses["loss"] = (1 - weight) * losses["loss"] + weight * losses["loss_ctc"]
        return losses

    def text_loss(
        self,
        decoder: Decoder,
        labels_BS: Tensor,
        e_BTD: Tensor,
        mask_BT: Tensor,
        generator: torch.Generator,
        taught_BSV: Tensor | None = None,
    ) -> tuple[Tensor, Tensor]:
        """Cross-entropy of a decoder that is given the true beginning, part of it hidden; and its logits (B, S, V).

        With the teachers' logits it is mixed with the distance from them.
        """
        choices = self.config.choices
        p_mask = self.config.p_mask_input if self.training else 0.0
        inputs_BS = mask_inputs(labels_BS, p_mask, generator, choices.input_masking == "published")
        logits_BSV = decoder(shift_right(inputs_BS), e_BTD, mask_BT).float()
        ignored = PAD if choices.loss_positions == "corrected" else -100
        loss = F.cross_entropy(logits_BSV.reshape(-1, VOCAB_SIZE), labels_BS.reshape(-1), ignore_index=ignored)
        loss = part_of_mean(loss, (labels_BS != ignored).sum())
        if taught_BSV is not None:
            teaching = self.config.teaching
            taught = text_distance(logits_BSV, taught_BSV, labels_BS, teaching.temperature)
            loss = torch.lerp(loss, taught, teaching.text)
        return loss, logits_BSV

    @torch.no_grad()
    def generate(self, x_BTLC: Tensor, mask_BT: Tensor) -> tuple[Tensor, Tensor | None]:
        """Reads clips greedily.

        Returns:
            ids (B, 33) int64, characters and then PAD; in ``published`` generation START stands in front and a row
            that never ends is all PAD. And the confidence (B,) in [0, 1], or None.
        """
        return self.write(self.encode(x_BTLC, mask_BT), self.steps(mask_BT))

    def write(self, e_BTD: Tensor, mask_BT: Tensor) -> tuple[Tensor, Tensor | None]:
        """`generate` behind the encoder; ``mask_BT`` is of steps."""
        published = self.config.choices.generation == "published"
        raw_BS, _ = greedy([self.decoder], [e_BTD], mask_BT, published)
        logit_B = self.confidence_logit(e_BTD, mask_BT)
        return tidy_ids(raw_BS, published), None if logit_B is None else logit_B.float().sigmoid()

    def text_cost(self, labels_BS: Tensor, e_BTD: Tensor, mask_BT: Tensor) -> Tensor:
        """(B,): the decoder's cross-entropy per character and END of the label, the true beginning given."""
        logits_BSV = self.decoder(shift_right(labels_BS), e_BTD, mask_BT).float()
        loss_BS = F.cross_entropy(logits_BSV.transpose(1, 2), labels_BS, ignore_index=PAD, reduction="none")
        return loss_BS.sum(1) / (labels_BS != PAD).sum(1).clamp(min=1)


@torch.no_grad()
def share_right(logits_BSV: Tensor, labels_BS: Tensor) -> Tensor:
    """(B,) in [0, 1]: of the characters and END, how many a decoder finds."""
    is_told_BS = labels_BS != PAD
    is_right_BS = (logits_BSV.argmax(-1) == labels_BS) & is_told_BS
    return is_right_BS.sum(1) / is_told_BS.sum(1).clamp(min=1)


def tidy_ids(raw_BS: Tensor, published: bool) -> Tensor:
    """Greedy ids, cut before their first END and padded to (B, 33)."""
    is_end_BS = raw_BS == END
    if published:
        raw_BS = torch.cat([torch.full_like(raw_BS[:, :1], START), raw_BS], dim=1)
        is_end_BS = F.pad(is_end_BS, (1, 0))
    is_kept_BS = is_end_BS.cumsum(1) == 0
    if published:
        is_kept_BS &= is_end_BS.any(1, keepdim=True)
    ids_BS = raw_BS.masked_fill(~is_kept_BS, PAD)[:, :LABEL_LENGTH]
    return F.pad(ids_BS, (0, LABEL_LENGTH - ids_BS.shape[1]), value=PAD)


def ctc_loss(logits_BTV: Tensor, mask_BT: Tensor, labels_BS: Tensor) -> Tensor:
    """Connectionist temporal classification over encoder steps; blank is id 59. Mean per character.

    Clips with too few steps for their text count 0: one per character, and one more between two of the same. Such a
    clip teaches the decoder alone.
    """
    lengths_B = (labels_BS < NUM_CHARACTERS).sum(1)
    loss_B = F.ctc_loss(
        logits_BTV.float().log_softmax(-1).transpose(0, 1),
        labels_BS,
        mask_BT.sum(1),
        lengths_B,
        blank=NUM_CHARACTERS,
        reduction="none",
        zero_infinity=True,
    )
    num_characters = lengths_B.sum()
    return part_of_mean(loss_B.sum() / num_characters.clamp(min=1), num_characters)
