"""What a run shows, with the real Snakemake; each record by itself: tests/general/console."""

import os
import pty
import re
import signal
import subprocess
import threading
import time

import forked
import pytest
from children import default_signals
from project import TINY

TABLES = "results/data/tiny/raw/train.csv"
LOG = "results/logs/data/tiny/write_corpus_tables.log"
WORK = "workflow/scripts/generate_corpus.py"
TIMEOUT_S = 60
REFUSES = "import sys\nprint('chatter', flush=True)\nsys.exit('error: no such corpus; name another')\n"
WAITS = "import time\nprint('begun', flush=True)\ntime.sleep(100)\n"


def test_a_whole_run_is_a_line_per_job(finished):
    said = (finished.root / "run.log").read_text().splitlines()
    assert len(said) <= 80
    for name in ("round 1, fold 0", "round 1, fold 1", "round 2, seed 1", "round 2, seed 2"):
        (line,) = [line for line in said if re.match(rf" *\d+ % {name}: ", line)]
        assert re.search(r"\d+ epochs, loss [\d.]+, score -?[\d.]+, took \d+ ", line)
    assert any(re.search(r"clips packed: \d+ files, took", line) for line in said)
    assert not [line for line in said if re.search(r"epoch=|gradient_norm|XNNPACK|rule |jobid|Select jobs", line)]
    log = (finished.root / "results/logs/tiny/round2/seed1.log").read_text()
    assert "epoch=1/" in log and "gradient_norm=" in log, "the log has it"
    (snakemakes,) = (finished.root / ".snakemake/log").glob("*.log")
    assert "rule train_round2:" in snakemakes.read_text()


def test_nothing_to_do_names_the_summary(finished):
    outcome = finished.snakemake("--cores", "1")
    assert outcome.returncode == 0
    said = "Nothing to do: all that was asked for is there. Summary: results/tiny/report/"
    assert [line for line in outcome.stderr.splitlines() if "Nothing" in line][0].startswith(said)


@pytest.mark.parametrize("word", ["--logger-podium-off", "--printshellcmds"])
def test_one_word_brings_back_snakemakes_own_text(fresh, word):
    (fresh.root / WORK).write_text("print('chatter', flush=True)\n")
    outcome = fresh.snakemake(TABLES, "--cores", "1", word)
    assert "Job stats:" in outcome.stderr and "rule write_corpus_tables:" in outcome.stderr
    assert "chatter" in outcome.stdout and (fresh.root / LOG).read_text() == "chatter\n"


def test_quiet_is_quiet(fresh):
    (fresh.root / WORK).write_text(REFUSES)
    outcome = fresh.snakemake(TABLES, "--cores", "1", "--quiet", "all")
    assert outcome.returncode == 1
    assert "error: no such corpus; name another" in outcome.stdout and "Fix the error" not in outcome.stderr


def test_an_error_comes_first_and_details_are_in_the_log(fresh):
    (fresh.root / WORK).write_text(REFUSES)
    outcome = fresh.snakemake(TABLES, "--cores", "1")
    assert outcome.returncode == 1 and outcome.stdout == ""
    used, jobs, *said, last = outcome.stderr.splitlines()
    assert used.startswith("Using") and jobs.startswith("1 job; what they say goes to results/logs/")
    assert said == [
        "error: tables of the corpus: no such corpus; name another", f"  its log: {LOG}", "0 of 1 jobs are finished."
    ]  # fmt: skip
    details = last.removeprefix("Fix the error; the same command goes on from there. Details: ")
    assert "Error in rule write_corpus_tables:" in (fresh.root / details).read_text()


def test_ctrl_c_ends_in_three_lines(fresh, tmp_path):
    (fresh.root / WORK).write_text(WAITS)
    with open(tmp_path / "said", "w") as stream:
        run = subprocess.Popen(
            ["snakemake", TABLES, "--cores", "1", "--configfile", TINY], cwd=fresh.root, env=fresh.environment,
            start_new_session=True, preexec_fn=default_signals, stdout=stream, stderr=stream,
        )  # fmt: skip
        deadline = time.monotonic() + TIMEOUT_S
        while not ((log := fresh.root / LOG).exists() and "begun" in log.read_text()):
            assert time.monotonic() < deadline and run.poll() is None
            time.sleep(0.1)
        os.killpg(run.pid, signal.SIGINT)
        assert run.wait(TIMEOUT_S) != 0
    said = (tmp_path / "said").read_text().splitlines()
    assert said[2:4] == ["Stopped by Ctrl-C: 1 job under way.", "0 of 1 jobs are finished."]
    assert len(said) == 5 and said[4].startswith("The same command goes on from there. Details: .snakemake/log/")


def test_a_training_that_goes_on_appends_to_its_log(copied):
    logs, states = copied.root / "results/logs/tiny/round1", copied.root / "results/state/tiny/round1"
    (copied.root / "workflow/scripts/train.py").write_text("print('going on')\nraise SystemExit(3)\n")
    for fold in (0, 1):
        (states / f"fold{fold}").mkdir(parents=True, exist_ok=True)
        (states / f"fold{fold}.log").write_text("before\n")
    (states / "fold0/state-a-b-c.pt").touch()
    outcome = copied.snakemake("--cores", "2", "--keep-going", "--preemptible-retries", "0", "round1")
    assert outcome.returncode == 1
    assert (logs / "fold0.log").read_text() == "before\ngoing on\n"
    assert (logs / "fold1.log").read_text() == "going on\n"
    assert sorted(line for line in outcome.stderr.splitlines() if line.startswith("error:")) == [
        "error: round 1, fold 0: going on", "error: round 1, fold 1: going on"
    ]  # fmt: skip


def test_a_terminal_shows_a_bar(fresh):
    (fresh.root / WORK).write_text(f"import time\ntime.sleep(3)\n{REFUSES}")
    ours, theirs = pty.openpty()
    said = bytearray()

    def read() -> None:
        try:
            while part := os.read(ours, 1 << 16):
                said.extend(part)
        except OSError:  # so a terminal ends
            pass

    reader = threading.Thread(target=read)
    reader.start()
    environment = fresh.environment | {"TERM": "xterm", "COLUMNS": "100"}
    place = os.ttyname(theirs)
    words = ["snakemake", TABLES, "--cores", "1", "--configfile", TINY]
    process = forked.start(words, fresh.root, environment, place, place)
    process.join(TIMEOUT_S)
    os.close(theirs)
    reader.join(TIMEOUT_S)
    os.close(ours)
    text = said.decode()
    assert "tables of the corpus: under way for " in text and "━" in text and "0 of 1 jobs" in text
    assert "error: tables of the corpus: no such corpus; name another" in text
