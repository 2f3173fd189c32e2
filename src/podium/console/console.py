"""What a run of the workflow says: a line per job, what is under way, errors, and how it ended.

It is told what happens by Snakemake's records (written for version 9.27), in a thread of Snakemake's. All that it
leaves out stands in Snakemake's log, and in the jobs' own logs.
"""

import logging
import os
import sys
import threading
import time
from collections.abc import Callable
from pathlib import Path

from podium.console.job_logs import outcome, reason
from podium.console.progress import Job, Progress, recorded_seconds
from podium.console.screens import Lines, Terminal
from podium.console.words import duration, spaced

END = "podium_end"  # the event of a record after which the run says nothing more
MAX_RUNNING = 8  # jobs in the picture
HIDDEN = ("Building DAG of jobs", "Assuming unrestricted shared filesystem")
NOTHING = "Nothing to be done"
STOPS = {"Terminating processes on user request": "Ctrl-C", "Will exit after finishing currently": "a signal"}
# Snakemake's ways to say that a job has failed, which is told when its record comes, and was told already.
OF_JOB = "CalledProcessError in file"
REPEATED = ("Exiting because a job execution failed", "At least one job did", "WorkflowError:\nAt least one job did")


class Console:
    """Of one run.

    Args:
        results: The experiment's folder.
        logfiles: Snakemake's own logs, once it has them.
    """

    def __init__(self, results: str, logfiles: Callable[[], list[str]] = list) -> None:
        self._results, self._logfiles = Path(results), logfiles
        self._lock = threading.RLock()
        self._progress = Progress({}, time.time())
        self._screen: Lines | Terminal | None = None
        self._is_run = False  # else records are what a command such as --unlock has to say
        self._num_errors = 0
        self._stopped_by = ""

    def begin(self, jobs: dict[int, Job]) -> None:
        """Before the first job.

        Args:
            jobs: All that the run will make, by Snakemake's numbers.
        """
        with self._lock:
            self._progress = Progress(jobs, time.time())
            is_terminal = sys.stderr.isatty() and os.environ.get("TERM") != "dumb"
            self._screen = Terminal(self._view, self._share) if is_terminal else Lines(self._line, time.time)
            self._write(f"{_counted(len(jobs), 'job')}{self._expected()}; what they say goes to {self._logs()}")

    def handle(self, record: logging.LogRecord, text: str) -> None:
        """Takes a record of Snakemake's.

        Args:
            record: With its ``event``, if it has one.
            text: As Snakemake would print it.
        """
        event = str(getattr(record, "event", None) or "")
        with self._lock:
            if event == END:
                self._end()
                record.is_done.set()
            elif event == "workflow_started":
                self._is_run = True
            elif event == "job_info":
                self._start(record.jobid, record.created)
            elif event == "job_finished":
                self._finish(record.job_id, record.created)
            elif event in ("job_error", "group_error"):
                self._fail(record, event)
            elif record.levelno >= logging.WARNING:
                self._warn(text)
            elif not event:
                self._inform(record.getMessage())

    def close(self) -> None:
        """At the end of Snakemake: says how far a run came that did not reach its end."""
        with self._lock:
            self._end()
            if self._stopped_by:
                self._say_how_far()
                self._write(f"The same command goes on from there. Details: {self._snakemake_log()}")
            elif self._num_errors:
                self._say_how_far()
                self._write(f"Fix the error; the same command goes on from there. Details: {self._snakemake_log()}")
            self._stopped_by, self._num_errors = "", 0

    def _start(self, number: int, when: float) -> None:
        """By the record's time: on a busy machine this thread may hear of a job when its log is long written."""
        if job := self._progress.jobs.get(number):
            job.started, job.ended, job.told = when, None, None

    def _finish(self, number: int, when: float) -> None:
        job = self._progress.jobs.get(number)
        if job is None:
            return
        job.ended = when
        if job.started is None:
            job.started = job.ended
        alike = [one for one in self._progress.jobs.values() if one.rule == job.rule]
        if not job.is_one_of_many:
            took = recorded_seconds(job.benchmark) or job.ended - job.started
            said = outcome(job.lines())
            self._tell(f"{job.name}: {f'{said}, ' if said else ''}took {duration(took)}")
        elif all(one.ended is not None for one in alike):
            took = job.ended - min(one.started for one in alike)
            self._tell(f"{job.name}: {_counted(len(alike), 'file')}, took {duration(took)}")

    def _fail(self, record: logging.LogRecord, event: str) -> None:
        if self._stopped_by:  # the jobs were ended, which is no error
            return
        if event == "group_error":
            names = [self._name(one["jobid"], one["rule_name"]) for one in record.job_error_info]
            logs = ", ".join(record.aux_logs)
            self._count_error(f"one of these jobs has failed: {', '.join(names)}", logs)
            return
        job = self._progress.jobs.get(record.jobid)
        lines = job.lines() if job else []
        if record.indent and not any(line.startswith("error: ") for line in lines):
            return  # of a group, in which another one has failed
        of_cluster = [" ".join(str(record.rule_msg).split())] if record.rule_msg else []
        why = "; ".join([reason(lines), *of_cluster])
        self._count_error(f"{self._name(record.jobid, record.rule_name)}: {why}", ", ".join(map(str, record.log)))
        if job:
            job.started = None

    def _count_error(self, text: str, logs: str) -> None:
        self._num_errors += 1
        self._write(f"error: {text}")
        if logs:
            self._write(f"  its log: {logs}")

    def _warn(self, text: str) -> None:
        """Warnings and errors that are of no job."""
        if OF_JOB in text or (text.startswith(REPEATED) and (self._stopped_by or self._num_errors)):
            return
        if text:
            self._write(text.rstrip())

    def _inform(self, text: str) -> None:
        stop = next((who for begin, who in STOPS.items() if text.startswith(begin)), "")
        if text.startswith(NOTHING):
            self._write(f"Nothing to do: all that was asked for is there.{self._summary()}")
        elif stop and not self._stopped_by:
            self._stop(stop)
        elif text.startswith("Trying to restart job"):
            number = int(text.rstrip(".").split()[-1])
            self._num_errors = max(0, self._num_errors - 1)
            self._write(f"{self._name(number, 'the job')} is tried once more")
        elif not self._is_run and not text.startswith(HIDDEN):
            self._write(text)

    def _stop(self, who: str) -> None:
        running = self._progress.running()
        self._stopped_by = who
        self._end()
        end = "; a training writes its state first" if any(job.num_epochs for job in running) else ""
        self._write(f"Stopped by {who}: {_counted(len(running), 'job')} under way{end}.")

    def _say_how_far(self) -> None:
        progress = self._progress
        for job in progress.running():
            job.look(time.time())
        kept = [f"{job.name} after epoch {job.told.done} of {job.told.total}" for job in progress.running() if job.told]
        is_kept = f"; {', '.join(kept)} is kept" if kept else ""
        self._write(f"{progress.num_done} of {len(progress.jobs)} jobs are finished{is_kept}.")

    def _tell(self, text: str) -> None:
        """A finished job, with how far the run is."""
        now = time.time()
        if isinstance(self._screen, Lines):
            left = self._left(now)
            text = f"{self._percent(now)} {text}{f'; {left}' if left else ''}"
        self._write(text)

    def _line(self) -> str:
        """What is under way, on one line; "" if nothing is."""
        *jobs, _ = self._view() or [""]
        now = time.time()
        left = self._left(now)
        told = [*map(str.strip, jobs), *([f"{left} in all"] if left else [])]
        return f"{self._percent(now)} {'; '.join(told)}" if jobs else ""

    def _view(self) -> list[str]:
        """What is under way, a line per job, and how far all of it is.

        Without our lock: a terminal asks for it while it holds a lock of its own, which whoever writes there waits for.
        """
        now, progress = time.time(), self._progress
        progress.look(now)
        running = progress.running()
        if not running:
            return []
        told = list(dict.fromkeys(self._together(job) or _under_way(job, now) for job in running))
        lines = [f"  {one}" for one in told[:MAX_RUNNING]]
        if len(told) > MAX_RUNNING:
            lines.append(f"  and {len(told) - MAX_RUNNING} more")
        left = self._left(now)
        done = f"{progress.num_done} of {len(progress.jobs)} jobs"
        return [*lines, f"{self._percent(now)} {done}{f', {left}' if left else ''}"]

    def _together(self, job: Job) -> str:
        """What is under way of a job of which there is one per file; "" if it is none."""
        alike = [one for one in self._progress.jobs.values() if one.rule == job.rule] if job.is_one_of_many else []
        done = sum(one.ended is not None for one in alike)
        return f"{job.name}: {done} of {_counted(len(alike), 'file')}" if alike else ""

    def _share(self) -> float:
        return self._progress.share(time.time())

    def _percent(self, now: float) -> str:
        return f"{min(99, int(100 * self._progress.share(now))):3d} %"

    def _left(self, now: float) -> str:
        seconds, is_told = self._progress.left(now)
        return f"{duration(seconds)} left" if is_told and seconds > 0 else ""

    def _expected(self) -> str:
        seconds, is_told = self._progress.left(self._progress.started)
        return f", about {duration(seconds)} by earlier runs" if is_told and self._progress.jobs else ""

    def _name(self, number: int, otherwise: str) -> str:
        job = self._progress.jobs.get(number)
        return job.name if job else spaced(otherwise)

    def _logs(self) -> str:
        return f"{self._results.parent}/logs/"

    def _snakemake_log(self) -> str:
        return ", ".join(os.path.relpath(file) for file in self._logfiles()) or self._logs()

    def _summary(self) -> str:
        places = [self._results / "report" / name for name in ("report.html", "summary.md")]
        found = [str(place) for place in places if place.is_file()]
        return f" Summary: {', '.join(found)}" if found else ""

    def _write(self, line: str) -> None:
        if self._screen:
            self._screen.write(line)
        else:
            print(line, file=sys.stderr, flush=True)

    def _end(self) -> None:
        """What is under way is shown no more; lines still are."""
        if self._screen:
            self._screen.end()
            self._screen = None


def _under_way(job: Job, now: float) -> str:
    """A job that runs, in words."""
    if job.told:
        return f"{job.name}: {job.told.in_words()}"
    lines = job.lines() if job.rule == "download" else []  # which says by itself how far it is
    return f"{job.name}: {lines[-1] if lines else f'under way for {duration(now - job.started)}'}"


def _counted(number: int, thing: str) -> str:
    return f"{number} {thing}{'' if number == 1 else 's'}"
