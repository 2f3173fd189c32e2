"""Jobs in Slurm's queue whose run is gone: the process that submitted them was killed and could not call them back.

Left alone they would write the same files as the jobs of the run that takes their place.
"""

import logging
import os
import shlex
import shutil
import subprocess
import time
from collections.abc import Iterable, Sequence
from pathlib import Path

from podium.errors import UserError

CALL_TIMEOUT_S = 60
END_TIMEOUT_S = 300  # for a training that writes its state first
POLL_S = 1

log = logging.getLogger(__name__)


def end_leftovers(folder: Path, targets: Iterable[str], configfiles: Sequence[Path]) -> list[str]:
    """Cancels such jobs and waits until they are gone; trainings among them write their state and go on in new jobs.

    To be called by a run that holds Snakemake's lock on its outputs: a job that makes one of them is then a leftover.

    Args:
        folder: Where the run works.
        targets: What it is about to run, as ``rule:wildcard=value,...``.
        configfiles: Its configuration files; a job of another experiment is none of its own.

    Returns:
        Ids of the jobs; none if there is no Slurm.

    Raises:
        UserError: Slurm does not answer, or a job would not end.
    """
    if shutil.which("squeue") is None:
        return []
    mine, files = set(targets), [os.path.abspath(file) for file in configfiles]
    found = []
    for number, place in _queue():
        if os.path.realpath(place) != os.path.realpath(folder):
            continue
        words = _words(number)
        if mine & set(_values(words, "--target-jobs")) and _values(words, "--configfiles") == files:
            found.append(number)
    if found:
        log.warning("jobs=%s are of a run that is gone; they are cancelled and run anew", ",".join(found))
        _call("scancel", *found)
        _wait_for_end(set(found))
    return found


def _queue() -> list[tuple[str, str]]:
    """Ids and folders of this user's jobs that wait or run."""
    lines = _call("squeue", "--me", "--noheader", "--format=%A|%Z").splitlines()
    return [(number, place) for number, _, place in (line.strip().partition("|") for line in lines)]


def _words(number: str) -> list[str]:
    """The command line that a job runs; none if it has ended meanwhile or is no script."""
    try:
        return shlex.split(_call("scontrol", "write", "batch_script", number, "-"), comments=True)
    except (UserError, ValueError):
        return []


def _values(words: list[str], option: str) -> list[str]:
    if option not in words:
        return []
    values = words[words.index(option) + 1 :]
    end = next((place for place, word in enumerate(values) if word.startswith("--")), len(values))
    return values[:end]


def _wait_for_end(numbers: set[str]) -> None:
    deadline = time.monotonic() + END_TIMEOUT_S
    while remaining := numbers & {number for number, _ in _queue()}:
        if time.monotonic() > deadline:
            raise UserError(
                f"jobs {', '.join(sorted(remaining))} of an earlier run have not ended {END_TIMEOUT_S} s after scancel;"
                " see squeue, and start again when they are gone"
            )
        time.sleep(POLL_S)


def _call(*command: str) -> str:
    try:
        outcome = subprocess.run(command, capture_output=True, text=True, check=True, timeout=CALL_TIMEOUT_S)
    except subprocess.CalledProcessError as error:
        raise UserError(f"{command[0]} failed: {error.stderr.strip()}; is this a login node of the cluster?") from None
    except subprocess.TimeoutExpired:
        raise UserError(f"{command[0]} has not answered within {CALL_TIMEOUT_S} s; try again later") from None
    return outcome.stdout
