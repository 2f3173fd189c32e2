"""What is written of a network: its weights, and the reference that the port is held against."""

import numpy as np
import pytest
import torch
from fingerspelling import recipe_of
from small_networks import learner_of
from test_networks import config, lively

from podium.errors import UserError
from podium.systems.fingerspelling import learner
from podium.systems.fingerspelling.landmarks import NUM_LANDMARKS
from podium.systems.fingerspelling.networks import MODELS, create
from podium.systems.fingerspelling.recipe import Recipe
from podium.systems.fingerspelling.text import END, VOCAB_SIZE
from podium.training.weights import load_network, save_weights, write_reference

pytestmark = pytest.mark.parametrize("name", MODELS.names())


def recipe(name: str, **changes: object) -> Recipe:
    return recipe_of(config(name, **changes))


def test_weights_there_and_back(name, tmp_path):
    model = lively(create(config(name, ctc_weight=0.3)))
    save_weights(model, tmp_path / "model.safetensors")
    loaded = load_network(tmp_path / "model.safetensors", learner, recipe(name, ctc_weight=0.3))
    assert not loaded.training
    for key, tensor in model.state_dict().items():
        assert torch.equal(loaded.state_dict()[key], tensor)
        assert "num_batches_tracked" not in key


def test_weights_that_do_not_fit_are_explained(name, tmp_path):
    path = tmp_path / "model.safetensors"
    with pytest.raises(UserError, match="does not exist"):
        load_network(path, learner, recipe(name))
    path.write_bytes(b"not at all")
    with pytest.raises(UserError, match="is not a safetensors file"):
        load_network(path, learner, recipe(name))
    save_weights(create(config(name, ctc_weight=0.3)), path)
    with pytest.raises(UserError, match="unexpected ctc_head.bias"):
        load_network(path, learner, recipe(name))
    if name == "zipformer":
        return
    save_weights(create(config(name, num_blocks=1)), path)
    with pytest.raises(UserError, match=r"missing encoder\.blocks\.1\..* more"):
        load_network(path, learner, recipe(name))
    save_weights(create(config(name, kernel_size=5)), path)
    with pytest.raises(UserError, match=r"depthwise.weight has shape \(32, 1, 5\), not \(32, 1, 9\)"):
        load_network(path, learner, recipe(name))


def test_reference_holds_every_stage(name, tmp_path):
    model, recipe_ = lively(create(config(name))), recipe(name)
    rng = np.random.default_rng(0)
    raw = [rng.normal(size=(num_frames, 390)).astype(np.float32) for num_frames in (18, 400)]
    raw[0][3:7, 40:61] = np.nan
    write_reference(learner_of(model, recipe_), raw, tmp_path / "reference.npz")
    reference = np.load(tmp_path / "reference.npz", allow_pickle=False)
    has_parts = name != "squeezeformer_relpos"
    stages = {"raw", "x", "mid/frontend", "mid/blocks.0", "mid/blocks.1", "encoder", "logits", "ids"}
    stages |= {"mid/parts", "confidence_logit"} if has_parts else set()
    assert set(reference.files) == {f"{clip}/{stage}" for clip in (0, 1) for stage in stages}
    assert reference["1/x"].shape == (384, NUM_LANDMARKS, 3), "resized to max_frames"
    assert not np.isnan(reference["0/x"]).any()
    steps = len(reference["0/ids"])
    assert reference["0/logits"].shape == (steps, VOCAB_SIZE)
    assert reference["0/mid/frontend"].shape == reference["0/encoder"].shape == (18, 32)
    np.testing.assert_array_equal(reference["0/mid/blocks.1"], reference["0/encoder"])
    x_BTLC = torch.from_numpy(reference["0/x"])[None]
    ids_BS, _ = model.generate(x_BTLC, torch.ones(1, 18, dtype=torch.bool))
    text = reference["0/ids"][reference["0/ids"] != END]
    assert ids_BS[0, : len(text)].tolist() == text.tolist()
