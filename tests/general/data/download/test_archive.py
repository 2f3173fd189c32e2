"""Archives that arrive: bad and hostile ones, what is kept of them, and unpacking that goes on."""

import io
import shutil
import stat
import zipfile
from pathlib import Path

import pytest
import yaml
from kaggle_machine import put, zipped
from kaggle_server import KaggleServer

BAD_ARCHIVES = {
    "truncated": (lambda whole: whole[: len(whole) * 2 // 3], "cut off or no zip file"),
    "no zip file": (lambda whole: b"<html>" * 1000, "cut off or no zip file"),
    "corrupted": (lambda whole: whole[:100_000] + bytes(2000) + whole[102_000:], "damaged at"),
}


@pytest.mark.parametrize("kind", BAD_ARCHIVES)
def test_a_bad_archive_is_fetched_anew(machine, competition, archive, kind):
    spoil, words = BAD_ARCHIVES[kind]
    machine.describe(competition)
    with KaggleServer({"asl.zip": spoil(archive)}) as server:
        machine.fails(server, words, "removed", "run again")
        server.files["asl.zip"] = archive
        machine.succeeds(server)
    assert machine.raw() == competition


def link(name: str, target: str) -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        member = zipfile.ZipInfo(name)
        member.external_attr = (stat.S_IFLNK | 0o777) << 16
        archive.writestr(member, target)
        archive.writestr(f"{name}/passwd", b"x")
    return buffer.getvalue()


HOSTILE = {
    "parent": (lambda: zipped({"../outside.txt": b"x"}), "leads outside"),
    "hidden parent": (lambda: zipped({"train_landmarks/../../outside.txt": b"x"}), "leads outside"),
    "absolute": (lambda: zipped({"/tmp/outside.txt": b"x"}), "leads outside"),
    "drive": (lambda: zipped({"C:\\outside.txt": b"x"}), "leads outside"),
    "link": (lambda: link("train_landmarks", "/tmp"), "is a link"),
    "packed bomb": (lambda: zipped({"train.csv": bytes(20 << 20)}, zipfile.ZIP_BZIP2), "times as large"),
}


@pytest.mark.parametrize("kind", HOSTILE)
def test_a_hostile_archive_touches_nothing(machine, competition, archive, kind):
    make, words = HOSTILE[kind]
    machine.describe(competition)
    with KaggleServer({"asl.zip": make()}) as server:
        machine.fails(server, words, "nothing was unpacked")
        assert not machine.raw()
        assert not (machine.folder / "outside.txt").exists() and not Path("/tmp/outside.txt").exists()
        server.files["asl.zip"] = archive
        machine.succeeds(server)


def test_a_wrong_checksum(machine, competition, archive):
    machine.describe(competition, archive={"unpacked_gb": 0.02, "sha256": "0" * 64})
    with KaggleServer({"asl.zip": archive}) as server:
        machine.fails(server, "sha256", "0" * 64, "run again")
        machine.describe(competition)
        num_before = len(server.transfers())
        machine.succeeds(server)
        assert len(server.transfers()) == num_before, "an archive that was right is not fetched again"


def test_a_bomb_is_not_unpacked_and_a_wrong_number_costs_no_archive(machine, competition, archive):
    machine.describe(competition, archive={"unpacked_gb": 0.001})
    with KaggleServer({"asl.zip": archive}) as server:
        machine.fails(server, "claims to unpack to", "1.0 MB were expected", "correct the number")
        assert not server.transfers(), "its size alone says so"
        bomb = zipped({"train.csv": bytes(4 << 20)}, zipfile.ZIP_DEFLATED)
        server.files["asl.zip"] = bomb
        machine.fails(server, "claims to unpack to 4.2 MB", "nothing was unpacked")
        assert (machine.folder / "archives/asl.zip").read_bytes() == bomb and not machine.raw()
        machine.describe(competition, archive={"unpacked_gb": 0.02})
        machine.fails(server, "lacks")


def test_an_archive_that_is_kept(machine, competition, archive):
    machine.describe(competition, keep_archive=True)
    with KaggleServer({"asl.zip": archive}) as server:
        machine.succeeds(server)
    assert (machine.folder / "archives/asl.zip").read_bytes() == archive
    assert machine.raw() == competition


def test_an_interrupted_unpacking_goes_on_without_the_network(machine, competition, archive):
    """Killed after every single file: what was unpacked stays, the archive shrinks, nothing is fetched again."""
    machine.describe(competition)
    (machine.folder / "quick/sitecustomize.py").write_text(
        "import os, time\ntime.sleep = lambda seconds: None\n"
        "truncate = os.truncate\n"
        "def die(path, size):\n    truncate(path, size)\n    os.kill(os.getpid(), 9)\n"
        "os.truncate = die\n"
    )
    sizes = []
    with KaggleServer({"asl.zip": archive}) as server:
        for _ in competition:
            assert machine.download(server).returncode == -9
            sizes.append((machine.folder / "archives/asl.zip").stat().st_size)
        num_requests = len(server.log)
        machine.succeeds(server)
        assert len(server.log) == num_requests
    assert sizes == sorted(sizes, reverse=True) and len(set(sizes)) == len(sizes)
    assert machine.raw() == competition


def test_missing_files_and_rows_are_named(machine, competition):
    lacking = {name: content for name, content in competition.items() if "10001" not in name}
    machine.describe(competition)
    with KaggleServer({"asl.zip": zipped(lacking)}) as server:
        machine.fails(server, "lacks train_landmarks/10001.parquet", "file_ids", "the archive is kept")
        assert not machine.raw()
    machine.describe(lacking)  # and nothing is fetched for that
    source = yaml.safe_load((machine.folder / "dataset.yaml").read_text())["source"]
    source["splits"]["train"]["num_sequences"] = 25
    machine.write(source)
    machine.fails(None, "has 24 rows", "25")
    source["splits"]["train"]["num_sequences"] = 24
    machine.write(source)
    machine.succeeds(None)


def test_files_that_are_asked_for_later_are_fetched(machine, competition, archive):
    machine.describe({name: content for name, content in competition.items() if "10001" not in name})
    with KaggleServer({"asl.zip": archive}) as server:
        machine.succeeds(server)
        assert "train_landmarks/10001.parquet" not in machine.raw()
        (machine.folder / "receipt.json").unlink()
        machine.describe(competition)
        machine.succeeds(server)
    assert machine.raw() == competition


def test_what_was_killed_leaves_nothing_behind(machine, competition, archive):
    machine.describe(competition)
    leftover = machine.folder / "raw/train_landmarks/.77.partial.10000.parquet"
    put(leftover, "half")
    other = machine.folder / "raw/train_landmarks/10000.parquet"  # as large as it should be, and something else
    other.write_bytes(bytes(len(competition["train_landmarks/10000.parquet"])))
    with KaggleServer({"asl.zip": archive}) as server:
        machine.succeeds(server)
    assert machine.raw() == competition


def test_a_place_that_is_something_else(machine, competition, archive):
    machine.describe(competition)
    (machine.folder / "archives").write_text("")
    with KaggleServer({"asl.zip": archive}) as server:
        machine.fails(server, "archives", "cannot be used")


def test_a_kept_archive_that_has_lost_its_other_half(machine, competition, archive):
    machine.describe(competition, keep_archive=True)
    with KaggleServer({"asl.zip": archive}) as server:
        machine.succeeds(server)
        (machine.folder / "receipt.json").unlink()
        shutil.rmtree(machine.folder / "raw")
        (machine.folder / "archives/asl.zip").unlink()
        machine.succeeds(server)
        shutil.rmtree(machine.folder / "raw")
        (machine.folder / "receipt.json").unlink()
        (machine.folder / "archives/asl.zip.directory").write_bytes(b"")
        machine.fails(server, "directory is damaged", "run again")
        machine.succeeds(server)


def test_raw_files_of_something_else_are_not_taken(machine, competition, archive):
    machine.describe(competition)
    with KaggleServer({"asl.zip": archive}) as server:
        machine.succeeds(server)
    (machine.folder / "receipt.json").unlink()
    machine.describe(competition, competition="another")
    machine.fails(None, "holds asl, not another", "remove the folder")
