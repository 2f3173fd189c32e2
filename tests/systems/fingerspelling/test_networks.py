"""The networks: sizes, independence of padding and of batch mates, losses, greedy decoding, files."""

import numpy as np
import pytest
import torch
import torch.nn.functional as F
from fingerspelling import model_section
from small_networks import KEYS
from torch import nn

from podium.errors import UserError
from podium.systems.fingerspelling.landmarks import NUM_LANDMARKS
from podium.systems.fingerspelling.networks import MODELS, create
from podium.systems.fingerspelling.networks.base import SignReader, ctc_loss, tidy_ids
from podium.systems.fingerspelling.networks.decoder import greedy, mask_inputs, reverse_labels, shift_right
from podium.systems.fingerspelling.networks.layers import (
    Dropout,
    FrontEnd,
    convolve_depthwise,
    part_view,
)
from podium.systems.fingerspelling.networks.registry import Networks
from podium.systems.fingerspelling.recipe import Decoder, Model
from podium.systems.fingerspelling.text import END, LABEL_LENGTH, MASK, NUM_CHARACTERS, PAD, START, encode
from podium.training.batch_norm import MaskedBatchNorm

DECODER = Decoder(num_layers=2, num_heads=4, ff_dim=48)


def config(name: str, **changes: object) -> Model:
    values = {"dim": 32, "num_blocks": 2, "kernel_size": 9, "decoder": DECODER, **KEYS.get(name, {})}
    return model_section(name, **{**values, **changes})


def lively(model: nn.Module) -> nn.Module:
    """Every parameter and statistic away from its start, so that nothing is an identity; in evaluation mode."""
    generator = torch.Generator().manual_seed(5)
    with torch.no_grad():
        for name, tensor in model.state_dict().items():
            noise = torch.randn(tensor.shape, generator=generator)
            # Nothing normalises inside a Zipformer's layer; as large as the others' its numbers would explode.
            size = 0.1 if model.config.name == "zipformer" and name.startswith("encoder.") else 0.3
            tensor.copy_(noise.abs() + 0.5 if name.endswith("running_var") else tensor + size * noise)
            if name.endswith("log_scale"):
                tensor -= 1  # numbers as small as behind a layer norm, so that one tolerance serves all networks
        # Logits that depend on the clip much more than on the position, as a trained network's do.
        model.decoder.lm_head.weight *= 3
    return model.eval()


def clips(*lengths: int, pad_to: int | None = None) -> tuple[torch.Tensor, torch.Tensor]:
    """A batch of random clips, the n-th always the same, a hand missing now and then."""
    longest = pad_to or max(lengths)
    x_BTLC = torch.zeros(len(lengths), longest, NUM_LANDMARKS, 3)
    for row, length in enumerate(lengths):
        generator = torch.Generator().manual_seed(length)
        x_BTLC[row, :length] = torch.randn(length, NUM_LANDMARKS, 3, generator=generator)
        x_BTLC[row, : length // 3, 40:61] = 0
    return x_BTLC, torch.arange(longest) < torch.tensor(lengths)[:, None]


def batch(*lengths: int, pad_to: int | None = None) -> dict[str, torch.Tensor]:
    x_BTLC, mask_BT = clips(*lengths, pad_to=pad_to)
    phrases = ["ab 12", "www.", "4 elm st", "x"][: len(lengths)]
    labels_BS = torch.from_numpy(np.stack([encode(phrase) for phrase in phrases]))
    score_B = torch.rand(len(lengths), generator=torch.Generator().manual_seed(0))
    return {"x_BTLC": x_BTLC, "mask_BT": mask_BT, "labels_BS": labels_BS, "score_B": score_B}


@pytest.fixture(params=MODELS.names())
def name(request) -> str:
    return request.param


# --------------------------------------------------------------------------------------------------------- structure


@pytest.mark.parametrize(
    "name, dim, num_blocks, num_parameters",
    [("squeezeformer_relpos", 144, 6, 2_515_040), ("squeezeformer_rope", 208, 14, 9_736_305)],
)
def test_winners_sizes(name, dim, num_blocks, num_parameters):
    model = create(model_section(name, dim=dim, num_blocks=num_blocks))
    assert sum(parameter.numel() for parameter in model.parameters()) == num_parameters


def test_unknown_name_is_explained():
    with pytest.raises(UserError, match="did you mean 'squeezeformer_rope'"):
        MODELS.get("squeezeformer_rop")


class Frontless(SignReader):
    """A network without the modules that the export looks at."""

    encode = losses = lambda self, *_: None


@pytest.mark.parametrize(
    ("name", "network", "words"),
    [
        ("zipformer", nn.Linear, "model 'zipformer': Linear must be a SignReader"),
        ("zipformer", SignReader, "model 'zipformer': SignReader lacks the method encode"),
        ("mine", Frontless, "model 'mine' has no section in systems/fingerspelling/recipe.py; add it to Model"),
    ],
)
def test_a_network_that_lacks_something_is_not_registered(name, network, words):
    with pytest.raises(TypeError) as error:
        Networks("model").register(name)(network)
    assert str(error.value) == words


def test_a_network_without_a_module_is_not_built(monkeypatch):
    monkeypatch.setitem(MODELS._entries, "zipformer", Frontless)
    with pytest.raises(TypeError, match="model 'zipformer': Frontless must hold the module 'frontend'"):
        create(config("zipformer"))


def test_same_seed_same_weights_and_step(name):
    def step() -> tuple[torch.Tensor, list[torch.Tensor]]:
        torch.manual_seed(3)
        model = create(config(name, ctc_weight=0.3))
        loss = model(batch(20, 31) | {"score_B": torch.ones(2)}, torch.Generator().manual_seed(1))["loss"]
        loss.backward()
        return loss, [parameter.grad for parameter in model.parameters()]

    (loss, gradients), (again, others) = step(), step()
    assert torch.equal(loss, again)
    # A parameter without gradient would stall training on several devices.
    assert all(torch.equal(one, other) for one, other in zip(gradients, others, strict=True))


def test_bfloat16_is_close(name):
    model = lively(create(config(name, ctc_weight=0.3)))
    example = batch(20, 31)
    losses = model(example, torch.Generator())
    with torch.autocast("cpu", torch.bfloat16):
        rounded = model(example, torch.Generator())
    for key, loss in losses.items():
        assert rounded[key].dtype == torch.float32
        assert abs(rounded[key] - loss) <= 0.05 * abs(loss), key


# ---------------------------------------------------------------------------------------------- padding, batch mates


@torch.no_grad()
def test_a_clip_depends_on_neither_padding_nor_batch(name):
    model = lively(create(config(name)))
    alone, others = clips(21), clips(21, 40, 33, pad_to=57)
    e_alone, e_others = model.encode(*alone), model.encode(*others)
    assert e_alone.std() > 0.1
    torch.testing.assert_close(e_others[:1, :21], e_alone, rtol=0, atol=3e-6 * float(e_alone.abs().max()))
    (ids_alone, p_alone), (ids_others, p_others) = model.generate(*alone), model.generate(*others)
    assert torch.equal(ids_others[0], ids_alone[0])
    assert len(set(map(tuple, ids_others.tolist()))) == 3, "the clips must differ for this to mean anything"
    if p_alone is not None:
        torch.testing.assert_close(p_others[:1], p_alone, rtol=0, atol=1e-5)


@torch.no_grad()
@pytest.mark.parametrize("name", ["squeezeformer_relpos", "squeezeformer_rope"])
def test_published_convolution_depends_on_padding(name):
    """The control: with the original's leak the same comparison fails, in the last frames first of all."""
    model = lively(create(config(name, choices={"conv_padding": "published"})))
    difference = (model.encode(*clips(21, pad_to=40))[:, :21] - model.encode(*clips(21))).abs()
    assert difference.max() > 1e-3


def test_training_loss_does_not_depend_on_padding(name):
    quiet = Decoder(num_layers=2, ff_dim=48, p_dropout=0, p_activation_dropout=0, p_attention_dropout=0)
    changes = {"p_dropout": 0, "decoder": quiet, "ctc_weight": 0.3}
    if name == "squeezeformer_relpos":
        changes["p_attention_dropout"] = 0
    if name == "zipformer":
        changes |= {"layer_skip": False, "p_const_attention": 0}
    model = lively(create(config(name, **changes))).train()
    generator = torch.Generator()
    for key, loss in model(batch(21, 30), generator.manual_seed(1)).items():
        padded = model(batch(21, 30, pad_to=44), generator.manual_seed(1))
        torch.testing.assert_close(padded[key], loss, rtol=1e-5, atol=1e-5)


@torch.no_grad()
def test_what_texts_cost_is_their_training_loss_with_nothing_hidden(name):
    model, told = lively(create(config(name))), batch(21, 30)
    e_BTD, mask_BT = model.encode(told["x_BTLC"], told["mask_BT"]), model.steps(told["mask_BT"])
    cost_B = model.text_cost(told["labels_BS"], e_BTD, mask_BT)
    loss, _ = model.text_loss(model.decoder, told["labels_BS"], e_BTD, mask_BT, torch.Generator())
    num_B = (told["labels_BS"] != PAD).sum(1)
    torch.testing.assert_close((cost_B * num_B).sum() / num_B.sum(), loss)


@torch.no_grad()
def test_a_clip_without_valid_frames_stays_finite(name):
    model = lively(create(config(name)))
    x_BTLC, mask_BT = clips(21, 21)
    mask_BT[1] = False
    assert model.encode(x_BTLC * mask_BT[:, :, None, None], mask_BT).isfinite().all()


def test_masked_batch_norm_is_batch_norm_of_the_valid_frames():
    torch.manual_seed(0)
    mask_BT = clips(9, 4)[1]
    x_BTD = (torch.randn(2, 9, 6) * 3 + 5).requires_grad_()
    ours, reference = MaskedBatchNorm(6), nn.BatchNorm1d(6)
    y_BTD, y_ND = ours(x_BTD, mask_BT), reference(x_BTD[mask_BT])
    torch.testing.assert_close(y_BTD[mask_BT], y_ND)
    torch.testing.assert_close(ours.running_mean, reference.running_mean)
    torch.testing.assert_close(ours.running_var, reference.running_var)
    weights_ND = torch.randn_like(y_ND)
    (gradient,) = torch.autograd.grad((y_BTD[mask_BT] * weights_ND).sum(), x_BTD)
    (expected,) = torch.autograd.grad((y_ND * weights_ND).sum(), x_BTD)
    torch.testing.assert_close(gradient, expected, rtol=1e-4, atol=1e-5)


@pytest.mark.parametrize("num_landmarks", [12, 21])
@pytest.mark.parametrize("published", [False, True])
@pytest.mark.parametrize("rate", [1, 2])
def test_front_end_is_convolution_and_batch_norm(num_landmarks, published, rate):
    """The norm that is folded into the kernel against the one that sees the convolution's output."""
    torch.manual_seed(0)
    x_BTLC, mask_BT = clips(12, 7)
    x_BTLC = x_BTLC[:, :, 70 : 70 + num_landmarks].contiguous()
    ours, norm = FrontEnd(num_landmarks, 8, published, rate), nn.BatchNorm2d(32)
    frames_BT, mask_BT = mask_BT, mask_BT[:, ::rate]
    counted_BT = torch.ones_like(mask_BT) if published else mask_BT
    for _ in range(2):
        h_BKTP = ours.conv(x_BTLC.permute(0, 3, 1, 2))
        # Counted frames of the batch as one long clip.
        long_1KNP = h_BKTP.transpose(1, 2)[counted_BT].transpose(0, 1)[None].contiguous()
        h_BTKP = torch.zeros_like(h_BKTP.transpose(1, 2))
        h_BTKP[counted_BT] = norm(long_1KNP)[0].transpose(0, 1)
        h_BTD = ours.linear(F.silu(h_BTKP.transpose(2, 3)).flatten(2))
        expected = ours.norm(h_BTD, mask_BT) * mask_BT[..., None]
        y_BTD = ours(x_BTLC, frames_BT)
        torch.testing.assert_close(y_BTD, expected, rtol=1e-4, atol=1e-5)
        weights_BTD = torch.randn_like(y_BTD)
        parameters = [ours.conv.weight, norm.weight, norm.bias]
        reference = torch.autograd.grad((expected * weights_BTD).sum(), parameters)
        parameters[1:] = [ours.conv_norm.weight, ours.conv_norm.bias]
        gradient = torch.autograd.grad((y_BTD * weights_BTD).sum(), parameters)
        torch.testing.assert_close(gradient, reference, rtol=1e-4, atol=1e-4)
    torch.testing.assert_close(ours.conv_norm.running_mean, norm.running_mean)
    torch.testing.assert_close(ours.conv_norm.running_var, norm.running_var)
    ours.eval(), norm.eval()
    expected = ours.norm(
        ours.linear(F.silu(norm(ours.conv(x_BTLC.permute(0, 3, 1, 2)))).permute(0, 2, 3, 1).flatten(2)), mask_BT
    )
    torch.testing.assert_close(ours(x_BTLC, frames_BT)[mask_BT], expected[mask_BT], rtol=1e-4, atol=1e-5)


@pytest.mark.parametrize(
    "shape, kernel_size", [((3, 64, 24), 51), ((2, 384, 48), 51), ((2, 20, 32), 31), ((3, 7, 36), 9)]
)
def test_depthwise_convolution_and_its_gradients(shape, kernel_size):
    """Against float64: a library's fast way for some shapes has been wrong before."""
    torch.manual_seed(0)
    module = nn.Conv1d(shape[-1], shape[-1], kernel_size, padding=kernel_size // 2, groups=shape[-1])
    x_BTD = torch.randn(shape, requires_grad=True)
    y_BTD = convolve_depthwise(module, x_BTD)
    weights_BTD = torch.randn(shape)
    gradients = torch.autograd.grad((y_BTD * weights_BTD).sum(), [x_BTD, *module.parameters()])
    double_BTD = x_BTD.double()
    expected_BTD = module.double()(double_BTD.transpose(1, 2)).transpose(1, 2)
    reference = torch.autograd.grad((expected_BTD * weights_BTD).sum(), [double_BTD, *module.parameters()])
    for ours, exact in zip([y_BTD, *gradients], [expected_BTD, *reference], strict=True):
        assert (ours - exact).norm() < 1e-5 * exact.norm()


def test_part_view():
    x_BTLC = torch.tensor([[1.0, 2, 3], [3, 2, 5], [0, 0, 1]]).view(1, 1, 3, 3).repeat(1, 2, 1, 1)
    x_BTLC[0, 1] = 0
    view_BTLC = part_view(x_BTLC)
    assert (view_BTLC[0, 1] == 0).all(), "a frame without the part"
    assert (view_BTLC[0, 0, 2] == 0).all(), "a landmark at x + y = 0 is missing"
    x_L = np.array([1.0, 3, 0])
    np.testing.assert_allclose(view_BTLC[0, 0, :2, 0], ((x_L - x_L.mean()) / x_L.std())[:2], rtol=1e-6)


@pytest.mark.parametrize("p", [0.0, 0.1, 0.5, 1.0])
@pytest.mark.parametrize("dtype", [torch.float32, torch.bfloat16])
def test_dropout(p, dtype):
    torch.manual_seed(0)
    module, x = Dropout(p), torch.ones(401, 501, dtype=dtype, requires_grad=True)
    y = module(x)
    assert y.dtype == dtype
    assert abs(float((y == 0).float().mean()) - p) < 0.004
    if p < 1:
        torch.testing.assert_close(y[y != 0], torch.full_like(y[y != 0], 1 / (1 - p)))
    (gradient,) = torch.autograd.grad(y.sum(), x)
    assert torch.equal(gradient, y)
    assert torch.equal(module.eval()(x), x)


# ------------------------------------------------------------------------------------------------------------ losses


def test_text_loss_is_the_mean_over_characters_and_end(name):
    model = lively(create(config(name)))
    example = batch(20, 31)
    e_BTD = model.encode(example["x_BTLC"], example["mask_BT"])
    logits = model.decoder(shift_right(example["labels_BS"]), e_BTD, example["mask_BT"])
    terms = F.cross_entropy(logits.transpose(1, 2), example["labels_BS"], reduction="none")
    losses = model(example, torch.Generator())
    text = losses.get("loss_forward", losses["loss"])
    torch.testing.assert_close(text, terms[example["labels_BS"] != PAD].mean())


def test_total_loss_weighs_its_parts():
    weights = {"backward_weight": 0.3, "confidence_weight": 0.1, "ctc_weight": 0.2}
    losses = lively(create(config("squeezeformer_rope", **weights)))(batch(20, 31), torch.Generator())
    text = 0.7 * losses["loss_forward"] + 0.3 * losses["loss_backward"]
    own = 0.9 * text + 0.1 * losses["loss_confidence"]
    torch.testing.assert_close(losses["loss"], 0.8 * own + 0.2 * losses["loss_ctc"])
    assert not any(parameter.startswith("ctc") for parameter in create(config("squeezeformer_rope")).state_dict())


def test_reversed_labels():
    labels = torch.from_numpy(np.stack([encode("ab"), encode("abc")]))
    corrected, published = reverse_labels(labels, published=False), reverse_labels(labels, published=True)
    assert corrected[0].tolist() == [33, 32, END] + [PAD] * 30
    assert published.tolist() == [[33, 32, END, 0], [34, 33, 32, END]]


def test_hidden_inputs_are_characters_alone():
    labels = torch.from_numpy(np.stack([encode("ab 12 cd 34 ef")] * 400))
    hidden = mask_inputs(labels, 0.2, torch.Generator().manual_seed(0), published=False) == MASK
    assert not hidden[labels >= NUM_CHARACTERS].any()
    assert abs(float(hidden[labels < NUM_CHARACTERS].float().mean()) - 0.2) < 0.02
    everywhere = mask_inputs(labels, 0.2, torch.Generator().manual_seed(0), published=True) == MASK
    assert abs(float(everywhere[labels >= NUM_CHARACTERS].float().mean()) - 0.2) < 0.02
    assert torch.equal(hidden, everywhere & (labels < NUM_CHARACTERS)), "one draw, whatever is made of it"


def test_ctc_loss_by_hand():
    """Two frames, one character: the probability of 'a a', 'a blank' and 'blank a'."""
    mask_BT = torch.tensor([[True, True, False]])
    logits_BTV = torch.randn(1, 3, NUM_CHARACTERS + 1, generator=torch.Generator().manual_seed(0))
    p_TV = logits_BTV[0].softmax(-1)
    labels = torch.from_numpy(encode("a"))[None]
    a, blank = int(labels[0, 0]), NUM_CHARACTERS
    expected = -torch.log(p_TV[0, a] * p_TV[1, a] + p_TV[0, a] * p_TV[1, blank] + p_TV[0, blank] * p_TV[1, a])
    torch.testing.assert_close(ctc_loss(logits_BTV, mask_BT, labels), expected)
    assert ctc_loss(logits_BTV, mask_BT, torch.from_numpy(encode("a long text"))[None]) == 0, "does not fit"


# -------------------------------------------------------------------------------------------------------- generation


@torch.no_grad()
@pytest.mark.parametrize("published", [False, True])
def test_cached_decoding_equals_recomputation(name, published):
    model = lively(create(config(name)))
    x_BTLC, mask_BT = clips(21, 40, 33)
    e_BTD = model.encode(x_BTLC, mask_BT)
    ids_BS, logits_BSV = greedy([model.decoder], [e_BTD], mask_BT, published)
    inputs_BS = torch.cat([torch.full((3, 1), START), ids_BS[:, :-1]], dim=1)
    recomputed_BSV = model.decoder(inputs_BS, e_BTD, mask_BT)
    torch.testing.assert_close(logits_BSV, recomputed_BSV, rtol=1e-4, atol=1e-4)
    if published:
        assert torch.equal(ids_BS, recomputed_BSV.argmax(-1))


@torch.no_grad()
@pytest.mark.parametrize("favourite", [PAD, START, END, MASK, 7])
def test_only_characters_are_generated(name, favourite):
    """A network that prefers one id whatever it sees."""
    model = create(config(name)).eval()
    nn.init.zeros_(model.decoder.lm_head.weight)
    nn.init.zeros_(model.decoder.norm.weight)
    nn.init.ones_(model.decoder.norm.bias)
    model.decoder.lm_head.weight[favourite] = 1
    model.decoder.lm_head.weight[12] = 0.5
    ids_BS, _ = model.generate(*clips(20, 31))
    expected = {END: [PAD] * LABEL_LENGTH, 7: [7] * LABEL_LENGTH}.get(favourite, [12] * LABEL_LENGTH)
    assert ids_BS.tolist() == [expected] * 2


def test_ids_are_cut_at_their_end():
    raw_BS = torch.tensor([[5, 6, END, 7], [5, 6, 7, 8]])
    assert tidy_ids(raw_BS, published=False).tolist() == [[5, 6] + [PAD] * 31, [5, 6, 7, 8] + [PAD] * 29]
    # As published: START stays in front, and a row without END says nothing.
    assert tidy_ids(raw_BS, published=True).tolist() == [[START, 5, 6] + [PAD] * 30, [PAD] * 33]


# ------------------------------------------------------------------------------------------------------------- files
