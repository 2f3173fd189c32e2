"""All that a dataset needs from Kaggle, from the first question to raw files with a receipt."""

import hashlib
import os
import shutil
import zipfile
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from podium.data.download import archive as zips
from podium.data.download import layout
from podium.data.download.client import Remote
from podium.data.download.layout import Part
from podium.data.download.space import check_space
from podium.data.download.transfer import fetch, probe
from podium.data.sources.kaggle import Kaggle
from podium.errors import UserError
from podium.runtime.locks import lock
from podium.storage.files import atomic_path, file_digest, read_json, write_json

CONTENTS = "contents.json"  # beside the raw files: what has been unpacked, written last


def download(source: Kaggle, raw: Path, archives: Path) -> dict:
    """Fetches, checks and unpacks what is not yet there; then checks that it is what the dataset file promises.

    Args:
        raw: Folder of the raw files.
        archives: Folder for what is under way, and for archives that are kept; removed in the end where none are.

    Returns:
        The receipt, for JSON: where it came from, number and size of the files, and a digest over all of them.

    Raises:
        UserError: Something is missing or wrong, or another download is under way. What has arrived stays, and another
            run goes on with it.
    """
    section = source.dataset.source
    with _alone(raw):
        for leftover in [*raw.rglob(".*.partial.*"), *archives.rglob(".*.partial.*")]:  # of runs that were killed
            leftover.unlink()
        contents = _known_contents(source, raw)
        if contents is None:
            contents = _fetch_all(source, raw, archives)
            files = {"origin": source.origin(), "wanted": _wanted(source), "files": contents}
            write_json(raw / CONTENTS, files)
        source.check_arrived(raw, list(contents))
        layout.check_rows(section, raw)
        if not section.keep_archive:
            shutil.rmtree(archives, ignore_errors=True)
    listed = hashlib.sha256(repr(sorted(contents.items())).encode()).hexdigest()
    num_bytes = sum(size for size, _ in contents.values())
    origin = source.origin()
    return {"origin": origin, "num_files": len(contents), "num_bytes": num_bytes, "sha256_of_list": listed}


@contextmanager
def _alone(raw: Path) -> Iterator[None]:
    """No other process may download to the same place."""
    raw.mkdir(parents=True, exist_ok=True)
    with open(raw.parent / ".download.lock", "a+") as held:
        if not lock(held):
            held.seek(0)
            process = held.read().strip() or "unknown"
            raise UserError(f"another download to {raw} is under way (process {process}); wait for it, or end it")
        held.truncate(0)
        held.write(str(os.getpid()))
        held.flush()
        yield


def _wanted(source: Kaggle) -> list[str]:
    return sorted([*source.table_names(), *(path for part in source.parts() for path in part.promised)])


def _known_contents(source: Kaggle, raw: Path) -> dict[str, list[int]] | None:
    """What an earlier run has unpacked; None if something has to be fetched."""
    try:
        known = read_json(raw / CONTENTS, "origin", "wanted", "files")
        origin, wanted, files = known["origin"], known["wanted"], known["files"]
        is_complete = all(_has_size(raw / path, size) for path, (size, _) in dict(files).items())
    except (FileNotFoundError, UserError, ValueError, TypeError):  # only a note: without it all is looked at again
        return None
    if origin != source.origin():
        raise UserError(
            f"{raw} holds {' and '.join(origin)}, not {' and '.join(source.origin())}; remove the folder, or give"
            " the dataset another name"
        )
    return files if is_complete and set(_wanted(source)) <= set(wanted) else None


def _has_size(path: Path, size: int) -> bool:
    return path.is_file() and path.stat().st_size == size


def _fetch_all(source: Kaggle, raw: Path, archives: Path) -> dict[str, list[int]]:
    section, parts = source.dataset.source, source.parts()
    given = source.given_tables()
    for name in source.single_tables() if given else []:
        if not Path(given, name).is_file():
            raise UserError(f"{Path(given, name)} does not exist; source.tables must be a folder with {name}")
    tables = [] if given else source.single_tables()
    waiting = [part for part in parts if not zips.has_arrived(_local(part.remote, archives))]
    sizes = {part.remote: probe(part.remote, section) for part in waiting}
    for table in tables:
        probe(Remote(section.competition, table), section)
    arrived = [_local(part.remote, archives).stat().st_size for part in parts if part not in waiting]
    unpacked_bytes = sum(part.archive.unpacked_gb * 1e9 for part in parts)
    announced = [size if size is not None else unpacked_bytes / len(parts) for size in sizes.values()]
    for part in waiting:
        zips.check_claim(str(part.remote), sizes[part.remote] or 0, part.archive.unpacked_gb * 1e9)
    check_space(source, sum(arrived + announced), unpacked_bytes, raw.parent)
    contents = {}
    for part in parts:
        path = _local(part.remote, archives)
        if part in waiting:
            fetch(part.remote, path, section)
        contents |= _unpacked(part, path, raw, part in waiting, section.keep_archive)
    for name in tables:
        fetch(Remote(section.competition, name), archives / name, section)
        with _kept_if_sound(archives / name, str(Remote(section.competition, name))):
            contents |= _place_table(archives / name, raw / name)
    for name in source.single_tables() if given else []:
        with atomic_path(archives / name) as partial_path:
            shutil.copyfile(Path(given, name), partial_path)
        with _kept_if_sound(archives / name, str(Path(given, name)), "replace the file and run again"):
            contents |= _place_table(archives / name, raw / name)
    return contents


def _local(remote: Remote, archives: Path) -> Path:
    return archives / f"{remote.name.replace('/', '__')}.zip"


def _unpacked(part: Part, path: Path, raw: Path, is_new: bool, is_kept: bool) -> dict[str, list[int]]:
    """Checks an archive that has arrived and unpacks it."""

    def check(placed: set[str]) -> None:
        if lacking := layout.missing(part.promised, placed):
            more = f" (and {len(lacking) - 1} more)" if len(lacking) > 1 else ""
            raise UserError(
                f"{part.remote} lacks {lacking[0]}{more}; correct the file_ids of the dataset file, the archive is kept"
            )

    with _kept_if_sound(path, str(part.remote)):
        if is_new:
            _check_digest(path, part.archive.sha256)
            zips.keep_directory(path)
        return zips.unpack(path, raw, part.place, part.archive.unpacked_gb * 1e9, is_kept, check)


@contextmanager
def _kept_if_sound(
    archive: Path, name: str, remedy: str = "the archive was removed, run again to fetch it anew"
) -> Iterator[None]:
    """Removes an archive that turns out bad, and says what to do about the file that goes by ``name``."""
    try:
        yield
    except zips.ArchiveError as error:
        for file in (archive, zips.directory_path(archive)):
            file.unlink(missing_ok=True)
        raise UserError(f"{name}: {error}; {remedy}") from None


def _check_digest(path: Path, sha256: str | None) -> None:
    if sha256 is None:
        return
    found = file_digest(path)
    if found != sha256:
        raise UserError(
            f"the sha256 of {path} is {found}, the dataset file says {sha256}; correct it, or remove the archive and"
            " run again to fetch it anew"
        )


def _place_table(source: Path, target: Path) -> dict[str, list[int]]:
    """Copies a csv file, out of a zip file if Kaggle has packed it."""

    def check(placed: set[str]) -> None:
        if not placed:
            raise zips.ArchiveError(f"a zip file that does not hold {target.name}")

    if zipfile.is_zipfile(source):
        zips.keep_directory(source)
        wanted = {target.name: target.name}.get
        return zips.unpack(source, target.parent, wanted, 1e9, is_kept=True, check=check)
    with atomic_path(target) as partial_path:
        shutil.copyfile(source, partial_path)
    return {target.name: [target.stat().st_size, zlib.crc32(target.read_bytes())]}
