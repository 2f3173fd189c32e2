"""What a run meets in the wild: a full disk, a read-only folder, a clock that jumps, a second run, a power cut."""

import os
import shutil
import signal
import subprocess
import time
from collections.abc import Callable, Iterator

import pytest
from chaos import artefacts, chaos
from project import TINY, Project

DISK_MB = 96
EVERY_STAGE = {
    "packing": "results/data/tiny/shards/train/100000000.npy",
    "index": "results/data/tiny/index.parquet",
    "round 1": "results/tiny/round1/fold0/model.safetensors",
    "merging": "results/tiny/oof/train_with_oof.parquet",
    "round 2": "results/tiny/round2/seed1/model.safetensors",
    "port": "results/tiny/port/seed1/weights.safetensors",
    "answers": "results/tiny/export/torch_answers.npz",
    "export": "results/tiny/export/model.tflite",
    "parity": "results/tiny/export/parity.json",
    "evaluation": "results/tiny/export/evaluation.json",
    "benchmark": "results/tiny/export/benchmark.json",
    "summary": "results/tiny/report/summary.md",
    "manifest": "results/tiny/report/manifest.json",
}
USUAL = ("packing", "round 2", "answers", "export")
STAGES = EVERY_STAGE if os.environ.get("PODIUM_EVERY_KNOCK") else {name: EVERY_STAGE[name] for name in USUAL}


class Disk:
    """A file system of its own under ``results/`` of a finished project."""

    def __init__(self, project: Project) -> None:
        self.results = project.root / "results"
        self.filler = self.results / "filler"
        kept = project.root / "kept"
        self.results.rename(kept)
        self.results.mkdir()
        mount = ["mount", "-t", "tmpfs", "-o", f"size={DISK_MB}m", "tmpfs", self.results]
        mounted = subprocess.run(mount, capture_output=True, text=True)
        if mounted.returncode:
            pytest.skip(f"no small disk: {mounted.stderr.strip()}")
        shutil.copytree(kept, self.results, symlinks=True, dirs_exist_ok=True)

    def fill(self) -> None:
        with open(self.filler, "wb", buffering=0) as stream:
            for size in (2**20, 2**12, 1):
                try:
                    while True:
                        stream.write(b"x" * size)
                except OSError:
                    pass

    def remount(self, mode: str) -> None:
        subprocess.run(["mount", "-o", f"remount,{mode}", self.results], check=True)


@pytest.fixture
def disk(copied: Project) -> Iterator[Disk]:
    disk = Disk(copied)
    yield disk
    subprocess.run(["umount", "--lazy", disk.results], check=True)


@pytest.mark.parametrize("target", STAGES.values(), ids=STAGES)
def test_a_full_disk_costs_nothing_but_the_stage(copied, disk, target):
    before = artefacts(copied)
    (copied.root / target).unlink()
    disk.fill()
    outcome = copied.snakemake("--cores", "2", target)
    assert outcome.returncode == 1
    assert "no space left on" in (outcome.stdout + outcome.stderr).lower()
    assert not (copied.root / target).exists()
    after = artefacts(copied)
    assert {name: digest for name, digest in after.items() if before.get(name) != digest} == {
        "results/filler": after["results/filler"]
    }, "what is there is whole"
    disk.filler.unlink()
    outcome = copied.snakemake("--cores", "2", target)
    assert outcome.returncode == 0, outcome.stderr[-3000:]
    assert artefacts(copied) == before


@pytest.mark.parametrize("missing", ["report.html", "summary.md"])  # behind the second, files that are there are due
def test_read_only_results(copied, disk, missing):
    (disk.results / "tiny/report" / missing).unlink()
    before = artefacts(copied)
    disk.remount("ro")
    outcome = copied.snakemake("--cores", "2")
    errors = [line for line in outcome.stderr.splitlines() if "error" in line.lower()]
    assert errors == ["error: results cannot be written: read-only file system; fix that and run again"]
    assert outcome.returncode == 2 and "Traceback" not in outcome.stderr
    disk.remount("rw")
    assert artefacts(copied) == before
    assert copied.snakemake("--cores", "2").returncode == 0


def test_a_clock_that_was_ahead(copied):
    """Files from the future, as a clock that was wrong for a while leaves them."""
    before = artefacts(copied)
    files = [path for path in (copied.root / "results").rglob("*") if path.is_file()]
    ahead = time.time() + 400 * 86_400
    for path in files:
        os.utime(path, (ahead, ahead))
    assert copied.planned() == {}
    (copied.root / EVERY_STAGE["merging"]).unlink()
    outcome = copied.snakemake("--cores", "2", "oof")
    assert outcome.returncode == 1 and "clock skew" in outcome.stderr, "Snakemake makes nothing that looks outdated"
    for path in files:
        if path.is_file():
            path.touch()
    outcome = copied.snakemake("--cores", "2", "oof")
    assert outcome.returncode == 0, outcome.stderr[-3000:]
    assert artefacts(copied) == before
    assert copied.planned() == {}


def test_a_second_run_is_refused(copied):
    (copied.root / "results/tiny/export/benchmark.json").unlink()
    command = ["snakemake", "--cores", "1", "--configfile", TINY]
    first = subprocess.Popen(command, cwd=copied.root, env=copied.environment, stderr=subprocess.PIPE, text=True)
    # A job under way: Snakemake's locks are files that exist before their content does.
    wait_until(lambda: any((copied.root / ".snakemake/incomplete").iterdir()))
    first.send_signal(signal.SIGSTOP)  # it must not be done before the second one looks
    second = copied.snakemake("--cores", "1")
    first.send_signal(signal.SIGCONT)
    assert second.returncode == 1 and "cannot be locked" in second.stderr
    _, said = first.communicate(timeout=300)
    assert first.returncode == 0, said[-3000:]
    assert copied.planned() == {}


def wait_until(is_so: Callable[[], bool], seconds: float = 60) -> None:
    end = time.monotonic() + seconds
    while not is_so():
        assert time.monotonic() < end, "it never came to that"
        time.sleep(0.05)


def test_kills_lose_nothing(finished, tmp_path):
    """The short form of `make chaos`."""
    account = chaos(2, seed=1, folder=tmp_path, expected=artefacts(finished), duration=60, is_forked=True)
    assert account.is_clean, account
    assert account.num_kills == 2 and account.num_completed == 1
