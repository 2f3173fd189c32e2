"""GPUs are leased to one process at a time, without a GPU in sight: a lease is a file lock."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from podium.errors import UserError
from podium.gpu import lease_gpu, visible_devices


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
    [("2", ["2"]), ("0, 3", ["0", "3"]), ("GPU-8f2e,MIG-11", ["GPU-8f2e", "MIG-11"]), ("", []), ("-1", [])],
)
def test_outer_choice_is_honoured(value, devices, monkeypatch):
    monkeypatch.setenv("CUDA_VISIBLE_DEVICES", value)
    assert visible_devices() == devices


def test_devices_of_the_machine(tmp_path, monkeypatch):
    fake_nvidia_smi(tmp_path, "echo 'GPU 0: One (UUID: a)'; echo '  MIG 1g'; echo 'GPU 1: Two (UUID: b)'", monkeypatch)
    assert visible_devices() == ["0", "1"]


def test_machine_without_gpus(tmp_path, monkeypatch):
    monkeypatch.setenv("PATH", str(tmp_path))
    assert lease_gpu(tmp_path) is None
    fake_nvidia_smi(tmp_path, "exit 9", monkeypatch)  # a driver that does not answer
    assert lease_gpu(tmp_path) is None
    assert "CUDA_VISIBLE_DEVICES" not in os.environ


def test_leases_spread_over_the_devices(tmp_path, monkeypatch):
    leases = []
    for expected in ("4", "7"):
        monkeypatch.setenv("CUDA_VISIBLE_DEVICES", "4,7")
        leases.append(lease_gpu(tmp_path))
        assert os.environ["CUDA_VISIBLE_DEVICES"] == expected
    monkeypatch.setenv("CUDA_VISIBLE_DEVICES", "4,7")
    with pytest.raises(UserError, match="all 2 GPU"):
        lease_gpu(tmp_path)
    leases[0].close()
    lease_gpu(tmp_path).close()
    assert os.environ["CUDA_VISIBLE_DEVICES"] == "4"


def test_another_slurm_allocation_means_another_gpu(tmp_path, monkeypatch):
    for job in ("11", "12"):
        monkeypatch.setenv("CUDA_VISIBLE_DEVICES", "0")
        monkeypatch.setenv("SLURM_JOB_ID", job)
        assert lease_gpu(tmp_path) is not None


def test_a_killed_process_gives_its_gpu_back(tmp_path, monkeypatch):
    program = (
        "import sys, pathlib, podium.gpu; lease = podium.gpu.lease_gpu(pathlib.Path(sys.argv[1]));"
        "print('taken', flush=True); sys.stdin.read()"
    )
    monkeypatch.setenv("CUDA_VISIBLE_DEVICES", "0")
    pipes = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE, "text": True}
    with subprocess.Popen([sys.executable, "-c", program, str(tmp_path)], **pipes) as holder:
        assert holder.stdout.readline() == "taken\n"
        with pytest.raises(UserError, match="taken by other jobs"):
            lease_gpu(tmp_path)
        holder.kill()
        holder.wait()
        lease_gpu(tmp_path).close()
