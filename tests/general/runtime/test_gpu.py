"""GPUs are leased to one process at a time, without a GPU in sight: a lease is a file lock."""

import os
import signal
import subprocess
import sys
from contextlib import suppress
from pathlib import Path

import pytest

from podium.errors import UserError
from podium.runtime.gpu import lease_gpus, visible_devices


@pytest.fixture(autouse=True)
def restore_environment(monkeypatch):
    for name in ("CUDA_VISIBLE_DEVICES", "SLURM_JOB_ID"):
        monkeypatch.setenv(name, "")  # so that what the tests do to it is undone
        monkeypatch.delenv(name)


def fake_nvidia_smi(folder: Path, script: str, monkeypatch) -> None:
    program = folder / "nvidia-smi"
    program.write_text(f"#!/bin/sh\n{script}\n")
    program.chmod(0o755)
    monkeypatch.setenv("PATH", str(folder))


@pytest.mark.parametrize(
    ("value", "devices"),
    [
        ("2", ["2"]),
        ("0, 3", ["0", "3"]),
        ("GPU-8f2e,MIG-11", ["GPU-8f2e", "MIG-11"]),
        ("", []),
        ("-1", []),
        ("1,-1,0", ["1"]),
    ],
)
def test_outer_choice_is_honoured(value, devices, monkeypatch):
    monkeypatch.setenv("CUDA_VISIBLE_DEVICES", value)
    assert visible_devices() == devices


def test_devices_of_the_machine(tmp_path, monkeypatch):
    fake_nvidia_smi(tmp_path, "echo 'GPU 0: One (UUID: a)'; echo '  MIG 1g'; echo 'GPU 1: Two (UUID: b)'", monkeypatch)
    assert visible_devices() == ["0", "1"]


def test_machine_without_gpus(tmp_path, monkeypatch):
    monkeypatch.setenv("PATH", str(tmp_path))
    assert lease_gpus(folder=tmp_path) is None
    with pytest.raises(UserError, match="2 GPUs are asked for and 0 are visible"):
        lease_gpus(2, folder=tmp_path)
    fake_nvidia_smi(tmp_path, "exit 9", monkeypatch)  # a driver that does not answer
    assert lease_gpus(folder=tmp_path) is None
    assert "CUDA_VISIBLE_DEVICES" not in os.environ


def test_leases_spread_over_the_devices(tmp_path, monkeypatch):
    leases = []
    for expected in ("4", "7"):
        monkeypatch.setenv("CUDA_VISIBLE_DEVICES", "4,7")
        leases.append(lease_gpus(folder=tmp_path))
        assert os.environ["CUDA_VISIBLE_DEVICES"] == expected
    monkeypatch.setenv("CUDA_VISIBLE_DEVICES", "4,7")
    with pytest.raises(UserError, match=r"2 of 2 GPU\(s\) are taken"):
        lease_gpus(folder=tmp_path, patience_s=0)
    leases[0].close()
    lease_gpus(folder=tmp_path).close()
    assert os.environ["CUDA_VISIBLE_DEVICES"] == "4"


def test_another_slurm_allocation_means_another_gpu(tmp_path, monkeypatch):
    for job in ("11", "12"):
        monkeypatch.setenv("CUDA_VISIBLE_DEVICES", "0")
        monkeypatch.setenv("SLURM_JOB_ID", job)
        assert lease_gpus(folder=tmp_path) is not None


def test_where_slurm_gives_no_gpus_all_jobs_of_the_node_share_them(tmp_path, monkeypatch):
    fake_nvidia_smi(tmp_path, "echo 'GPU 0: One'; echo 'GPU 1: Two'", monkeypatch)
    devices = []
    for job in ("11", "12"):
        monkeypatch.setenv("SLURM_JOB_ID", job)
        monkeypatch.delenv("CUDA_VISIBLE_DEVICES", raising=False)
        devices.append(lease_gpus(folder=tmp_path / "locks"))
    assert [lease.devices for lease in devices] == [["0"], ["1"]]


def test_several_gpus_are_leased_together_or_not_at_all(tmp_path, monkeypatch):
    monkeypatch.setenv("CUDA_VISIBLE_DEVICES", "0,1,2")
    with pytest.raises(UserError, match="4 GPUs are asked for and 3 are visible"):
        lease_gpus(4, tmp_path)
    lease = lease_gpus(2, tmp_path)
    assert lease.devices == ["0", "1"] and os.environ["CUDA_VISIBLE_DEVICES"] == "0,1"
    monkeypatch.setenv("CUDA_VISIBLE_DEVICES", "0,1,2")
    with pytest.raises(UserError, match=r"2 of 3 GPU\(s\) are taken by other jobs and 2 asked for"):
        lease_gpus(2, tmp_path, patience_s=0)
    assert lease_gpus(1, tmp_path).devices == ["2"], "the refused job has left nothing behind"


HOLDER = """
import os, pathlib, signal, sys, podium.errors, podium.runtime.gpu

def main():
    lease = podium.runtime.gpu.lease_gpus(int(sys.argv[2]), pathlib.Path(sys.argv[1]), patience_s=0)
    if len(sys.argv) > 3:  # a loader process that outlives its parent
        ready, word = os.pipe()
        if os.fork() == 0:
            os.write(word, b"!")
            signal.alarm(60)
            signal.pause()
        os.read(ready, 1)
    print(",".join(lease.devices), os.environ["CUDA_VISIBLE_DEVICES"], flush=True)
    sys.stdin.read()

podium.errors.run(main)
"""


def hold(folder: Path, *words: str, devices: str = "0,1,2,3") -> subprocess.Popen:
    """A process of its own that leases GPUs, says which, and holds them until its input ends."""
    pipes = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE, "stderr": subprocess.PIPE, "text": True}
    environment = os.environ | {"CUDA_VISIBLE_DEVICES": devices}
    return subprocess.Popen(
        [sys.executable, "-c", HOLDER, folder, *words], env=environment, start_new_session=True, **pipes
    )


@pytest.fixture
def holders():
    """Processes that end with the test."""
    processes = []
    yield processes
    for process in processes:
        with suppress(ProcessLookupError):
            os.killpg(process.pid, signal.SIGKILL)  # with its children
        process.communicate()


def test_jobs_that_start_at_once_get_a_gpu_each(tmp_path, holders):
    holders += [hold(tmp_path, "1") for _ in range(4)]
    assert sorted(process.stdout.readline() for process in holders) == [f"{one} {one}\n" for one in range(4)]
    fifth = hold(tmp_path, "1")
    _, error = fifth.communicate()
    assert fifth.returncode == 2
    assert error == (
        "error: 4 of 4 GPU(s) are taken by other jobs and 1 asked for; wait, or run with --resources gpu=4\n"
    )


def test_jobs_that_start_at_once_never_halve_what_both_need(tmp_path, holders):
    for _ in range(5):  # by chance, each of them would otherwise take one of two and give up
        both = [hold(tmp_path, "2", devices="0,1") for _ in range(2)]
        holders += both
        ended = [process.stdout.readline() for process in both]
        assert sorted(ended) == ["", "0,1 0,1\n"]
        for process in both:
            process.kill()
            process.wait()


@pytest.mark.parametrize("words", [[], ["fork"]], ids=["alone", "with a child that lives on"])
def test_a_killed_process_gives_its_gpu_back_at_once(tmp_path, holders, words, monkeypatch):
    holder = hold(tmp_path, "1", *words, devices="0")
    holders.append(holder)
    assert holder.stdout.readline() == "0 0\n"
    monkeypatch.setenv("CUDA_VISIBLE_DEVICES", "0")
    with pytest.raises(UserError, match="taken by other jobs"):
        lease_gpus(folder=tmp_path, patience_s=0)
    holder.kill()
    holder.wait()
    lease_gpus(folder=tmp_path).close()


def test_a_job_waits_for_the_processes_of_a_killed_one(tmp_path, holders, monkeypatch):
    holder = hold(tmp_path, "2", devices="0,1")
    holders.append(holder)
    assert holder.stdout.readline() == "0,1 0,1\n"
    monkeypatch.setenv("CUDA_VISIBLE_DEVICES", "0,1")

    def end(_seconds: float) -> None:
        holder.kill()
        holder.wait()

    monkeypatch.setattr("podium.runtime.gpu.time.sleep", end)
    assert lease_gpus(2, tmp_path).devices == ["0", "1"]
