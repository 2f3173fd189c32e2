"""The files of both sign recognisers for browsers, in a real one: they answer as in Python."""

import json
import shutil
from importlib import import_module
from pathlib import Path

import numpy as np
import pytest
from chromium import CHROMIUM
from signs_clips import random_clip
from sites import answer_of

from podium.export.formats import make_file
from podium.page.modules import NAME, SITE
from podium.recognise.tflite import TfliteFile
from podium.systems import part

SETTINGS = {"web_frames": 48}
LENGTHS = (1, 2, 30, 48)

pytestmark = pytest.mark.skipif(not CHROMIUM, reason="no Chromium: apt-get install chromium")


def web_file(system: str) -> bytes:
    """Two small networks."""
    small = import_module(f"{system}_small")
    recipe, twins = small.small_recipe(), part(system, "twin")
    members = [
        twins.make(recipe).port(small.state_of(small.random_learner(recipe, seed)), "the test") for seed in (1, 2)
    ]
    return make_file(twins.assemble(members, SETTINGS), "web")


@pytest.fixture(scope="module")
def site(tmp_path_factory, packages) -> Path:
    folder = tmp_path_factory.mktemp("signs")
    shutil.copytree(SITE, folder, dirs_exist_ok=True, ignore=shutil.ignore_patterns(NAME))
    shutil.copytree(packages, folder / NAME)
    shutil.copy(Path(__file__).with_name("run_files.html"), folder)
    return folder


def test_files_of_signs_answer_in_a_browser_as_in_python(site, tmp_path):
    runs, expected = [], []
    for system in ("signs_llama", "signs_deberta"):
        path = site / f"{system}.tflite"
        path.write_bytes(web_file(system))
        file = TfliteFile(path)
        for length in LENGTHS:
            clip = random_clip(length)
            name = f"{system}{length}.f32"
            clip.tofile(site / name)
            runs.append({"file": path.name, "clip": name, "shape": list(file.inputs["inputs"]), "numFrames": length})
            expected.append(file.answer(clip)["outputs"])
    (site / "runs.json").write_text(json.dumps(runs))
    found = answer_of(site, "run_files.html", tmp_path)
    assert "failure" not in found, found["failure"]
    for run, one, other in zip(runs, found["answers"], expected, strict=True):
        np.testing.assert_allclose(one, other, atol=1e-3, err_msg=str(run))
    assert len({int(np.argmax(one)) for one in expected}) > 1
