"""The network against the original's numbers."""

import numpy as np
import pytest
import torch
from signs_deberta_golden import Golden

from podium.systems.signs_deberta.layer import table_rows
from podium.training.learner import watched

FILES = ("signs_deberta_tiny", "signs_deberta_tiny_width")


@pytest.fixture(scope="module", params=FILES)
def golden(request, shared) -> Golden:
    return Golden(shared / f"golden/{request.param}.npz")


def close(found: torch.Tensor, expected: np.ndarray, **more) -> None:
    np.testing.assert_allclose(found.numpy(), expected, rtol=0, atol=1e-5, **more)


@torch.no_grad()
def test_logits_in_a_batch_alone_and_of_the_file(golden):
    network, (x_BTCN, mask_BT) = golden.network(), golden.inputs("in/")
    close(network(x_BTCN, mask_BT), golden["out/logits"])
    for clip, num_frames in enumerate(mask_BT.sum(1).tolist()):
        alone = x_BTCN[clip : clip + 1, :num_frames], mask_BT[clip : clip + 1, :num_frames]
        close(network(*alone)[0], golden[f"out/alone{clip}"])
        close(network(*alone, is_file=True)[0], golden[f"out/export{clip}"])
    network.choices = network.choices.model_copy(update={"positions": "corrected"})
    close(network(x_BTCN, mask_BT), golden["out/logits_plain_index"])


@torch.no_grad()
def test_every_stage(golden):
    network, (x_BTCN, mask_BT) = golden.network(), golden.inputs("in/")
    first = network.layers[0]
    modules = {
        "embedding": network.points, "landmark_mlp": network.frame, "full_mlp": network.full,
        **{f"{name}_mlp": group for name, group in network.groups.items()},
        "transformer_1_attention": first.attention_norm,
        **{f"transformer_{index + 1}": layer for index, layer in enumerate(network.layers)},
    }  # fmt: skip
    _, seen = watched(modules, lambda: network.pool(x_BTCN, mask_BT, None, is_file=False))
    compared = [name for name in seen if f"mid/{name}" in golden.keys()]
    for name in compared:
        close(seen[name].reshape(golden[f"mid/{name}"].shape), golden[f"mid/{name}"], err_msg=name)
    assert compared
    if "mid/transformer_1_context" in golden.keys():
        frames_BTW = torch.from_numpy(golden["mid/transformer_1_in"])
        close(first.attention.context(frames_BTW, mask_BT, "published"), golden["mid/transformer_1_context"])
        close(network.frames(x_BTCN, mask_BT), golden["mid/transformer_1_in"])


@torch.no_grad()
@pytest.mark.parametrize("layer", [1, 2, 3])
def test_mixup_inside_the_network(golden, layer):
    logits_BV = golden.network()(*golden.inputs("in/"), golden.mix("mix/", layer))
    close(logits_BV, golden[f"mix/logits_w{layer}"])


@pytest.mark.parametrize("max_frames, num_rounded", [(10, 6), (25, 18), (80, 76)])
def test_tables_of_distances(shared, max_frames, num_rounded):
    misc = Golden(shared / "golden/signs_deberta_tiny_misc.npz")
    distance_R = np.arange(1 - max_frames, max_frames)
    published_R = table_rows(distance_R, max_frames, "published") - max_frames
    np.testing.assert_array_equal(published_R, misc[f"rel/L{max_frames}/delta_to_bucket"])
    corrected_R = table_rows(distance_R, max_frames, "corrected") - max_frames
    np.testing.assert_array_equal(corrected_R, distance_R)
    assert (published_R != distance_R).sum() == num_rounded
