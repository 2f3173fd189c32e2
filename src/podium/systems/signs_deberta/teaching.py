"""What the networks learn from: labels, without the worst losses, and each other.

Letters in tensor names: B batch, V signs.
"""

import math

import numpy as np
import torch
import torch.nn.functional as F
from torch import Tensor, nn

from podium.systems.signs.vocabulary import SIGNS
from podium.systems.signs_deberta.network import Mix
from podium.systems.signs_deberta.recipe import Teaching
from podium.training.learner import Progress
from podium.training.reduction import part_of_mean


def targets(target_B: Tensor, mix: Mix | None) -> Tensor:
    """(B, V) float32: what should be said of each clip, before smoothing."""
    target_BV = F.one_hot(target_B, len(SIGNS)).float()
    return target_BV if mix is None else torch.lerp(target_BV[mix.partner_B], target_BV, mix.share_B[:, None])


def cross_entropy(logits_BV: Tensor, target_BV: Tensor, smoothing: float) -> Tensor:
    """(B,): of labels that are a little unsure."""
    rest = smoothing / (target_BV.shape[1] - 1)
    smooth_BV = target_BV * (1 - smoothing) + (1 - target_BV) * rest
    return -(smooth_BV * logits_BV.float().log_softmax(-1)).sum(-1)


def without_worst(loss_B: Tensor, num_dropped: int, dropped_of: int) -> Tensor:
    """The mean of a batch's losses without the largest ones, which may be wrong labels (OUSM).

    Args:
        num_dropped: Of each group of ``dropped_of`` clips; of a smaller rest its share, rounded down.
    """
    kept = []
    for group in loss_B.split(dropped_of):
        number = num_dropped * len(group) // dropped_of
        kept.append(group.topk(len(group) - number, largest=False).values if number else group)
    kept_B = torch.cat(kept)
    return part_of_mean(kept_B.mean(), kept_B.new_tensor(len(kept_B)))


def distance(logits_BV: Tensor, teacher_BV: Tensor) -> Tensor:
    """The squared distance of probabilities; the mean over clips."""
    distance_B = (logits_BV.float().softmax(-1) - teacher_BV.detach().float().softmax(-1)).square().sum(-1)
    return part_of_mean(distance_B.mean(), distance_B.new_tensor(len(distance_B)))


def consistency_weight(config: Teaching, progress: Progress) -> float:
    """Of the distance to the teacher; it rises from almost nothing."""
    num_steps = int(config.rampup * progress.num_steps)
    share = min(progress.step + 1, num_steps) / num_steps if num_steps else 1.0
    return config.consistency * math.exp(-5 * (1 - share) ** 2)


def p_mixup(config: Teaching, progress: Progress) -> float:
    """How likely a batch is mixed in an epoch."""
    num_epochs = config.mixup_epochs * progress.num_epochs
    share = min((progress.epoch + 1) / num_epochs, 1.0) if num_epochs else 1.0
    return config.p_mixup * (share if config.mixup_course == "rising" else 1 - share)


def drawn_mixes(
    config: Teaching, num_layers: list[int], num_clips: int, progress: Progress, generator: torch.Generator
) -> list[Mix | None]:
    """How each of some networks mixes a batch: all with the same partners, each before a layer of its own.

    Args:
        num_layers: Of each network.
    """
    rng = np.random.default_rng(torch.randint(2**62, (1,), generator=generator).item())
    if rng.random() >= p_mixup(config, progress):
        return [None] * len(num_layers)
    partner_B = torch.from_numpy(rng.permutation(num_clips))
    share_B = torch.from_numpy(rng.beta(config.mixup_alpha, config.mixup_alpha, num_clips).astype(np.float32))
    return [Mix(partner_B, share_B, int(rng.integers(number))) for number in num_layers]


@torch.no_grad()
def follow(teacher: nn.Module, student: nn.Module, step: int, decay: float) -> None:
    """A mean teacher's parameters move towards the student's; its running statistics are its own.

    Args:
        step: Of the optimiser, from 1 on; early on the teacher forgets faster.
    """
    weight = 1 - min(1 - 1 / (step + 1), decay)
    torch._foreach_lerp_(list(teacher.parameters()), list(student.parameters()), weight)


@torch.no_grad()
def stir(soup: nn.Module, network: nn.Module, number: int) -> None:
    """Takes a network as the ``number``-th, from 1 on, into a mean of weights and statistics."""
    torch._foreach_lerp_(list(soup.state_dict().values()), list(network.state_dict().values()), 1 / number)
