"""Fixtures for every test."""

import os
import sys
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import hypothesis
import pytest

ROOT = Path(__file__).parent.parent
# Several processes share the cores, and a thread that waits for its siblings takes a core from all of them: with a
# thread per core, tests of torch took six times as long on a busy machine, those of TensorFlow three times.
for _variable in ("OMP_NUM_THREADS", "TF_NUM_INTRAOP_THREADS", "TF_NUM_INTEROP_THREADS"):
    os.environ.setdefault(_variable, "1")
# The same examples in every run, and none kept between runs; tests never time anything.
hypothesis.settings.register_profile("podium", derandomize=True, database=None, deadline=None)
hypothesis.settings.load_profile("podium")
LONGEST = (
    "slurm", "workflow", "hostile", "contract", "browser", "test_speed.py", "test_tflite.py", "test_ranks.py",
    "test_resume.py", "test_end_to_end.py", "test_formats.py", "test_clip_order.py", "download", "test_port.py",
    "test_presets.py", "test_training.py",
)  # fmt: skip


def pytest_itemcollected(item: pytest.Item) -> None:
    """Where several processes share the tests, each file goes to one of them; so do all that share a run, a Slurm or
    the page."""
    is_shared = item.path.parent.name in ("slurm", "browser") or "finished" in getattr(item, "fixturenames", ())
    place = item.path.parent if is_shared else item.path
    item.add_marker(pytest.mark.xdist_group(str(place.relative_to(ROOT))))


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """The longest first, so that no process ends alone."""

    def rank(item: pytest.Item) -> int:
        names = (item.path.parent.name, item.path.name)
        return next((number for number, name in enumerate(LONGEST) if name in names), len(LONGEST))

    items.sort(key=rank)


@pytest.fixture(scope="session")
def shared() -> Path:
    """The folder of reference numbers and real data beside the project; tests that need it skip without it."""
    folder = Path(os.environ.get("PODIUM_SHARED", ROOT.parent / "shared"))
    if not folder.is_dir():
        pytest.skip(f"no reference data: {folder} is absent (set PODIUM_SHARED to its place)")
    return folder


@dataclass
class Outcome:
    """How a command ended, and what it said."""

    code: int
    out: str
    err: str


@pytest.fixture
def podium(capsys, monkeypatch) -> Callable[..., Outcome]:
    """The command ``podium``, in this process: a process of its own takes seconds to import what it needs."""
    from podium.cli.main import main

    def call(*words: object) -> Outcome:
        monkeypatch.setattr(sys, "argv", ["podium", *map(str, words)])
        code = 0
        try:
            main()
        except SystemExit as error:
            code = error.code or 0
        return Outcome(code, *capsys.readouterr())

    return call
