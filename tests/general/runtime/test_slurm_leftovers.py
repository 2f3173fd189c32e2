"""Which jobs of a queue a new run may end. Slurm's commands are small programs here; tests/slurm has the real ones."""

import os
from pathlib import Path

import pytest

from podium.errors import UserError
from podium.runtime.slurm import end_leftovers

SQUEUE = """
test -e broken && { echo 'Unable to contact slurm controller' >&2; exit 1; }
for job in jobs/*; do test -e "$job" && echo "$(basename "$job")|$(head -n 1 "$job")"; done; true
"""
SCONTROL = 'test "$1 $2 $4" = "write batch_script -" && tail -n +2 "jobs/$3"'
SCANCEL = 'for job in "$@"; do rm "jobs/$job"; echo "$job" >> cancelled; done'


@pytest.fixture
def queue(tmp_path, monkeypatch):
    """A function that puts a job into the queue."""
    for name, script in {"squeue": SQUEUE, "scontrol": SCONTROL, "scancel": SCANCEL}.items():
        program = tmp_path / "bin" / name
        program.parent.mkdir(exist_ok=True)
        program.write_text(f"#!/bin/sh\ncd '{tmp_path}' || exit 1\n{script}\n")
        program.chmod(0o755)
    monkeypatch.setenv("PATH", f"{tmp_path / 'bin'}{os.pathsep}{os.environ['PATH']}")
    (tmp_path / "jobs").mkdir()

    def put(number: int, folder: Path, targets: str, config: str = "/run/config/a.yaml") -> None:
        command = f"python -m snakemake --target-jobs {targets} --cores all --configfiles {config} --mode remote"
        script = f"#!/bin/sh\n# sbatch's own words: it's a script\n{command}\n"
        (tmp_path / "jobs" / str(number)).write_text(f"{folder}\n{script}")

    return put


def ended(tmp_path: Path, targets: list[str]) -> list[str]:
    found = end_leftovers(tmp_path / "run", targets, ["/run/config/a.yaml"])
    told = tmp_path / "cancelled"
    assert found == (told.read_text().split() if told.exists() else [])
    return found


def test_only_jobs_of_the_same_files_are_ended(queue, tmp_path):
    here = tmp_path / "run"
    queue(1, here, "'train_round1:fold=0'")
    queue(2, here, "'train_round1:fold=1'")  # not asked for now: another run in this folder may want it
    queue(3, tmp_path / "elsewhere", "'train_round1:fold=0'")
    queue(4, here, "'train_round1:fold=0'", config="/run/config/b.yaml")
    queue(5, here, "'pack_shard:split=train,file_id=7' 'pack_shard:split=train,file_id=8'")
    queue(6, here, "'merge_oof:'")
    wanted = ["train_round1:fold=0", "pack_shard:split=train,file_id=8", "train_round2:seed=1"]
    assert ended(tmp_path, wanted) == ["1", "5"]
    assert sorted(path.name for path in (tmp_path / "jobs").iterdir()) == ["2", "3", "4", "6"]


def test_nothing_is_ended_where_nothing_is_left(queue, tmp_path):
    assert ended(tmp_path, ["train_round1:fold=0"]) == []


def test_a_script_that_is_no_snakemakes_is_left_alone(queue, tmp_path):
    queue(1, tmp_path / "run", "x")
    (tmp_path / "jobs/1").write_text(f"{tmp_path / 'run'}\n#!/bin/sh\necho 'an unfinished quote\n")
    assert ended(tmp_path, ["train_round1:fold=0"]) == []


def test_without_slurm(tmp_path, monkeypatch):
    monkeypatch.setenv("PATH", str(tmp_path))
    assert end_leftovers(tmp_path, ["train_round1:fold=0"], []) == []


def test_a_controller_that_does_not_answer(queue, tmp_path):
    (tmp_path / "broken").touch()
    with pytest.raises(UserError, match="squeue failed: Unable to contact slurm controller"):
        end_leftovers(tmp_path, ["train_round1:fold=0"], [])


def test_a_job_that_does_not_end(queue, tmp_path, monkeypatch):
    queue(1, tmp_path / "run", "'train_round1:fold=0'")
    (tmp_path / "bin/scancel").write_text("#!/bin/sh\n")
    monkeypatch.setattr("podium.runtime.slurm.END_TIMEOUT_S", 0)
    monkeypatch.setattr("podium.runtime.slurm.POLL_S", 0)
    with pytest.raises(UserError, match="jobs 1 of an earlier run have not ended"):
        end_leftovers(tmp_path / "run", ["train_round1:fold=0"], ["/run/config/a.yaml"])
