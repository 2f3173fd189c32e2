"""Two processes that train one network: the same losses and weights as one alone, and the same bits after a kill."""

import os
import shutil
import signal
import subprocess
import sys
from pathlib import Path

import pandas as pd
import pytest
import torch
import yaml
from children import default_signals
from fingerspelling import PARTS
from safetensors.torch import load_file
from test_training import ROOT, recipe, write_dataset

from podium.data.sampler import BucketSampler
from podium.systems.fingerspelling.recipe import Recipe
from podium.training import ranks
from podium.training.run import Job, train_job

SEED = 5


def quiet_recipe() -> Recipe:
    """All losses of round 2, nothing dropped out; batches of five and two clips, steps across epochs.

    A large epsilon, since Adam else makes whole steps of the rounding errors in gradients that should be 0.
    """
    values = recipe(2).model_dump()
    decoder = {"p_dropout": 0.0, "p_attention_dropout": 0.0, "p_activation_dropout": 0.0}
    values["model"] |= {"p_dropout": 0.0, "p_mask_input": 0.0, "decoder": values["model"]["decoder"] | decoder}
    values["optimizer"] |= {"epsilon": 1e-3}
    values["schedule"] |= {"warmup_epochs": 0}
    values["training"] |= {
        "epochs": 6, "batch_size": 5, "accumulation": 3, "validate_every_epochs": 2, "save_every_minutes": 0,
        "batch_norm_statistics": "recomputed", "ema_decay": 0.9, "num_threads": 1,
    }  # fmt: skip
    return Recipe.model_validate(values)


@pytest.fixture(scope="module")
def data(tmp_path_factory) -> Path:
    """Seven clips to train on, one to validate on; the recipe beside them."""
    root = tmp_path_factory.mktemp("data")
    write_dataset(root, [1, 1, 1, 1, 1, 1, 1, 0])
    (root / "recipe.yaml").write_text(yaml.safe_dump(quiet_recipe().model_dump(mode="json")))
    return root


def words(data: Path, out: Path) -> list[str]:
    listed = ["--system", "fingerspelling"]
    listed += ["--recipe", data / "recipe.yaml", "--data", data, "--table", data / "index.parquet", "--fold", 0]
    listed += ["--seed", SEED, "--out", out, "--state", out.parent / "state"]
    return [str(word) for word in [ROOT / "workflow/scripts/train.py", *listed]]


@pytest.fixture
def environment(tmp_path) -> dict[str, str]:
    """A machine with two GPUs of paper: jobs lease them, then torch sees none, and they compute on the CPU."""
    return os.environ | {"PYTHONPATH": str(ROOT / "src"), "CUDA_VISIBLE_DEVICES": "0,1", "TMPDIR": str(tmp_path)}


def results(out: Path) -> dict[str, bytes]:
    return {path.name: path.read_bytes() for path in out.iterdir()}


def same_history(*outs: Path) -> None:
    pd.testing.assert_frame_equal(*(pd.read_csv(out / "history.csv") for out in outs), rtol=1e-4)


def test_two_processes_equal_one_and_go_on_after_a_kill(data, tmp_path, environment):
    alone, together, disturbed = tmp_path / "alone", tmp_path / "together/out", tmp_path / "disturbed/out"
    train_job(Job(data, data / "index.parquet", 0, SEED, alone), quiet_recipe(), PARTS)
    options = {"env": environment, "stderr": subprocess.PIPE, "text": True}

    torchrun = [sys.executable, "-m", "torch.distributed.run", "--standalone", "--nproc-per-node", "2"]
    outcome = subprocess.run([*torchrun, *words(data, together)], timeout=200, **options)
    assert outcome.returncode == 0, outcome.stderr
    assert outcome.stderr.count("num_processes=2") == 1, "the first process speaks alone"
    same_history(alone, together)
    one, two = (load_file(out / "model.safetensors") for out in (alone, together))
    assert one.keys() == two.keys()
    for name, tensor in one.items():
        torch.testing.assert_close(
            two[name], tensor, rtol=1e-3, atol=2e-5, msg=lambda text, name=name: f"{name}: {text}"
        )
    assert pd.read_parquet(alone / "oof.parquet").equals(pd.read_parquet(together / "oof.parquet"))

    call = [sys.executable, *words(data, disturbed), "--gpus", "2"]
    with subprocess.Popen(call, start_new_session=True, **options) as job:
        said = [next(line for line in job.stderr if line.startswith(start)) for start in ("gpu=", "epoch=1/")]
        assert said[0] == "gpu=0,1\n"
        job.kill()  # the launcher: its processes write their state and end, before the pipe does
        assert "Traceback" not in job.stderr.read()
    state = tmp_path / "disturbed/state"
    assert len(list(state.glob("state-*.pt"))) == 1
    shutil.copytree(state, tmp_path / "copy")
    outcome = subprocess.run(call, timeout=200, **options)
    assert outcome.returncode == 0 and "resumed" in outcome.stderr, outcome.stderr
    assert results(disturbed) == results(together)

    # What two have begun, one can end.
    ended = Job(data, data / "index.parquet", 0, SEED, tmp_path / "ended", state=tmp_path / "copy")
    train_job(ended, quiet_recipe(), PARTS)
    assert not list((tmp_path / "copy").iterdir())
    same_history(alone, tmp_path / "ended")


MEMBER = """
import os, sys
rank = int(os.environ["RANK"])
os.write(1, f"{os.environ['CUDA_VISIBLE_DEVICES']} {os.environ['WORLD_SIZE']}\\n".encode())
print(f"error: {sys.argv[1]} of rank {rank}", file=sys.stderr)
"""


def launched(tmp_path: Path, rest: str) -> subprocess.Popen[str]:
    """Two processes of a small program under `podium.runtime.launch`."""
    call = f"""
import sys
from pathlib import Path
from podium.runtime.gpu import lease_gpus
from podium.runtime.launch import launch
lease = lease_gpus(2, Path({str(tmp_path)!r}))
raise SystemExit(launch([sys.executable, "-c", {MEMBER + rest!r}, "word"], lease))
"""
    environment = os.environ | {"PYTHONPATH": str(ROOT / "src"), "CUDA_VISIBLE_DEVICES": "3,5"}
    pipes = {"stdout": subprocess.PIPE, "stderr": subprocess.PIPE, "text": True}
    return subprocess.Popen([sys.executable, "-c", call], env=environment, preexec_fn=default_signals, **pipes)


@pytest.mark.parametrize(
    ("rest", "code", "heard"),
    [
        ("", 0, [0]),
        ("sys.exit(2)", 2, [0]),  # all have met the same error
        ("sys.exit(2 * rank)", 2, [0, 1]),  # the second one by itself
        ("rank or os.abort()", 128 + signal.SIGABRT, [0]),
    ],
)
def test_launched_processes_end_as_one(tmp_path, rest, code, heard):
    job = launched(tmp_path, rest)
    said, errors = job.communicate(timeout=60)
    assert job.returncode == code
    assert sorted(said.splitlines()) == ["3 2", "5 2"], "a GPU each"
    assert errors.splitlines() == [f"error: word of rank {rank}" for rank in heard]


def test_signals_reach_all_launched_processes(tmp_path):
    job = launched(
        tmp_path, "import signal\nsignal.signal(15, lambda *_: sys.exit(143))\nos.write(1, b'up\\n')\nsignal.pause()"
    )
    lines = [job.stdout.readline() for _ in range(4)]
    assert lines.count("up\n") == 2
    job.terminate()
    job.communicate(timeout=60)
    assert job.returncode == 128 + signal.SIGTERM


def test_shares_are_disjoint_and_complete(monkeypatch):
    sampler = BucketSampler(11, lambda key: key[1], batch_size=4, bucket_batches=0, seed=0)
    whole = list(sampler)
    assert [len(keys) for keys in whole] == [4, 4, 3]
    monkeypatch.setattr(ranks, "num_ranks", lambda: 4)
    shares = []
    for number in range(4):
        monkeypatch.setattr(ranks, "rank", lambda number=number: number)
        shares.append(list(ranks.Shares(sampler)))
    for batch, keys in enumerate(whole[:2]):
        assert sorted(key for share in shares for key in share[batch]) == sorted(keys)
    assert all(share[2] == whole[2] for share in shares), "too few clips for four: everybody takes all"
