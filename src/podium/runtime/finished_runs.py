"""A training's results, kept beside its state until the run that wanted them knows of them.

A scheduler's job outlives the process that submitted it. When that is started again it does not know what its job has
done, and Snakemake would remove the results and train anew: days of work.
"""

import logging
import os
import shutil
from pathlib import Path

from podium.storage.files import atomic_path

NAMES = (
    "recipe.json", "history.csv", "metrics.json", "oof.parquet", "supplemental.parquet", "reference.npz",
    "model.safetensors",
)  # fmt: skip
PREFIX = "kept-"

log = logging.getLogger(__name__)


def keep(state: Path, out: Path, fingerprint: str) -> None:
    """Keeps the results that lie in ``out``, without taking space: by hard links if the disk has them."""
    with atomic_path(state / f"{PREFIX}{fingerprint}") as partial:
        partial.mkdir()
        for name in NAMES:
            if (out / name).exists():
                _link(out / name, partial / name)


def take(state: Path, out: Path, fingerprint: str) -> bool:
    """Brings back what was kept under this fingerprint, the weights last. False if there is nothing."""
    kept = state / f"{PREFIX}{fingerprint}"
    if not kept.is_dir():
        return False
    for name in NAMES:
        if (kept / name).exists():
            with atomic_path(out / name) as partial:
                _link(kept / name, partial)
                partial.touch()  # made now: Snakemake takes what is older than its job for stale
    log.info("finished=before files=%s", kept)
    return True


def forget(state: Path) -> None:
    """The results are known: whoever asks for them again wants them made again."""
    for kept in state.glob(f"{PREFIX}*"):
        shutil.rmtree(kept, ignore_errors=True)


def _link(source: Path, target: Path) -> None:
    try:
        os.link(source, target)
    except OSError:
        shutil.copy2(source, target)
