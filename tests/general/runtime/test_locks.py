"""One training at a time in a state folder."""

import signal
import subprocess
import sys
from pathlib import Path

import pytest

from podium.errors import UserError
from podium.runtime.locks import stay_alone

HOLDER = """
import os, sys
from pathlib import Path
from podium.runtime.locks import stay_alone
stay_alone(Path(sys.argv[1]))
if os.fork():  # as a loader process, which may outlive its parent
    print("held", flush=True)
sys.stdin.read()
"""


@pytest.fixture
def holder(tmp_path):
    """A process that trains in the folder."""
    words = [sys.executable, "-c", HOLDER, tmp_path / "state"]
    with subprocess.Popen(words, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout.readline() == "held\n"
        yield process
        process.kill()


def test_a_second_process_is_refused(holder, tmp_path):
    with pytest.raises(UserError, match="another process trains in .*state; let it finish or end it"):
        stay_alone(tmp_path / "state", patience_s=0)
    assert not list(Path(tmp_path / "state").iterdir()), "nothing is left of a lock"


def test_the_next_one_waits_for_a_killed_one(holder, tmp_path):
    holder.send_signal(signal.SIGKILL)
    stay_alone(tmp_path / "state", patience_s=30)


def test_disks_without_locks_are_used_all_the_same(tmp_path, monkeypatch):
    def flock(*_arguments):
        raise OSError(95, "Operation not supported")

    monkeypatch.setattr("fcntl.flock", flock)
    stay_alone(tmp_path / "state", patience_s=0)
