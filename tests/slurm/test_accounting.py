"""Slurm with an accounting database: accounts are real, and `sacct` tells of jobs."""

import os

import pytest
from local_slurm import has_accounting
from project import RECIPES
from slurm_runs import jobs_of, wait_for_line, wait_for_resumption

pytestmark = [
    pytest.mark.skipif(os.environ.get("PODIUM_SLURM_TESTS") != "all", reason="takes minutes; make test-slurm"),
    pytest.mark.skipif(not has_accounting(), reason="no slurmdbd and mariadbd here"),
]


@pytest.fixture(scope="module")
def accounted(slurm):
    """The same node, under a controller that keeps accounts."""
    try:
        slurm.start(has_accounting=True)
        yield slurm
    finally:
        slurm.start()


def test_accounts_are_checked(accounted, long_training, start):
    wrong = start("--default-resources", "slurm_account=nobody")
    assert wrong.process.wait(120) != 0
    assert "account nobody appears to be invalid" in wrong.log.read_text()
    assert jobs_of(accounted, long_training) == []


def test_with_squeue_a_cancelled_training_goes_on(accounted, long_training, start):
    start("--default-resources", "slurm_account=lab")
    epoch = int(wait_for_line(accounted, long_training, r"epoch=(\d\d)/"))
    (job,) = jobs_of(accounted, long_training)
    accounted.call("scancel", job["JobId"])
    wait_for_resumption(accounted, long_training, epoch)
    assert [(job["JobState"], job["Account"]) for job in jobs_of(accounted, long_training)] == [
        ("CANCELLED", "lab"), ("RUNNING", "lab"),
    ]  # fmt: skip


def test_with_sacct_a_training_is_seen_to_end(accounted, long_training, start):
    long_training.edit(f"{RECIPES}/tiny_round1.yaml", "epochs: 2000", "epochs: 20")
    long_training.edit(f"{RECIPES}/tiny_round1.yaml", "validate_every_epochs: 1000", "validate_every_epochs: 10")
    start("--slurm-status-command", "sacct", "--default-resources", "slurm_account=lab").wait()
    (job,) = jobs_of(accounted, long_training)
    query = ["--noheader", "--parsable2", f"--jobs={job['JobId']}", "--format=State,Account"]
    said = accounted.call("sacct", "-X", *query)
    assert said.strip() == "COMPLETED|lab"
