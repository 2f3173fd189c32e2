"""The model that comes with Podium."""

import json
from argparse import Namespace
from pathlib import Path

import pytest

import podium
from podium.cli import predict
from podium.errors import UserError
from podium.recognise import pretrained
from podium.recognise.card import card_problem
from podium.storage.files import file_digest


def _export(folder: Path, passed: bool = True, size: int = 10) -> Path:
    """What `put_into_box` looks at of an export; the bytes of its models are none."""
    folder.mkdir()
    files = []
    for name in ("model.tflite", "model_web.tflite"):
        (folder / name).write_bytes(name.encode() * size)
        files.append({"file": name, "sha256": file_digest(folder / name)})
    (folder / "model_card.json").write_text(json.dumps({"files": files}))
    (folder / "inference_args.json").write_text("{}")
    (folder / "parity.json").write_text(json.dumps({"passed": passed}))
    return folder


def test_an_export_becomes_the_model_in_the_box(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    box = tmp_path / "box"
    monkeypatch.setattr(pretrained, "FOLDER", box)
    with pytest.raises(UserError, match="comes without a model"):
        podium.pretrained()
    export = _export(tmp_path / "export")
    (export / "torch_answers.npz").write_bytes(b"large, and nobody's business")
    pretrained.put_into_box(export, box)
    assert sorted(path.name for path in box.iterdir()) == sorted(pretrained.FILES)
    assert podium.pretrained() == box / "model.tflite"
    assert (box / "model.tflite").read_bytes() == (export / "model.tflite").read_bytes()


def test_predict_without_a_model_reads_with_the_one_in_the_box(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(pretrained, "FOLDER", tmp_path)
    arguments = Namespace(clips=[tmp_path], model=None, out=None, threads=1, beam=1, fps=None, format="plain")
    with pytest.raises(UserError, match="comes without a model; name one with --model"):
        predict.run(arguments)
    (tmp_path / "model.tflite").write_bytes(b"half of a copy")
    with pytest.raises(UserError, match="comes without a model"):
        predict.run(arguments)
    for name in pretrained.FILES:
        (tmp_path / name).write_text("{}")
    with pytest.raises(UserError, match=f"{tmp_path}/"):  # what is there is asked
        predict.run(arguments)


@pytest.mark.parametrize(
    "spoil, words",
    [
        (lambda folder: (folder / "model_web.tflite").unlink(), "lacks model_web.tflite"),
        (lambda folder: (folder / "parity.json").unlink(), "lacks parity.json"),
        (lambda folder: (folder / "model.tflite").write_bytes(b"another"), "another sha256"),
        (lambda folder: (folder / "parity.json").write_text('{"passed": false}'), "the proof has failed"),
    ],
)
def test_nothing_but_a_proven_export_goes_into_the_box(tmp_path: Path, spoil, words: str):
    export, box = _export(tmp_path / "export"), tmp_path / "box"
    spoil(export)
    with pytest.raises(UserError, match=words):
        pretrained.put_into_box(export, box)
    assert not box.exists()


def test_a_large_model_stays_out(tmp_path: Path):
    export = _export(tmp_path / "export", size=400_000)
    with pytest.raises(UserError, match="at most 4 MB"):
        pretrained.put_into_box(export, tmp_path / "box")


def test_what_is_in_the_box_can_be_opened_and_is_small():
    """Of this very copy."""
    model = podium.pretrained()
    assert {path.name for path in model.parent.iterdir()} == set(pretrained.FILES)
    assert all((model.parent / name).stat().st_size <= pretrained.MAX_MB * 1e6 for name in pretrained.FILES)
    assert card_problem(model) == ""
    assert podium.Recognizer(model).frame_rate == 30
