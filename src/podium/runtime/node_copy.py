"""A copy of the shards on a disk of the node's own, made once per node, for trainings that read them every epoch."""

import logging
import os
import shutil
from pathlib import Path

from podium.provenance import digest
from podium.runtime.locks import lock
from podium.storage.files import atomic_path, remove_partials

VARIABLE = "PODIUM_SCRATCH"
SPARE_BYTES = 1 << 30  # left free on the node's disk

log = logging.getLogger(__name__)


def near(data: Path, scratch: str | None = None) -> Path:
    """The dataset's folder, or its copy on the node.

    The first job on a node copies while others that want the same wait for it. If there is no room, the shared
    folder serves as well, only slower.

    Args:
        data: Dataset folder with folds.parquet and shards/.
        scratch: Folder on a disk of the node's own; variables in it are those of the node, such as ``$TMPDIR``.
            By default what PODIUM_SCRATCH says; empty copies nothing.

    Returns:
        A folder with the same folds.parquet and shards/.
    """
    scratch = os.environ.get(VARIABLE, "") if scratch is None else scratch
    if not scratch:
        return data
    home = Path(os.path.expandvars(scratch), f"podium-{os.getuid()}")
    files = [data / "folds.parquet", *sorted((data / "shards").rglob("*.npy"))]
    try:
        stats = {str(file.relative_to(data)): file.stat() for file in files}
        contents = {name: (one.st_size, one.st_mtime_ns) for name, one in stats.items()}
        copy = home / digest(str(data.resolve()), contents)
        home.mkdir(parents=True, exist_ok=True)
        with open(copy.with_suffix(".lock"), "w") as turn:
            lock(turn, waits=True)
            if not copy.is_dir():
                _copy(data, files, sum(one.st_size for one in stats.values()), copy)
    except OSError as error:
        log.warning("scratch=%s cannot be used (%s); shards are read from %s", home, error, data)
        return data
    log.info("shards=%s", copy)
    return copy


def _copy(data: Path, files: list[Path], num_bytes: int, target: Path) -> None:
    free = shutil.disk_usage(target.parent).free
    if free < num_bytes + SPARE_BYTES:
        raise OSError(f"{num_bytes / 1e9:.1f} GB do not fit into {free / 1e9:.1f} GB")
    remove_partials([target])
    with atomic_path(target) as partial:
        for file in files:
            place = partial / file.relative_to(data)
            place.parent.mkdir(parents=True, exist_ok=True)
            shutil.copyfile(file, place)
