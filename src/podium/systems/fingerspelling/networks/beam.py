"""Beam search: a slower reading that errs less, for those who have time.

Greedy reading takes the likeliest character and never comes back. A beam keeps several beginnings; of the texts that
they end in, the one is taken that all that was trained agrees on: the forward decoder, the backward decoder and the CTC
head, as far as every network has them. What that brings: docs/predict.md.

Letters in tensor names: B batch, T encoder steps, W beginnings of a clip, N texts, S output positions, D width,
V vocabulary.
"""

import math
from collections.abc import Sequence
from typing import NamedTuple

import torch
import torch.nn.functional as F
from torch import Tensor

from podium.systems.fingerspelling.networks.base import SignReader
from podium.systems.fingerspelling.networks.decoder import Writer, only_text, reverse_labels, shift_right
from podium.systems.fingerspelling.text import END, LABEL_LENGTH, MAX_CHARACTERS, NUM_CHARACTERS, PAD, START, VOCAB_SIZE

CHARACTER_BONUS = 1.0  # added for each character: long texts are less likely than short ones, right or wrong
_NEGLIGIBLE = 12.0  # a beginning that is less likely than an ended text by so much, as a logarithm, is given up
_IMPOSSIBLE = -1e3  # of a text with more characters than the clip has steps


class Candidate(NamedTuple):
    """A text that a beam has found.

    Attributes:
        ids: Its characters.
        forward: Logarithm of its probability, END included, by the networks' mean logits.
        backward: The same of the backward decoders; None if a network has none.
        ctc: The same of the CTC heads, by their mean probabilities; None if a network has none.
    """

    ids: tuple[int, ...]
    forward: float
    backward: float | None = None
    ctc: float | None = None

    @property
    def agreement(self) -> float:
        """The sum of the logarithms, and `CHARACTER_BONUS` for each character."""
        return self.forward + (self.backward or 0.0) + (self.ctc or 0.0) + CHARACTER_BONUS * len(self.ids)


def can_read(networks: Sequence[SignReader]) -> bool:
    """Whether networks have a second voice; without one, the likeliest text is often a text that stops too early."""
    return _have_backward(networks) or _have_ctc(networks)


@torch.no_grad()
def search(
    networks: Sequence[SignReader], encodings: Sequence[Tensor], mask_BT: Tensor, width: int
) -> list[list[Candidate]]:
    """Texts of each clip, at most ``width`` and at least one, the likeliest of the forward decoder first.

    Args:
        networks: In evaluation mode.
        encodings: Each network's encoder output (B, T, D).
        mask_BT: Its valid steps.
        width: Beginnings that are kept at each character, at least 1.
    """
    found = _beginnings(networks, encodings, mask_BT, width)
    clips = torch.tensor([clip for clip, texts in enumerate(found) for _ in texts], device=mask_BT.device)
    labels_NS = torch.tensor([_label(ids) for texts in found for ids in texts], device=mask_BT.device)
    backward_N = _backward(networks, [e_BTD[clips] for e_BTD in encodings], mask_BT[clips], labels_NS)
    ctc_N = _ctc(networks, encodings, mask_BT, labels_NS, clips)
    candidates, place = [], 0
    for texts in found:
        ordered = []
        for ids, forward in texts.items():
            told = [None if one_N is None else float(one_N[place]) for one_N in (backward_N, ctc_N)]
            ordered.append(Candidate(ids, forward, *told))
            place += 1
        candidates.append(sorted(ordered, key=lambda one: one.forward, reverse=True))
    return candidates


def read(networks: Sequence[SignReader], encodings: Sequence[Tensor], mask_BT: Tensor, width: int) -> Tensor:
    """The text of each clip that all agree on most: ids (B, 33), characters and then PAD. As `search` otherwise."""
    best = [max(one, key=lambda candidate: candidate.agreement) for one in search(networks, encodings, mask_BT, width)]
    ids = [[*one.ids, *[PAD] * (LABEL_LENGTH - len(one.ids))] for one in best]
    return torch.tensor(ids, dtype=torch.long, device=mask_BT.device)


def _beginnings(
    networks: Sequence[SignReader], encodings: Sequence[Tensor], mask_BT: Tensor, width: int
) -> list[dict[tuple[int, ...], float]]:
    """Texts of each clip, of 32 characters at most, with the logarithm of their probability."""
    num_clips, device = len(mask_BT), mask_BT.device
    mask_NT = mask_BT.repeat_interleave(width, 0)
    writers = [
        Writer(network.decoder, e_BTD.repeat_interleave(width, 0), mask_NT)
        for network, e_BTD in zip(networks, encodings, strict=True)
    ]
    first_row_B1 = torch.arange(num_clips, device=device)[:, None] * width
    ids_N1 = torch.full((num_clips * width, 1), START, device=device)
    written_NS = ids_N1[:, :0]
    alive_BW = torch.full((num_clips, width), -math.inf, device=device)
    alive_BW[:, 0] = 0.0
    ended: list[dict[tuple[int, ...], float]] = [{} for _ in range(num_clips)]
    for step in range(LABEL_LENGTH):  # the last may only end
        votes = [writer.step(ids_N1, torch.full_like(ids_N1, PAD + step + 1), step) for writer in writers]
        log_p_NV = only_text(torch.stack(votes).mean(0))[:, 0].log_softmax(-1)
        totals_BWV = alive_BW[..., None] + log_p_NV.view(num_clips, width, VOCAB_SIZE)
        beginnings = written_NS.view(num_clips, width, -1).tolist()
        for clip, ends in enumerate(totals_BWV[..., END].tolist()):
            for ids, log_p in zip(beginnings[clip], ends, strict=True):
                if log_p > -math.inf:
                    ended[clip][tuple(ids)] = log_p
            kept = sorted(ended[clip].items(), key=lambda one: one[1], reverse=True)[:width]
            ended[clip] = dict(kept)
        totals_BWV[..., END] = -math.inf
        alive_BW, flat_BW = totals_BWV.flatten(1).topk(width)
        rows_N = (first_row_B1 + flat_BW // VOCAB_SIZE).flatten()
        ids_N1 = (flat_BW % VOCAB_SIZE).view(-1, 1)
        written_NS = torch.cat([written_NS[rows_N], ids_N1], 1)
        for clip, log_p in enumerate(alive_BW[:, 0].tolist()):
            if _is_done(ended[clip], log_p, width):
                alive_BW[clip] = -math.inf
        if bool((alive_BW == -math.inf).all()):
            break
        for writer in writers:
            writer.keep(rows_N)
    return ended


def _is_done(ended: dict[tuple[int, ...], float], log_p: float, width: int) -> bool:
    """Whether no later text can matter: none is likelier than its beginning, of which the likeliest has ``log_p``."""
    probabilities = list(ended.values()) or [-math.inf]
    return (len(ended) == width and probabilities[-1] >= log_p) or log_p < probabilities[0] - _NEGLIGIBLE


def _label(ids: Sequence[int]) -> list[int]:
    """Characters, END, and PAD up to 33."""
    return [*ids, END, *[PAD] * (MAX_CHARACTERS - len(ids))]


def _backward(
    networks: Sequence[SignReader], encodings: Sequence[Tensor], mask_NT: Tensor, labels_NS: Tensor
) -> Tensor | None:
    if not _have_backward(networks):
        return None
    reversed_NS = reverse_labels(labels_NS, published=False)
    pairs = zip(networks, encodings, strict=True)
    votes = [network.backward_decoder(shift_right(reversed_NS), e_NTD, mask_NT) for network, e_NTD in pairs]
    logits_NSV = torch.stack(votes).mean(0).float()
    return -F.cross_entropy(logits_NSV.transpose(1, 2), reversed_NS, ignore_index=PAD, reduction="none").sum(1)


def _ctc(
    networks: Sequence[SignReader], encodings: Sequence[Tensor], mask_BT: Tensor, labels_NS: Tensor, clips_N: Tensor
) -> Tensor | None:
    if not _have_ctc(networks):
        return None
    pairs = zip(networks, encodings, strict=True)
    p_BTV = torch.stack([network.ctc_head(e_BTD).float().softmax(-1) for network, e_BTD in pairs]).mean(0)
    log_p_TNV = p_BTV.log().transpose(0, 1)[:, clips_N]
    lengths_N = (labels_NS < NUM_CHARACTERS).sum(1)
    loss_N = F.ctc_loss(
        log_p_TNV, labels_NS, mask_BT.sum(1)[clips_N], lengths_N, blank=NUM_CHARACTERS, reduction="none"
    )
    return (-loss_N).clamp(min=_IMPOSSIBLE)


def _have_backward(networks: Sequence[SignReader]) -> bool:
    return all(hasattr(network, "backward_decoder") for network in networks)


def _have_ctc(networks: Sequence[SignReader]) -> bool:
    return all(network.ctc_head is not None for network in networks)
