"""Runs that submit jobs to a Slurm, and what tests ask about them."""

import os
import re
import subprocess
from dataclasses import dataclass
from pathlib import Path

from local_slurm import LocalSlurm
from project import TINY, Project

# Quicker than a cluster would like it, and on a disk that no other machine writes.
HASTE = "--slurm-init-seconds-before-status-checks 1 --seconds-between-status-checks 1 --latency-wait 5".split()
# The executor asks Slurm less and less often, by ten seconds each time, which no option changes.
SNAKEMAKE = """
import shutil, sys
from snakemake.cli import main
from snakemake_executor_plugin_slurm import Executor
Executor.next_seconds_between_status_checks = property(lambda self: 1, lambda self, seconds: None)
sys.argv[0], sys.executable = "snakemake", shutil.which("python")
sys.exit(main())
"""
RUN_TIMEOUT_S = 1200
LOG = "results/logs/tiny/round1/fold0.log"
MODEL = "results/tiny/round1/fold0/model.safetensors"
STATE = "results/state/tiny/round1/fold0"
TIMEOUT_S = 240


@dataclass
class Run:
    """A Snakemake that submits jobs, and what it says."""

    process: subprocess.Popen
    log: Path

    def wait(self, timeout_s: float = RUN_TIMEOUT_S) -> str:
        """Until it has ended well."""
        code = self.process.wait(timeout_s)
        said = self.log.read_text()
        assert code == 0, said[-6000:]
        return said

    def kill(self) -> None:
        """As a login node that goes down: this process alone, and without a word."""
        self.process.kill()
        self.process.wait(60)


def submit(project: Project, *arguments: str, profile: str = "profiles/slurm", **environment: str) -> Run:
    """Starts a run on Slurm and returns at once."""
    log = project.root / f"run{len(list(project.root.glob('run*.log')))}.log"
    command = ["python", "-c", SNAKEMAKE, *arguments, "--workflow-profile", profile, *HASTE, "--configfile", TINY]
    environment = os.environ | {"PYTHONPATH": str(project.root / "src"), "TF_CPP_MIN_LOG_LEVEL": "2"} | environment
    with open(log, "w") as stream:
        process = subprocess.Popen(command, cwd=project.root, env=environment, stdout=stream, stderr=stream)
    return Run(process, log)


def jobs_of(slurm: LocalSlurm, project: Project) -> list[dict[str, str]]:
    """The jobs of a project's runs, the oldest first."""
    return [job for job in slurm.jobs() if job["WorkDir"] == str(project.root)]


def wait_for_line(slurm: LocalSlurm, project: Project, pattern: str) -> str:
    """Until the training's log holds a line; returns what the pattern's group holds."""
    log = project.root / LOG
    found = []

    def look():
        found[:] = re.findall(pattern, log.read_text() if log.exists() else "")
        return found

    slurm.wait_for(look, TIMEOUT_S, f"'{pattern}' in {LOG}")
    return found[-1]


def wait_for_resumption(slurm: LocalSlurm, project: Project, epoch: int) -> None:
    """Until a later job goes on; the epoch it goes on from is at least the one that was reached."""
    assert int(wait_for_line(slurm, project, r"resumed epoch=(\d+)")) >= epoch


def last_words(project: Project, job: dict[str, str]) -> str:
    """Slurm's own log of a job, kept since it has failed."""
    (log,) = (project.root / "results/logs/slurm").rglob(f"{job['JobId']}.log")
    return log.read_text()
