"""A checkout's own code is what plans and runs, even if another copy of the package is installed, as in an image."""

import os
import shutil

import forked
import pytest
from project import TINY


def fingerprints(project, path) -> str:
    """The commands in a plan that tell a fingerprint, with a package on Python's path."""
    command = ["snakemake", "-n", "--printshellcmds", "--configfile", TINY]
    done = forked.run(command, project.root, os.environ | {"PYTHONPATH": str(path)})
    assert done.returncode == 0, done.stderr
    return "\n".join(sorted(line for line in done.stdout.splitlines() if "fingerprint" in line))  # jobs in any order


FILES = [
    "systems/fingerspelling/networks/squeezeformer_relpos.py", "systems/fingerspelling/sources/synthetic.py",
    "config/recipes.py",
]  # fmt: skip


@pytest.mark.parametrize("file", FILES)
def test_another_copy_changes_no_plan(fresh, tmp_path, file):
    own = fingerprints(fresh, fresh.root / "src")
    assert own
    other = tmp_path / "other"
    shutil.copytree(fresh.root / "src", other)  # with the plugin for Snakemake's log
    (other / "podium" / file).write_text("raise ImportError('the copy of an image')\n")
    assert fingerprints(fresh, other) == own
