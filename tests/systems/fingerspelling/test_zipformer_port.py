"""The Zipformer through the whole export: every switch of its section, and the file at any length."""

import numpy as np
import pytest
import tensorflow as tf
from small_networks import KEYS, built_in, in_torch, learner_of, random_clip, random_network, small_recipe, state_of

from podium.export.answers import answer_all, write_answers
from podium.export.clips import ProofClip
from podium.export.formats import make_file
from podium.export.parity import check_stages
from podium.export.verification import check_formats
from podium.recognise.operators import check_operators
from podium.systems.fingerspelling import answers
from podium.systems.fingerspelling.twin import assemble, make
from podium.systems.fingerspelling.twins.zipformer import swoosh_l, swoosh_r
from podium.training.weights import write_reference

SQUEEZEFORMER_PARTS = {
    "activation": "silu", "norm": "layer", "bypass": False, "attention": "separate", "nonlin_attention": False,
    "convolution": "batch_norm",
}  # fmt: skip


def section(**changes) -> dict:
    return KEYS["zipformer"] | changes


@pytest.mark.parametrize(
    "changes",
    [*({key: value} for key, value in SQUEEZEFORMER_PARTS.items()), SQUEEZEFORMER_PARTS, {"stacks": []},
     {"stacks": [{"num_layers": 2, "rate": 4}]}],
    ids=lambda changes: "-".join(changes),
)  # fmt: skip
def test_every_switch_has_its_twin(tmp_path, changes):
    recipe = small_recipe("zipformer", max_frames=64, **section(**changes))
    network = random_network(recipe)
    write_reference(learner_of(network, recipe), [random_clip(1), random_clip(30)], tmp_path / "reference.npz")
    twin = make(recipe).port(state_of(network), "the test")
    report = check_stages(twin, dict(np.load(tmp_path / "reference.npz")))
    assert report["passed"], report


def test_file_agrees_with_torch(tmp_path):
    recipe = small_recipe("zipformer", max_frames=64)
    network = random_network(recipe)
    edges = answers.edge_clips(random_clip(30), built_in(15, 0.0), recipe)
    clips = [ProofClip(name, clip) for name, clip in edges.items()]
    clips += [ProofClip(f"{num_frames} frames", random_clip(num_frames)) for num_frames in (15, 16, 17, 41, 64, 200)]
    write_answers(tmp_path / "answers.npz", clips, answer_all(in_torch([network], recipe, 15).inside, clips))
    ensemble = assemble([make(recipe).port(state_of(network), "the test")], built_in(15, 0.0))
    content = make_file(ensemble, "fp16")
    check_operators(content)
    (tmp_path / "model.tflite").write_bytes(content)
    models = {"fp16": tmp_path / "model.tflite"}
    formats, problems = check_formats(ensemble, models, clips, tmp_path / "answers.npz", answers, "phrase")
    assert not problems and formats["fp16"]["max_error"] > 0, formats


@pytest.mark.parametrize("swoosh", [swoosh_l, swoosh_r])
def test_swoosh_stays_finite_after_conversion(swoosh):
    function = tf.function(swoosh, input_signature=[tf.TensorSpec([7], tf.float32)])
    converter = tf.lite.TFLiteConverter.from_concrete_functions([function.get_concrete_function()])
    from ai_edge_litert.interpreter import Interpreter

    interpreter = Interpreter(model_content=converter.convert())
    interpreter.allocate_tensors()
    x = np.array([-3e4, -100, -1, 0, 1, 100, 3e4], np.float32)
    interpreter.set_tensor(interpreter.get_input_details()[0]["index"], x)
    interpreter.invoke()
    found = interpreter.get_tensor(interpreter.get_output_details()[0]["index"])
    shift, offset = (4, 0.035) if swoosh is swoosh_l else (1, 0.313261687)
    x64 = x.astype(np.float64)
    np.testing.assert_allclose(found, np.logaddexp(0, x64 - shift) - 0.08 * x64 - offset, rtol=1e-6, atol=1e-6)
