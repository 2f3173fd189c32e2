"""The network, its losses and its training against the original's numbers."""

import numpy as np
import pytest
import torch
from signs_llama_golden import Golden, ours

from podium.training.learner import Progress
from podium.training.optimizers import make_optimizer

PROGRESS = Progress(0, 1, 0, 1)


@pytest.fixture(scope="module")
def golden(shared) -> Golden:
    return Golden(shared / "golden/signs_llama_tiny.npz")


def test_logits_in_a_batch_and_alone(golden):
    network = golden.learner().eval().network
    x_BTF, mask_BT = (torch.from_numpy(golden[f"in/{name}"]) for name in ("x", "mask"))
    with torch.no_grad():
        logits_BV = network(x_BTF, mask_BT).numpy()
        np.testing.assert_allclose(logits_BV, golden["out/logits"], atol=1e-5)
        for clip, num_frames in enumerate(mask_BT.sum(1).tolist()):
            alone_1V = network(x_BTF[clip : clip + 1, :num_frames], mask_BT[clip : clip + 1, :num_frames])
            np.testing.assert_allclose(alone_1V[0].numpy(), golden[f"out/alone{clip}"], atol=1e-5)


def test_every_stage(golden):
    network = golden.learner().eval().network
    seen = {}
    watch = {
        "tail": network.stem, "tail_norm": network.stem_norm, "body_norm": network.norm, "head_norm": network.head_norm,
        "layer0": network.blocks[0], "layer1": network.blocks[1],
        "layer0_attention_norm": network.blocks[0].attention_norm, "layer0_attention": network.blocks[0].attention,
        "layer0_qkv": network.blocks[0].attention.query_key_value,
        "layer0_ffn_norm": network.blocks[0].feed_forward_norm, "layer0_ffn": network.blocks[0].feed_forward,
    }  # fmt: skip
    for name, module in watch.items():
        module.register_forward_hook(lambda _m, _i, output, name=name: seen.update({name: output.numpy()}))
    mask_BT = torch.from_numpy(golden["in/mask"])
    with torch.no_grad():
        network(torch.from_numpy(golden["in/x"]), mask_BT)
    seen["tail_norm_bct"], seen["head_norm"] = seen.pop("tail_norm").transpose(0, 2, 1), seen["head_norm"][:, 0]
    is_token_BS = np.pad(golden["in/mask"], [(0, 0), (1, 0)], constant_values=True)
    for name, value in seen.items():
        expected = golden[f"mid/{name}"]
        if name in ("tail", "tail_norm_bct", "head_norm"):
            np.testing.assert_allclose(value, expected, atol=1e-5, err_msg=name)
        else:  # what stands at pads means nothing
            np.testing.assert_allclose(value[is_token_BS], expected[is_token_BS], atol=1e-5, err_msg=name)


def test_a_training_step(golden):
    learner = golden.learner().train()
    loss = learner(golden.training_batch("train/in/", "train/mixup/"), PROGRESS, torch.Generator())["loss"]
    assert loss.item() == pytest.approx(float(golden["train/loss"]), abs=1e-6)
    loss.backward()
    names = dict(learner.network.named_parameters())
    noise = {ours(name) for name in golden["train/noise_grad_params"]}
    expected = golden.state("train/grad/")
    assert expected.keys() == names.keys()
    for name, gradient in expected.items():
        if name not in noise:
            np.testing.assert_allclose(names[name].grad.numpy(), gradient, rtol=1e-4, atol=1e-6, err_msg=name)
    for name, value in golden.state("train/bn_after/").items():
        np.testing.assert_allclose(learner.network.get_buffer(name).numpy(), value, atol=1e-6, err_msg=name)
    norm = torch.nn.utils.clip_grad_norm_(learner.parameters(), 1.0)
    assert norm.item() == pytest.approx(float(golden["train/grad_total_norm"]), rel=1e-5)
    optimizer = make_optimizer(learner, golden.recipe.optimizer)
    optimizer.step()
    for name, value in golden.state("train/after/").items():
        if name not in noise:
            np.testing.assert_allclose(names[name].detach().numpy(), value, atol=1e-6, err_msg=name)
