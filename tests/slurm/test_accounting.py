"""Slurm with an accounting database: `sacct` tells of jobs, and accounts are real."""

import os

import pytest
from local_slurm import has_accounting
from slurm_runs import MODEL, jobs_of, submit, wait_for_line, wait_for_resumption

pytestmark = [
    pytest.mark.skipif(os.environ.get("PODIUM_SLURM_TESTS") != "all", reason="takes minutes; make test-slurm"),
    pytest.mark.skipif(not has_accounting(), reason="no slurmdbd and mariadbd here"),
]
SACCT = ["--slurm-status-command", "sacct", "--default-resources"]


@pytest.fixture
def accounted(slurm):
    """The same node, under a controller that keeps accounts."""
    try:
        slurm.start(has_accounting=True)
        yield slurm
    finally:
        slurm.start()


def test_sacct_and_accounts(accounted, long_training, start):
    long_training.edit("config/recipes/tiny_round1.yaml", "epochs: 2000", "epochs: 300")
    long_training.edit("config/recipes/tiny_round1.yaml", "validate_every_epochs: 1000", "validate_every_epochs: 150")
    wrong = submit(long_training, MODEL, *SACCT, "slurm_account=nobody")
    assert wrong.process.wait(120) != 0
    assert "account nobody appears to be invalid" in wrong.log.read_text()
    assert jobs_of(accounted, long_training) == []

    run = start(*SACCT, "slurm_account=lab")
    epoch = int(wait_for_line(accounted, long_training, r"epoch=(\d\d)/"))
    (job,) = jobs_of(accounted, long_training)
    accounted.call("scancel", job["JobId"])
    wait_for_resumption(accounted, long_training, epoch)
    run.wait()
    lines = accounted.call("sacct", "-X", "--noheader", "--parsable2", "--format=State,Account").splitlines()
    assert [line.split("|") for line in lines] == [["CANCELLED by 0", "lab"], ["COMPLETED", "lab"]]
