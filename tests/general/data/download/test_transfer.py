"""The real Kaggle client against a loopback server: every way of a transfer to fail, and to go on."""

import shutil
import subprocess

import pytest
from kaggle_machine import CREDENTIALS, MEBIBYTE, Machine, zipped
from kaggle_server import KaggleServer


def test_too_many_requests_then_success(machine, competition, archive):
    machine.describe(competition)
    with KaggleServer({"asl.zip": archive}) as server:
        server.api_answers.extend([(429, "7"), (429, "Wed, 21 Oct 2037 07:28:00 GMT"), 503])
        outcome = machine.download(server)
    assert outcome.returncode == 0
    assert "slow down" in outcome.stderr and "next attempt in 7 s" in outcome.stderr
    assert machine.raw() == competition


def test_too_many_requests_for_ever(machine, competition, archive):
    machine.describe(competition)
    with KaggleServer({"asl.zip": archive}) as server:
        server.api_answers.extend([429] * 4)
        machine.fails(server, "slow down", "after 4 attempts", "run again")
        machine.succeeds(server)


def test_connection_refused(machine, competition, archive):
    machine.describe(competition)
    with KaggleServer({"asl.zip": archive}) as server:
        environment = server.environment
    machine.fails(None, "connection", "failed", "run again", credentials=CREDENTIALS | environment)


def test_a_cut_transfer_goes_on_within_the_run(machine, competition, archive):
    machine.describe(competition)
    with KaggleServer({"asl.zip": archive}) as server:
        server.cuts.extend([3 * MEBIBYTE + 5, 2 * MEBIBYTE + 5])
        machine.succeeds(server)
        first, second, third = server.transfers()
    assert (first.range, second.range, third.range) == ("", f"bytes={3 * MEBIBYTE}-", f"bytes={5 * MEBIBYTE}-")
    assert third.num_sent == len(archive) - 5 * MEBIBYTE
    assert machine.raw() == competition


def test_a_cut_transfer_goes_on_in_the_next_run(machine, competition, archive):
    machine.describe(competition, retries=0)
    with KaggleServer({"asl.zip": archive}) as server:
        server.cuts.extend([4 * MEBIBYTE + 5])
        machine.fails(server, "4.2 MB have arrived and are kept", "run again to go on")
        num_before = len(server.transfers())
        machine.succeeds(server)
        sent = server.transfers()[num_before:]
    assert sent[-1].range == f"bytes={4 * MEBIBYTE}-" and sent[-1].num_sent == len(archive) - 4 * MEBIBYTE
    assert machine.raw() == competition


def test_a_connection_that_falls_silent_is_broken_off(machine, competition, archive):
    machine.describe(competition, timeout_s=0.5)
    with KaggleServer({"asl.zip": archive}, stalls_after_cut=True) as server:
        server.cuts.append(3 * MEBIBYTE + 5)
        machine.succeeds(server)
    assert [one.range for one in server.transfers()] == ["", f"bytes={3 * MEBIBYTE}-"]
    assert machine.raw() == competition


def test_an_error_page_never_replaces_what_has_arrived(machine, competition, archive):
    """An address that has expired, or a storage that is overloaded, answers with a page of its own."""
    machine.describe(competition)
    with KaggleServer({"asl.zip": archive}) as server:
        server.cuts.append(4 * MEBIBYTE + 5)
        # After the cut: the address is refused; then it leads somewhere, but the rest is refused.
        server.before_transfer = lambda: server.storage_answers.extend([403, 200, 503])
        outcome = machine.download(server)
    assert outcome.returncode == 0, outcome.stderr
    assert "answers 403" in outcome.stderr and "answers 503" in outcome.stderr
    assert server.transfers()[-1].range == f"bytes={4 * MEBIBYTE}-"
    assert machine.raw() == competition


def test_a_file_that_has_changed_meanwhile_starts_anew(machine, competition, archive):
    machine.describe(competition, retries=0)
    with KaggleServer({"asl.zip": zipped({"old": b"1" * len(archive)})}) as server:
        server.cuts.extend([4 * MEBIBYTE])
        machine.fails(server, "run again")
        server.files["asl.zip"], server.etag = archive, '"v2"'
        machine.succeeds(server)
    assert machine.raw() == competition


def test_a_second_run_asks_for_nothing(machine, competition, archive):
    machine.describe(competition)
    with KaggleServer({"asl.zip": archive}) as server:
        machine.succeeds(server)
        server.log.clear()
        machine.succeeds(server)
    assert not server.log


def test_too_little_room_is_said_before_anything_starts(machine, competition, archive):
    machine.describe(competition, archive={"unpacked_gb": 1e6})
    with KaggleServer({"asl.zip": archive}) as server:
        machine.fails(server, "needs 1,", "GB are free", "keep_raw")
    assert not (machine.folder / "archives").exists()


@pytest.fixture
def small_disk(tmp_path):
    """A file system of 64 MB."""
    folder = tmp_path / "disk"
    folder.mkdir()
    command = ["mount", "-t", "tmpfs", "-o", "size=64m", "tmpfs", folder]
    mounted = subprocess.run(command, capture_output=True, text=True)
    if mounted.returncode:
        pytest.skip(f"no small disk: {mounted.stderr.strip()}")
    yield folder
    subprocess.run(["umount", "--lazy", folder], check=True)


def test_a_disk_that_fills_up_on_the_way(small_disk, competition, archive):
    machine = Machine(small_disk)
    machine.describe(competition)
    filler = small_disk / "filler"
    with KaggleServer({"asl.zip": archive}) as server:
        server.before_transfer = lambda: filler.write_bytes(bytes(shutil.disk_usage(small_disk).free - 3 * MEBIBYTE))
        machine.fails(server, "no space left on the disk", "make room and run again")
        server.before_transfer = None
        filler.unlink()
        num_before = len(server.transfers())
        machine.succeeds(server)
        sent = server.transfers()[num_before:]
    begin = int(sent[-1].range.removeprefix("bytes=").rstrip("-"))
    assert begin > 0 and sent[-1].num_sent == len(archive) - begin
    assert machine.raw() == competition


def test_a_torn_marker_costs_only_time(machine, competition, archive):
    machine.describe(competition, retries=0)
    with KaggleServer({"asl.zip": archive}) as server:
        server.cuts.append(4 * MEBIBYTE + 5)
        machine.fails(server, "run again")
        (machine.folder / "archives/asl.zip.kaggle-partial").write_text("")
        machine.succeeds(server)
    assert machine.raw() == competition


def test_one_download_at_a_time(machine, competition, archive):
    machine.describe(competition)
    seconds = []
    with KaggleServer({"asl.zip": archive}) as server:
        server.before_transfer = lambda: seconds.append(machine.download(server))
        machine.succeeds(server)
    assert seconds[0].returncode == 2 and "another download" in seconds[0].stderr
    assert machine.raw() == competition
