"""Beam search: what it finds, what it weighs, and who may ask for it."""

import itertools
import math
from collections.abc import Callable

import numpy as np
import pytest
import torch
import torch.nn.functional as F
from small_networks import in_torch, random_clip, random_network, small_recipe, write_network

from podium import Recognizer
from podium.errors import UserError
from podium.systems.fingerspelling import learner
from podium.systems.fingerspelling.networks import beam, decoder
from podium.systems.fingerspelling.networks.beam import Candidate, read, search
from podium.systems.fingerspelling.networks.decoder import only_text, reverse_labels, shift_right
from podium.systems.fingerspelling.score import edit_distance
from podium.systems.fingerspelling.text import END, MAX_CHARACTERS, NUM_CHARACTERS, PAD, decode

RECIPE = small_recipe(max_frames=64)


@pytest.fixture(scope="module")
def networks():
    return [random_network(RECIPE, seed) for seed in (1, 2)]


def encoded(networks, lengths: list[int]) -> tuple[list[torch.Tensor], torch.Tensor]:
    """Random clips of some lengths, padded to the longest, and their valid steps."""
    generator = torch.Generator().manual_seed(sum(lengths))
    clips = [torch.randn(length, 130, 3, generator=generator) for length in lengths]
    x_BTLC = torch.nn.utils.rnn.pad_sequence(clips, batch_first=True)
    mask_BT = torch.arange(x_BTLC.shape[1])[None] < torch.tensor(lengths)[:, None]
    with torch.no_grad():
        return [network.encode(x_BTLC, mask_BT) for network in networks], networks[0].steps(mask_BT)


def labels_of(texts: list[tuple[int, ...]]) -> torch.Tensor:
    return torch.tensor([[*ids, END, *[PAD] * (MAX_CHARACTERS - len(ids))] for ids in texts])


@torch.no_grad()
def teacher_forced(networks, encodings, mask_1T, texts, is_backward=False) -> list[float]:
    """Logarithms of the probabilities of texts of one clip, their true beginnings given."""
    labels_NS = labels_of(texts)
    if is_backward:
        labels_NS = reverse_labels(labels_NS, published=False)
    decoders = [network.backward_decoder if is_backward else network.decoder for network in networks]
    wide = [e_1TD.expand(len(texts), -1, -1) for e_1TD in encodings]
    mask_NT = mask_1T.expand(len(texts), -1)
    votes = [one(shift_right(labels_NS), e_NTD, mask_NT) for one, e_NTD in zip(decoders, wide, strict=True)]
    logits_NSV = torch.stack(votes).mean(0)
    if not is_backward:
        logits_NSV = beam.only_text(logits_NSV)
    log_p_NS = logits_NSV.log_softmax(-1).gather(2, labels_NS[..., None])[..., 0]
    return log_p_NS.masked_fill(labels_NS == PAD, 0.0).sum(1).tolist()


@pytest.fixture
def ending(monkeypatch) -> Callable[[int, int], None]:
    """Makes the next texts, and all that are looked at whole, end with ``first`` to ``last`` characters."""

    def between(first: int, last: int) -> None:
        steps = itertools.count()

        def changed(logits_BSV):
            logits_BSV = only_text(logits_BSV)
            length = logits_BSV.shape[1]
            for place, step in enumerate([next(steps)] if length == 1 else range(length)):
                if step < first:
                    logits_BSV[:, place, END] = -math.inf
                elif step >= last:
                    logits_BSV[:, place, END] += 50.0
            return logits_BSV

        for module in (beam, decoder):
            monkeypatch.setattr(module, "only_text", changed)

    return between


@pytest.mark.parametrize(("first", "last"), [(0, 33), (5, 12), (30, 33), (32, 32)])
def test_each_voice_says_what_it_would_say_alone(networks, ending, first, last):
    ending(first, last)
    encodings, mask_BT = encoded(networks, [50, 64, 31])
    found = search(networks, encodings, mask_BT, 4)
    assert max(len(one.ids) for candidates in found for one in candidates) >= first
    for clip, candidates in enumerate(found):
        alone = [e_BTD[clip : clip + 1] for e_BTD in encodings], mask_BT[clip : clip + 1]
        assert 1 <= len(candidates) <= 4 and len({one.ids for one in candidates}) == len(candidates)
        assert [one.forward for one in candidates] == sorted((one.forward for one in candidates), reverse=True)
        texts = [one.ids for one in candidates]
        assert max(map(len, texts)) <= MAX_CHARACTERS
        forward = teacher_forced(networks, *alone, texts)
        np.testing.assert_allclose([one.forward for one in candidates], forward, atol=1e-3)
        backward = teacher_forced(networks, *alone, texts, is_backward=True)
        np.testing.assert_allclose([one.backward for one in candidates], backward, atol=1e-3)
        with torch.no_grad():
            heads = zip(networks, alone[0], strict=True)
            p_BTV = torch.stack([network.ctc_head(e_BTD).softmax(-1) for network, e_BTD in heads]).mean(0)
        steps = int(alone[1].sum())
        for one in candidates:
            length = len(one.ids)
            loss = F.ctc_loss(
                p_BTV[:, :steps].log().transpose(0, 1), labels_of([one.ids])[:, :length], (steps,), (length,),
                NUM_CHARACTERS, reduction="sum",
            )  # fmt: skip
            assert one.ctc == pytest.approx(max(-float(loss), -1e3), rel=1e-4)


def test_a_wide_beam_finds_the_likeliest_of_all_texts(networks, monkeypatch):
    """With two letters to choose from, all texts of up to seven can be tried."""
    letters = (32, 36)

    def few(logits_BSV):
        is_other_V = torch.ones(logits_BSV.shape[-1], dtype=torch.bool)
        is_other_V[[*letters, END]] = False
        raised = logits_BSV + F.one_hot(torch.tensor(END), logits_BSV.shape[-1]) * 3.0  # so that texts are short
        return raised.masked_fill(is_other_V, -math.inf)

    monkeypatch.setattr(beam, "only_text", few)
    encodings, mask_BT = encoded(networks, [40])
    texts = [ids for length in range(8) for ids in itertools.product(letters, repeat=length)]
    by_hand = dict(zip(texts, teacher_forced(networks, encodings, mask_BT, texts), strict=True))
    assert sum(math.exp(log_p) for log_p in by_hand.values()) > 0.5, "longer texts matter; the test proves little"
    (candidates,) = search(networks, encodings, mask_BT, 32)
    found = {one.ids: one.forward for one in candidates}
    for ids in sorted(by_hand, key=by_hand.get, reverse=True)[:5]:
        assert found[ids] == pytest.approx(by_hand[ids], abs=1e-3)


@pytest.mark.parametrize("width", [2, 5])
def test_neither_neighbours_nor_pads_matter(networks, width):
    lengths = [50, 64, 31, 17]
    encodings, mask_BT = encoded(networks, lengths)
    together = search(networks, encodings, mask_BT, width)
    for clip, candidates in enumerate(together):
        num_steps = int(mask_BT[clip].sum())
        alone = [e_BTD[clip : clip + 1, :num_steps] for e_BTD in encodings]
        (expected,) = search(networks, alone, mask_BT[clip : clip + 1, :num_steps], width)
        assert [one.ids for one in candidates] == [one.ids for one in expected]
        sums = [[one.agreement for one in texts] for texts in (candidates, expected)]
        np.testing.assert_allclose(*sums, rtol=1e-4)


def test_a_beam_is_no_worse_than_greedy_reading_by_its_own_measure(networks, ending):
    encodings, mask_BT = encoded(networks, [64, 45, 38])
    ending(3, 9)
    ids_BS, _ = decoder.greedy([network.decoder for network in networks], encodings, mask_BT, published=False)
    ending(3, 9)
    candidates = search(networks, encodings, mask_BT, 8)
    for clip, ids_S in enumerate(ids_BS.tolist()):
        alone = [e_BTD[clip : clip + 1] for e_BTD in encodings]
        text = tuple(ids_S[: ids_S.index(END)])
        (greedy,) = teacher_forced(networks, alone, mask_BT[clip : clip + 1], [text])
        assert candidates[clip][0].forward >= greedy - 1e-3


def test_the_text_is_taken_that_all_agree_on(networks, monkeypatch):
    """Not the forward decoder's; and a network without a backward decoder or a CTC head leaves that voice out."""
    assert Candidate((), -1.0).agreement == -1.0
    assert Candidate((1, 5), -1.0, -2.0, -4.0).agreement == -5.0, "a character is worth 1"
    candidates = [[Candidate((1, 2), -1.0, -9.0, -1.0), Candidate((1,), -2.0, -3.0, -1.0)]]
    monkeypatch.setattr(beam, "search", lambda *arguments: candidates)
    ids_BS = read(networks, [], torch.ones(1, 4, dtype=torch.bool), 2)
    assert ids_BS.tolist() == [[1] + [PAD] * MAX_CHARACTERS]


@pytest.mark.parametrize(
    ("name", "model", "lacking"),
    [("squeezeformer_rope", {"ctc_weight": 0.0}, {"ctc"}), ("squeezeformer_relpos", {}, {"backward"})],
)
def test_voices_that_a_network_lacks(name, model, lacking):
    recipe = small_recipe(name, max_frames=64, **model)
    networks = [random_network(recipe, 1)]
    (candidates,) = search(networks, *encoded(networks, [40]), 3)
    assert {voice for voice in ("backward", "ctc") if getattr(candidates[0], voice) is None} == lacking


def test_a_forward_decoder_alone_reads_greedily():
    recipe = small_recipe("squeezeformer_relpos", max_frames=64, ctc_weight=0.0)
    with pytest.raises(UserError, match="neither a backward decoder nor a CTC head"):
        learner.search([random_network(recipe, 1)], [recipe], {}, 4)


def test_a_text_longer_than_the_clip_is_never_taken(networks, ending):
    """CTC needs a step for each character."""
    ending(4, 8)
    encodings, mask_BT = encoded(networks, [3])
    (too_long,) = search(networks, encodings, mask_BT, 4)
    assert all(one.ctc == -1e3 for one in too_long)


def test_a_text_that_never_ends_is_cut(networks, ending):
    """At 32 characters, as the texts are that networks learn from."""
    ending(32, 32)
    ids_BS = read(networks, *encoded(networks, [64, 50]), 2)
    assert ids_BS.shape == (2, MAX_CHARACTERS + 1)
    assert ((ids_BS != PAD).sum(1) == MAX_CHARACTERS).all()


def test_the_library_reads_with_a_beam(tmp_path):
    """A stage's seeds read together, and as `search` says."""
    for seed in (1, 2):
        write_network(tmp_path / "round2" / f"seed{seed}", RECIPE, seed)
    networks = [random_network(RECIPE, seed) for seed in (1, 2)]
    together, wide = Recognizer(tmp_path / "round2"), Recognizer(tmp_path / "round2", beam=6)
    alone = Recognizer(tmp_path / "round2" / "seed1", beam=6)
    assert wide.path == tmp_path / "round2" and alone.path.name == "model.safetensors"
    texts = []
    for length in (20, 40, 64, 90):
        clip = random_clip(length)
        assert together.read(clip).text == decode(in_torch(networks, RECIPE).answer(clip)["ids"])
        of_both = learner.search(networks, [RECIPE] * 2, {}, 6)
        assert wide.read(clip).text == decode(of_both.answer(clip)["ids"])
        assert wide.read(clip).confidence == pytest.approx(together.read(clip).confidence, abs=1e-5)
        assert alone.read(clip).text == decode(learner.search(networks[:1], [RECIPE], {}, 6).answer(clip)["ids"])
        texts.append((together.read(clip).text, wide.read(clip).text))
    assert any(edit_distance(*pair) for pair in texts), "a beam changes nothing; the test proves nothing"


@pytest.mark.parametrize(("width", "message"), [(65, "2 to 64"), (0, "at least 1"), (True, "not True"), (2.0, "whole")])
def test_widths_that_are_none(tmp_path, width, message):
    write_network(tmp_path, RECIPE, 1)
    with pytest.raises(UserError, match=message):
        Recognizer(tmp_path, beam=width)
