"""What a network is taught by others, and how far it is from it.

Letters in tensor names: B batch, T steps of the encoder, S output positions, V vocabulary.
"""

from typing import NamedTuple

import torch.nn.functional as F
from torch import Tensor

from podium.systems.fingerspelling.text import NUM_CHARACTERS, PAD
from podium.training.reduction import part_of_mean


class Lesson(NamedTuple):
    """What teachers say of a batch.

    Attributes:
        forward_BSV: Logits of the text, the true beginning given.
        backward_BSV: The same of the reversed text; None without backward decoders.
        ctc_BTV: Probabilities of characters and blank, per step of the student; None if they do not teach that.
        confidence_B: In [0, 1]; None if they do not teach that.
    """

    forward_BSV: Tensor
    backward_BSV: Tensor | None = None
    ctc_BTV: Tensor | None = None
    confidence_B: Tensor | None = None


def text_distance(logits_BSV: Tensor, taught_BSV: Tensor, labels_BS: Tensor, temperature: float) -> Tensor:
    """Kullback-Leibler divergence from the teachers' distributions, mean over characters and END.

    Times temperature², so that its gradient keeps its size.
    """
    distance_BS = _divergence(logits_BSV / temperature, (taught_BSV / temperature).softmax(-1))
    is_told_BS = labels_BS != PAD
    num_told = is_told_BS.sum()
    mean = (distance_BS * is_told_BS).sum() / num_told.clamp(min=1)
    return temperature**2 * part_of_mean(mean, num_told)


def ctc_distance(logits_BTV: Tensor, taught_BTV: Tensor, mask_BT: Tensor, labels_BS: Tensor) -> Tensor:
    """Kullback-Leibler divergence from the teachers' distributions, summed over valid steps, per character of text."""
    distance_BT = _divergence(logits_BTV, taught_BTV)
    num_characters = (labels_BS < NUM_CHARACTERS).sum()
    return part_of_mean((distance_BT * mask_BT).sum() / num_characters.clamp(min=1), num_characters)


def _divergence(logits: Tensor, taught: Tensor) -> Tensor:
    return F.kl_div(logits.float().log_softmax(-1), taught, reduction="none").sum(-1)
