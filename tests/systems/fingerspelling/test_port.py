"""The TensorFlow twins against the torch networks, and what the copying refuses."""

import os
import subprocess
import sys
from functools import partial

import numpy as np
import pytest
from small_networks import account_of, learner_of, random_clip, random_network, small_recipe, state_of

from podium.errors import UserError
from podium.export.parity import check_faults, check_stages, check_weights
from podium.export.twins import load_twin, save_twin
from podium.landmarks.normalise import normalise, resize
from podium.storage.files import write_json
from podium.systems import part
from podium.systems.fingerspelling.graph import preprocess
from podium.systems.fingerspelling.networks import MODELS
from podium.systems.fingerspelling.twin import make
from podium.systems.fingerspelling.twins import TWINS
from podium.training.weights import write_reference

LENGTHS = (1, 2, 40, 150)
PART = partial(part, "fingerspelling")


class Pair:
    """A torch network, its reference numbers and its twin."""

    def __init__(self, folder, **model) -> None:
        self.recipe = small_recipe(max_frames=128, **model)
        self.network = random_network(self.recipe)
        self.state = state_of(self.network)
        clips = [random_clip(num_frames) for num_frames in LENGTHS]
        write_reference(learner_of(self.network, self.recipe), clips, folder / "reference.npz")
        self.reference = dict(np.load(folder / "reference.npz"))
        self.twin = make(self.recipe).port(self.state, "the test")


@pytest.fixture(scope="module", params=MODELS.names())
def pair(request, tmp_path_factory) -> Pair:
    return Pair(tmp_path_factory.mktemp("pair"), name=request.param)


@pytest.fixture(scope="module")
def rope(tmp_path_factory) -> Pair:
    return Pair(tmp_path_factory.mktemp("rope"))


def test_every_network_has_a_twin():
    assert MODELS.names() == TWINS.names()


def test_every_stage_agrees_with_torch(pair):
    report = check_stages(pair.twin, pair.reference)
    assert report["passed"], report["first_offender"]
    assert report["num_clips"] == len(LENGTHS)
    measured = {f"{name.split('/', 1)[1]}" for name in pair.reference} - {"raw", "x", "ids"}
    assert set(report["stages"]) == measured
    assert all(stage["error"] <= 1e-4 for stage in report["stages"].values())
    assert any(len(set(pair.reference[f"{clip}/ids"])) > 3 for clip in range(len(LENGTHS))), "texts must vary"


@pytest.mark.parametrize("kernel_size", [25, 51, 53])
def test_long_kernels(tmp_path, kernel_size):
    pair = Pair(tmp_path, kernel_size=kernel_size, num_blocks=1)
    assert check_stages(pair.twin, pair.reference)["passed"]


def test_a_twin_runs_on_processors_without_onednn(tmp_path):
    """TensorFlow takes that library by itself where a processor has AVX-512; some operators are limited without it."""
    pair = Pair(tmp_path, kernel_size=51, num_blocks=1)
    write_json(tmp_path / "recipe.json", account_of(pair.recipe))
    save_twin(pair.twin, tmp_path / "recipe.json", tmp_path / "twin")
    code = (
        "import sys, numpy as np; from podium.export.parity import check_stages;"
        "from podium.export.twins import load_twin; from podium.systems import part; from functools import partial;"
        "twin = load_twin(sys.argv[1], partial(part, 'fingerspelling'));"
        "sys.exit(not check_stages(twin, dict(np.load(sys.argv[2])))['passed'])"
    )
    command = [sys.executable, "-c", code, tmp_path / "twin", tmp_path / "reference.npz"]
    done = subprocess.run(command, env=os.environ | {"TF_ENABLE_ONEDNN_OPTS": "0"}, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr


def test_published_choices(tmp_path):
    choices = {"generation": "published", "confidence_pooling": "published", "conv_padding": "published"}
    pair = Pair(tmp_path, choices=choices)
    assert check_stages(pair.twin, pair.reference)["passed"]


def test_every_tensor_is_used_once(pair):
    report = check_weights(pair.twin, pair.state)
    assert report["passed"] and report["max_difference"] == 0
    assert report["num_tensors"] + report["num_training_only"] == len(pair.state)


def test_missing_left_over_and_misshapen_tensors_are_listed(rope):
    state = dict(rope.state)
    del state["encoder.blocks.0.attention.q_proj.weight"]
    state["encoder.blocks.9.extra"] = np.zeros(3, np.float32)
    state["confidence.bias"] = np.zeros(2, np.float32)
    with pytest.raises(UserError) as caught:
        make(rope.recipe).port(state, "model.safetensors")
    for words in (
        "model.safetensors",
        "missing encoder.blocks.0.attention.q_proj.weight",
        "left over encoder.blocks.9.extra",
        "confidence.bias has shape (2,), not (1,)",
    ):
        assert words in str(caught.value)


def test_weights_check_sees_a_changed_tensor(rope):
    state = dict(rope.state)
    state["decoder.fc"] = np.zeros(1, np.float32)
    state["frontend.conv.weight"] = state["frontend.conv.weight"] + 1e-6
    report = check_weights(rope.twin, state)
    assert not report["passed"]
    assert (report["left_over"], report["wrong"]) == (["decoder.fc"], ["frontend.conv.weight"])


def test_planted_faults_are_found_in_their_place(pair):
    reports = check_faults(pair.twin, pair.reference)
    assert len(reports) == 3
    for report in reports:
        assert report["is_caught"] and report["found"] == report["place"], report
    assert check_stages(pair.twin, pair.reference)["passed"], "the faults must be gone again"


def test_a_fault_in_the_front_end_is_named(rope):
    variable = rope.twin.weights.variables["parts.pose.norm.bias"]
    before = variable.numpy()
    variable.assign(before + 1e-2)
    found = check_stages(rope.twin, rope.reference)["first_offender"]
    variable.assign(before)
    assert found == "mid/parts"


def test_a_twin_of_nan_does_not_pass(rope):
    variable = rope.twin.weights.variables["encoder.blocks.1.norm_ff2.bias"]
    before = variable.numpy()
    variable.assign(np.full_like(before, np.nan))
    report = check_stages(rope.twin, rope.reference)
    variable.assign(before)
    assert not report["passed"] and report["first_offender"] == "mid/blocks.1"


def test_twin_survives_its_folder(rope, tmp_path):
    write_json(tmp_path / "recipe.json", account_of(rope.recipe, seed=1))
    save_twin(rope.twin, tmp_path / "recipe.json", tmp_path / "port")
    assert check_stages(load_twin(tmp_path / "port", PART), rope.reference)["passed"]
    assert (tmp_path / "port/saved_model/saved_model.pb").is_file()


def test_preprocessing_is_that_of_training():
    flat = random_clip(30)
    flat[:, 260:] = 0.25  # z without any deviation
    clips = [random_clip(1), random_clip(40), random_clip(129), random_clip(1000), flat, np.full((20, 390), np.nan)]
    for raw_TK in clips:
        expected_TLC = resize(normalise(raw_TK.astype(np.float32)), 128)
        found_TCL, num_frames = preprocess(raw_TK.astype(np.float32), 128)
        np.testing.assert_allclose(found_TCL.numpy().transpose(0, 2, 1), expected_TLC, atol=2e-5, rtol=0)
        assert num_frames == len(expected_TLC)
    assert preprocess(np.zeros((0, 390), np.float32), 128)[0].shape == (1, 3, 130)


def test_a_twin_without_the_tensors_of_its_faults_is_not_built():
    """Otherwise a new network would pass its training and break in the last proof."""
    other = type("Other", (TWINS.get("squeezeformer_rope"),), {"square": "ff9.linear2.weight"})
    with pytest.raises(TypeError, match="the twin Other plants a fault in encoder.blocks.0.ff9.linear2.weight"):
        other(small_recipe())
