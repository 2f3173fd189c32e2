"""A real Slurm, and the tiny experiment run through it once."""

import shutil
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest
from local_slurm import HOME, LocalSlurm, local_slurm, why_not
from project import RECIPES, Project, copy_project
from slurm_runs import MODEL, Run, submit


@pytest.fixture(scope="session")
def slurm() -> Iterator[LocalSlurm]:
    """Daemons that are up; tests skip where there can be none."""
    reason = why_not()
    if reason:
        pytest.skip(reason)
    with local_slurm(HOME) as slurm:
        yield slurm


@dataclass
class Chain:
    """The tiny experiment, run to its end; tests only look at it."""

    project: Project
    jobs: list[dict[str, str]]
    scratch: Path


@pytest.fixture(scope="session")
def chain(slurm, tmp_path_factory) -> Chain:
    project = copy_project(tmp_path_factory.mktemp("slurm") / "podium")
    scratch = tmp_path_factory.mktemp("scratch")
    partitions = project.root / "partitions.yaml"  # as docs/cluster.md has them
    partitions.write_text("partitions: {main: {max_threads: 64}, other: {max_threads: 64, max_gpu: 8}}")
    own = {"SBATCH_ACCOUNT": "lab", "PODIUM_SCRATCH": f"{scratch}/$SLURM_CLUSTER_NAME"}
    own["PATH"] = project.environment["PATH"]  # nobody ends these jobs, so that all of them may be forked
    run = submit(project, SNAKEMAKE_SLURM_PARTITIONS=str(partitions), **own)
    try:
        run.wait()
    finally:
        run.kill()
    return Chain(project, slurm.jobs(), scratch)


@pytest.fixture(scope="session")
def prepared(tmp_path_factory) -> Project:
    """The tiny experiment's data; tests work on a copy."""
    project = copy_project(tmp_path_factory.mktemp("prepared") / "podium")
    outcome = project.snakemake("data", "--cores", "2")
    assert outcome.returncode == 0, outcome.stderr[-3000:]
    return project


@pytest.fixture
def long_training(prepared, slurm, tmp_path) -> Iterator[Project]:
    """A project in which a fold is to train for minutes. Nothing of it goes on afterwards."""
    shutil.copytree(prepared.root, tmp_path / "podium", symlinks=True)
    project = Project(tmp_path / "podium")
    project.edit(f"{RECIPES}/tiny_round1.yaml", "epochs: 6", "epochs: 2000")
    project.edit(f"{RECIPES}/tiny_round1.yaml", "validate_every_epochs: 3", "validate_every_epochs: 1000")
    yield project
    slurm.call("scancel", "--user=root")
    slurm.wait_for(lambda: not slurm.call("squeue", "--noheader").strip(), 120, "an empty queue")


@pytest.fixture
def start(long_training) -> Iterator[Callable[..., Run]]:
    """Starts the long training on Slurm; runs that a test leaves are ended with it."""
    runs = []

    def begin(*arguments: str, **settings: str) -> Run:
        runs.append(submit(long_training, MODEL, *arguments, **settings))
        return runs[-1]

    yield begin
    for run in runs:
        if run.process.poll() is None:
            run.kill()
