"""The twin and the files against torch, at any length and at the edges of what may come in."""

from functools import partial

import numpy as np
import pytest
from signs_llama_small import MAX_FRAMES, random_clip, random_learner, small_recipe, state_of

from podium.errors import ClipError, UserError
from podium.export.comparing import TOLERANCES
from podium.export.formats import make_files
from podium.export.parity import check_faults, check_stages, check_weights
from podium.export.twins import load_twin, save_twin
from podium.recognise.operators import operator_names
from podium.recognise.tflite import TfliteFile
from podium.storage.files import write_json
from podium.systems import part
from podium.systems.signs_llama import twin as twins
from podium.systems.signs_llama.answers import PART as answers
from podium.systems.signs_llama.graph import SignGraph
from podium.systems.signs_llama.learner import Assembly, assemble, file_features
from podium.systems.signs_llama.recipe import Model
from podium.training.weights import write_reference

SETTINGS = {"web_frames": 48}
FORMATS = ("fp32", "int8", "web")


class Export:
    """Two members in torch, in TensorFlow and in files."""

    def __init__(self, folder) -> None:
        self.recipe = small_recipe()
        self.learners = [random_learner(self.recipe, seed) for seed in (1, 2)]
        self.torch = assemble([one.network for one in self.learners], [self.recipe] * 2, SETTINGS)
        self.twins = [twins.make(self.recipe).port(state_of(one), "the test") for one in self.learners]
        self.graph = twins.assemble(self.twins, SETTINGS)
        self.content = dict(zip(FORMATS, make_files(self.graph, FORMATS), strict=True))
        for format, content in self.content.items():
            (folder / f"{format}.tflite").write_bytes(content)
        self.files = {format: TfliteFile(folder / f"{format}.tflite") for format in FORMATS}
        write_reference(self.learners[0], [random_clip(length) for length in (1, 2, 40, 150)], folder / "reference.npz")
        self.reference = dict(np.load(folder / "reference.npz"))

    def edges(self) -> dict[str, np.ndarray]:
        return answers.edge_clips(random_clip(30), SETTINGS, self.recipe)


@pytest.fixture(scope="module")
def export(tmp_path_factory) -> Export:
    return Export(tmp_path_factory.mktemp("signs_llama"))


def test_every_stage_agrees_with_torch(export):
    report = check_stages(export.twins[0], export.reference)
    assert report["passed"], report["first_offender"]
    assert set(report["stages"]) == {name.split("/", 1)[1] for name in export.reference} - {"raw", "x"}
    assert check_weights(export.twins[0], state_of(export.learners[0]))["passed"]


def test_a_twin_survives_its_folder(export, tmp_path):
    account = {"system": "signs_llama", "recipe": export.recipe.model_dump(mode="json")}
    write_json(tmp_path / "recipe.json", account)
    save_twin(export.twins[0], tmp_path / "recipe.json", tmp_path / "port")
    assert check_stages(load_twin(tmp_path / "port", partial(part, "signs_llama")), export.reference)["passed"]
    assert (tmp_path / "port/saved_model/saved_model.pb").is_file()


def test_planted_faults_are_found_in_their_place(export):
    reports = check_faults(export.twins[0], export.reference)
    assert [report["is_caught"] for report in reports] == [True] * 3, reports
    assert check_stages(export.twins[0], export.reference)["passed"], "the faults must be gone again"


@pytest.mark.parametrize("length", [1, 2, 40, MAX_FRAMES, MAX_FRAMES + 1, 200])
def test_the_files_agree_with_torch_at_any_length(export, length):
    clip = random_clip(length, seed=7)
    expected, stages = export.torch.inside(clip)
    found = export.graph.stages(clip)
    assert stages.keys() == found.keys()
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
    for name, clip in export.edges().items():
        expected = export.torch.answer(clip)
        assert np.isfinite(expected["outputs"]).all()
        for format in ("fp32", "int8"):
            result = answers.agree(expected, export.files[format].answer(clip), TOLERANCES[format], SETTINGS)
            assert result["passed"], (name, format, result)


def test_the_files_take_and_return_what_the_competition_wants(export):
    file = export.files["fp32"]
    assert file.inputs == {"inputs": (-1, 543, 3)} and file.outputs == {"outputs": (250,)}
    assert all(answers.is_own(one.inputs, one.outputs) for one in export.files.values())
    names = set(operator_names(export.content["int8"]))
    assert {"FULLY_CONNECTED", "BATCH_MATMUL"} <= names and not names & {"IF", "WHILE", "VAR_HANDLE", "CUSTOM"}


def test_int8_holds_matrices_and_positions_in_bytes(export):
    num_parameters = sum(value.size for one in export.learners for value in state_of(one).values())
    assert len(export.content["fp32"]) > 4 * num_parameters
    assert len(export.content["int8"]) < 0.45 * len(export.content["fp32"])


@pytest.mark.parametrize("choice", ["published", "corrected"])
def test_preparation_is_that_of_torch(choice):
    recipe = small_recipe(choice)
    graph = SignGraph([twins.make(recipe)], SETTINGS)
    clips = {str(length): random_clip(length) for length in (1, 30, MAX_FRAMES + 37, 300)}
    clips |= answers.edge_clips(clips["30"], SETTINGS, recipe)
    clips["odd"] = clips["30"].copy()
    clips["odd"][3, 13, 0] = clips["odd"][5, 500, 1] = np.nan
    for name, clip in clips.items():
        found_TF = graph.features(clip).numpy()
        np.testing.assert_allclose(found_TF, file_features(clip, recipe.data), atol=2e-6, err_msg=name)


def test_members_that_do_not_go_together_are_refused(export):
    others = [export.twins[0], twins.make(small_recipe(max_frames=32))]
    with pytest.raises(UserError, match="the members differ in data.max_frames"):
        twins.assemble(others, SETTINGS)


def test_a_file_beyond_the_competition_is_refused():
    recipe = small_recipe()
    large = recipe.model_copy(update={"model": Model(name="llama", num_heads=8, head_dim=64, num_blocks=8)})
    with pytest.raises(UserError, match=r"would have \d+ MB in fp16, and the competition takes less than 40"):
        twins.assemble([twins.make(large)], SETTINGS)


def test_a_single_network_is_an_assembly_too(export):
    alone = Assembly([export.learners[0].network], export.recipe.data)
    clip = random_clip(20)
    expected = export.learners[0].observe(clip)["outputs"]
    np.testing.assert_allclose(alone.answer(clip)["outputs"], expected, atol=1e-6)
