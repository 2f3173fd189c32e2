"""A .tflite file and the card beside it: of one export, or not."""

import pytest

from podium import Recognizer
from podium.errors import UserError
from podium.recognise.card import NAME, card_problem
from podium.storage.files import file_digest, write_json


@pytest.fixture
def model(tmp_path):
    """A file whose card lists it and one more."""
    model = tmp_path / "model.tflite"
    model.write_bytes(b"weights")
    listed = [{"file": model.name, "sha256": file_digest(model)}, {"file": "model_int8.tflite", "sha256": "0" * 64}]
    write_json(tmp_path / NAME, {"files": listed})
    return model


def test_a_file_that_is_listed(model):
    assert card_problem(model) == ""
    assert card_problem(model.rename(model.with_name("renamed.tflite"))) == "", "its content is known"


def test_a_file_that_another_export_has_left(model):
    other = model.with_name("model_web.tflite")
    other.write_bytes(b"older weights")
    assert "model_web.tflite is not among the files" in card_problem(other)
    assert "model.tflite, model_int8.tflite" in card_problem(other)


def test_a_file_of_another_content(model):
    model.write_bytes(b"other weights")
    assert "another sha256" in card_problem(model)
    model.with_name("model_int8.tflite").write_bytes(b"any")
    assert "another sha256" in card_problem(model.with_name("model_int8.tflite"))


@pytest.mark.parametrize("content", ["", "[]", "{}", '{"files": 1}', '{"files": [1]}'])
def test_a_damaged_card(model, content):
    model.with_name(NAME).write_text(content)
    assert NAME in card_problem(model)


def test_without_a_card_nothing_is_claimed(model):
    assert card_problem(model.with_name("model.safetensors")) == ""
    model.with_name(NAME).unlink()
    assert card_problem(model) == ""


def test_what_the_card_does_not_describe_is_not_read(model, podium, tmp_path):
    other = model.with_name("model_web.tflite")
    other.write_bytes(b"older weights")
    with pytest.raises(UserError, match="is not among the files of model_card.json"):
        Recognizer(other)
    done = podium("predict", tmp_path, "--model", other)
    assert done.code == 2 and "is not among the files of model_card.json" in done.err
