"""Names of jobs, times, and what a job's log says."""

import os
import re

import pytest
from project import ROOT

from podium.console.job_logs import epochs, last_lines, outcome, reason
from podium.console.words import OF_RULES, duration, name_of

TRAINING = [
    "num_clips=38 num_parameters=136445 device=cpu num_processes=1 seed=2",
    "epoch=1/5 learning_rate=0.0015 gradient_norm=4.6 loss=4.35 loss_ctc=5.5 clips_per_second=137.4 eta=1m01s",
    "epoch=2/5 learning_rate=0.0013 gradient_norm=1.7 loss=2.61 score=0.4412 clips_per_second=97.6 eta=0m31s",
]


@pytest.mark.parametrize(
    ("rule", "wildcards", "name"),
    [
        ("train_round1", {"fold": "3"}, "round 1, fold 3"),
        ("train_wide_net", {"seed": "12"}, "wide net, seed 12"),
        ("evaluate_seed", {"seed": "1"}, "score of a network, seed 1"),
        ("evaluate_first", {"seed": "1"}, "score of first, seed 1"),
        ("port_seed", {"member": "round2_seed1"}, "network in TensorFlow, round 2 seed 1"),
        ("merge_oof", {}, "labels (oof)"),
        ("a_new_rule", {}, "a new rule"),
    ],
)
def test_names(rule, wildcards, name):
    assert name_of(rule, wildcards) == name


def test_names_are_of_rules_that_there_are():
    text = "".join(file.read_text() for file in (ROOT / "workflow/rules").glob("*.smk"))
    there = set(re.findall(r"^ *rule (\w+):", text, re.MULTILINE)) | {"evaluate_seed"}
    only_gather = {"all", "data", "export", "compare"}
    assert set(OF_RULES) == there - only_gather


@pytest.mark.parametrize(
    ("seconds", "words"),
    [(0.1, "1 s"), (31, "31 s"), (99.9, "100 s"), (150, "2 min"), (12_000, "3 h 20 min"), (360_000, "4 days 4 h")],
)
def test_durations(seconds, words):
    assert duration(seconds) == words


def test_a_training_under_way_and_over():
    told = epochs(TRAINING)
    assert told.in_words() == "epoch 2 of 5, loss 2.61, score 0.441, 31 s left"
    assert outcome(TRAINING) == "5 epochs, loss 2.61, score 0.441"
    assert epochs(TRAINING[:1]) is None


@pytest.mark.parametrize(
    ("line", "words"),
    [
        ("score=0.9162853753601085 num_sequences=500 size_mb=3.00", "score 0.916, 500 clips, 3.00 MB"),
        ("score=None num_sequences=0", "0 clips"),
        ("num_seeds=2 fp16_mb=3.00 int8_mb=1.62", "fp16 3.00 MB, int8 1.62 MB"),
        ("threads=2 ms_at_50=12.8", "12.8 ms for 50 frames"),
        ("written=results/demo/report/manifest.json", ""),
    ],
)
def test_outcomes(line, words):
    assert outcome(["2026-01-01 TensorFlow says something", line]) == words


@pytest.mark.parametrize(
    ("lines", "why"),
    [
        (["error: x.csv cannot be read; fix that", "last words"], "x.csv cannot be read; fix that"),
        (["Traceback (most recent call last):", "ValueError: 3 is too many"], "ValueError: 3 is too many"),
        (TRAINING[:1], f"failed without a word after: {TRAINING[0]}"),
        ([], "failed and left no log; see whether the disk is full"),
    ],
)
def test_reasons(lines, why):
    assert reason(lines) == why


def test_a_log_of_an_earlier_run_says_nothing(tmp_path):
    log = tmp_path / "job.log"
    log.write_bytes(b"first\n\n  1%|#\r 99%|##\rlast\xff\n")
    assert last_lines(str(log)) == ["first", "1%|#", "99%|##", "last\N{REPLACEMENT CHARACTER}"]
    os.utime(log, (1000, 1000))
    assert last_lines(str(log), since=2000) == [] and last_lines(str(tmp_path / "absent")) == []
