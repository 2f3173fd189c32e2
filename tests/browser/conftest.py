"""The page in a folder, and a file for phones, with two small networks in the place of a model."""

import json
import shutil
from pathlib import Path

import pytest
from sites import or_skip
from small_networks import account_of, built_in, random_network, small_recipe, state_of

from podium.export.card import model_card
from podium.export.formats import make_file
from podium.export.graph import Graph
from podium.landmarks.pictures.task_file import holistic_task
from podium.page.building import build
from podium.page.modules import NAME, SITE, modules
from podium.systems.fingerspelling import answers
from podium.systems.fingerspelling.landmarks import COLUMNS
from podium.systems.fingerspelling.twin import assemble, make

HERE = Path(__file__).parent
MAX_FRAMES = 64
RECIPE = small_recipe(max_frames=MAX_FRAMES)
MIN_CONFIDENCE = 0.42  # such networks trust some clips and others not


@pytest.fixture(scope="session")
def ensemble() -> Graph:
    twins = [make(RECIPE).port(state_of(random_network(RECIPE, seed)), "the test") for seed in (1, 2)]
    return assemble(twins, built_in(15, MIN_CONFIDENCE))


@pytest.fixture(scope="session")
def model(tmp_path_factory, ensemble) -> Path:
    """The folder of an export: the file for browsers, settings, card."""
    folder = tmp_path_factory.mktemp("model")
    (folder / "model_web.tflite").write_bytes(make_file(ensemble, "web"))
    settings = {"system": "fingerspelling", "selected_columns": COLUMNS, "frame_rate": 30}
    settings |= built_in(15, MIN_CONFIDENCE)
    parity = {"passed": True, "formats": {"tensorflow": {"num_clips": 0}, "web": {"num_clips": 0}}}
    account = account_of(RECIPE, seed=1, podium="0")
    card = model_card("test", answers, [folder / "model_web.tflite"], settings, parity, [account], None, None)
    (folder / "model_card.json").write_text(json.dumps(card))
    (folder / "inference_args.json").write_text(json.dumps(settings))
    return folder


@pytest.fixture(scope="session")
def phone_file(ensemble) -> bytes:
    """The same networks as a file for phones."""
    return make_file(ensemble, "fp16")


@pytest.fixture(scope="session")
def packages() -> Path:
    """What npm brings."""
    return or_skip(modules, pytest.skip)


@pytest.fixture(scope="session")
def site(tmp_path_factory, model, packages) -> Path:
    """The page without MediaPipe's models, as far as it reads clips of landmarks."""
    folder = tmp_path_factory.mktemp("site")
    shutil.copytree(SITE, folder, dirs_exist_ok=True, ignore=shutil.ignore_patterns(NAME))
    shutil.copytree(packages, folder / NAME)
    shutil.copytree(model, folder, dirs_exist_ok=True)
    shutil.copy(HERE / "read_clips.html", folder)
    (folder / "foreign.tflite").write_bytes(b"of another export")
    return folder


@pytest.fixture(scope="session")
def film_site(tmp_path_factory, model, packages) -> Path:
    """The whole page, and one that reads films without buttons."""
    folder = tmp_path_factory.mktemp("films") / "page"
    task = or_skip(holistic_task, pytest.skip)
    build(folder, model, task)
    shutil.copy(HERE / "read_films.html", folder)
    return folder
