"""Room on the disk, asked for before anything starts."""

import shutil
from pathlib import Path

from podium.config import Dataset
from podium.data.sources.kaggle import Kaggle
from podium.errors import UserError

MARGIN = 0.02  # files under way, tables


def needed_bytes(dataset: Dataset, archive_bytes: float, unpacked_bytes: float, stored_share: float) -> float:
    """What a dataset takes on disk at the worst moment between the first byte and the last shard.

    Args:
        archive_bytes: All archives together.
        unpacked_bytes: All raw files together.
        stored_share: As `Kaggle.stored_share`.
    """
    source = dataset.source
    shards = unpacked_bytes * stored_share * (0.5 if dataset.shards.dtype == "float16" else 1.0)
    kept = archive_bytes if source.keep_archive else 0.0
    unpacking = kept + unpacked_bytes if source.keep_archive else max(archive_bytes, unpacked_bytes)
    # Without keep_raw a file leaves when its shard is there, and the shard is the smaller one.
    packing = kept + unpacked_bytes + (shards if source.keep_raw else 0.0)
    return max(unpacking, packing) * (1 + MARGIN)


def check_space(source: Kaggle, archive_bytes: float, unpacked_bytes: float, folder: Path) -> None:
    """Compares what is needed with what is free.

    Args:
        folder: The dataset's; what already lies there counts as room.

    Raises:
        UserError: Not enough; the message says what would help.
    """
    dataset = source.dataset
    needed = needed_bytes(dataset, archive_bytes, unpacked_bytes, source.stored_share)
    present = sum(file.stat().st_size for file in folder.rglob("*") if file.is_file())
    free = shutil.disk_usage(next(parent for parent in [folder, *folder.parents] if parent.is_dir())).free + present
    if free >= needed:
        return
    thrifty = dataset.model_copy(
        update={"source": dataset.source.model_copy(update={"keep_archive": False, "keep_raw": False})}
    )
    least = needed_bytes(thrifty, archive_bytes, unpacked_bytes, source.stored_share)
    hint = "make room"
    if least < needed:
        hint += f", or set keep_archive and keep_raw of the source to false (then {readable(least)} do)"
    raise UserError(
        f"dataset '{dataset.name}' needs {readable(needed)} under {folder} (archives {readable(archive_bytes)}, raw"
        f" files {readable(unpacked_bytes)}, and shards), {readable(free)} are free; {hint}"
    )


def readable(num_bytes: float) -> str:
    """A size for people, in GB or MB."""
    return f"{num_bytes / 1e9:,.1f} GB" if num_bytes >= 1e9 else f"{num_bytes / 1e6:,.1f} MB"
