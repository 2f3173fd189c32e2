"""Whose model a file is; and that the general recogniser asks the system for all that it does not know."""

import json
from types import SimpleNamespace

import numpy as np
import pytest
from small_networks import account_of, built_in, random_clip, random_network, small_recipe, state_of, write_network

from podium import Recognizer
from podium.data.clip_files import open_arrays, told_of
from podium.errors import ClipError, UserError
from podium.export.formats import make_file
from podium.recognise import recognizer
from podium.recognise.predictions import predict
from podium.recognise.readings import Prepared, Reading
from podium.storage.files import write_json
from podium.systems import part
from podium.systems.files import parse_settings, read_export, read_recipes
from podium.systems.fingerspelling.landmarks import COLUMNS
from podium.systems.fingerspelling.twin import assemble, make

RECIPE = small_recipe(max_frames=64)
SETTINGS = {"system": "fingerspelling", "selected_columns": COLUMNS, **built_in(15, 0.0), "frame_rate": None}


@pytest.fixture(scope="module")
def content() -> bytes:
    twin = make(RECIPE).port(state_of(random_network(RECIPE)), "the test")
    return make_file(assemble([twin], built_in(15, 0.0)), "fp16")


@pytest.fixture
def model(content, tmp_path):
    (tmp_path / "model.tflite").write_bytes(content)
    return tmp_path / "model.tflite"


def test_a_file_alone_tells_its_system_by_what_it_takes_and_returns(model):
    alone = Recognizer(model)
    write_json(model.with_name("inference_args.json"), SETTINGS)
    beside = Recognizer(model)
    assert alone.read(random_clip(40)) == beside.read(random_clip(40))
    assert alone.read(random_clip(9)).reason == "not_read" and beside.read(random_clip(9)).reason == "too_short"


def test_an_export_of_before_must_be_made_again(model, podium, tmp_path):
    write_json(model.with_name("inference_args.json"), {key: SETTINGS[key] for key in SETTINGS if key != "system"})
    with pytest.raises(UserError, match="inference_args.json does not name its system.*; export the model again"):
        Recognizer(model)
    done = podium("predict", tmp_path, "--model", model)
    assert done.code == 2 and "does not name its system" in done.err and done.err.count("\n") == 1


def test_weights_of_before_and_of_a_system_that_there_is_not(tmp_path):
    folder = write_network(tmp_path, RECIPE, seed=0)
    account = account_of(RECIPE)
    write_json(folder / "recipe.json", {"recipe": account["recipe"]})
    with pytest.raises(UserError, match='recipe.json does not name its system.*add "system" to it'):
        Recognizer(folder)
    write_json(folder / "recipe.json", account | {"system": "fingerspeling"})
    with pytest.raises(UserError, match="unknown system 'fingerspeling'"):
        Recognizer(folder)


def test_recipes_of_several_systems(tmp_path, monkeypatch):
    for name, system in (("a", "fingerspelling"), ("b", "waves")):
        write_json(tmp_path / f"{name}.json", account_of(RECIPE) | {"system": system})
    monkeypatch.setattr("podium.systems.files.part", lambda system, name: part("fingerspelling", name))
    with pytest.raises(UserError, match=r"a.json, .*b.json are of several systems \(fingerspelling, waves\)"):
        read_recipes([tmp_path / "a.json", tmp_path / "b.json"])


def test_settings_on_a_command_line():
    settings = parse_settings("fingerspelling", ["min_frames=3", "min_confidence=0.5"])
    assert settings == built_in(3, 0.5) | {"holds": "all"}
    with pytest.raises(UserError, match="min_frame"):
        parse_settings("fingerspelling", ["min_frame=3"])


def test_an_absent_export_is_told(tmp_path):
    with pytest.raises(UserError, match="inference_args.json does not exist; export the model again"):
        read_export(tmp_path / "inference_args.json")


# ------------------------------------------------------------------------------------------------ a system of one page


def as_input(clip, settings, fps):
    if np.ndim(clip) != 1:
        raise ClipError("a wave has one axis")
    return Prepared(np.asarray(clip, np.float32), ("odd",) * (len(clip) % 2), "" if len(clip) else "silent")


WAVES = SimpleNamespace(
    as_input=as_input,
    read=lambda outputs, settings, x: Reading(settings["words"][int(outputs["score"] > 0)], 0.5),
    open_clips=open_arrays,
    REASONS={"silent": "nothing is there"},
    MEANINGS={"odd": "an odd number of values"},
)


@pytest.fixture
def waves(tmp_path):
    settings = {"words": ["low", "high"], "frame_rate": 100}
    return recognizer.Recognizer(tmp_path / "model", WAVES, lambda x: {"score": x.sum()}, settings)


def test_the_recogniser_knows_no_task(waves):
    reading = waves.read(np.ones(3))
    assert (reading.text, reading.confidence, reading.remarks, reading.num_read_frames) == ("high", 0.5, ("odd",), 3)
    assert waves.read(np.ones(0)).reason == "silent" and waves.frame_rate == 100
    with pytest.raises(UserError, match="fps is 0; a rate lies from 1 to 1000"):
        waves.read(np.ones(3), fps=0)


def test_arrays_below_a_folder_are_clips(waves, tmp_path):
    (tmp_path / "clips/deeper").mkdir(parents=True)
    np.save(tmp_path / "clips/a.npy", -np.ones(4))
    np.save(tmp_path / "clips/deeper/b.npy", np.ones((2, 2)))
    (tmp_path / "clips/c.npy").write_text("no array")
    (tmp_path / "clips/d.txt").write_text("no clip")
    sources = open_arrays([tmp_path / "clips"])
    low, broken, square = predict(waves, sources)
    assert low.to_text(WAVES.REASONS) == f"{tmp_path}/clips/a.npy\tlow\t0.500" and low.num_frames == 4
    assert "c.npy is damaged or no array" in broken.complaint and square.problem == "a wave has one axis"
    assert json.loads(json.dumps(low.to_json()))["text"] == "low"
    assert told_of(sources.passed_over) == "1 file(s): 1 .txt"
