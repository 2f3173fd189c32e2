"""A copy of the project in an empty folder, and the tiny experiment run there once with the real Snakemake."""

import os
import re
import shutil
import subprocess
from dataclasses import dataclass
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent.parent
TREE = ["Snakefile", "workflow", "config", "envs", "profiles", "src"]
TINY = "config/test/tiny.yaml"


@dataclass
class Project:
    """A copy of the project; runs use its own package source."""

    root: Path

    def snakemake(self, *arguments: str, config: str = TINY) -> subprocess.CompletedProcess[str]:
        """Runs Snakemake in the copy and returns what it said, whatever its exit code."""
        command = ["snakemake", *arguments, "--configfile", config]
        environment = os.environ | {"PYTHONPATH": str(self.root / "src"), "TF_CPP_MIN_LOG_LEVEL": "2"}
        return subprocess.run(command, cwd=self.root, env=environment, capture_output=True, text=True)

    def planned(self, *arguments: str, config: str = TINY) -> dict[str, int]:
        """Rules that a run would execute, with their number of jobs."""
        outcome = self.snakemake("-n", *arguments, config=config)
        assert outcome.returncode == 0, outcome.stdout + outcome.stderr
        text = outcome.stdout + outcome.stderr
        if "Nothing to be done" in text:
            return {}
        table = text.split("Job stats:")[1].split("\n\n")[0]
        jobs = {name: int(count) for name, count in re.findall(r"^(\w+) +(\d+)$", table, re.MULTILINE)}
        del jobs["total"]
        jobs.pop("all", None)
        assert jobs
        return jobs

    def edit(self, file: str, old: str, new: str) -> None:
        """Replaces one text in one file."""
        path = self.root / file
        text = path.read_text()
        assert text.count(old) >= 1, f"{file} does not hold {old!r}"
        path.write_text(text.replace(old, new, 1))


def copy_project(target: Path) -> Project:
    for name in TREE:
        source = ROOT / name
        if source.is_dir():
            shutil.copytree(source, target / name, ignore=shutil.ignore_patterns("__pycache__", "*.egg-info"))
        else:
            target.mkdir(parents=True, exist_ok=True)
            shutil.copy(source, target / name)
    return Project(target)


@pytest.fixture(scope="session")
def finished(tmp_path_factory) -> Project:
    """The tiny experiment, run to its end. Tests that change it work on `copy_of`."""
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
