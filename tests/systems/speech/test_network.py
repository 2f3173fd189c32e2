"""The networks, their losses and what they say of a clip, against the original's reference numbers."""

import numpy as np
import pytest
import torch
from speech import NETS, golden, golden_learner, keras_layers, recipe

from podium.systems.speech.checkpoint import from_keras
from podium.systems.speech.filters import tones
from podium.systems.speech.learning import left_loud, make
from podium.systems.speech.network import Network, Stem
from podium.systems.speech.readings import OUTPUT, read
from podium.systems.speech.shapes import BLOCKS, FRAME_HOP, FRAME_SAMPLES, WAVE_PADDING, same_padding
from podium.training.learner import LOSS

STAGE, LOGITS, PROBABILITIES = 5e-5, 3e-5, 5e-6
FULL = {
    "attention_mean": (32, [64, 128, 192, 256, 320, 384, 448], 1_085_632, 1_092_416),
    "attention_max": (12, [128, 128, 192, 256, 320, 384, 512], 1_191_433, 1_198_601),
}


@pytest.mark.parametrize("name", NETS)
def test_every_stage_is_the_original_s(shared, name):
    arrays, _ = golden(shared, name)
    network = golden_learner(shared, name).network
    with torch.no_grad():
        stages = network.inside(torch.from_numpy(arrays["in/x"]))
    assert list(stages) == ["1", *(block.name for block in BLOCKS), "attention_logits", "attention", "pooled",
                            "logits", "probabilities"]  # fmt: skip
    for stage, value in stages.items():
        tolerance = {"logits": LOGITS, "probabilities": PROBABILITIES}.get(stage, STAGE)
        expected = arrays["out/probs" if stage == "probabilities" else f"out/{stage}"]
        assert np.abs(value.numpy() - expected).max() < tolerance, stage
    assert stages["attention"].sum(1).numpy() == pytest.approx(1)


@pytest.mark.parametrize("name", NETS)
def test_a_training_step_is_the_original_s(shared, name):
    arrays, meta = golden(shared, f"{name}_train")
    smoothing = 0.1 if "smooth" in meta["loss"] or "0.1" in meta["loss"] else 0.0
    learning = {"label_smoothing": smoothing, "l2": meta["l2"]}
    learner = golden_learner(shared, name, learning=learning, model={"dropout": 0.0, "batch_norm_momentum": 0.01})
    num_classes = learner.network.head.output.out_features
    batch = {"x_BW": torch.from_numpy(arrays["in/x"]), "target_BV": torch.eye(num_classes)[arrays["in/label"]]}
    # In double precision: torch's batch norm over the last axis sums in float32, which alone moves the loss by 1.5e-5.
    losses = learner.double().train()({name: value.double() for name, value in batch.items()}, None, None)
    losses["loss"].backward()
    assert float(losses["data_loss"].detach()) == pytest.approx(float(arrays["loss/data"]), abs=1e-5)
    assert float(losses["loss"].detach()) == pytest.approx(float(arrays["loss/total"]), abs=1e-5)
    empty = {layer: dict.fromkeys(("gamma", "beta", "moving_mean", "moving_variance"), np.zeros(1))
             for layer in keras_layers(golden(shared, name)[0]) if layer.startswith("batch")}  # fmt: skip
    gradients = keras_layers(arrays, "grad/")
    expected = from_keras(empty | {layer: empty.get(layer, {}) | value for layer, value in gradients.items()}, name)
    for key, parameter in learner.network.named_parameters():
        scale = np.abs(expected[key]).max()
        assert np.abs(parameter.grad.numpy() - expected[key]).max() < 3e-5 * scale + 1e-9, key
    after = keras_layers(arrays, "bn_after/")
    norms = [module for module in learner.modules() if hasattr(module, "running_var")]
    for layer, norm in zip(sorted(after, key=lambda one: int(one.rpartition("_")[2] or 0) if one[-1].isdigit() else 0),
                           norms, strict=True):  # fmt: skip
        assert np.abs(norm.running_mean.numpy() - after[layer]["moving_mean"]).max() < 1e-6
        assert np.abs(norm.running_var.numpy() - after[layer]["moving_variance"]).max() < 1e-6


@pytest.mark.parametrize("name", FULL)
def test_sizes_are_the_winner_s(name):
    num_classes, widths, num_trainable, num_values = FULL[name]
    network = Network(recipe(name, num_classes, model={"widths": widths}).model)
    assert sum(parameter.numel() for parameter in network.parameters()) == num_trainable
    assert sum(tensor.numel() for tensor in network.state_dict().values()) == num_values


def test_padding_is_tensorflow_s(shared):
    arrays, _ = golden(shared, "speech_padding")
    kernel = arrays["same/kernel"][0, :, :, 0]
    lengths = {int(key.split("/")[1]) for key in arrays if key.startswith("same/") and key != "same/kernel"}
    assert {22, 397} < lengths
    for length in lengths:
        for stride in (1, 2):
            padded = np.pad(arrays[f"same/{length}/in"][0], [same_padding(length, stride), (0, 0)])
            windows = np.lib.stride_tricks.sliding_window_view(padded, 3, axis=0)[::stride]
            found = np.einsum("tck,kc->tc", windows, kernel)
            assert np.abs(found - arrays[f"same/{length}/out_stride{stride}"][0]).max() < 1e-6, (length, stride)


def test_one_convolution_is_framing_and_the_first_one(shared):
    arrays, _ = golden(shared, "speech_padding")
    places = np.pad(np.arange(1, 16001), WAVE_PADDING)
    frames = np.stack([places[begin : begin + FRAME_SAMPLES] for begin in range(0, 800 * FRAME_HOP, FRAME_HOP)])
    assert np.array_equal(frames, arrays["frames/16000"])
    stem = Stem(6, 0.1).eval()
    wave = torch.randn(2, 16000, generator=torch.Generator().manual_seed(0))
    of_frames = torch.nn.functional.pad(wave, WAVE_PADDING).unfold(1, FRAME_SAMPLES, FRAME_HOP).transpose(1, 2)
    expected = torch.nn.functional.conv1d(of_frames, stem.weight, stride=2) / (1 + 1e-3) ** 0.5
    with torch.no_grad():
        assert (stem(wave).transpose(1, 2) - expected.clamp(0, 6)).abs().max() < 1e-5


def test_three_looks_are_the_original_s(shared):
    arrays, meta = golden(shared, "speech_tta_tiny")
    network = golden_learner(shared, "speech_106_tiny").network
    with torch.no_grad():
        mean = left_loud(network, torch.from_numpy(arrays["in/x"])).numpy()
    assert np.abs(mean - arrays["out/mean"]).max() < PROBABILITIES
    assert [read({"probabilities": one}).text.strip("_") for one in mean] == meta["labels32"]


def test_a_learner_labels_with_the_looks_of_its_recipe():
    learner = make(recipe(labelling="left_loud")).eval()
    for module in learner.modules():
        if hasattr(module, "running_var"):
            module.running_var.fill_(0.01)  # else next to nothing comes through fresh weights
    batch = {"x_BW": torch.randn(2, 16000, generator=torch.Generator().manual_seed(0)), "target_BV": torch.eye(2, 12)}
    once, thrice = learner.answer(batch), learner.answer(batch, for_labels=True)
    expected = left_loud(learner.network, batch["x_BW"])[1].detach().numpy()
    assert np.array_equal(thrice[1]["probabilities"], expected)
    assert not np.array_equal(once[1]["probabilities"], expected)


def test_what_an_answer_costs_is_the_logarithm_of_the_label_s_probability():
    learner = make(recipe()).eval()
    x_BW = torch.rand(3, 16000, generator=torch.Generator().manual_seed(0)) - 0.5
    probs_BV = learner.outputs({"x_BW": x_BW})[OUTPUT]
    labels_B = torch.tensor([0, 5, 2])
    target_BV = torch.nn.functional.one_hot(labels_B, probs_BV.shape[1]).float()
    told = learner.validating({"x_BW": x_BW, "target_BV": target_BV})
    assert torch.equal(told[OUTPUT], probs_BV)
    torch.testing.assert_close(told[LOSS], -probs_BV[range(3), labels_B].log())


def test_first_filters_are_tones():
    model = {"first_filters": "tones", "widths": [48, 16, 24, 32, 40, 48, 64]}
    stem, time = make(recipe(model=model)).network.stem.eval(), torch.arange(16000) / 16000
    pitches = (120, 1500, 7000)
    heard = stem(0.3 * torch.stack([torch.sin(2 * torch.pi * hz * time) for hz in pitches])).amax(1)
    assert [int(heard[:, place].argmax()) for place in (0, 47)] == [0, 2]
    assert (tones(48).sum(1) ** 2).max() < 1e-6 and np.linalg.norm(tones(6), axis=1) == pytest.approx(1)
