"""The networks in TensorFlow and the files, against torch and against the original."""

import h5py
import numpy as np
import pytest
from ai_edge_litert.interpreter import Interpreter
from speech import NETS, golden, golden_learner, keras_layers, recipe

from podium.errors import UserError
from podium.export.formats import check_size, make_file, make_files
from podium.export.parity import check_faults, check_stages, check_weights
from podium.recognise.operators import operator_names
from podium.systems.speech import answers, learner, twin
from podium.systems.speech.checkpoint import import_checkpoint, reference_clips
from podium.systems.speech.plan import Settings
from podium.training.weights import load_network

SETTINGS = Settings().model_dump()


def ported(network, one) -> twin.WordTwin:
    return twin.make(one).port({name: value.numpy() for name, value in network.state_dict().items()}, "a test")


@pytest.fixture(scope="module", params=NETS)
def pair(request, shared):
    one = golden_learner(shared, request.param)
    head = "attention_mean" if "106" in request.param else "attention_max"
    own = recipe(head, one.network.head.output.out_features)
    return request.param, one, ported(one.network, own)


def test_every_stage_is_torch_s_and_faults_show(shared, pair):
    name, one, copy = pair
    clips = golden(shared, name)[0]["in/x"]
    reference = {f"{clip}/{stage}": value for clip in (0, 3) for stage, value in one.observe(clips[clip]).items()}
    reference = {key.replace("3/", "1/", 1) if key.startswith("3/") else key: value for key, value in reference.items()}
    assert check_weights(copy, {key: value.numpy() for key, value in one.network.state_dict().items()})["passed"]
    found = check_stages(copy, reference)
    assert found["passed"] and len(found["stages"]) == 17, found["first_offender"]
    faults = check_faults(copy, reference)
    assert len(faults) == 3 and all(fault["is_caught"] for fault in faults), faults
    assert check_stages(copy, reference)["passed"]


def test_files_answer_as_torch(shared, tmp_path):
    one = golden_learner(shared, "speech_195_tiny")
    graph = twin.assemble([ported(one.network, recipe())], SETTINGS)
    clips = [*golden(shared, "speech_195_tiny")[0]["in/x"], *golden(shared, "speech_195_tiny_train")[0]["in/x"]]
    with pytest.raises(ValueError, match="clips to calibrate"):
        make_file(graph, "int8")
    graph.calibration = clips
    assembly = learner.assemble([one.network], [recipe()], SETTINGS)
    expected, sizes, words = [assembly.answer(clip) for clip in clips], {}, {}
    formats = ("fp32", "fp16", "web", "int8")
    contents = dict(zip(formats, make_files(graph, formats), strict=True))
    assert contents["web"] == contents["fp16"], "one network, made once"
    assert all(make_file(graph, format) == contents[format] for format in formats), "as each alone"
    for format, content in contents.items():
        sizes[format] = len(content)
        run = Interpreter(model_content=content, num_threads=1).get_signature_runner()
        assert [tuple(detail["shape"]) for detail in run.get_input_details().values()] == [(16000,)]
        found = [run(inputs=clip) for clip in clips]
        words[format] = [answers.read(one).text for one in found]
        # Random weights make the most of int8's rounding: its words tell its worth.
        tolerance = {"fp32": 5e-6, "int8": 0.5}.get(format, 5e-3)
        pairs = zip(expected, found, strict=True)
        assert all(answers.agree(one, other, tolerance, SETTINGS)["passed"] for one, other in pairs), format
    right = [answers.read(one).text for one in expected]
    assert words["fp32"] == words["fp16"] == right
    assert sum(one == other for one, other in zip(words["int8"], right, strict=True)) >= 0.8 * len(right)
    names = operator_names(contents["fp32"])
    assert "DEPTHWISE_CONV_2D" in names and "SPLIT" not in names and "GATHER" not in names
    assert sizes["int8"] < sizes["fp16"] < sizes["fp32"]
    with pytest.raises(UserError, match="must have fewer than 1,000"):
        check_size(b"0" * 1000, "fp32", 1000)


@pytest.mark.parametrize("rule", ["sum", "max_softmax"])
def test_looks_and_rules_are_built_in(shared, rule):
    names = ("speech_106_tiny", "speech_195_32_tiny")
    learners = [golden_learner(shared, name) for name in names]
    recipes = [recipe("attention_mean", 32), recipe("attention_max", 32)]
    settings = {**SETTINGS, "looks": "left_loud", "rule": rule}
    copies = [ported(one.network, own) for one, own in zip(learners, recipes, strict=True)]
    graph = twin.assemble(copies, settings)
    assembly = learner.assemble([one.network for one in learners], recipes, settings)
    clip = golden(shared, names[0])[0]["in/x"][0]
    expected, found = assembly.answer(clip)["probabilities"], graph.read(clip)["probabilities"].numpy()
    assert np.abs(expected - found).max() < 5e-6 and expected.shape == (12,)
    assert {f"{member}/7b" for member in (0, 1)} <= graph.stages(clip).keys()


@pytest.mark.parametrize("name", ["speech_pi_tiny", "speech_pi_32_tiny"])
def test_the_prize_s_graph(shared, name):
    arrays, meta = golden(shared, name)
    weights = meta["weights"].removesuffix(".npz")
    one = golden_learner(shared, weights)
    settings = {**SETTINGS, "rule": "max_softmax"}
    assembly = learner.assemble([one.network], [recipe(num_classes=32 if "32" in name else 12)], settings)
    for clip in ("exact", "short", "long", "silence", "extremes"):
        wave = np.pad(arrays[f"in/{clip}"], (0, 16000))[:16000]
        prepared = answers.as_input((arrays[f"in/{clip}"] / 32768).astype(np.float32), {}, None).x
        assert np.array_equal(prepared, arrays[f"out/{clip}/decoded"])
        assert np.abs(assembly.answer(prepared)["probabilities"] - arrays[f"out/{clip}/probs_from_wav"]).max() < 5e-6
        if f"out/{clip}/probs_fed" in arrays:
            fed = assembly.answer((wave / 32767).astype(np.float32))["probabilities"]
            assert np.abs(fed - arrays[f"out/{clip}/probs_fed"]).max() < 5e-6


@pytest.mark.parametrize("prefix", ["", "model_weights/"])
def test_a_checkpoint_of_keras_is_imported(shared, tmp_path, prefix):
    arrays, _ = golden(shared, "speech_195_tiny")
    path, out = tmp_path / "winner.hdf5", tmp_path / "run/model.safetensors"
    with h5py.File(path, "w") as file:
        for layer, values in keras_layers(arrays).items():
            number = int(layer.rpartition("_")[2]) if layer[-1].isdigit() and not layer.endswith("1d") else 0
            kind = layer.removesuffix(f"_{number}") if number else layer
            for key, value in values.items():  # numbers go on from an earlier network of the same process
                file[f"{prefix}{kind}_{number + 9}/{kind}_{number + 9}/{key}:0"] = value
        file[f"{prefix}dropout_1/nothing:0"] = np.zeros(1)
    imported = import_checkpoint(path, recipe(), 3, out)
    original = golden_learner(shared, "speech_195_tiny").network
    assert (imported.num_tensors, imported.weights) == (len(original.state_dict()), "keras")
    clip, network = reference_clips()[0], load_network(out, learner, recipe())
    expected, found = (learner.assemble([one], [recipe()], {}).answer(clip) for one in (original, network))
    assert np.array_equal(found["probabilities"], expected["probabilities"])
    assert {"recipe.json", "reference.npz", "inference_args.json"} <= {file.name for file in out.parent.iterdir()}
    for problem, other in (
        ("does not fit the recipe", recipe("attention_mean")),
        ("shape", recipe(model={"name": "attention_max", "widths": [16, 16, 24, 32, 40, 48, 72]})),
    ):
        with pytest.raises(UserError, match=problem):
            import_checkpoint(path, other, 0, tmp_path / "other.safetensors")
    (tmp_path / "no.hdf5").write_bytes(b"no")
    with pytest.raises(UserError, match="is no hdf5 file"):
        import_checkpoint(tmp_path / "no.hdf5", recipe(), 0, out)
    assert not (tmp_path / "other.safetensors").exists()
