"""Twins and files of two strides against torch, at any length and at the edges of what may come in."""

from functools import partial

import numpy as np
import pytest
import tensorflow as tf
from signs_clips import random_clip
from signs_deberta_small import MAX_FRAMES, random_learner, small_recipe, state_of

from podium.errors import ClipError, UserError
from podium.export.comparing import TOLERANCES
from podium.export.formats import make_files
from podium.export.parity import check_faults, check_stages, check_weights
from podium.export.twins import load_twin, save_twin
from podium.recognise.operators import operator_names
from podium.recognise.tflite import TfliteFile
from podium.storage.files import write_json
from podium.systems import part
from podium.systems.signs_deberta import twin as twins
from podium.systems.signs_deberta.answers import PART as answers
from podium.systems.signs_deberta.graph import frames_with_hand, prepared
from podium.systems.signs_deberta.learner import assemble, file_input
from podium.systems.signs_deberta.recipe import Size
from podium.systems.signs_deberta.waves import Waves, to_waves
from podium.training.weights import write_reference

SETTINGS, LONG = {"web_frames": 48}, 30
FORMATS = ("fp32", "int8", "web")


class Export:
    """Two members of different strides in torch, in TensorFlow and in files."""

    def __init__(self, folder) -> None:
        self.recipes = [small_recipe(), small_recipe(max_frames=LONG)]
        self.learners = [random_learner(recipe, seed) for seed, recipe in enumerate(self.recipes)]
        self.torch = assemble([one.exported for one in self.learners], self.recipes, SETTINGS)
        self.twins = [
            twins.make(recipe).port(state_of(one), "the test")
            for recipe, one in zip(self.recipes, self.learners, strict=True)
        ]
        self.graph = twins.assemble(self.twins, SETTINGS)
        self.content = dict(zip(FORMATS, make_files(self.graph, FORMATS), strict=True))
        for format, content in self.content.items():
            (folder / f"{format}.tflite").write_bytes(content)
        self.files = {format: TfliteFile(folder / f"{format}.tflite") for format in FORMATS}
        write_reference(self.learners[0], [random_clip(length) for length in (1, 2, 11, 90)], folder / "reference.npz")
        self.reference = dict(np.load(folder / "reference.npz"))


@pytest.fixture(scope="module")
def export(tmp_path_factory) -> Export:
    return Export(tmp_path_factory.mktemp("signs_deberta"))


def test_every_stage_agrees_with_torch(export):
    report = check_stages(export.twins[0], export.reference)
    assert report["passed"], report["first_offender"]
    assert set(report["stages"]) == {name.split("/", 1)[1] for name in export.reference} - {"raw", "x"}
    assert check_weights(export.twins[0], state_of(export.learners[0]))["passed"]


def test_a_twin_survives_its_folder(export, tmp_path):
    account = {"system": "signs_deberta", "recipe": export.recipes[0].model_dump(mode="json")}
    write_json(tmp_path / "recipe.json", account)
    save_twin(export.twins[0], tmp_path / "recipe.json", tmp_path / "port")
    assert check_stages(load_twin(tmp_path / "port", partial(part, "signs_deberta")), export.reference)["passed"]


def test_planted_faults_are_found_in_their_place(export):
    reports = check_faults(export.twins[0], export.reference)
    assert [report["is_caught"] for report in reports] == [True] * 3, reports


@pytest.mark.parametrize("length", [1, 2, MAX_FRAMES, MAX_FRAMES + 1, LONG - 1, LONG, 100])
def test_the_files_agree_with_torch_at_any_length(export, length):
    clip = random_clip(length, seed=7)
    expected, stages = export.torch.inside(clip)
    found = export.graph.stages(clip)
    assert list(stages) == list(found)
    for name, value in stages.items():
        np.testing.assert_allclose(found[name].numpy(), value, atol=1e-4, err_msg=name)
    for format, file in export.files.items():
        if format == "web" and length > SETTINGS["web_frames"]:
            with pytest.raises(ClipError, match=f"the file takes 48 frames and the clip has {length}"):
                file.answer(clip)
            continue
        result = answers.agree(expected, file.answer(clip), TOLERANCES[format], SETTINGS)
        assert result["passed"] and result["error"] > 0, (format, result)


def test_the_files_agree_with_torch_on_edge_clips(export):
    clips = answers.edge_clips(random_clip(30), SETTINGS, export.recipes[0])
    clips["hands come and go"] = random_clip(40)
    clips["hands come and go"][::3, 468:489] = clips["hands come and go"][::3, 522:] = np.nan
    for name, clip in clips.items():
        expected = export.torch.answer(clip)
        assert np.isfinite(expected["outputs"]).all()
        for format in FORMATS:
            if format != "web" or len(clip) <= SETTINGS["web_frames"]:
                result = answers.agree(expected, export.files[format].answer(clip), TOLERANCES[format], SETTINGS)
                assert result["passed"], (name, format, result)


def test_a_file_says_the_mean_of_probabilities(export):
    clip = random_clip(20)
    logits = [learner.observe(clip)["outputs"] for learner in export.learners]
    shares = [np.exp(one - one.max()) / np.exp(one - one.max()).sum() for one in logits]
    found = np.exp(export.files["fp32"].answer(clip)["outputs"])
    np.testing.assert_allclose(found, np.mean(shares, axis=0), atol=1e-5)


def test_the_files_take_and_return_what_the_competition_wants(export):
    file = export.files["fp32"]
    assert file.inputs == {"inputs": (-1, 543, 3)} and file.outputs == {"outputs": (250,)}
    assert all(answers.is_own(one.inputs, one.outputs) for one in export.files.values())
    names = set(operator_names(export.content["int8"]))
    assert {"FULLY_CONNECTED", "BATCH_MATMUL"} <= names and not names & {"IF", "WHILE", "VAR_HANDLE", "CUSTOM"}


def test_waves_find_what_a_table_holds():
    rng, size, num_frames = np.random.default_rng(0), 7, 5
    by_query_HSK, by_key_HSK = rng.normal(size=(2, 3, 2 * size - 1, 4)).astype(np.float32)
    query_HMK, key_HMK = rng.normal(size=(2, 3, num_frames, 4)).astype(np.float32)
    tables = [tf.constant((to_waves(size) @ table).swapaxes(1, 2)) for table in (by_query_HSK, by_key_HSK)]
    found_HMM = Waves(size, num_frames).scores(query_HMK, tables[0], key_HMK, tables[1]).numpy()
    rounded_HMM = Waves(size, num_frames, in_bytes=True).scores(query_HMK, tables[0], key_HMK, tables[1]).numpy()
    assert 1e-4 < np.abs(rounded_HMM - found_HMM).max() < 0.1
    for one in range(num_frames):
        for other in range(num_frames):
            row = one - other + size - 1
            expected_H = (query_HMK[:, one] * by_query_HSK[:, row] + key_HMK[:, other] * by_key_HSK[:, row]).sum(-1)
            np.testing.assert_allclose(found_HMM[:, one, other], expected_H, atol=1e-5)


def test_published_padding_and_preparation_are_those_of_torch():
    recipe = small_recipe("published")
    learner = random_learner(recipe)
    twin = twins.make(recipe).port(state_of(learner), "the test")
    for length in (1, MAX_FRAMES, 90):
        clip = random_clip(length)
        x_MCN = file_input(clip, recipe)
        expected = learner.observe(clip)
        found = twin.inside(x_MCN)
        for name in found:
            np.testing.assert_allclose(found[name].numpy(), expected[name], atol=1e-4, err_msg=name)
    has_hand_T = frames_with_hand(tf.constant(clip), None).numpy()
    assert has_hand_T.tolist() == [1] * 90
    short = random_clip(MAX_FRAMES)
    np.testing.assert_allclose(
        prepared(tf.constant(short), None).numpy().transpose(0, 2, 1), file_input(short, recipe), atol=5e-6
    )


def test_a_file_beyond_the_competition_is_refused():
    recipe = small_recipe()
    size = Size(dense_dim=512, layer_dims=[1024, 1280, 1536], dropout_factors=[1, 2])
    large = recipe.model_copy(update={"model": recipe.model.model_copy(update={"distilled": size})})
    with pytest.raises(UserError, match=r"would have \d+ MB in fp16, and the competition takes less than 40"):
        twins.assemble([twins.make(large)], SETTINGS)
