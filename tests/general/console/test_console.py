"""What is written when Snakemake's records come in; that they come so is for tests/workflow/test_run_console.py."""

import io
import logging
import threading

import pytest

from podium.console import END, Console, Job
from podium.console.screens import Lines, Terminal


class Clock:
    seconds = 0.0

    def __call__(self):
        return self.seconds


def record(event=None, text="", level=logging.INFO, **extra):
    made = logging.LogRecord("snakemake", level, "", 0, text, (), None)
    made.__dict__.update({"event": event, **extra})
    return made


def tell(console, *arguments, **extra):
    made = record(*arguments, **extra)
    console.handle(made, made.getMessage())
    return made


@pytest.fixture
def console(tmp_path):
    made = Console(str(tmp_path / "results/tiny"), lambda: ["snakemake.log"])
    yield made
    made.close()


def job(tmp_path, name, text="", **given):
    log = tmp_path / f"{name}.log"
    log.write_text(text)
    return Job(given.pop("rule", name), name, str(log), **given)


def failure(number, **extra):
    given = {"jobid": number, "rule_name": "a_rule", "rule_msg": None, "indent": False, "log": [f"{number}.log"]}
    return given | extra


def test_many_files_are_told_together(console, capsys):
    console.begin({one: Job("pack_shard", "clips packed", is_one_of_many=True, recorded=1.0) for one in range(3)})
    for number in range(3):
        tell(console, "job_info", jobid=number)
        tell(console, "job_finished", job_id=number)
    first, *rest = capsys.readouterr().err.splitlines()
    assert first.startswith("3 jobs, about 3 s by earlier runs;")
    assert len(rest) == 1 and rest[0].endswith("clips packed: 3 files, took 1 s")


def test_many_files_under_way_are_one_line(console):
    console.begin({one: Job("pack_shard", "clips packed", is_one_of_many=True, recorded=1.0) for one in range(3)})
    for number in range(3):
        tell(console, "job_info", jobid=number)
    tell(console, "job_finished", job_id=1)
    line = console._line()
    assert line.split(" % ")[1].startswith("clips packed: 1 of 3 files; ") and line.endswith("s left in all")


def test_what_jobs_of_no_interest_say_is_left_out(console, capsys):
    tell(console, "workflow_started", "Workflow has started!")
    for text in ("Using shell: /bin/bash", "Select jobs to execute...", "Removing output files of failed job"):
        tell(console, None, text)
    tell(console, "progress", "3 of 10 steps", done=3, total=10)
    tell(console, "shellcmd", "rm -rf")
    assert capsys.readouterr().err == ""


def test_commands_that_run_nothing_keep_their_words(console, capsys):
    tell(console, None, "Building DAG of jobs...")
    tell(console, None, "Unlocked working directory.")
    assert capsys.readouterr().err == "Unlocked working directory.\n"


def test_warnings_and_foreign_errors_pass(console, capsys):
    tell(console, "workflow_started")
    tell(console, None, "a file is old", level=logging.WARNING)
    tell(console, "error", "LockException:\nDirectory cannot be locked.", level=logging.ERROR)
    assert capsys.readouterr().err == "a file is old\nLockException:\nDirectory cannot be locked.\n"


def test_an_error_is_one_line_and_then_the_place_of_its_log(console, capsys, tmp_path):
    console.begin({4: job(tmp_path, "the file", "loading\nerror: disk is full\n"), 5: job(tmp_path, "later")})
    capsys.readouterr()
    tell(console, "job_info", jobid=4)
    tell(console, "error", "RuleException:\nCalledProcessError in file \"a.smk\"", logging.ERROR)
    tell(console, "job_error", "", logging.ERROR, **failure(4))
    tell(console, None, "Exiting because a job execution failed. Look above", logging.ERROR)
    console.close()
    assert capsys.readouterr().err.splitlines() == [
        "error: the file: disk is full", "  its log: 4.log", "0 of 2 jobs are finished.",
        "Fix the error; the same command goes on from there. Details: snakemake.log",
    ]  # fmt: skip


def test_a_second_attempt_that_succeeds_is_no_failure(console, capsys, tmp_path):
    console.begin({4: job(tmp_path, "a, fold 1", "error: no memory\n")})
    capsys.readouterr()
    tell(console, "job_info", jobid=4)
    tell(console, "job_error", "", logging.ERROR, **failure(4))
    tell(console, None, "Trying to restart job 4.")
    tell(console, "job_info", jobid=4)
    tell(console, "job_finished", job_id=4)
    console.close()
    said = capsys.readouterr().err.splitlines()
    assert said[:3] == ["error: a, fold 1: no memory", "  its log: 4.log", "a, fold 1 is tried once more"]
    assert len(said) == 4 and "took" in said[3]


def test_of_a_group_the_failed_job_is_named(console, capsys, tmp_path):
    console.begin({1: job(tmp_path, "first", "num_clips=3\n"), 2: job(tmp_path, "second", "error: bad file\n")})
    capsys.readouterr()
    for number in (1, 2):
        tell(console, "job_info", jobid=number)
    info = [{"jobid": one, "rule_name": "a"} for one in (1, 2)]
    tell(console, "group_error", "", logging.ERROR, job_error_info=info, aux_logs=["slurm.log"])
    for number in (1, 2):
        tell(console, "job_error", "", logging.ERROR, **failure(number, indent=True))
    assert capsys.readouterr().err.splitlines() == [
        "error: one of these jobs has failed: first, second", "  its log: slurm.log",
        "error: second: bad file", "  its log: 2.log",
    ]  # fmt: skip


def test_ctrl_c_ends_in_three_lines(console, capsys, tmp_path):
    training = job(tmp_path, "a, fold 1", "epoch=2/5 loss=2.61 eta=0m31s\n", num_epochs=5)
    console.begin({1: job(tmp_path, "first"), 2: training})
    tell(console, "job_info", jobid=1)
    tell(console, "job_finished", job_id=1)
    tell(console, "job_info", jobid=2)
    capsys.readouterr()
    tell(console, None, "Terminating processes on user request, this might take some time.")
    tell(console, "job_error", "", logging.ERROR, **failure(2))
    tell(console, "error", "WorkflowError:\nAt least one job did not complete successfully.", logging.ERROR)
    console.close()
    console.close()
    assert capsys.readouterr().err.splitlines() == [
        "Stopped by Ctrl-C: 1 job under way; a training writes its state first.",
        "1 of 2 jobs are finished; a, fold 1 after epoch 2 of 5 is kept.",
        "The same command goes on from there. Details: snakemake.log",
    ]


def test_nothing_to_do_names_the_summary(console, capsys, tmp_path):
    (tmp_path / "results/tiny/report").mkdir(parents=True)
    (tmp_path / "results/tiny/report/summary.md").touch()
    tell(console, "workflow_started")
    tell(console, None, "Nothing to be done (all requested files are present and up to date).")
    place = f"{tmp_path}/results/tiny/report/summary.md"
    assert capsys.readouterr().err == f"Nothing to do: all that was asked for is there. Summary: {place}\n"


def test_the_end_is_told_to_who_waits_for_it(console):
    is_done = threading.Event()
    tell(console, END, is_done=is_done)
    assert is_done.is_set()


def test_long_silence_is_broken():
    clock, stream = Clock(), io.StringIO()
    lines = Lines(lambda: "a, fold 1: epoch 2 of 5", clock, stream)
    try:
        for clock.seconds in (119, 120, 121, 239, 241):
            lines.write_if_quiet()
        assert stream.getvalue().count("epoch 2") == 2
        clock.seconds = 100_000
        lines.write_if_quiet()
        clock.seconds += 599
        lines.write_if_quiet()
        assert stream.getvalue().count("epoch 2") == 3
    finally:
        lines.end()


def test_a_terminal_shows_what_is_under_way_below_what_stays():
    class Screen(io.StringIO):
        def isatty(self):
            return True

    screen = Screen()
    terminal = Terminal(lambda: ["  a, fold 1: epoch 2 of 5"], lambda: 0.5, screen)
    terminal.write("the file: 3.00 MB [fp16], took 5 s")
    terminal.end()
    said = screen.getvalue()
    assert "3.00 MB [fp16]" in said, "nothing is taken for a colour"
    assert "epoch 2 of 5" in said and "━" in said
