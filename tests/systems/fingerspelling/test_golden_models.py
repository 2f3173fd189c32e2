"""Both networks against numbers that the 1st-place solution's own networks computed, in `published` mode."""

import numpy as np
import pytest
import torch
from golden_networks import Golden

from podium.systems.fingerspelling.landmarks import PARTS, SLOTS
from podium.systems.fingerspelling.learning import observe
from podium.systems.fingerspelling.networks.base import tidy_ids
from podium.systems.fingerspelling.networks.decoder import greedy, reverse_labels, shift_right
from podium.systems.fingerspelling.networks.layers import part_view
from podium.systems.fingerspelling.networks.original import from_original, to_original
from podium.systems.fingerspelling.text import END, START


@pytest.fixture(scope="module", params=["cfg1", "cfg2"])
def golden(request, shared) -> Golden:
    return Golden(shared / "golden", request.param)


def distance(ours: torch.Tensor, reference: np.ndarray) -> float:
    assert tuple(ours.shape) == reference.shape
    return float((ours.detach() - torch.from_numpy(reference)).abs().max())


def encoder_error(golden: Golden, network: torch.nn.Module) -> float:
    mask = golden.batch["mask_BT"]
    with torch.no_grad():
        e_BTD = network.encode(golden.batch["x_BTLC"], mask)
    return distance(e_BTD[mask], golden.main["out/encoder_out"][mask.numpy()])


def test_golden_names_there_and_back(golden):
    original = golden.state
    back = to_original(from_original(original, golden.config), golden.config)
    rebuilt = {"cos", "sin"} | {name for name in original if "embed_positions" in name or "num_batches" in name}
    assert set(back) == set(original) - rebuilt
    for name, value in back.items():
        np.testing.assert_array_equal(value, original[name])


def test_golden_encoder(golden):
    assert encoder_error(golden, golden.network()) <= 1e-5


@pytest.mark.parametrize("fault", ["swapped weights", "shifted position", "corrected padding"])
def test_golden_comparison_notices(golden, fault):
    """Controls: each fault is far outside the tolerance."""
    network = golden.network()
    block = network.encoder.blocks[1]
    if fault == "swapped weights":
        block.attention.q_proj, block.attention.v_proj = block.attention.v_proj, block.attention.q_proj
    elif fault == "shifted position":
        block.conv.depthwise.weight.data = block.conv.depthwise.weight.data.roll(1, dims=-1)
    else:
        block.conv.pads_leak = False
    assert encoder_error(golden, network) > 1e-3


@torch.no_grad()
def test_golden_stages(golden):
    network, batch = golden.network(), golden.batch
    seen = observe(network, batch["x_BTLC"], batch["mask_BT"])
    frontend, parts = seen["mid/frontend"], seen.get("mid/parts", torch.zeros(()))
    assert distance(frontend, golden.mid["mid/feat_global"]) <= 1e-5
    assert distance(frontend + parts, golden.mid["mid/encoder_in"]) <= 1e-5
    mask = batch["mask_BT"]
    for index in (0, len(network.encoder.blocks) - 1):
        reference = golden.mid[f"mid/block{index}_out"]
        assert distance(seen[f"mid/blocks.{index}"][mask], reference[mask.numpy()]) <= 1e-5
    if golden.cfg == "cfg2":
        names = dict(zip(PARTS, ("lhand", "rhand", "face", "pose"), strict=True))
        for part, features in zip(PARTS, parts.chunk(len(PARTS), dim=-1), strict=True):
            view = part_view(batch["x_BTLC"][:, :, SLOTS[part]])
            assert distance(view, golden.mid[f"mid/part_in_{names[part]}"]) <= 1e-5
            assert distance(features, golden.mid[f"mid/feat_{names[part]}"]) <= 1e-5


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


def check_losses(losses: dict[str, torch.Tensor], reference: dict[str, np.ndarray], **tolerances: float) -> None:
    names = {"loss": "loss", "loss_forward": "loss_ce", "loss_backward": "loss_ce_bwd", "loss_confidence": "loss_aux"}
    assert {names[name] for name in losses} == {name for name in reference if name.startswith("loss")}
    for name, loss in losses.items():
        assert distance(loss, reference[names[name]]) <= tolerances.get(name, 1e-6), name


@torch.no_grad()
def test_golden_losses(golden):
    check_losses(golden.network()(golden.batch, torch.Generator()), golden.part(golden.main, "out/"))


@torch.no_grad()
def test_golden_generation(golden):
    network, batch = golden.network(), golden.batch
    e_BTD = network.encode(batch["x_BTLC"], batch["mask_BT"])
    raw, _ = greedy([network.decoder], [e_BTD], batch["mask_BT"], published=True)
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
    # In float64 our confidence loss stands 2e-7 from our float32 one, and the reference 4e-6 from both.
    check_losses(losses, golden.part(golden.train, "loss/"), loss_confidence=5e-6)

    gradients = golden.ours(golden.train, "grad/")
    parameters = {name: parameter for name, parameter in network.named_parameters() if parameter.grad is not None}
    assert set(gradients) == set(parameters)
    for name, reference in gradients.items():
        # The bias of a key shifts all scores of a query alike: its gradient is 0 but for rounding.
        error = (parameters[name].grad - reference).norm() / reference.norm().clamp(min=1e-3)
        assert error <= 1e-4, f"{name}: {error:.2e}"

    statistics = golden.ours(golden.train, "bn_after/")
    buffers = dict(network.named_buffers())
    assert set(statistics) == {name for name in buffers if "running" in name}
    for name, reference in statistics.items():
        torch.testing.assert_close(buffers[name], reference, rtol=1e-5, atol=1e-5, msg=name)
