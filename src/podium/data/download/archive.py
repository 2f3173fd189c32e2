"""Unpacking a zip file that nobody vouches for, file by file, without needing its space twice.

The archive is taken from its end: once a member stands on disk, checked, the archive is cut off before it. Its
directory of members is kept beside it from the start, so that an interruption at any moment loses nothing.
"""

import io
import os
import re
import shutil
import stat
import zipfile
import zlib
from collections.abc import Callable
from itertools import pairwise
from pathlib import Path, PurePosixPath

from tqdm import tqdm

from podium.data.download.space import readable
from podium.errors import UserError
from podium.storage.files import atomic_path

# What deflate can reach at most is 1032; more than that is another method's, or a lie.
MAX_RATIO = 1100
MAX_SIZE_FACTOR = 1.5
_HEADER_BYTES = 30  # a local header without the name
_CHUNK_BYTES = 1 << 20
_METHODS = (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED, zipfile.ZIP_BZIP2, zipfile.ZIP_LZMA)
# What zipfile raises on bytes that are no sound archive; NotImplementedError on a method or a version it does not know.
_BROKEN = (zipfile.BadZipFile, zlib.error, EOFError, NotImplementedError, UnicodeDecodeError, ValueError)


class ArchiveError(UserError):
    """The archive itself is bad: another copy is needed."""


def has_arrived(archive: Path) -> bool:
    """Whether an archive is there as `keep_directory` or an interrupted `unpack` has left it."""
    return archive.is_file() and directory_path(archive).is_file()


def check_claim(name: str, num_bytes: float, unpacked_bytes: float) -> None:
    """Refuses what would take far more room than the dataset file expects. The archive is not to blame, so it stays.

    Raises:
        UserError: ``num_bytes`` is more than `MAX_SIZE_FACTOR` times ``unpacked_bytes``.
    """
    if num_bytes > MAX_SIZE_FACTOR * unpacked_bytes:
        raise UserError(
            f"{name} claims to unpack to {readable(num_bytes)}, {readable(unpacked_bytes)} were expected (unpacked_gb"
            " of the dataset file); nothing was unpacked, correct the number if it is wrong"
        )


def directory_path(archive: Path) -> Path:
    """Where an archive's directory of members is kept."""
    return archive.with_name(archive.name + ".directory")


def keep_directory(archive: Path) -> None:
    """Saves the archive's directory of members beside it. From then on the archive counts as completely arrived.

    Raises:
        ArchiveError: It is no zip file, or is cut off.
    """
    size = archive.stat().st_size
    try:
        with zipfile.ZipFile(archive) as zipped:
            begin = zipped.start_dir
    except _BROKEN as error:
        raise ArchiveError(f"{archive.name} ({size:,} bytes) is cut off or no zip file: {error}") from None
    with open(archive, "rb") as stream, atomic_path(directory_path(archive)) as partial:
        stream.seek(begin)
        partial.write_bytes(begin.to_bytes(8, "little") + stream.read())
        _sync(partial)


def unpack(
    archive: Path,
    target: Path,
    place: Callable[[str], str | None],
    unpacked_bytes: float,
    is_kept: bool,
    check: Callable[[set[str]], None] = lambda placed: None,
) -> dict[str, list[int]]:
    """Unpacks the members that are wanted, skipping those that already stand in ``target``.

    Args:
        archive: As `keep_directory` has left it, or as an interrupted run of this function has.
        place: From a member's name to its path in ``target``, or None for a member that is not wanted.
        unpacked_bytes: About what all members hold together; `MAX_SIZE_FACTOR` times that is too much.
        is_kept: False cuts the archive while it is unpacked; what is left in the end is its directory.
        check: Is shown what will stand in ``target`` before anything is unpacked, and may raise.

    Returns:
        Path in ``target`` → size in bytes and CRC-32.

    Raises:
        ArchiveError: A member is damaged, leads outside, is a link or encrypted.
        UserError: The archive claims to be too large; see `check_claim`.
    """
    try:
        zipped = zipfile.ZipFile(_open_cut(archive))
    except _BROKEN as error:
        raise ArchiveError(f"{directory_path(archive).name} is damaged: {error}") from None
    with zipped:
        members = zipped.infolist()
        _check(archive, members, zipped.start_dir, unpacked_bytes)
        wanted = [(member, place(member.filename)) for member in members if not member.is_dir()]
        placed = {path: member for member, path in wanted if path is not None}
        if len(placed) < sum(path is not None for _, path in wanted):
            raise ArchiveError(f"{archive.name} holds two files for one place")
        check(set(placed))
        order = sorted(placed.items(), key=lambda item: -item[1].header_offset)
        total = sum(member.file_size for _, member in order)
        with tqdm(total=total, unit="B", unit_scale=True, unit_divisor=1024, desc="unpacking") as bar:
            for path, member in order:
                if not _stands(target / path, member):
                    _extract(archive, zipped, member, target / path)
                if not is_kept:
                    _cut(archive, member.header_offset)
                bar.update(member.file_size)
    return {path: [member.file_size, member.CRC] for path, member in sorted(placed.items())}


def _stands(path: Path, member: zipfile.ZipInfo) -> bool:
    """Whether a file has been unpacked before, perhaps from another archive."""
    if not path.is_file() or path.stat().st_size != member.file_size:
        return False
    crc = 0
    with open(path, "rb") as stream:
        while chunk := stream.read(_CHUNK_BYTES):
            crc = zlib.crc32(chunk, crc)
    return crc == member.CRC


def _extract(archive: Path, zipped: zipfile.ZipFile, member: zipfile.ZipInfo, path: Path) -> None:
    try:
        with atomic_path(path) as partial:
            with zipped.open(member) as source, open(partial, "wb") as sink:  # checks the CRC at its end
                shutil.copyfileobj(source, sink, _CHUNK_BYTES)
            if partial.stat().st_size != member.file_size:
                raise zipfile.BadZipFile("shorter than it should be")
            _sync(partial)  # before the archive loses it
    except _BROKEN as error:
        raise ArchiveError(f"{archive.name} is damaged at {member.filename}: {error}") from None


def _check(archive: Path, members: list[zipfile.ZipInfo], end: int, unpacked_bytes: float) -> None:
    for member in members:
        problem = _problem(member)
        if problem:
            raise ArchiveError(f"{archive.name}: the member {member.orig_filename!r} {problem}; nothing was unpacked")
    check_claim(str(archive), sum(member.file_size for member in members), unpacked_bytes)
    bounds = sorted((one.header_offset, one.header_offset + _HEADER_BYTES + one.compress_size) for one in members)
    if any(first[1] > second[0] for first, second in pairwise([*bounds, (end, end)])):
        raise ArchiveError(f"{archive.name}: members overlap; nothing was unpacked")


def _problem(member: zipfile.ZipInfo) -> str:
    """What forbids to unpack a member; "" for nothing."""
    name = member.orig_filename
    parts = PurePosixPath(name).parts
    if name.startswith("/") or "\\" in name or "\0" in name or re.match(r"[A-Za-z]:", name) or ".." in parts:
        return "leads outside of the folder"
    kind = stat.S_IFMT(member.external_attr >> 16)
    if kind not in (0, stat.S_IFREG, stat.S_IFDIR):
        return "is a link" if kind == stat.S_IFLNK else "is no plain file"
    if member.flag_bits & 1:
        return "is encrypted"
    if member.compress_type not in _METHODS:
        return f"is packed by a method (number {member.compress_type}) that is not read here"
    if member.header_offset < 0:
        return "stands before the archive's beginning"
    if member.file_size > MAX_RATIO * max(member.compress_size, 1):
        return f"claims to be {member.file_size // max(member.compress_size, 1)} times as large as what is stored"
    return ""


def _cut(archive: Path, size: int) -> None:
    if archive.stat().st_size > size:
        os.truncate(archive, size)


def _sync(path: Path) -> None:
    with open(path, "rb") as stream:
        os.fsync(stream.fileno())


def _open_cut(archive: Path) -> io.BufferedReader:
    """The archive as it was before it was cut: what is left, a gap, and its directory."""
    return io.BufferedReader(_CutArchive(archive), _CHUNK_BYTES)


class _CutArchive(io.RawIOBase):
    """Bytes of an archive at their old places; the gap reads as zeros."""

    def __init__(self, archive: Path) -> None:
        saved = directory_path(archive).read_bytes()
        self._begin, self._directory = int.from_bytes(saved[:8], "little"), saved[8:]
        self._stream = open(archive, "rb", buffering=0)
        self._position = 0

    def readable(self) -> bool:
        return True

    def seekable(self) -> bool:
        return True

    def seek(self, offset: int, whence: int = os.SEEK_SET) -> int:
        start = {os.SEEK_SET: 0, os.SEEK_CUR: self._position, os.SEEK_END: self._begin + len(self._directory)}[whence]
        if start + offset < 0:
            raise OSError(22, "negative position")
        self._position = start + offset
        return self._position

    def readinto(self, buffer) -> int:
        if self._position >= self._begin:
            start = self._position - self._begin
            data = self._directory[start : start + len(buffer)]
        else:
            wanted = min(len(buffer), self._begin - self._position)
            self._stream.seek(self._position)
            data = self._stream.read(wanted) or bytes(wanted)
        buffer[: len(data)] = data
        self._position += len(data)
        return len(data)

    def close(self) -> None:
        self._stream.close()
        super().close()
