"""Runs that are killed, preempted or continued end in the bits of a run that nobody disturbed."""

import os
import signal
from collections.abc import Callable
from multiprocessing.process import BaseProcess
from pathlib import Path
from subprocess import CompletedProcess
from typing import IO

import forked
import numpy as np
import pandas as pd
import pytest
import torch
import yaml
from children import default_signals, nohup
from project import ROOT

from podium.landmarks.normalise import STATISTICS_COLUMNS, statistics
from podium.storage.files import file_digest
from podium.training.resume import read_state

RESULTS = ["history.csv", "metrics.json", "model.safetensors", "oof.parquet", "recipe.json"]

# Runs the training command, and kills it without warning when a function of it is called for the n-th time.
DYING = """
import importlib, os, runpy, signal, sys
module, name, countdown = sys.argv[1], sys.argv[2], int(sys.argv[3])
owner = importlib.import_module(module)
path = name.split(".")
for part in path[:-1]:
    owner = getattr(owner, part)
original = getattr(owner, path[-1])
def dying(*arguments, **options):
    global countdown
    countdown -= 1
    if countdown == 0:
        if path[-1] == "save":  # half a state
            arguments[1].write(b"half")
            arguments[1].flush()
        os.kill(os.getpid(), signal.SIGKILL)
    return original(*arguments, **options)
setattr(owner, path[-1], dying)
sys.argv = sys.argv[4:]
runpy.run_path(sys.argv[0], run_name="__main__")
"""


@pytest.fixture(scope="module")
def data(tmp_path_factory) -> Path:
    """Twelve clips by three signers, in two folds."""
    root = tmp_path_factory.mktemp("data")
    rng = np.random.default_rng(0)
    clips = [rng.normal(0.5, 0.1, (int(rng.integers(16, 30)), 390)).astype(np.float32) for _ in range(12)]
    lengths = [len(clip) for clip in clips]
    table = pd.DataFrame({
        "split": "train", "file_id": 1, "sequence_id": range(12), "participant_id": [one % 3 for one in range(12)],
        "phrase": [f"{one:02d} ab" for one in range(12)], "num_frames": lengths,
        "offset": np.cumsum([0, *lengths[:-1]]),
    })  # fmt: skip
    numbers = np.transpose([np.concatenate(statistics(clip)) for clip in clips])
    table = table.assign(**dict(zip(STATISTICS_COLUMNS, numbers, strict=True)))
    (root / "shards/train").mkdir(parents=True)
    np.save(root / "shards/train/1.npy", np.concatenate(clips))
    table.to_parquet(root / "index.parquet")
    pd.DataFrame({"participant_id": [0, 1, 2], "fold": [0, 1, 1]}).to_parquet(root / "folds.parquet")
    return root


def write_recipe(path: Path, num_workers: int, **training) -> Path:
    """The tiny recipe of round 1 with three epochs of four batches; the optimiser moves in the middle of epochs too."""
    recipe = yaml.safe_load((ROOT / "config/recipes/fingerspelling/tiny_round1.yaml").read_text())
    recipe["data"] |= {"p_cutmix": 0.5}
    recipe["training"] |= {
        "epochs": 3, "batch_size": 2, "accumulation": 3, "validate_every_epochs": 2, "save_every_minutes": 0,
        "device": "cpu", "num_threads": 1, "num_workers": num_workers, **training,
    }  # fmt: skip
    path.write_text(yaml.safe_dump(recipe))
    return path


def command(recipe: Path, data: Path, out: Path) -> list[str]:
    words = ["--system", "fingerspelling"]
    words += ["--recipe", recipe, "--data", data, "--table", data / "index.parquet", "--fold", 0, "--seed", 4]
    words += ["--out", out, "--state", out.parent / "state", "--fingerprint", file_digest(recipe)]
    return [str(word) for word in [ROOT / "workflow/scripts/train.py", *words]]


ENVIRONMENT = os.environ | {"PYTHONPATH": str(ROOT / "src")}


def run(words: list[str]) -> CompletedProcess[str]:
    return forked.run(words, ROOT, ENVIRONMENT, timeout=300)


def results(out: Path) -> dict[str, bytes]:
    return {path.name: path.read_bytes() for path in out.iterdir()}


def state_in(folder: Path) -> Path:
    """The only state of a folder."""
    (path,) = folder.glob("state-*.pt")
    return path


def only_results_in(state: Path) -> bool:
    """Whether the results are kept in a state folder, and nothing else."""
    return [path.name[:5] for path in state.iterdir()] == ["kept-"]


VARIANTS = {
    "no workers, averaged weights": (0, {"ema_decay": 0.9}),
    "two workers, recomputed statistics": (2, {"batch_norm_statistics": "recomputed"}),
}


@pytest.fixture(scope="module", params=VARIANTS.values(), ids=VARIANTS.keys())
def undisturbed(request, data, tmp_path_factory) -> tuple[Path, dict[str, bytes]]:
    """A recipe, and what it comes to."""
    folder = tmp_path_factory.mktemp("undisturbed")
    recipe = write_recipe(folder / "recipe.yaml", request.param[0], **request.param[1])
    outcome = run(command(recipe, data, folder / "out"))
    assert outcome.returncode == 0, outcome.stderr
    assert sorted(results(folder / "out")) == RESULTS
    assert only_results_in(folder / "state")
    return recipe, results(folder / "out")


KILLS = [
    ("podium.training.loop", "_update", 1),  # in a step
    ("podium.training.loop", "learning_rate", 6),
    ("torch", "save", 5),  # in the writing of the state
    ("podium.training.loop", "answer", 1),  # in a validation
    ("podium.training.loop", "answer", 1),  # and in the next attempt's first one
    ("podium.systems.fingerspelling.answers", "predictions", 1),  # in the final writing
    ("podium.training.run", "save_weights", 1),
    ("podium.training.run", "keep", 1),
]


def test_kills_change_nothing(undisturbed, data, tmp_path):
    recipe, expected = undisturbed
    words = command(recipe, data, tmp_path / "out")
    for module, name, countdown in KILLS:
        outcome = run(["-c", DYING, module, name, str(countdown), *words])
        assert outcome.returncode == -signal.SIGKILL, (name, outcome.stderr)
    outcome = run(words)
    assert outcome.returncode == 0, outcome.stderr
    assert "resumed" in outcome.stderr
    assert results(tmp_path / "out") == expected
    assert only_results_in(tmp_path / "state")


def test_schedules_and_scaled_adam_go_on(data, tmp_path):
    """A network that counts its batches, an optimiser that remembers norms, a schedule that counts epochs."""
    recipe = yaml.safe_load((ROOT / "config/recipes/fingerspelling/tiny_zipformer.yaml").read_text())
    recipe["optimizer"] = {"name": "scaled_adam", "learning_rate": 0.045, "max_grad_norm": 1000}
    recipe["schedule"] = {"name": "eden", "warmup_epochs": 1}
    recipe["training"] |= {"epochs": 3, "batch_size": 2, "accumulation": 1, "save_every_minutes": 0, "device": "cpu"}
    path = tmp_path / "recipe.yaml"
    path.write_text(yaml.safe_dump(recipe))
    assert run(command(path, data, tmp_path / "undisturbed/out")).returncode == 0
    words = command(path, data, tmp_path / "out")
    for name, countdown in (("_update", 3), ("learning_rate", 6)):
        assert run(["-c", DYING, "podium.training.loop", name, str(countdown), *words]).returncode == -signal.SIGKILL
    outcome = run(words)
    assert outcome.returncode == 0 and "resumed" in outcome.stderr, outcome.stderr
    assert results(tmp_path / "out") == results(tmp_path / "undisturbed/out")


def start(words: list[str], signals: Callable[[], None], folder: Path) -> tuple[BaseProcess, IO[str]]:
    """Starts a training in a process group of its own. Returns it, and what it says."""
    pipe = folder / "said"
    os.mkfifo(pipe)
    return forked.start(words, ROOT, ENVIRONMENT, Path(os.devnull), pipe, signals), open(pipe, encoding="utf-8")


def wait_for_epoch(said: IO[str], number: int) -> None:
    assert any(line.startswith(f"epoch={number}/") for line in said)


def end(process: BaseProcess, said: IO[str]) -> str:
    """Waits for a training that has been told to end. Returns its last words."""
    with said:
        rest = said.read()
    process.join(120)
    return rest


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT, signal.SIGHUP])
def test_a_preempted_run_writes_its_state_first(undisturbed, data, tmp_path, number):
    recipe, expected = undisturbed
    rarely = tmp_path / "recipe.yaml"
    rarely.write_text(recipe.read_text().replace("save_every_minutes: 0", "save_every_minutes: 60"))
    words = command(rarely, data, tmp_path / "out")
    process, said = start(words, default_signals, tmp_path)
    wait_for_epoch(said, 1)
    os.killpg(process.pid, number)  # as a scheduler or a terminal does it: everybody in the group
    rest = end(process, said)
    assert process.exitcode == 128 + number, rest
    assert "Traceback" not in rest
    assert f"stopped by {number.name}; the same command goes on" in rest
    assert state_in(tmp_path / "state").is_file()
    outcome = run(words)
    assert outcome.returncode == 0 and "resumed" in outcome.stderr, outcome.stderr
    after = results(tmp_path / "out")
    recipes = [after.pop("recipe.json"), expected["recipe.json"]]
    assert recipes[0] != recipes[1], "save_every_minutes is part of the recipe, and changes no result"
    assert after == {name: content for name, content in expected.items() if name != "recipe.json"}


def test_nohup_holds_and_sigterm_still_ends_a_run(undisturbed, data, tmp_path):
    recipe, _ = undisturbed
    process, said = start(command(recipe, data, tmp_path / "out"), nohup, tmp_path)
    wait_for_epoch(said, 1)
    for number in (signal.SIGHUP, signal.SIGINT):  # the terminal is closed; Ctrl-C in the shell that started it
        os.killpg(process.pid, number)
    wait_for_epoch(said, 2)
    os.killpg(process.pid, signal.SIGTERM)
    rest = end(process, said)
    assert process.exitcode == 128 + signal.SIGTERM, rest
    assert "stopped by SIGTERM; the same command goes on" in rest
    assert state_in(tmp_path / "state").is_file()


def kept_state(undisturbed, data, tmp_path) -> list[str]:
    """The command of a run that has been killed in its second epoch."""
    recipe, _ = undisturbed
    words = command(recipe, data, tmp_path / "out")
    assert run(["-c", DYING, "podium.training.loop", "learning_rate", "7", *words]).returncode == -signal.SIGKILL
    assert state_in(tmp_path / "state").is_file()
    return words


def test_a_changed_recipe_does_not_go_on_and_costs_nothing(undisturbed, data, tmp_path):
    words = kept_state(undisturbed, data, tmp_path)
    recipe = write_recipe(tmp_path / "changed.yaml", 0, epochs=2)
    changed = command(recipe, data, tmp_path / "out")
    outcome = run(["-c", DYING, "podium.training.loop", "learning_rate", "2", *changed])
    assert outcome.returncode == -signal.SIGKILL
    assert "is of another recipe and is left alone; training starts anew" in outcome.stderr
    assert "resumed" not in outcome.stderr
    outcome = run(words)  # the change is taken back
    assert outcome.returncode == 0 and "resumed" in outcome.stderr, outcome.stderr
    assert results(tmp_path / "out") == undisturbed[1]
    outcome = run(changed)
    assert outcome.returncode == 0 and "resumed" not in outcome.stderr
    assert len(pd.read_csv(tmp_path / "out/history.csv")) == 2


def test_a_spoilt_state_is_dropped(undisturbed, data, tmp_path):
    words = kept_state(undisturbed, data, tmp_path)
    state = state_in(tmp_path / "state")
    state.write_bytes(state.read_bytes()[:1000])
    outcome = run(words)
    assert outcome.returncode == 0 and "cannot be read and is dropped" in outcome.stderr
    assert results(tmp_path / "out") == undisturbed[1]


def test_damage_anywhere_in_a_state_is_noticed(tmp_path):
    """Bits that flip in what a state says; of bytes that say nothing nobody needs to know."""
    path, rng = tmp_path / "state.pt", np.random.default_rng(0)
    intact = {"digests": {"recipe": "abc"}, "state": {"model": {"weight": torch.arange(9.0)}, "step": 5}}
    torch.save(intact, path)
    content = path.read_bytes()
    assert repr(read_state(path)) == repr(intact)
    num_noticed = 0
    for place in rng.permutation(len(content))[:1000]:
        path.write_bytes(content[:place] + bytes([content[place] ^ 0xFF]) + content[place + 1 :])
        found = read_state(path)
        assert found is None or repr(found) == repr(intact), place
        num_noticed += found is None
    assert num_noticed > 200


def test_the_state_is_nothing_that_could_run_code(undisturbed, data, tmp_path):
    kept_state(undisturbed, data, tmp_path)
    kept = torch.load(state_in(tmp_path / "state"), weights_only=True)
    assert kept["state"]["step"] == 5
