"""Digests of large files: read once, and never taken for known when the file may have changed."""

import json
import os
import time
from pathlib import Path

import pytest

from podium.errors import UserError
from podium.storage import digests
from podium.storage.digests import digests_of, unchanged
from podium.storage.files import file_digest

TICK_S = 0.05  # of the disk's clock, with room


@pytest.fixture
def memory(tmp_path) -> Path:
    return tmp_path / "state/digests.json"


@pytest.fixture
def reads(monkeypatch) -> list[str]:
    """Names of the files that were read; every file counts as settled."""
    found = []

    def read(path):
        found.append(Path(path).name)
        return file_digest(path)

    monkeypatch.setattr(digests, "file_digest", read)
    monkeypatch.setattr(digests, "SETTLED_NS", -(10**12))
    return found


@pytest.fixture
def files(tmp_path) -> list[str]:
    for name in "abc":
        (tmp_path / name).write_text(name * 100)
    return [str(tmp_path / name) for name in "abc"]


def test_what_is_known_is_not_read_again(files, memory, reads):
    first = digests_of(files, memory)
    assert first == {path: file_digest(path) for path in files} and sorted(reads) == ["a", "b", "c"]
    assert digests_of(files[::-1], memory) == first and len(reads) == 3
    assert list(digests_of(files[::-1], memory)) == files[::-1]


def rewrite_with_the_old_time(path: Path) -> None:
    before = path.stat()
    path.write_text("x" * 100)
    os.utime(path, ns=(before.st_atime_ns, before.st_mtime_ns))


def write_in_place(path: Path) -> None:
    with open(path, "r+") as stream:
        stream.write("y")


def put_another_in_its_place(path: Path) -> None:
    before = path.stat()
    other = path.with_name("other")
    other.write_text("z" * 100)
    os.utime(other, ns=(before.st_atime_ns, before.st_mtime_ns))
    other.replace(path)


@pytest.mark.parametrize("change", [rewrite_with_the_old_time, write_in_place, put_another_in_its_place])
def test_another_content_of_the_same_size_is_seen(files, memory, reads, change):
    before = digests_of(files, memory)
    time.sleep(TICK_S)
    change(Path(files[1]))
    after = digests_of(files, memory)
    assert [path for path in files if after[path] != before[path]] == [files[1]]
    assert after[files[1]] == file_digest(files[1])


def test_a_touched_and_a_moved_file_are_read_once(files, memory, reads):
    (before, *_) = digests_of(files[:1], memory).values()
    os.utime(files[0])
    moved = f"{files[0]}.moved"
    assert digests_of(files[:1], memory)[files[0]] == before
    os.rename(files[0], moved)
    assert digests_of([moved], memory)[moved] == before
    digests_of([moved], memory)
    assert reads == ["a", "a", "a.moved"]


def test_a_file_that_was_just_written_is_not_relied_on(files, memory, monkeypatch):
    """Within one tick of the disk's clock a second change bears the times of the first."""
    before = digests_of(files, memory)
    assert not memory.exists()
    monkeypatch.setattr(digests, "SETTLED_NS", -(10**12))
    digests_of(files[:1], memory)
    assert memory.exists() and digests_of(files, memory) == before


@pytest.mark.parametrize("content", [b"\xff\xfe", b"[1]", b"{", b'{"a": 1}', b"[" * 5000])
def test_a_damaged_memory_is_forgotten(files, memory, reads, content):
    memory.parent.mkdir()
    memory.write_bytes(content)
    digests_of(files, memory)
    digests_of(files, memory)
    assert len(reads) == 3


def test_what_is_remembered_of_another_kind_is_forgotten(files, memory, reads):
    expected = digests_of(files, memory)
    known = json.loads(memory.read_text())
    for path, digest in zip(files, (None, 1, ["x"]), strict=True):
        known[path][-1] = digest
    memory.write_text(json.dumps(known))
    assert digests_of(files, memory) == expected and len(reads) == 6


def test_a_memory_that_cannot_be_written(files, tmp_path, reads):
    (tmp_path / "file").touch()
    for _ in range(2):
        assert len(digests_of(files, tmp_path / "file/digests.json")) == 3
    assert len(reads) == 6


def test_what_was_read_before_an_error_is_remembered(files, memory, reads, monkeypatch):
    monkeypatch.setattr(digests, "NUM_THREADS", 1)
    read = digests.file_digest

    def stop_at_c(path):
        if path == files[2]:
            raise KeyboardInterrupt
        return read(path)

    monkeypatch.setattr(digests, "file_digest", stop_at_c)
    with pytest.raises(KeyboardInterrupt):
        digests_of(files, memory)
    monkeypatch.setattr(digests, "file_digest", read)
    assert len(digests_of(files, memory)) == 3
    assert reads == ["a", "b", "c"]


def test_what_cannot_be_read_is_one_line(tmp_path, memory):
    os.mkfifo(tmp_path / "pipe")
    (tmp_path / "folder").mkdir()
    for name in ("absent", "pipe", "folder", "no\0name"):
        with pytest.raises(UserError, match=name):
            digests_of([str(tmp_path / name)], memory)


def test_a_file_that_grows_while_it_is_read(files, memory, monkeypatch):
    def read_and_write(path):
        found = file_digest(path)
        time.sleep(TICK_S)
        write_in_place(Path(path))
        return found

    monkeypatch.setattr(digests, "file_digest", read_and_write)
    with pytest.raises(UserError, match="changes while it is read"):
        digests_of(files[:1], memory)


@pytest.fixture
def here(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)


def test_work_on_the_file_that_was_planned(files, here):
    sha256 = file_digest(files[0])
    with unchanged(files[0], sha256):
        os.utime(files[0])
    with unchanged(files[0], ""):
        time.sleep(TICK_S)
        write_in_place(Path(files[0]))
    with pytest.raises(UserError, match="has changed since"), unchanged(files[0], sha256):
        raise AssertionError("work on another file")


def test_a_file_that_changes_under_the_work(files, here):
    with pytest.raises(UserError, match="has changed since"), unchanged(files[0], file_digest(files[0])):
        time.sleep(TICK_S)
        rewrite_with_the_old_time(Path(files[0]))
