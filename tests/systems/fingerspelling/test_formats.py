"""The file's formats, and that TFLite's fast kernels get the networks in one piece."""

import os
import shutil
import subprocess
import sys

import numpy as np
import pytest
import tensorflow as tf
from ai_edge_litert import schema_py_generated as schema
from ai_edge_litert.interpreter import Interpreter
from project import ROOT
from raw_folder import landmark_frame, table
from small_networks import account_of, built_in, in_torch, random_clip, random_network, small_recipe, state_of

from podium.config import file_of
from podium.errors import UserError
from podium.export.answers import answer_all, write_answers
from podium.export.card import file_entry, model_card
from podium.export.clips import ProofClip
from podium.export.evaluation import evaluate
from podium.export.flatbuffer import FULLY_CONNECTED, PER_CHANNEL_VERSION, kind, read_model, write_model
from podium.export.formats import MAKERS, make_file, make_files
from podium.export.verification import check_formats
from podium.port.convolution import MAX_TAPS, depthwise, tap_groups
from podium.port.layers import NORM_EPSILON, BatchNorm, Frames, Kernels, Linear, is_nonzero
from podium.port.weights import Weights
from podium.recognise.predictions import predict
from podium.recognise.tflite import SIGNATURE, TfliteFile
from podium.storage.files import write_json
from podium.systems.fingerspelling import answers
from podium.systems.fingerspelling.answers import open_clips
from podium.systems.fingerspelling.landmarks import COLUMNS
from podium.systems.fingerspelling.readings import rows_of
from podium.systems.fingerspelling.text import CHARACTERS
from podium.systems.fingerspelling.twin import assemble, make
from podium.systems.recognizer import Recognizer

OLD_RUNTIME = os.environ.get("PODIUM_TFLITE_RUNTIME_PYTHON")  # a Python with tflite-runtime 2.14
INT8, FLOAT16 = schema.TensorType.INT8, schema.TensorType.FLOAT16


RECIPE = small_recipe(max_frames=64)


@pytest.fixture(scope="module")
def networks():
    return [random_network(RECIPE, seed) for seed in (1, 2)]


@pytest.fixture(scope="module")
def ensemble(networks):
    return assemble([make(RECIPE).port(state_of(network), "the test") for network in networks], built_in(15, 0.0))


@pytest.fixture(scope="module")
def files(ensemble, tmp_path_factory):
    """A file per format of the same two small networks."""
    folder = tmp_path_factory.mktemp("formats")
    paths = {name: folder / file_of(name) for name in MAKERS}
    for path, content in zip(paths.values(), make_files(ensemble, paths), strict=True):
        path.write_bytes(content)
    return paths


def rows(file: TfliteFile, clip: np.ndarray) -> np.ndarray:
    return rows_of(file.answer(clip))


def first_rows(path, num_frames: int) -> np.ndarray:
    return rows(TfliteFile(path), random_clip(num_frames))[0]


@pytest.mark.parametrize("num_frames", [15, 64, 100])
def test_formats_answer_alike(files, num_frames):
    rows = {name: first_rows(path, num_frames) for name, path in files.items()}
    scale = np.abs(rows["fp32"]).max()
    assert 0 < np.abs(rows["fp16"] - rows["fp32"]).max() < 1e-2 * scale
    assert 0 < np.abs(rows["int8"] - rows["fp32"]).max() < 0.2 * scale


@pytest.mark.parametrize("num_frames", [0, 1, 14, 15, 63, 64, 65, 66, 100, 128])
@pytest.mark.parametrize("name", ["web", "kaggle"])
def test_answers_as_the_main_file(files, name, num_frames):
    main, other = (TfliteFile(files[one]) for one in ("fp16", name))
    clip = random_clip(num_frames)
    ours, theirs = rows(other, clip), rows(main, clip)
    assert ours.argmax(1).tolist() == theirs.argmax(1).tolist()
    np.testing.assert_allclose(ours, theirs, atol=1e-3 * np.abs(theirs).max())
    assert other.answer(clip)["confidence"].item() == pytest.approx(main.answer(clip)["confidence"].item(), abs=1e-4)


def snippet(page: str, section: str) -> str:
    """The Python that a page of the documentation shows in a section."""
    text = (ROOT / "docs" / page).read_text(encoding="utf-8")
    return text.split(f"\n## {section}\n", 1)[1].split("```python\n", 1)[1].split("```", 1)[0]


@pytest.mark.parametrize("name", ["fp16", "fp32", "int8", "kaggle"])
def test_an_app_without_signatures_reads_as_the_documentation_says(files, tmp_path, name):
    code = snippet("export.md", "Without signatures")
    shutil.copy(files[name], tmp_path / "model.tflite")
    settings = {"selected_columns": COLUMNS, "min_frames": 15, "min_confidence": 0.0}
    parity = {"formats": {"tensorflow": {"num_clips": 0}}}
    account = account_of(RECIPE, seed=1, podium="0")
    write_json(
        tmp_path / "model_card.json",
        model_card("x", answers, [tmp_path / "model.tflite"], settings, parity, [account], None, None),
    )
    recognizer = TfliteFile(files[name])
    for num_frames in (16, 50, 100):
        np.save(tmp_path / "clip.npy", random_clip(num_frames))
        command = [sys.executable, "-c", code]
        done = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, check=True)
        answer = rows(recognizer, random_clip(num_frames))
        assert done.stdout.removesuffix("\n") == "".join(CHARACTERS[index] for index in answer.argmax(1))


@pytest.mark.parametrize(
    ("name", "said"),
    [
        ("fp16", "LiteRT, tflite-runtime 2.14, TensorFlow 2.12"),
        ("int8", "LiteRT; tflite-runtime 2.14 and TensorFlow 2.12 refuse it"),
        ("kaggle", "tflite-runtime 2.14 (Kaggle's), where it is the quickest; "),
        ("web", "those that want every shape fixed"),
    ],
)
def test_the_card_names_the_runtimes_of_a_file(files, name, said):
    assert file_entry(files[name])["runtimes"].startswith(said)


@pytest.mark.parametrize(
    ("name", "inputs", "outputs"),
    [
        ("fp16", {"inputs": [1, 390]}, {"confidence": [], "outputs": [1, 59]}),
        ("fp32", {"inputs": [1, 390]}, {"confidence": [], "outputs": [1, 59]}),
        ("int8", {"inputs": [1, 390]}, {"confidence": [], "outputs": [1, 59]}),
        ("kaggle", {"inputs": [1, 390]}, {"confidence": [], "outputs": [1, 59]}),
        ("web", {"num_frames": [1], "inputs": [128, 390]}, {"logits": [33, 59], "ids": [33], "confidence": [1]}),
    ],
)
def test_numbers_are_those_of_the_documentation(files, name, inputs, outputs):
    """The table in docs/export.md; and the card's names are the runtime's."""
    interpreter = Interpreter(str(files[name]))
    runner = interpreter.get_signature_runner(SIGNATURE)
    told = file_entry(files[name])
    for side, shapes in (("inputs", inputs), ("outputs", outputs)):
        listed = getattr(interpreter, f"get_{side[:-1]}_details")()
        by_name = getattr(runner, f"get_{side[:-1]}_details")()
        assert told[side] == list(shapes)
        assert [one["shape"].tolist() for one in listed] == list(shapes.values())
        assert [one["index"] for one in listed] == [by_name[name]["index"] for name in told[side]]


def test_web_takes_no_more_than_its_rows(files):
    with pytest.raises(UserError, match="takes 128 frames and the clip has 129"):
        rows(TfliteFile(files["web"]), random_clip(129))


def test_a_clip_too_long_for_web_stops_no_other(files, tmp_path):
    for name, num_frames in (("a", 129), ("b", 128)):
        np.save(tmp_path / f"{name}.npy", random_clip(num_frames))
    bad, good = predict(Recognizer(files["web"]), open_clips([tmp_path]))
    assert bad.reading is None and bad.num_frames == 129
    assert bad.complaint == f"{tmp_path}/a.npy: the file takes 128 frames and the clip has 129; cut it"
    assert good.reading == Recognizer(files["web"]).read(random_clip(128))


def test_a_hidden_clip_too_long_for_web(files, networks, ensemble, tmp_path):
    """It counts as unread, and is not compared."""
    rows = table(num_signers=1, clips_per_signer=3, split="test").assign(num_frames=[20, 129, 128])
    path = tmp_path / rows["path"][0]
    path.parent.mkdir()
    landmark_frame(rows).to_parquet(path)
    report, predictions = evaluate(TfliteFile(files["web"]).answer, answers, {}, rows, tmp_path, "phrase")
    assert report["num_unread"] == 1 and (predictions["prediction"] == "").tolist() == [False, True, False]
    report, _ = evaluate(TfliteFile(files["fp16"]).answer, answers, {}, rows, tmp_path, "phrase")
    assert report["num_unread"] == 0
    clips = [ProofClip(str(position), raw_TK, None) for position, raw_TK in answers.test_clips(rows, tmp_path)]
    write_answers(tmp_path / "answers.npz", clips, answer_all(in_torch(networks, RECIPE, 15).inside, clips))
    of_formats = {format: files[format] for format in ("fp16", "web")}
    formats, problems = check_formats(ensemble, of_formats, clips, tmp_path / "answers.npz", answers, "phrase")
    assert not problems
    assert [(one["num_clips"], one["num_too_long"]) for one in formats.values()] == [(3, 0), (3, 0), (2, 1)]


def test_int8_is_held_against_torch_coarsely(files, networks, ensemble, tmp_path):
    clips = [ProofClip(str(length), random_clip(length), None) for length in (20, 64, 100)]
    for number, of_seeds in enumerate((networks, networks[:1])):
        write_answers(tmp_path / "answers.npz", clips, answer_all(in_torch(of_seeds, RECIPE, 15).inside, clips))
        models = {"int8": files["int8"]}
        formats, problems = check_formats(ensemble, models, clips, tmp_path / "answers.npz", answers, "phrase")
        assert ["int8" in problem.split()[0] for problem in problems] == [False, True] * number
        assert formats["int8"]["passed"] == (number == 0) and formats["int8"]["max_error"] > 0


def test_what_stands_behind_the_last_frame_is_not_looked_at(files):
    run = Interpreter(str(files["web"])).get_signature_runner("serving_default")
    answers = []
    for filler in (np.nan, 0.0, 0.7):
        clip = np.full((128, 390), filler, np.float32)
        clip[:40] = random_clip(40)
        answers.append(run(inputs=clip, num_frames=np.array([40], np.int32)))
    for answer in answers[1:]:
        for name, value in answers[0].items():
            np.testing.assert_array_equal(answer[name], value, err_msg=name)


def test_int8_holds_matrices_alone(files):
    model = read_model(files["int8"].read_bytes())
    kinds = [kind(code) for code in model.operatorCodes]
    num_matrices = 0
    for graph in model.subgraphs:
        for operator in graph.operators:
            types = [graph.tensors[index].type for index in operator.inputs if index >= 0]
            if kinds[operator.opcodeIndex] == FULLY_CONNECTED:
                num_matrices += 1
                assert types[1] == INT8
            else:
                assert INT8 not in types
    assert num_matrices > 50
    types = [tensor.type for graph in model.subgraphs for tensor in graph.tensors]
    assert FLOAT16 in types, "what is not a matrix stays in float16"


def test_int8_asks_for_a_runtime_that_knows_scales_per_channel(files):
    model = read_model(files["int8"].read_bytes())
    versions = {code.version for code in model.operatorCodes if kind(code) == FULLY_CONNECTED}
    assert versions == {PER_CHANNEL_VERSION}


def test_kaggle_multiplies_by_turned_matrices_alone(files):
    main, kaggle = (read_model(files[name].read_bytes()) for name in ("fp16", "kaggle"))
    kinds = [kind(code) for code in kaggle.operatorCodes]
    graph, *_, body = kaggle.subgraphs
    products = [one for one in graph.operators if kinds[one.opcodeIndex] == schema.BuiltinOperator.BATCH_MATMUL]
    assert len(products) > 50 and not any(product.builtinOptions.adjY for product in products)
    assert FULLY_CONNECTED not in {kinds[operator.opcodeIndex] for operator in graph.operators}
    assert FULLY_CONNECTED in {kinds[operator.opcodeIndex] for operator in body.operators}
    newest, found = ({kind(code): code.version for code in model.operatorCodes} for model in (main, kaggle))
    assert found.keys() <= newest.keys(), "an operator that the main file does without"
    other = {operator for operator, version in found.items() if version != newest[operator]}
    assert other == {FULLY_CONNECTED} and found[FULLY_CONNECTED] < newest[FULLY_CONNECTED], "its rows have two axes"


@pytest.mark.parametrize("name", ["squeezeformer_relpos", "zipformer"])
def test_kaggle_of_other_networks(tmp_path, name):
    recipe = small_recipe(name, max_frames=64)
    ensemble = assemble([make(recipe).port(state_of(random_network(recipe)), "the test")], built_in(15, 0.0))
    (tmp_path / "kaggle.tflite").write_bytes(make_file(ensemble, "kaggle"))
    recognizer = TfliteFile(tmp_path / "kaggle.tflite")
    for num_frames in (15, 40, 41, 100):
        clip = random_clip(num_frames)
        expected = ensemble.inside(clip.astype(np.float32))["outputs"].numpy()
        np.testing.assert_allclose(rows(recognizer, clip)[0], expected[0], atol=1e-2 * np.abs(expected).max())


def convolved_in_tflite(x_TD: np.ndarray, kernel_K1D: np.ndarray, bias_D: np.ndarray) -> np.ndarray:
    """What TFLite's fast kernels make of `depthwise`; TensorFlow's cannot run that graph on every processor."""
    frames = Frames(len(x_TD), kernels=Kernels.XNNPACK)

    @tf.function(input_signature=[tf.TensorSpec(x_TD.shape, tf.float32)])
    def convolve(x_TD):
        return depthwise(x_TD, tf.constant(kernel_K1D), tf.constant(bias_D), frames)

    converter = tf.lite.TFLiteConverter.from_concrete_functions([convolve.get_concrete_function()], tf.Module())
    interpreter = Interpreter(model_content=converter.convert())
    interpreter.allocate_tensors()
    interpreter.set_tensor(interpreter.get_input_details()[0]["index"], x_TD)
    interpreter.invoke()
    return interpreter.get_tensor(interpreter.get_output_details()[0]["index"])


@pytest.mark.parametrize("kernel_size", [1, 3, 25, 27, 31, 51, 53, 101])
def test_long_convolutions_of_all_kernels_are_equal(kernel_size):
    groups = tap_groups(kernel_size)
    assert sorted(tap for group in groups for tap in group) == list(range(kernel_size))
    assert all(len(group) <= MAX_TAPS for group in groups)
    assert len(groups) == {1: 1, 3: 1, 25: 1, 27: 2, 31: 3, 51: 3, 53: 4, 101: 5}[kernel_size]
    rng = np.random.default_rng(0)
    x_TD, kernel_K1D, bias_D = (
        rng.normal(size=shape).astype(np.float32) for shape in [(40, 6), (kernel_size, 1, 6), (6,)]
    )
    convolved = [np.convolve(x_T, kernel_K[::-1]) for x_T, kernel_K in zip(x_TD.T, kernel_K1D[:, 0].T, strict=True)]
    expected_TD = np.stack(convolved, axis=1)[kernel_size // 2 :][:40] + bias_D
    np.testing.assert_allclose(convolved_in_tflite(x_TD, kernel_K1D, bias_D), expected_TD, atol=1e-4)
    tensors = [tf.constant(value) for value in (x_TD, kernel_K1D, bias_D)]
    for kernels in (Kernels.TENSORFLOW, Kernels.TFLITE_X86):
        np.testing.assert_allclose(depthwise(*tensors, Frames(40, kernels=kernels)), expected_TD, atol=1e-4)


@pytest.mark.parametrize("num_frames", [1, 2, 3, 4, 5, 8, 13])
def test_convolution_of_several_frames_at_once(num_frames):
    rng = np.random.default_rng(0)
    x_TD, kernel_K1D, bias_D = (
        tf.constant(rng.normal(size=shape).astype(np.float32)) for shape in [(num_frames, 6), (51, 1, 6), (6,)]
    )
    expected_TD = depthwise(x_TD, kernel_K1D, bias_D, Frames(num_frames))
    found_TD = depthwise(x_TD, kernel_K1D, bias_D, Frames(num_frames, kernels=Kernels.TFLITE_X86))
    np.testing.assert_allclose(found_TD, expected_TD, atol=1e-5)


@pytest.mark.skipif(not OLD_RUNTIME, reason="PODIUM_TFLITE_RUNTIME_PYTHON names no Python with tflite-runtime 2.14")
@pytest.mark.parametrize("name", ["fp32", "fp16", "int8", "kaggle"])
def test_runtime_of_2023(files, tmp_path, name):
    """It reads the float files as today's does, and refuses the int8 file."""
    np.save(tmp_path / "clip.npy", random_clip(40).astype(np.float32))
    code = (
        "import sys, numpy as np; from tflite_runtime.interpreter import Interpreter;"
        "run = Interpreter(sys.argv[1]).get_signature_runner('serving_default');"
        "np.save(sys.argv[3], run(inputs=np.load(sys.argv[2]))['outputs'])"
    )
    command = [OLD_RUNTIME, "-c", code, files[name], tmp_path / "clip.npy", tmp_path / "rows.npy"]
    done = subprocess.run(command, capture_output=True, text=True)
    if name == "int8":
        assert done.returncode != 0 and "'FULLY_CONNECTED' version '12'" in done.stderr
    else:
        expected = rows(TfliteFile(files[name]), random_clip(40))
        found = np.load(tmp_path / "rows.npy")
        assert found.argmax(1).tolist() == expected.argmax(1).tolist()
        np.testing.assert_allclose(found, expected, atol=1e-3 * np.abs(expected).max())


def test_rewritten_file_answers_the_same(files, tmp_path):
    content = files["fp16"].read_bytes()
    rewritten = write_model(read_model(content))
    assert len(rewritten) < len(content)
    (tmp_path / "model.tflite").write_bytes(rewritten)
    np.testing.assert_array_equal(first_rows(tmp_path / "model.tflite", 40), first_rows(files["fp16"], 40))


def operators(content: bytes) -> tuple[list[dict], list[dict]]:
    """The pieces of a main graph that TFLite's fast kernels take, and its operators with weights."""
    interpreter = Interpreter(model_content=content)
    interpreter.allocate_tensors()
    found = interpreter._get_ops_details()
    heavy = ("FULLY_CONNECTED", "CONV_2D", "DEPTHWISE_CONV_2D")
    return [one for one in found if one["op_name"] == "DELEGATE"], [one for one in found if one["op_name"] in heavy]


def test_encoders_are_one_piece(files):
    """Beside it stand the gathering of what is behind the loop, one row of constants at most."""
    pieces, heavy = operators(files["fp32"].read_bytes())
    assert 1 <= len(pieces) <= 2, [len(piece["outputs"]) for piece in pieces]
    taken = max((set(piece["inputs"]) for piece in pieces), key=len)  # with the weights of every operator in it
    assert len(heavy) > 50 and not [one for one in heavy if one["inputs"][1] not in taken]


def test_a_decoding_step_is_one_piece(files):
    model = read_model(files["fp32"].read_bytes())
    body = next(graph for graph in model.subgraphs if graph.name == b"while_body")
    model.subgraphs, model.signatureDefs, body.name = [body], None, b"main"
    assert len(operators(write_model(model))[0]) == 1


def test_folded_layers_equal_their_parts():
    rng = np.random.default_rng(0)
    weights = Weights()
    linear, norm = Linear(weights.scope("linear"), 6, 4), BatchNorm(weights.scope("norm"), 4)
    for variable in weights.variables.values():
        variable.assign(rng.uniform(0.5, 1.5, variable.shape).astype(np.float32))
    x_TI = tf.constant(rng.normal(size=(5, 6)).astype(np.float32))
    kernel_IO, bias_O = norm.folded(linear.kernel_IO)
    plain_TO = tf.matmul(x_TI, linear.kernel_IO)
    expected_TO = (plain_TO - norm.mean) / tf.sqrt(norm.var + NORM_EPSILON) * norm.weight + norm.bias
    np.testing.assert_allclose(tf.matmul(x_TI, kernel_IO) + bias_O, expected_TO, atol=1e-5)


@pytest.mark.parametrize(("x", "expected"), [(0.0, 0.0), (-0.0, 0.0), (1e-12, 1.0), (-1e-12, 1.0), (3e5, 1.0)])
def test_is_nonzero(x, expected):
    assert float(is_nonzero(tf.constant(x, tf.float32))) == expected
