"""Whoever ends a job sends SIGTERM to all of its processes at once, as a scheduler does."""

import os
import signal
import subprocess
import time

from children import default_signals

SCRIPT = """
import signal, sys, time
from pathlib import Path

def end(*_):
    time.sleep(3)
    print("last words", flush=True)
    Path("state").touch()
    sys.exit(143)

signal.signal(signal.SIGTERM, end)
print("begun", flush=True)
time.sleep(100)
"""
LOG = "results/logs/data/tiny/write_corpus_tables.log"
TIMEOUT_S = 60


def test_the_shell_waits_for_what_it_runs_and_its_last_words_are_written_down(fresh):
    (fresh.root / "workflow/scripts/generate_corpus.py").write_text(SCRIPT)
    command = ["snakemake", "results/data/tiny/raw/train.csv", "--cores", "1", "--configfile", "config/test/tiny.yaml"]
    run = subprocess.Popen(
        command, cwd=fresh.root, env=fresh.environment, start_new_session=True, preexec_fn=default_signals,
        stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
    )  # fmt: skip
    deadline = time.monotonic() + TIMEOUT_S
    log = fresh.root / LOG
    while not (log.exists() and "begun" in log.read_text()):
        assert time.monotonic() < deadline and run.poll() is None
        time.sleep(0.1)
    os.killpg(run.pid, signal.SIGTERM)
    assert run.wait(TIMEOUT_S) != 0
    assert (fresh.root / "state").exists(), "Snakemake was there until the end: a scheduler kills what it leaves behind"
    assert log.read_text() == "begun\nlast words\n"
