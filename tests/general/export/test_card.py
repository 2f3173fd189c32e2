"""The model card: what it says of trained and of imported networks."""

import hashlib
import json
import shutil
import subprocess
from pathlib import Path

import pytest
from ai_edge_litert import schema_py_generated as schema
from small_networks import small_recipe

from podium import provenance
from podium.export.card import model_card
from podium.export.flatbuffer import write_model
from podium.recognise.tflite import SIGNATURE
from podium.storage.files import file_digest
from podium.systems.fingerspelling import answers
from podium.systems.fingerspelling.landmarks import COLUMNS
from podium.systems.fingerspelling.text import CHARACTERS

SETTINGS = {"selected_columns": COLUMNS, "min_frames": 15, "min_confidence": 0.1}
MANIFEST = {
    "dataset": {"name": "corpus", "title": "A corpus", "url": None, "licence": "free", "source": {"kind": "synthetic"}},
    "splits": {"train": {"num_sequences": 9, "num_participants": 3, "num_phrases": 8, "num_frames": 700}},
    "test_signers": {"number": 2, "trained_on": [], "recordings_trained_on": []},
}
PARITY = {"passed": True, "formats": {name: {"num_clips": 7} for name in ("tensorflow", "fp16", "fp32", "int8")}}
EVALUATION = {"score": 0.75, "score_damerau": 0.76, "num_sequences": 4, "num_characters": 40, "worst": []}


def recipe(seed: int, **more) -> dict:
    return {"recipe": small_recipe().model_dump(mode="json"), "seed": seed, "fold": None, "podium": "0.1.0", **more}


def write_tflite(path: Path, inputs: list[str], outputs: list[str]) -> Path:
    """A file without operators, whose signature names its tensors in the alphabet's order and not in theirs."""
    names = [*inputs, *outputs]
    graph = schema.SubGraphT(inputs=list(range(len(inputs))), outputs=list(range(len(inputs), len(names))))
    graph.tensors = [schema.TensorT(shape=[1], name=name, buffer=0) for name in names]
    maps = [schema.TensorMapT(name, index) for index, name in enumerate(names)]
    graph.operators = []
    signature = schema.SignatureDefT(signatureKey=SIGNATURE, subgraphIndex=0)
    signature.inputs = sorted(maps[: len(inputs)], key=lambda one: one.name)
    signature.outputs = sorted(maps[len(inputs) :], key=lambda one: one.name)
    content = schema.ModelT(3, [], [graph], "", [schema.BufferT()], signatureDefs=[signature])
    path.write_bytes(write_model(content))
    return path


@pytest.fixture
def model(tmp_path):
    return write_tflite(tmp_path / "model.tflite", ["inputs"], ["confidence", "outputs"])


def test_card_of_trained_networks(model):
    recipes = [recipe(1), recipe(2)]
    card = model_card("demo", answers, [model], SETTINGS, PARITY, recipes, MANIFEST, EVALUATION, is_data_ours=True)
    json.dumps(card, allow_nan=False)
    assert card["files"] == [
        {
            "file": "model.tflite",
            "sha256": file_digest(model),
            "size_mb": model.stat().st_size / 1e6,
            "runtimes": "LiteRT, tflite-runtime 2.14, TensorFlow 2.12",
            "inputs": ["inputs"],
            "outputs": ["confidence", "outputs"],
        }
    ]
    assert card["output"]["alphabet"] == CHARACTERS
    assert card["input"]["max_frames"] == 384 and card["output"]["confidence"]["name"] == "confidence"
    assert card["web"] is None and card["input"]["holds"] == "all"
    assert (card["thresholds"]["min_frames"], card["thresholds"]["min_confidence"]) == (15, 0.1)
    assert card["training_data"]["name"] == "corpus"
    assert card["training_data"]["splits"]["train"] == {"num_sequences": 9, "num_participants": 3, "num_phrases": 8}
    assert [one["seed"] for one in card["networks"]] == [1, 2] and card["networks"][0]["imported"] is None
    assert card["score"] == {"score": 0.75, "score_damerau": 0.76, "num_sequences": 4, "num_characters": 40}
    assert "corpus" in card["score_meaning"] and card["equal_to_torch"] == {"formats": ["fp16", "fp32"], "num_clips": 7}
    assert card["licence"] == {"code": "Apache-2.0", "training_data": "free", "weights": "Apache-2.0"}
    assert card["code"]["digest"] == provenance.code_digest("")


@pytest.mark.parametrize(
    ("inputs", "outputs"),
    [
        (["inputs"], ["outputs"]),
        (["inputs"], ["outputs", "confidence"]),
        (["num_frames", "inputs"], ["logits", "ids", "confidence"]),
    ],
)
def test_card_numbers_what_a_file_takes_and_returns(tmp_path, inputs, outputs):
    model = write_tflite(tmp_path / "x.tflite", inputs, outputs)
    (told,) = model_card("x", answers, [model], SETTINGS, PARITY, [recipe(1)], None, None)["files"]
    assert (told["inputs"], told["outputs"]) == (inputs, outputs)


@pytest.mark.parametrize("columns", [COLUMNS, COLUMNS[::-1], COLUMNS[:3]])
def test_card_names_the_columns_by_reference(model, columns):
    settings = {**SETTINGS, "selected_columns": columns}
    card = model_card("x", answers, [model], settings, PARITY, [recipe(1)], None, None)
    told = card["input"]["columns"]
    assert (told["file"], told["key"], told["number"]) == ("inference_args.json", "selected_columns", len(columns))
    assert told["sha256"] == hashlib.sha256("".join(f"{name}\n" for name in columns).encode()).hexdigest()
    assert len(json.dumps(card, indent=2).splitlines()) < 200 and "x_face_0" not in json.dumps(card)


@pytest.mark.parametrize(
    ("trained_on", "recordings", "words"),
    [
        ([50, 51], [], "test, 2 of its 2 people trained on"),
        ([50], [7, 8, 9], "test, 1 of its 2 people trained on, 3 of its recordings trained on"),
        ([], [7], "test, 1 of its recordings trained on"),
        ([], [], "hidden test"),
    ],
)
def test_a_score_says_who_was_trained_on(model, trained_on, recordings, words):
    test = {"number": 2, "trained_on": trained_on, "recordings_trained_on": recordings}
    manifest = {**MANIFEST, "test_signers": test}
    card = model_card("demo", answers, [model], SETTINGS, PARITY, [recipe(1)], manifest, EVALUATION)
    assert card["score_meaning"] == f"1 - edits / characters of the dataset corpus, {words}"


def test_card_tells_how_the_web_file_differs(model):
    parity = {"passed": True, "formats": {name: {"num_clips": 7} for name in ("tensorflow", "fp16", "web")}}
    web = model_card("x", answers, [model], SETTINGS, parity, [recipe(1)], None, None)["web"]
    assert web["file"] == "model_web.tflite"
    assert {name: one["shape"] for name, one in web["inputs"].items()} == {"inputs": [768, 390], "num_frames": [1]}
    shapes = {name: one["shape"] for name, one in web["outputs"].items()}
    assert shapes == {"ids": [33], "logits": [33, 59], "confidence": [1]}


def test_card_of_networks_on_data_of_others(model):
    card = model_card("x", answers, [model], SETTINGS, PARITY, [recipe(1)], MANIFEST, None)
    assert "yours to state" in card["licence"]["weights"] and card["score"] is None
    assert card["score_meaning"] == "not scored"


def test_card_of_imported_networks(model):
    origin = {"file": "x.pth", "sha256": "0"}
    card = model_card("x", answers, [model], SETTINGS, PARITY, [recipe(1, imported=origin)], None, None)
    assert card["training_data"] is None and card["networks"][0]["imported"] == origin
    assert "imported checkpoints" in card["licence"]["weights"]


def git(folder, *words):
    who = ["-c", "user.name=x", "-c", "user.email=x@x"]
    subprocess.run(["git", "-C", folder, *who, *words], check=True, capture_output=True)


@pytest.mark.skipif(shutil.which("git") is None, reason="git is absent")
def test_commit_of_a_checkout_alone(tmp_path, monkeypatch):
    package = tmp_path / "package"
    package.mkdir()
    (package / "__init__.py").write_text("")
    monkeypatch.setattr(provenance, "PACKAGE", package)
    git(tmp_path, "init")
    assert provenance.commit() is None, "a folder in somebody else's repository"
    git(tmp_path, "add", ".")
    git(tmp_path, "commit", "-m", "x")
    first = provenance.commit()
    assert len(first) == 40
    (package / "__init__.py").write_text("changed")
    assert provenance.commit() == f"{first}+changes"
