"""What trained networks teach another one: how likely each character is to them (Hinton, Vinyals and Dean, 2015).

They see the very clips of the batch, augmented as the student sees them, and the true beginning of each text, of which
nothing is hidden. Several teachers speak together: the decoders by the mean of their logits, as in an exported file,
the CTC heads by the mean of their probabilities.

Letters in tensor names: B batch, T steps of an encoder, R of a teacher's steps in one of the student's, S output
positions, V vocabulary.
"""

from collections.abc import Callable, Sequence

import torch
import torch.nn.functional as F
from torch import Tensor

from podium.errors import UserError
from podium.systems.fingerspelling.networks.base import SignReader
from podium.systems.fingerspelling.networks.decoder import reverse_labels, shift_right
from podium.systems.fingerspelling.networks.lessons import Lesson
from podium.systems.fingerspelling.text import NUM_CHARACTERS
from podium.training.learner import Batch

# What a lesson needs of a teacher: the share in `recipe.Teaching` → whether the student has that part.
_NEEDED: dict[str, Callable[[SignReader], bool]] = {
    "ctc": lambda network: network.ctc_head is not None,
    "confidence": lambda network: hasattr(network, "confidence"),
}


class Teachers:
    """Trained networks that teach together; none of them changes.

    Args:
        networks: At least one, in evaluation mode, on the student's device.
        student: Its recipe has a section ``teaching``.

    Raises:
        UserError: A teacher lacks a part that shall teach, or its steps are not those of the student, nor shorter ones
            that fit into them.
    """

    def __init__(self, networks: Sequence[SignReader], student: SignReader) -> None:
        self.networks = [network.eval().requires_grad_(False) for network in networks]
        shares = student.config.teaching
        self.parts = [part for part, has in _NEEDED.items() if getattr(shares, part) and has(student)]
        self.has_backward = bool(shares.text) and hasattr(student, "backward_decoder")
        self.frames_per_step = student.config.frames_per_step
        self.is_published = student.config.choices.loss_positions == "published"
        for network in networks:
            lacking = [part for part in self.parts if not _NEEDED[part](network)]
            lacking += ["text"] if self.has_backward and not hasattr(network, "backward_decoder") else []
            if lacking:
                raise UserError(
                    f"model.teaching.{lacking[0]}: a teacher ({network.config.name}) has no part that could teach it;"
                    f" set {lacking[0]} to 0, or take other teachers"
                )
            if self.frames_per_step % network.config.frames_per_step:
                raise UserError(
                    f"a teacher takes {network.config.frames_per_step} frames as one and the student"
                    f" {self.frames_per_step}; a student's step must hold whole steps of its teachers"
                )

    @torch.no_grad()
    def teach(self, batch: Batch) -> Lesson:
        """What they say of a batch, see `SignReader`."""
        labels_BS = batch["labels_BS"]
        reversed_BS = reverse_labels(labels_BS, self.is_published)
        told: dict[str, list[Tensor]] = {name: [] for name in Lesson._fields}
        for network in self.networks:
            e_BTD, mask_BT = network.encode(batch["x_BTLC"], batch["mask_BT"]), network.steps(batch["mask_BT"])
            told["forward_BSV"].append(network.decoder(shift_right(labels_BS), e_BTD, mask_BT).float())
            if self.has_backward:
                backward_BSV = network.backward_decoder(shift_right(reversed_BS), e_BTD, mask_BT)
                told["backward_BSV"].append(backward_BSV.float())
            if "ctc" in self.parts:
                p_BTV = network.ctc_head(e_BTD).float().softmax(-1)
                num = self.frames_per_step // network.config.frames_per_step
                told["ctc_BTV"].append(joined_steps(p_BTV, mask_BT, num))
            if "confidence" in self.parts:
                told["confidence_B"].append(network.confidence_logit(e_BTD, mask_BT).float())
        means = {name: torch.stack(values).mean(0) for name, values in told.items() if values}
        if "confidence_B" in means:
            means["confidence_B"] = means["confidence_B"].sigmoid()
        return Lesson(**means)


def joined_steps(p_BTV: Tensor, mask_BT: Tensor, num: int) -> Tensor:
    """CTC probabilities of so many steps as those of one: a character counts if any step says it, blank if all do.

    Two different characters within one step share it; the loss of the labels tells which comes first.

    Args:
        p_BTV: Probabilities, blank last. Rows of pads count as blank, whatever stands in them.

    Returns:
        (B, ⌈T/num⌉, V), rows of sum 1.
    """
    blank_V = F.one_hot(torch.tensor(NUM_CHARACTERS, device=p_BTV.device), NUM_CHARACTERS + 1).to(p_BTV.dtype)
    p_BTV = torch.where(mask_BT.unsqueeze(-1), p_BTV, blank_V)
    num_pads = -p_BTV.shape[1] % num
    p_BTV = torch.cat([p_BTV, blank_V.expand(len(p_BTV), num_pads, -1)], dim=1)
    p_BTRV = p_BTV.unflatten(1, (-1, num))
    p_BTV = torch.cat([p_BTRV[..., :-1].amax(2), p_BTRV[..., -1:].amin(2)], dim=-1)
    return p_BTV / p_BTV.sum(-1, keepdim=True)
