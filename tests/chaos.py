"""Kills the tiny experiment at random moments, starts it again each time, and counts what was lost.

    python tests/chaos.py --kills 100

An undisturbed run comes first; its artefacts are what all others must equal, bit by bit. Then the chain runs in a copy
of the project and its whole process group gets SIGKILL at moments that are spread evenly over the run. After every kill
all artefacts that are there are compared, the folder is moved, and the next run may not make again what an earlier one
has finished. A chain that comes to its end is compared as a whole, thrown away and begun anew.
"""

import argparse
import json
import os
import random
import re
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections import Counter
from dataclasses import dataclass, field, replace
from pathlib import Path

from project import TINY, Project, copy_project

from podium.storage.files import file_digest

KILLS_PER_RUN = 5
TIMEOUT_SECONDS = 1800
# What may differ between two runs: it holds times, or TensorFlow's own identifiers.
_NOT_COMPARED = re.compile(
    r"results/(logs|benchmarks|state)/|/(benchmark\.json|summary\.md|results\.md|progress\.png|report\.html)$"
    r"|/manifest(\.failed)?\.json$|/saved_model/|/\."
)
_MANIFEST_OF_DATA = re.compile(r"results/data/[^/]+/manifest\.json$")
_BLOCK = re.compile(r"^(?:local)?rule (\w+):\n((?:    .*\n)+)", re.MULTILINE)


@dataclass
class Account:
    """What a run of the test has counted."""

    seed: int
    num_kills: int = 0
    num_completed: int = 0
    corrupted: list[str] = field(default_factory=list)
    lost: list[str] = field(default_factory=list)
    made_again: list[str] = field(default_factory=list)
    left_over: list[str] = field(default_factory=list)
    killed_in: Counter = field(default_factory=Counter)

    @property
    def is_clean(self) -> bool:
        """Whether nothing was lost, and nothing is left of what was killed."""
        return not (self.corrupted or self.lost or self.made_again or self.left_over)


def artefacts(project: Project) -> dict[str, str]:
    """Digest of every artefact that must not depend on how often a run was interrupted."""
    files = (path for path in (project.root / "results").rglob("*") if path.is_file())
    names = {path.relative_to(project.root).as_posix(): path for path in files}
    return {
        name: file_digest(path)
        for name, path in sorted(names.items())
        if _MANIFEST_OF_DATA.search(name) or not _NOT_COMPARED.search(name)
    }


def undisturbed(folder: Path) -> tuple[dict[str, str], float]:
    """The artefacts of a run that nothing happens to, and the seconds that it took."""
    project, started = copy_project(folder), time.monotonic()
    outcome = project.snakemake("--cores", "2")
    if outcome.returncode:
        raise RuntimeError(f"the undisturbed run failed:\n{outcome.stderr[-4000:]}")
    return artefacts(project), time.monotonic() - started


@dataclass
class Jobs:
    """What one call of Snakemake did, by the first artefact that each job makes."""

    begun: dict[str, str]
    finished: set[str]


def jobs_of(log: str) -> Jobs:
    """Reads Snakemake's own account of its jobs."""
    files, begun = {}, {}
    for rule, block in _BLOCK.findall(log):
        lines = dict(line.strip().split(": ", 1) for line in block.splitlines() if ": " in line)
        if "output" in lines and "jobid" in lines:
            file = lines["output"].split(", ")[0].removesuffix(" (update)")
            files[lines["jobid"]] = file
            begun[file] = rule
    finished = {files[number] for number in re.findall(r"^Finished jobid: (\d+)", log, re.MULTILINE) if number in files}
    return Jobs(begun, finished)


def run_until(project: Project, seconds: float | None) -> tuple[int | None, Jobs]:
    """Runs the chain, and kills its process group after some seconds.

    Returns:
        The exit code, None when it was killed; and what it did.
    """
    subprocess.run(
        ["snakemake", "--unlock", "--quiet", "all", "--configfile", TINY],
        cwd=project.root, env=project.environment, check=True, capture_output=True,
    )  # fmt: skip
    log = project.root / "chaos.log"
    with open(log, "w") as stream:
        command = ["snakemake", "--cores", "2", "--configfile", TINY, "--logger-podium-off"]  # its own words are read
        process = subprocess.Popen(
            command, cwd=project.root, env=project.environment, stdout=stream, stderr=stream, start_new_session=True
        )
        try:
            code = process.wait(TIMEOUT_SECONDS if seconds is None else seconds)
        except subprocess.TimeoutExpired:
            os.killpg(process.pid, signal.SIGKILL)
            process.wait()
            code = None
    return code, jobs_of(log.read_text())


def chaos(
    num_kills: int, seed: int, folder: Path, expected: dict[str, str], duration: float, is_forked: bool = False
) -> Account:
    """Kills the chain ``num_kills`` times; see the head of this file.

    Args:
        expected: Artefacts of an undisturbed run, which took ``duration`` seconds.
        is_forked: Whether jobs begin as in `forked`, which is quicker; a job then ends just behind who started it.
    """
    rng, account = random.Random(seed), Account(seed)
    while account.num_kills < num_kills or not account.num_completed:
        project, finished, code = copy_project(folder / "killed"), set(), None
        project.is_forked = is_forked
        while code is None:
            # Waiting times of a Poisson process: each moment is as likely as any other.
            may_kill = account.num_kills < num_kills
            code, jobs = run_until(project, rng.expovariate(KILLS_PER_RUN / duration) if may_kill else None)
            found = artefacts(project)
            account.corrupted += [name for name, digest in found.items() if expected.get(name) != digest]
            account.lost += sorted(file for file in finished if not (project.root / file).exists())
            account.made_again += sorted(finished & jobs.begun.keys())
            finished |= jobs.finished
            if code is None:
                account.num_kills += 1
                under_way = Counter(rule for file, rule in jobs.begun.items() if file not in jobs.finished)
                account.killed_in += under_way or Counter(["between jobs"])
                print(f"kill {account.num_kills}: {dict(under_way)}", flush=True)
                project = replace(project, root=project.root.rename(folder / f"killed {account.num_kills}"))
        if code:
            raise RuntimeError(f"the chain failed by itself:\n{(project.root / 'chaos.log').read_text()[-4000:]}")
        account.lost += sorted(expected.keys() - found.keys())
        account.left_over += sorted(map(str, project.root.rglob(".*.partial.*")))
        account.num_completed += 1
        print(f"completed {account.num_completed}: {account}", flush=True)
        shutil.rmtree(project.root)
    return account


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--kills", type=int, default=100)
    parser.add_argument("--seed", type=int, default=0)
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        expected, duration = undisturbed(Path(folder, "undisturbed"))
        print(f"undisturbed: {duration:.0f} s, {len(expected)} artefacts", flush=True)
        account = chaos(arguments.kills, arguments.seed, Path(folder), expected, duration)
    print(json.dumps({**vars(account), "killed_in": dict(account.killed_in.most_common())}, indent=2))
    sys.exit(0 if account.is_clean else 1)


if __name__ == "__main__":
    main()
