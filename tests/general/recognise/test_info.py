"""``podium info``."""

import json

import pytest
from small_networks import random_network, small_recipe, write_network

from podium.recognise.model_info import lines

RECIPE = small_recipe(max_frames=64)


@pytest.fixture(scope="module")
def model(tmp_path_factory):
    return write_network(tmp_path_factory.mktemp("model"), RECIPE, seed=4)


def test_a_model_whose_name_a_terminal_would_obey(podium, model, tmp_path):
    (tmp_path / "a\x1b[31m").symlink_to(model)
    done = podium("info", tmp_path / "a\x1b[31m")
    assert done.code == 0 and done.out.splitlines()[0].endswith("/a\\x1b[31m/model.safetensors")


def test_info_of_weights(podium, model):
    done = podium("info", model, "--json")
    found = json.loads(done.out)
    network = random_network(RECIPE)
    assert found["kind"] == "torch weights" and found["seed"] == 4
    assert found["num_values"] == sum(value.numel() for value in network.state_dict().values())
    assert found["num_values"] > found["num_values_to_read"] > 0.5 * found["num_values"]
    assert found["recipe"]["model"]["name"] == "squeezeformer_rope"
    done = podium("info", model / "model.safetensors")
    assert "squeezeformer_rope" in done.out and done.code == 0


def test_info_prints_lists_of_all_kinds():
    assert lines({"a": [{"b": 1}], "c": [{}, 2]}) == ["a 0", f"  {'b':<22} 1", f"{'c':<24} {{}}, 2"]


@pytest.mark.parametrize(
    ("name", "message"),
    [
        ("absent.tflite", "does not exist"),
        ("x.tflite", "is not a TFLite file"),
        ("x.safetensors", "is not a safetensors"),
        ("x.bin", "is no model"),
        (".", "holds neither"),
    ],
)
def test_info_of_what_is_no_model(podium, tmp_path, name, message):
    for other in ("x.tflite", "x.safetensors", "x.bin"):
        (tmp_path / other).write_text("x")
    done = podium("info", tmp_path / name)
    assert done.code == 2 and message in done.err and done.err.count("\n") == 1
