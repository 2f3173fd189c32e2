"""How far a run is and how long it still takes, from what its jobs took in earlier runs and take in this one."""

import csv
import os
import threading
from dataclasses import dataclass
from statistics import fmean

from podium.console.job_logs import Epochs, epochs, last_lines

# Seconds of jobs that were never run here, as the demo takes them on two cores. A training's are not guessed.
TABLE = {"export_tflite": 40, "verify_parity": 60, "evaluate_tflite": 40, "port_seed": 10, "evaluate_seed": 15}
OTHERWISE = 5
TRUSTED_AFTER_S = 60  # before, a guess is not told
WEIGHT_OF_TABLE_S = 20
LATE = 0.1  # a job under way takes at least so much longer than it has taken, as a part of that


@dataclass
class Job:
    """A job of a run.

    Attributes:
        rule: Its rule's name.
        name: What people call it.
        log: Path.
        benchmark: Path of the table in which Snakemake writes how long it took.
        lanes: How many of its rule may run side by side.
        num_epochs: Of a training; 0 of any other job.
        is_one_of_many: One per file of clips: told together with the others.
        recorded: Seconds that it took in an earlier run; None if unknown.
        started, ended: Seconds since the epoch; None before.
        told: How far it is by its log, if it is a training that has said so; see `look`.
    """

    rule: str
    name: str
    log: str | None = None
    benchmark: str | None = None
    lanes: int = 1
    num_epochs: int = 0
    is_one_of_many: bool = False
    recorded: float | None = None
    started: float | None = None
    ended: float | None = None
    told: Epochs | None = None

    @property
    def is_running(self) -> bool:
        return self.started is not None and self.ended is None

    def lines(self) -> list[str]:
        """The end of its log, as far as it is of this run."""
        return last_lines(self.log, (self.started or 0) - 1)

    def look(self, now: float) -> None:
        """Reads in its log how far it is."""
        if self.num_epochs and (told := epochs(self.lines())):
            age = now - os.path.getmtime(self.log)
            self.told = told._replace(seconds_left=max(0.0, told.seconds_left - age))


def recorded_seconds(benchmark: str | None) -> float | None:
    """What a job took, by the table that Snakemake has written."""
    try:
        with open(benchmark or "", encoding="utf-8", newline="") as stream:
            return float(next(csv.DictReader(stream, delimiter="\t"))["s"])
    except (OSError, StopIteration, KeyError, TypeError, ValueError):
        return None


class Progress:
    """The jobs of a run.

    Args:
        jobs: By Snakemake's number.
        started: Of the run, in seconds since the epoch.
    """

    def __init__(self, jobs: dict[int, Job], started: float) -> None:
        self.jobs = jobs
        self.started = started
        self._lock = threading.Lock()  # a terminal asks in a thread of its own
        self._shown, self._shown_at = 0.0, started

    @property
    def num_done(self) -> int:
        return sum(job.ended is not None for job in self.jobs.values())

    def running(self) -> list[Job]:
        """Jobs under way, in the order of their start."""
        return sorted((job for job in self.jobs.values() if job.is_running), key=lambda job: job.started or 0)

    def look(self, now: float) -> None:
        """Reads the logs of the jobs under way."""
        for job in self.running():
            job.look(now)

    def left(self, now: float) -> tuple[float, bool]:
        """Seconds until the end, and whether that may be told: False as long as it is little more than a guess.

        Stages mostly wait for each other, so the rules count one after another, each with its jobs side by side.
        """
        waiting: dict[str, list[Job]] = {}
        for job in self.jobs.values():
            if job.ended is None:
                waiting.setdefault(job.rule, []).append(job)
        seconds, is_sure, is_told = 0.0, True, True
        pace, per_epoch = self._pace(), self._seconds_per_epoch(now)
        for rule, jobs in waiting.items():
            known = self._seen(rule, now) or [job.recorded for job in self.jobs.values() if _is_recorded(job, rule)]
            late = [(1 + LATE) * (now - job.started) for job in jobs if job.is_running and not job.told]
            each = []
            for job in jobs:
                if known:
                    guess = fmean(known) if job.recorded is None or self._seen(rule, now) else job.recorded
                elif job.num_epochs:
                    guess, is_sure, is_told = job.num_epochs * (per_epoch or 10), False, is_told and bool(per_epoch)
                else:
                    guess, is_sure = pace * TABLE.get(rule, OTHERWISE), False
                if job.started is None and late:  # those before it may show that the guess is too low
                    guess = max(guess, fmean([*known, max(late)]))
                each.append(_remaining(job, guess, now))
            seconds += max(*each, sum(each) / jobs[0].lanes) if len(each) > 1 else each[0]
        return seconds, is_told and (is_sure or now - self.started > TRUSTED_AFTER_S)

    def share(self, now: float) -> float:
        """How much of the whole time is over, from 0 to 1; never less than the last answer.

        It stands as long as the time left may not be told. If that time turns out longer than it looked, what is
        missing is spread over it: the share goes on from where it was, more slowly, and is 1 at the end.
        """
        with self._lock:
            left, is_told = self.left(now)
            elapsed, passed = now - self.started, max(0.0, now - self._shown_at)
            if left <= 0:
                self._shown = 1.0
            elif is_told:
                slower = self._shown + (1 - self._shown) * passed / (passed + left)
                self._shown = max(slower, elapsed / (elapsed + left))
            self._shown_at = max(now, self._shown_at)
            return self._shown

    def _seen(self, rule: str, now: float) -> list[float]:
        """What jobs of a rule took in this run, or will have taken by a training's own account."""
        seen = []
        for job in self.jobs.values():
            if job.rule == rule and job.started is not None:
                if job.ended is not None:
                    seen.append(job.ended - job.started)
                elif job.told:
                    seen.append(now - job.started + job.told.seconds_left)
        return seen

    def _pace(self) -> float:
        """By how much this machine is slower than the table says."""
        done = [job for job in self.jobs.values() if job.ended is not None and not job.num_epochs]
        took = sum(job.ended - job.started for job in done)
        said = sum(TABLE.get(job.rule, OTHERWISE) for job in done)
        return (took + WEIGHT_OF_TABLE_S) / (said + WEIGHT_OF_TABLE_S)

    def _seconds_per_epoch(self, now: float) -> float | None:
        """Of the trainings of all stages; None if none has said anything yet."""
        found = []
        for rule, num_epochs in {job.rule: job.num_epochs for job in self.jobs.values() if job.num_epochs}.items():
            recorded = [job.recorded for job in self.jobs.values() if _is_recorded(job, rule)]
            found += [seconds / num_epochs for seconds in self._seen(rule, now) or recorded]
        return fmean(found) if found else None


def _is_recorded(job: Job, rule: str) -> bool:
    return job.rule == rule and job.recorded is not None


def _remaining(job: Job, guess: float, now: float) -> float:
    """Of a job's guessed seconds; one that takes longer than that is taken for nearly done, never for done."""
    started = job.started  # who draws the picture looks on while a job fails
    if started is None:
        return guess
    elapsed = now - started
    if job.told:
        return job.told.seconds_left
    return max(guess - elapsed, LATE * elapsed)
