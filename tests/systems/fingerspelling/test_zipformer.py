"""The Zipformer's parts against closed forms and loops; its schedules; what it does to gradients; its size."""

import math

import pytest
import torch
from fingerspelling import load_recipe, model_section
from project import ROOT
from small_networks import KEYS
from torch import nn

from podium.systems.fingerspelling.networks import create
from podium.systems.fingerspelling.networks.regularise import (
    Balancer,
    Schedule,
    Whitener,
    balance_direction,
    drop_channels,
    keep_clips,
    limit,
    mean_of_share,
    whiteness,
)
from podium.systems.fingerspelling.networks.zipformer import ZipformerEncoder
from podium.systems.fingerspelling.networks.zipformer_layers import (
    AttentionWeights,
    BiasNorm,
    Bypass,
    FrameMixer,
    Frames,
    NonlinAttention,
    swoosh_l,
    swoosh_r,
)
from podium.systems.fingerspelling.recipe import Zipformer

RECIPES = ROOT / "config/recipes/fingerspelling"


def config(**changes) -> Zipformer:
    return model_section("zipformer", **{"dim": 16, "num_blocks": 2, "kernel_size": 5, **KEYS["zipformer"], **changes})


def frames(mask_BT: torch.Tensor, count: float = 1e6) -> Frames:
    """What layers share, without positions."""
    num_frames = mask_BT.shape[1]
    hidden_B11T = torch.zeros(len(mask_BT), 1, 1, num_frames).masked_fill(~mask_BT[:, None, None], -30000.0)
    rotation = torch.ones(num_frames, 8), torch.zeros(num_frames, 8)
    return Frames(mask_BT, hidden_B11T, rotation, count)


MASK_BT = torch.arange(7) < torch.tensor([[7], [4]])


@pytest.fixture(autouse=True)
def _seed() -> None:
    torch.manual_seed(0)


# ------------------------------------------------------------------------------------------------------------ modules


def test_swoosh():
    zero = torch.zeros((), dtype=torch.float64)
    assert float(swoosh_r(zero)) == pytest.approx(5e-10, abs=1e-10)
    assert float(swoosh_l(zero)) == pytest.approx(-0.0168501, abs=1e-7)
    x = torch.linspace(-30, 30, 201, dtype=torch.float64, requires_grad=True)
    for swoosh, shift, offset in ((swoosh_l, 4, 0.035), (swoosh_r, 1, 0.313261687)):
        expected = torch.log1p(torch.exp(x - shift)) - 0.08 * x - offset
        torch.testing.assert_close(swoosh(x), expected, rtol=0, atol=1e-8)
        (slope,) = torch.autograd.grad(swoosh(x).sum(), x)
        torch.testing.assert_close(slope, torch.sigmoid(x - shift) - 0.08, rtol=0, atol=1e-8)
    assert swoosh_l(torch.tensor([-1e4, 1e4])).isfinite().all()


def test_bias_norm():
    module = BiasNorm(5, is_limited=False)
    assert module.log_scale.item() == 1 and module.bias.abs().max() < 1e-3
    nn.init.normal_(module.bias)
    nn.init.constant_(module.log_scale, 0.3)
    x = torch.randn(2, 3, 5)
    y = module(x)
    for b in range(2):
        for t in range(3):
            square = sum((float(x[b, t, c]) - module.bias[c].item()) ** 2 for c in range(5)) / 5
            expected = [float(x[b, t, c]) * math.exp(0.3) / math.sqrt(square) for c in range(5)]
            assert y[b, t].tolist() == pytest.approx(expected, rel=1e-5)
    nn.init.zeros_(module.bias)
    assert module(torch.zeros(1, 1, 5)).abs().max() == 0


def test_bypass():
    module = Bypass(4, Schedule((0, 0.5)), is_learnt=True, is_limited=False)
    module.scale.data = torch.tensor([0.0, 0.25, 0.5, 1.0])
    before, after = torch.randn(200, 3, 4), torch.randn(200, 3, 4)
    mixture = (1 - module.scale) * before + module.scale * after
    torch.testing.assert_close(module.eval()(before, after, 0), mixture)
    y = module.train()(before, after, 0)
    is_skipped = (y == before).all(2).all(1)
    assert 70 < is_skipped.sum() < 130
    torch.testing.assert_close(y[~is_skipped], mixture[~is_skipped])


def test_bypass_that_learns_nothing():
    module = Bypass(4, Schedule((0, 0.0)), is_learnt=False, is_limited=True)
    before, after = torch.randn(2, 3, 4), torch.randn(2, 3, 4)
    assert not list(module.parameters()) and torch.equal(module(before, after, 0), after)


def test_attention_weights_are_not_divided():
    module = AttentionWeights(config()).eval()
    x = torch.randn(2, 7, 16)
    p = module(x, frames(MASK_BT))
    q, k = (one.view(2, 7, 4, 8) for one in module.qk_proj(x).chunk(2, dim=-1))
    score = torch.einsum("bthk,bshk->bhts", q, k).masked_fill(~MASK_BT[:, None, None], -math.inf)
    torch.testing.assert_close(p, score.softmax(-1))
    assert (p[1, :, :, 4:] == 0).all()


def test_nonlin_attention_against_a_loop():
    module = NonlinAttention(config(p_const_attention=0)).eval()
    x, p = torch.randn(2, 7, 16), torch.rand(2, 7, 7)
    y = module(x, p, frames(MASK_BT))
    for b in range(2):
        s, v, gate = module.in_proj(x[b]).split(12, dim=-1)
        for t in range(7):
            read = sum(p[b, t, other] * v[other] * torch.tanh(s[other]) for other in range(7))
            torch.testing.assert_close(y[b, t], module.out_proj(read * gate[t]))


def test_const_attention_reads_the_mean_of_valid_frames():
    always = NonlinAttention(config(p_const_attention=1.0, balancer=False, whitener=False)).train()
    x = torch.randn(2, 7, 16)
    uniform = (MASK_BT / MASK_BT.sum(1, keepdim=True))[:, None].expand(2, 7, 7)
    random = torch.rand(2, 7, 7)
    torch.testing.assert_close(always(x, random, frames(MASK_BT)), always.eval()(x, uniform, frames(MASK_BT)))


@pytest.mark.parametrize("num_frames", [1, 6, 7])
def test_frames_are_mixed_and_come_back(num_frames):
    module = FrameMixer(3)
    module.bias.data = torch.tensor([0.5, -1.0, 2.0])
    x, lengths = torch.randn(2, num_frames, 4), [num_frames, max(1, num_frames - 2)]
    mask_BT = torch.arange(num_frames) < torch.tensor(lengths)[:, None]
    y, mask_of_groups = module.down(x, mask_BT)
    weight = module.bias.softmax(0)
    assert y.shape == (2, -(-num_frames // 3), 4)
    for b in range(2):
        assert mask_of_groups[b].sum() == -(-lengths[b] // 3)
        for group in range(int(mask_of_groups[b].sum())):
            inside = range(3 * group, min(3 * group + 3, lengths[b]))
            mean = sum(weight[t % 3] * x[b, t] for t in inside) / sum(weight[t % 3] for t in inside)
            torch.testing.assert_close(y[b, group], mean)
    back = module.up(y, num_frames)
    assert all(torch.equal(back[:, t], y[:, t // 3]) for t in range(num_frames)) and back.shape == x.shape


# ------------------------------------------------------------------------------------------------------ training only


def test_schedule():
    schedule = Schedule((0, 0.5), (4000, 0.02))
    assert [schedule(count) for count in (-5, 0, 2000, 4000, 1e9)] == pytest.approx([0.5, 0.5, 0.26, 0.02, 0.02])


def test_layers_warm_up_one_after_the_other():
    stacks = [{"num_layers": 2}, {"num_layers": 1, "rate": 4}]
    encoder = ZipformerEncoder(config(num_blocks=3, kernel_size=51, stacks=stacks))
    skips, third = [one.bypass.p_skip for one in encoder.blocks], 4000 / 3
    for skip, counts in zip(skips, [(third, 1.5 * third), (1.5 * third, 2 * third), (2 * third, 4000)], strict=True):
        assert skip.counts == pytest.approx(counts)
    assert [skip.values for skip in skips] == [(0.5, 0.035), (0.5, 0.035), (0.5, 0.07)]


def test_whole_clips_and_whole_channels_are_dropped():
    x = torch.ones(400, 5, 30)
    keep = keep_clips(x, 0.2)
    assert keep.shape == (400, 1, 1) and abs(float(keep.mean()) - 0.8) < 0.06
    assert keep_clips(x, 0.0) is None
    y = drop_channels(x, 0.3)
    assert (y == y[:, :1]).all() and y.unique().tolist() == pytest.approx([0, 1 / 0.7])
    assert abs(float(y.mean()) - 1) < 0.03


def test_limits_turn_gradients_back():
    value = torch.tensor([-2.0, -2, 0, 0, 2, 2], requires_grad=True)
    gradient = torch.tensor([1.0, -1, 1, -1, 1, -1])
    seen = {tuple(torch.autograd.grad(limit(value, -1, 1), value, gradient)[0].tolist()) for _ in range(40)}
    assert seen == {tuple(gradient.tolist()), (-1, -1, 1, -1, 1, 1)}


def out_of_range(x: torch.Tensor, mask_BT: torch.Tensor, bounds: tuple[float, ...]) -> torch.Tensor:
    valid = x[mask_BT]
    ratio, rms = valid.mean(0) / valid.std(0, correction=0), valid.square().mean(0).sqrt()
    far = (ratio - ratio.clamp(*bounds[:2])).abs() + (rms.clamp(*bounds[2:]) / rms).log().abs()
    return far.sum()


def test_balancer_follows_the_gradient_of_its_loss():
    x = torch.randn(2, 7, 5, dtype=torch.float64) * torch.tensor([0.01, 1, 30, 1, 1]) + torch.tensor([0, 0, 0, 4, -4])
    x[..., :3] -= x[..., :3][MASK_BT].mean(0)  # as often positive as negative; too small, right, too large
    x.requires_grad_()
    bounds = (mean_of_share(0.3), mean_of_share(0.9), 0.2, 5.0)
    (expected,) = torch.autograd.grad(out_of_range(x, MASK_BT, bounds), x)
    expected /= expected[MASK_BT].square().mean(0).sqrt().clamp(min=1e-20)
    direction = balance_direction(x.detach(), MASK_BT, *bounds)
    torch.testing.assert_close(direction, expected)
    assert (direction[..., 1] == 0).all() and (direction[~MASK_BT] == 0).all()
    assert torch.sign(direction[MASK_BT][:, 2]).equal(torch.sign(x[MASK_BT][:, 2])), "too large: downhill is smaller"


def test_balancer_adds_to_the_gradient():
    module = Balancer((0.3, 0.9), (0.2, 5.0), is_on=True)
    module.PROBABILITY = Schedule((0, 1.0))
    x = (20 * torch.randn(2, 7, 5)).requires_grad_()
    y = module(x, MASK_BT, 0)
    incoming = torch.randn(2, 7, 5)
    (gradient,) = torch.autograd.grad(y, x, incoming)
    bounds = (mean_of_share(0.3), mean_of_share(0.9), 0.2 * 1.25331, 5 * 1.25331)
    expected = incoming + 0.04 * incoming.abs() * balance_direction(x.detach(), MASK_BT, *bounds)
    assert torch.equal(y, x)
    torch.testing.assert_close(gradient, expected, rtol=1e-4, atol=1e-5)
    assert not torch.equal(gradient, incoming)
    assert module.eval()(x, MASK_BT, 0) is x


def test_whiteness():
    mask_BT = torch.ones(1, 4, dtype=torch.bool)
    white = torch.tensor([[1.0, 1], [1, -1], [-1, 1], [-1, -1]])[None]
    assert float(whiteness(white, mask_BT, 1)[0]) == pytest.approx(1)
    alike = white[..., :1].repeat(1, 1, 2)
    assert float(whiteness(alike, mask_BT, 1)[0]) == pytest.approx(2)
    assert float(whiteness(alike, mask_BT, 2)[0]) == pytest.approx(1), "groups may be alike"
    assert float(whiteness(5 * white + 3, mask_BT, 1)[0]) == pytest.approx(1)


@pytest.mark.parametrize("num_groups", [1, 2])
def test_whitener_follows_the_gradient_of_its_metric(num_groups):
    x = (torch.randn(2, 7, 6, dtype=torch.float64) @ torch.randn(6, 6, dtype=torch.float64)).requires_grad_()
    valid = x[MASK_BT] - x[MASK_BT].mean(0)
    parts = valid.unflatten(1, (num_groups, -1)).transpose(0, 1)
    covariance = parts.transpose(1, 2) @ parts / len(valid)
    mean_square, mean = covariance.square().sum() / 6, covariance.diagonal(dim1=1, dim2=2).mean()
    metric = mean_square / mean**2
    (slope,) = torch.autograd.grad(metric, x)
    found, direction = whiteness(x.detach(), MASK_BT, num_groups)
    torch.testing.assert_close(found, metric.detach())
    torch.testing.assert_close(direction / direction.norm(), slope / slope.norm())

    incoming = torch.randn_like(x)
    for most, is_nudged in ((metric.item() - 0.01, True), (metric.item() + 0.01, False)):
        module = Whitener(Schedule((0, most)), True, num_groups)
        module.PROBABILITY = 1.0
        (gradient,) = torch.autograd.grad(module(x, MASK_BT, 0), x, incoming)
        expected = incoming + is_nudged * 0.01 * incoming.norm() * slope / slope.norm()
        torch.testing.assert_close(gradient, expected, rtol=1e-5, atol=1e-7)


def test_batches_are_counted_in_training_and_kept():
    encoder = ZipformerEncoder(config(schedule_step=100))
    for _ in range(3):
        encoder(torch.randn(2, 7, 16), MASK_BT)
    encoder.eval()(torch.randn(2, 7, 16), MASK_BT)
    other = ZipformerEncoder(config(schedule_step=100))
    other.load_state_dict(encoder.state_dict())
    counts = []
    other.blocks[0].register_forward_hook(lambda module, inputs, output: counts.append(inputs[1].count))
    for _ in range(2):
        other(torch.randn(2, 7, 16), MASK_BT)
    assert counts == [300, 400] and other.num_batches.tolist() == [5]


def test_without_chance_training_computes_what_evaluation_does():
    encoder = ZipformerEncoder(config(layer_skip=False, p_const_attention=0).model_copy(update={"p_dropout": 0.0}))
    x = torch.randn(2, 7, 16)
    trained = encoder.train()(x, MASK_BT)
    torch.testing.assert_close(trained[MASK_BT], encoder.eval()(x, MASK_BT)[MASK_BT])


# -------------------------------------------------------------------------------------------------------------- sizes


def exported_parameters(recipe: str) -> int:
    model = create(load_recipe(RECIPES / f"{recipe}.yaml").model)
    return sum(
        one.numel() for name, one in model.named_parameters() if not name.startswith(("backward_decoder.", "ctc_head."))
    )


def test_no_larger_than_the_winners_network():
    winner = exported_parameters("winner_corrected_round2")
    assert winner == 8_584_209
    for recipe in ("zipformer_round2", "zipformer_scaled_adam_round2"):
        assert exported_parameters(recipe) == 8_542_191 <= winner


def test_the_demos_are_of_one_size():
    ratio = exported_parameters("demo_zipformer") / exported_parameters("demo_round2")
    assert ratio == pytest.approx(1, abs=0.02)
    zipformer, squeezeformer = (load_recipe(RECIPES / f"demo_{name}.yaml") for name in ("zipformer", "round2"))
    ours, theirs = zipformer.model_dump(), squeezeformer.model_dump()
    own, shared = ours["model"], theirs["model"]
    own["choices"]["conv_padding"] = "corrected"
    assert {key: own[key] for key in shared.keys() - {"name", "num_blocks"}} == {
        key: value for key, value in shared.items() if key not in ("name", "num_blocks")
    }
    ours["model"] = theirs["model"] = None
    assert ours == theirs


def test_recipes_differ_in_what_they_say():
    ours, adamw = (
        load_recipe(RECIPES / "zipformer_scaled_adam_round2.yaml"),
        load_recipe(RECIPES / "zipformer_round2.yaml"),
    )
    winner = load_recipe(RECIPES / "winner_corrected_round2.yaml")
    assert ours.model == adamw.model and ours.optimizer != adamw.optimizer
    for one in (ours, adamw):
        assert (one.data, one.training) == (winner.data, winner.training)
    assert (adamw.optimizer, adamw.schedule) == (winner.optimizer, winner.schedule)
