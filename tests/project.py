"""A copy of the project in a folder of its own, where a test may run and spoil it."""

import os
import re
import shutil
import subprocess
from dataclasses import dataclass
from pathlib import Path
from subprocess import CompletedProcess

import forked

from podium.storage.source_code import MEMORY, remember

ROOT = Path(__file__).parent.parent
TREE = ["Snakefile", "workflow", "config", "envs", "profiles", "src"]
RECIPES = "config/recipes/fingerspelling"
TINY = "config/test/tiny.yaml"


@dataclass
class Project:
    """A copy of the project; runs use its own package source.

    Attributes:
        is_forked: Whether Snakemake and the scripts of rules begin as in `forked`; else as on a user's machine.
    """

    root: Path
    is_forked: bool = True

    @property
    def environment(self) -> dict[str, str]:
        """That of every run."""
        path = [str(forked.python_folder())] if self.is_forked else []
        own = {"PATH": os.pathsep.join([*path, os.environ["PATH"]]), "PYTHONPATH": str(self.root / "src")}
        return os.environ | own | {"TF_CPP_MIN_LOG_LEVEL": "2"}

    def snakemake(self, *arguments: str, config: str = TINY) -> CompletedProcess[str]:
        """Runs Snakemake in the copy and returns what it said, whatever its exit code."""
        command = ["snakemake", *arguments, "--configfile", config]
        if self.is_forked:
            return forked.run(command, self.root, self.environment)
        return subprocess.run(command, cwd=self.root, env=self.environment, capture_output=True, text=True)

    def podium(self, *words: str) -> CompletedProcess[str]:
        """Runs the command ``podium`` in the copy."""
        return forked.run(["podium", *words], self.root, self.environment)

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
    """Copies what a run needs, with the memory of what was parsed: plans after the first are what users wait for."""
    for name in TREE:
        source = ROOT / name
        if source.is_dir():
            shutil.copytree(source, target / name, ignore=shutil.ignore_patterns("__pycache__", "*.egg-info"))
        else:
            target.mkdir(parents=True, exist_ok=True)
            shutil.copy(source, target / name)
    remember(target / MEMORY)
    return Project(target)
