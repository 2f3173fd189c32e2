"""The tiny experiment, run once with the real Snakemake."""

import shutil
from pathlib import Path

import pytest
from project import Project, copy_project


@pytest.fixture(scope="session")
def finished(tmp_path_factory) -> Project:
    """The tiny experiment, run to its end. Tests that change it work on `copied`."""
    project = copy_project(tmp_path_factory.mktemp("finished") / "podium")
    outcome = project.snakemake("--cores", "2")
    assert outcome.returncode == 0, outcome.stdout[-3000:] + outcome.stderr[-6000:]
    (project.root / "run.log").write_text(outcome.stdout + outcome.stderr)
    return project


@pytest.fixture
def copied(finished: Project, tmp_path: Path) -> Project:
    """A copy of the finished run, elsewhere, that a test may spoil."""
    shutil.copytree(finished.root, tmp_path / "moved", symlinks=True)
    return Project(tmp_path / "moved")


@pytest.fixture
def fresh(tmp_path: Path) -> Project:
    """A copy of the project in which nothing has run."""
    return copy_project(tmp_path / "podium")
