"""Folds spread over the GPUs of a machine; the GPUs are of paper, the locks and Snakemake are real."""

import os
import re

from project import RECIPES

# Lists four GPUs, and answers nobody before four have asked: jobs that ran one after the other would never end.
NVIDIA_SMI = """#!/bin/sh
touch "$FOLDER/asked.$$"
for _ in $(seq 600); do
    if [ "$(ls "$FOLDER" | grep -c asked)" -ge 4 ]; then
        for index in 0 1 2 3; do echo "GPU $index: Paper (UUID: GPU-$index)"; done
        exit 0
    fi
    sleep 0.1
done
exit 1
"""


def test_four_folds_train_side_by_side_on_four_gpus(fresh, tmp_path, monkeypatch):
    """The recipe takes what is there: each job leases a GPU, then finds that torch sees none, and uses the CPU."""
    fresh.edit("config/datasets/tiny.yaml", "num_folds: 2", "num_folds: 4")
    fresh.edit("config/datasets/tiny.yaml", "num_supplemental_sequences: 12", "num_supplemental_sequences: 0")
    fresh.edit("config/datasets/tiny.yaml", "sequences_per_file: 20", "sequences_per_file: 40")
    fresh.edit(f"{RECIPES}/tiny_round1.yaml", "epochs: 6", "epochs: 1")
    program = tmp_path / "bin/nvidia-smi"
    program.parent.mkdir()
    program.write_text(NVIDIA_SMI)
    program.chmod(0o755)
    monkeypatch.setenv("PATH", str(program.parent), prepend=os.pathsep)
    monkeypatch.setenv("FOLDER", str(tmp_path))
    monkeypatch.setenv("TMPDIR", str(tmp_path))  # where the locks lie
    monkeypatch.delenv("CUDA_VISIBLE_DEVICES", raising=False)
    outcome = fresh.snakemake("round1", "--cores", "4", "--resources", "gpu=4", "--retries", "0")
    assert outcome.returncode == 0, outcome.stdout[-3000:] + outcome.stderr[-6000:]
    logs = [fresh.root / f"results/logs/tiny/round1/fold{fold}.log" for fold in range(4)]
    devices = [re.search(r"^gpu=(\d+)$", path.read_text(), re.MULTILINE)[1] for path in logs]
    assert sorted(devices) == ["0", "1", "2", "3"]
    assert len(list(fresh.root.glob("results/tiny/round1/fold*/model.safetensors"))) == 4
