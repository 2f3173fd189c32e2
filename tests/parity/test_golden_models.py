"""Both networks against numbers that the 1st-place solution's own networks computed, in `published` mode."""

import json

import numpy as np
import pytest
import torch

from podium.config import Decoder, Model, ModelChoices
from podium.models import create
from podium.models.base import tidy_ids
from podium.models.decoder import reverse_labels, shift_right
from podium.models.original import our_name, our_state
from podium.text import END, START

NAMES = {"cfg1": "squeezeformer_relpos", "cfg2": "squeezeformer_rope"}
PUBLISHED = ModelChoices(**dict.fromkeys(ModelChoices.model_fields, "published"))


class Golden:
    """One file of reference numbers, and our network with its weights."""

    def __init__(self, folder, cfg: str) -> None:
        load = {part: np.load(folder / f"golden_{cfg}_tiny{part}.npz") for part in ("", "_mid", "_train")}
        self.main, self.mid, self.train = load.values()
        self.cfg = cfg
        meta = json.loads(str(self.main["meta"]))
        self.config = Model(
            name=NAMES[cfg],
            dim=meta["dim"],
            num_blocks=meta["layers"],
            num_heads=meta["heads"],
            kernel_size=meta["kernel"],
            p_dropout=0,
            p_attention_dropout=0,
            p_mask_input=0,
            decoder=Decoder(
                num_layers=meta["decoder"]["layers"],
                num_heads=meta["decoder"]["heads"],
                ff_dim=meta["decoder"]["ffn"],
                p_dropout=0,
                p_activation_dropout=0,
                p_attention_dropout=0,
            ),
            choices=PUBLISHED,
        )
        self.batch = {
            "x_BTLC": torch.from_numpy(self.main["in/input"]),
            "mask_BT": torch.from_numpy(self.main["in/input_mask"]) > 0,
            "labels_BS": torch.from_numpy(self.main["in/token_ids"]),
            "score_B": torch.from_numpy(self.main["in/score"]),
        }

    def weights(self) -> dict[str, torch.Tensor]:
        original = {name[2:]: self.main[name] for name in self.main.files if name.startswith("w/")}
        return {name: torch.from_numpy(value) for name, value in our_state(original).items()}

    def network(self) -> torch.nn.Module:
        network = create(self.config)
        network.load_state_dict(self.weights(), strict=True)
        return network.eval()


@pytest.fixture(scope="module", params=["cfg1", "cfg2"])
def golden(request, shared) -> Golden:
    return Golden(shared / "golden", request.param)


def distance(ours: torch.Tensor, reference: np.ndarray) -> float:
    assert tuple(ours.shape) == reference.shape
    return float((ours.detach() - torch.from_numpy(reference)).abs().max())


@torch.no_grad()
def test_golden_encoder(golden):
    mask = golden.batch["mask_BT"]
    e_BTD = golden.network().encode(golden.batch["x_BTLC"], mask)
    assert distance(e_BTD[mask], golden.main["out/encoder_out"][mask.numpy()]) <= 1e-5


@torch.no_grad()
def test_golden_comparison_notices_swapped_weights(golden):
    """The control: one pair of equal shapes exchanged is far outside the tolerance."""
    network, mask = golden.network(), golden.batch["mask_BT"]
    attention = network.encoder.blocks[1].attention
    attention.q_proj, attention.v_proj = attention.v_proj, attention.q_proj
    e_BTD = network.encode(golden.batch["x_BTLC"], mask)
    assert distance(e_BTD[mask], golden.main["out/encoder_out"][mask.numpy()]) > 1e-3


@torch.no_grad()
def test_golden_logits(golden):
    network, batch = golden.network(), golden.batch
    e_BTD = network.encode(batch["x_BTLC"], batch["mask_BT"])
    logits = network.decoder(shift_right(batch["labels_BS"]), e_BTD, batch["mask_BT"])
    assert distance(logits, golden.main["out/logits"]) <= 1e-5
    if golden.cfg == "cfg2":
        labels = reverse_labels(batch["labels_BS"], published=True)
        logits = network.backward_decoder(shift_right(labels), e_BTD, batch["mask_BT"])
        assert distance(logits, golden.main["out/logits_bwd"]) <= 1e-5
        logit = network.confidence_logit(e_BTD, batch["mask_BT"])
        assert distance(logit[:, None], golden.main["out/aux_logits"]) <= 1e-5


@torch.no_grad()
def test_golden_losses(golden):
    losses = golden.network()(golden.batch, torch.Generator())
    names = {"loss": "loss", "forward": "loss_ce", "backward": "loss_ce_bwd", "confidence": "loss_aux"}
    for ours, theirs in names.items():
        if ours in losses:
            assert distance(losses[ours], golden.main[f"out/{theirs}"]) <= 1e-6, ours


@torch.no_grad()
def test_golden_generation(golden):
    network, batch = golden.network(), golden.batch
    e_BTD = network.encode(batch["x_BTLC"], batch["mask_BT"])
    raw, _ = network.decoder.greedy(e_BTD, batch["mask_BT"], published=True)
    raw = torch.cat([torch.full_like(raw[:, :1], START), raw], dim=1).numpy()
    reference = golden.main["out/generated_raw"]
    np.testing.assert_array_equal(raw, reference[:, : raw.shape[1]])
    assert raw.shape[1] == reference.shape[1] or all(END in row for row in raw)
    ids, _ = network.generate(batch["x_BTLC"], batch["mask_BT"])
    np.testing.assert_array_equal(ids.numpy(), golden.main["out/generated_ids"])
    np.testing.assert_array_equal(tidy_ids(torch.from_numpy(reference[:, 1:]), True), golden.main["out/generated_ids"])


def test_golden_gradients_and_statistics(golden):
    network = golden.network().train()
    losses = network(golden.batch, torch.Generator())
    losses["loss"].backward()
    assert distance(losses["loss"], golden.train["loss/loss"]) <= 1e-6
    parameters, buffers = dict(network.named_parameters()), dict(network.named_buffers())
    untouched = {our_name(str(name)) for name in golden.train["no_grad_params"]}
    compared = set()
    for key in golden.train.files:
        if key.startswith("grad/"):
            name, reference = our_name(key[5:]), torch.from_numpy(golden.train[key])
            gradient = parameters[name].grad.reshape(reference.shape)
            error = (gradient - reference).norm() / reference.norm().clamp(min=1e-4)
            assert error <= 1e-4, f"{name}: {error:.2e}"
            compared.add(name)
        elif key.startswith("bn_after/"):
            assert distance(buffers[our_name(key[9:])], golden.train[key]) <= 1e-5, key
    assert compared == set(parameters) - untouched
