"""sha256 of large files that seldom change: read once, then remembered.

A file counts as unchanged while its size, its number on the disk and both of its times are the same: when its content
was written, and when the system last noted any change of it, which no tool can set back.
"""

import json
import os
import stat
import sys
import time
from collections.abc import Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager, suppress
from pathlib import Path

from tqdm import tqdm

from podium.errors import UserError
from podium.storage.files import atomic_path, file_digest

MEMORY = Path("results/state/digests.json")
NUM_THREADS = 8
SETTLED_NS = 2 * 10**9  # disks round times: a second change within that may have the time of the first
ANNOUNCED_BYTES = 2e9  # a longer reading is announced, and shows a bar

Marks = list[int]


def digests_of(paths: Iterable[str], memory: Path | None = None) -> dict[str, str]:
    """sha256 of files, by path.

    Only what is new or may have changed is read, by several threads. What has been read is remembered even if the rest
    is interrupted. If nothing can be written, files are read again each time.

    Args:
        paths: Regular files.
        memory: Where digests are remembered; `MEMORY` unless given.

    Raises:
        UserError: A file cannot be read, or changes meanwhile.
    """
    memory = MEMORY if memory is None else memory
    settled_ns = time.time_ns() - SETTLED_NS
    marks = {path: marks_of(path) for path in paths}
    known = _remembered(memory)
    found = {
        path: known[place][-1]
        for path, of_path in marks.items()
        if known.get(place := os.path.abspath(path), [])[:-1] == of_path
    }
    unread = {path: of_path for path, of_path in marks.items() if path not in found}
    if unread:
        fresh: dict[str, str] = {}
        try:
            _read(unread, fresh)
        finally:
            settled = {path: unread[path] for path in fresh if unread[path][2] < settled_ns}
            _remember(memory, {os.path.abspath(path): [*one, fresh[path]] for path, one in settled.items()})
        found |= fresh
    return {path: found[path] for path in marks}


@contextmanager
def unchanged(path: str, sha256: str) -> Iterator[None]:
    """Makes sure that a file is the one whose digest is given, from the beginning to the end of what is done with it.

    Args:
        sha256: "" asks for nothing.

    Raises:
        UserError: It is another file, or has become one.
    """
    if not sha256:
        yield
        return
    before = marks_of(path)
    if digests_of([path])[path] == sha256:
        yield
        if marks_of(path) == before or digests_of([path])[path] == sha256:
            return
    raise UserError(f"{path} has changed since the run was planned; run again")


def marks_of(path: str) -> Marks:
    """Size in bytes, both times in nanoseconds, number on the disk: while these are equal, a file counts as unchanged.

    Raises:
        UserError: It is not there, or no regular file.
    """
    try:
        state = os.stat(path)
    except OSError as error:
        raise UserError(f"{path} cannot be read: {error.strerror.lower()}") from None
    except ValueError:
        raise UserError(f"{path} cannot be read: no file can have this name") from None
    if not stat.S_ISREG(state.st_mode):
        raise UserError(f"{path} is not a plain file; put one there")
    return [state.st_size, state.st_mtime_ns, state.st_ctime_ns, state.st_ino]


def _read(unread: dict[str, Marks], found: dict[str, str]) -> None:
    """Fills ``found`` with digests, as they come."""
    num_bytes = sum(size for size, *_ in unread.values())
    is_long = num_bytes > ANNOUNCED_BYTES
    if is_long:
        print(
            f"{len(unread)} files are new or were touched; their {num_bytes / 1e9:.1f} GB are read once, to know their"
            " content. Later plans only look at sizes and times.",
            file=sys.stderr,
        )
    bar = tqdm(total=num_bytes, unit="B", unit_scale=True, disable=not (is_long and sys.stderr.isatty()))
    with bar, ThreadPoolExecutor(min(NUM_THREADS, os.cpu_count() or 1)) as pool:

        def read(path: str) -> None:
            try:
                sha256 = file_digest(path)
            except OSError as error:
                raise UserError(f"{path} cannot be read: {error.strerror.lower()}") from None
            if marks_of(path) != unread[path]:
                raise UserError(f"{path} changes while it is read; wait until it is written, and run again")
            found[path] = sha256
            bar.update(unread[path][0])

        tasks = [pool.submit(read, path) for path in unread]
        try:
            for task in tasks:
                task.result()
        finally:
            pool.shutdown(cancel_futures=True)


def _remembered(memory: Path) -> dict[str, list]:
    """Marks and digest of files by absolute path; what is damaged is forgotten."""
    try:
        content = json.loads(memory.read_text(encoding="utf-8"))
    except (OSError, ValueError, RecursionError):
        return {}
    if not isinstance(content, dict):
        return {}
    return {
        path: one for path, one in content.items() if isinstance(one, list) and [*map(type, one)] == [*[int] * 4, str]
    }


def _remember(memory: Path, fresh: dict[str, list]) -> None:
    if fresh:
        known = {path: one for path, one in _remembered(memory).items() if os.path.exists(path)}
        with suppress(OSError), atomic_path(memory) as partial:
            partial.write_text(json.dumps(known | fresh), encoding="utf-8")
