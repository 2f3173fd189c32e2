"""The real Kaggle client against a loopback server: every way to succeed, to fail, and to go on."""

import contextlib
import io
import json
import os
import shutil
import stat
import subprocess
import sys
import zipfile
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pytest
import raw_folder
import yaml
from kaggle_server import KEY, REFRESH_TOKEN, SIGNATURE, TOKEN, USER, KaggleServer

from podium.landmarks import COLUMNS

ROOT = Path(__file__).parent.parent.parent
MEBIBYTE = 1 << 20  # the client writes in pieces of this size
CREDENTIALS = {"KAGGLE_API_TOKEN": TOKEN}
SECRETS = (TOKEN, KEY, REFRESH_TOKEN, SIGNATURE.split("=")[1])


def zipped(files: dict[str, bytes], method: int = zipfile.ZIP_STORED) -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", method) as archive:
        for name, content in files.items():
            archive.writestr(name, content)
    return buffer.getvalue()


@pytest.fixture(scope="module")
def competition(tmp_path_factory) -> dict[str, bytes]:
    """Files of a small competition, about 8 MB."""
    folder = tmp_path_factory.mktemp("competition")
    raw_folder.write_raw(folder, raw_folder.table())
    raw_folder.write_raw(folder, raw_folder.table(4, 2, "supplemental", 2000), "supplemental")
    (folder / "character_to_prediction_index.json").write_text("{}")
    return {path.relative_to(folder).as_posix(): path.read_bytes() for path in sorted(folder.rglob("*.*"))}


@pytest.fixture(scope="module")
def archive(competition) -> bytes:
    return zipped(competition)


def file_ids(competition: dict[str, bytes], split: str) -> list[int]:
    return [int(Path(name).stem) for name in competition if name.startswith(f"{split}_landmarks/")]


@dataclass
class Machine:
    """A user's machine: an empty home, a dataset file, and the real command."""

    folder: Path

    def __post_init__(self) -> None:
        (self.folder / "home/.kaggle").mkdir(parents=True)
        (self.folder / "quick").mkdir()
        # Waiting between attempts is the command's and the client's business; here it only costs time.
        (self.folder / "quick/sitecustomize.py").write_text("import time\ntime.sleep = lambda seconds: None\n")

    def describe(self, files: dict[str, bytes], **source) -> None:
        """Writes the dataset file."""
        splits = {split: {"file_ids": file_ids(files, split)} for split in ("train", "supplemental")}
        splits["train"]["num_sequences"] = 24
        content = {"kind": "kaggle", "competition": "asl", "archive": {"unpacked_gb": 0.02}, "splits": splits}
        self.write({**content, "retries": 3, **source})

    def write(self, source: dict) -> None:
        dataset = {"name": "small", "source": source, "folds": {"num_folds": 2}}
        (self.folder / "dataset.yaml").write_text(yaml.safe_dump(dataset))

    def download(
        self, server: KaggleServer | None, credentials: dict[str, str] = CREDENTIALS
    ) -> subprocess.CompletedProcess[str]:
        environment = {
            "PATH": os.environ["PATH"],
            "HOME": str(self.folder / "home"),
            "PYTHONPATH": f"{self.folder / 'quick'}:{ROOT / 'src'}",
            "VERBOSE": "1",  # asks the client to print its headers
            **(server.environment if server else {}),
            **credentials,
        }
        command = [
            sys.executable, ROOT / "workflow/scripts/download.py", "--dataset", "dataset.yaml", "--raw", "raw",
            "--archives", "archives", "--out", "receipt.json",
        ]  # fmt: skip
        outcome = subprocess.run(command, cwd=self.folder, env=environment, capture_output=True, text=True)
        written = outcome.stdout + outcome.stderr
        for path in self.folder.rglob("*"):
            if path.is_file() and path.suffix in (".json", ".log") and "home" not in path.parts:
                written += path.read_text()
        for secret in SECRETS:
            assert secret not in written
        return outcome

    def succeeds(self, server: KaggleServer | None, credentials: dict[str, str] = CREDENTIALS) -> None:
        outcome = self.download(server, credentials)
        assert outcome.returncode == 0, outcome.stdout + outcome.stderr
        assert json.loads((self.folder / "receipt.json").read_text())["num_files"] > 0

    def fails(self, server: KaggleServer | None, *words: str, credentials: dict[str, str] = CREDENTIALS) -> None:
        """One line that holds the words, exit code 2, no receipt."""
        outcome = self.download(server, credentials)
        assert outcome.returncode == 2, outcome.stdout + outcome.stderr
        assert "Traceback" not in outcome.stderr
        errors = [line for line in outcome.stderr.splitlines() if line.startswith("error: ")]
        assert len(errors) == 1 and outcome.stderr.rstrip().endswith(errors[0])
        for word in words:
            assert word in errors[0]
        assert not (self.folder / "receipt.json").exists()

    def raw(self) -> dict[str, bytes]:
        """What has been unpacked."""
        folder = self.folder / "raw"
        files = {path.relative_to(folder).as_posix(): path.read_bytes() for path in folder.rglob("*") if path.is_file()}
        files.pop("contents.json", None)
        return files


@pytest.fixture
def machine(tmp_path) -> Machine:
    return Machine(tmp_path)


def put(path: Path, text: str) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text)
    path.chmod(0o600)


LEGACY = json.dumps({"username": USER, "key": KEY})
LOGIN = json.dumps({"refresh_token": REFRESH_TOKEN, "username": USER, "scopes": []})
FORMS = {
    "token in the environment": ({"KAGGLE_API_TOKEN": TOKEN}, "", ""),
    "token's file in the environment": ({"KAGGLE_API_TOKEN": "{home}/secret"}, "secret", TOKEN),
    "access_token": ({}, ".kaggle/access_token", TOKEN),
    "access_token.txt": ({}, ".kaggle/access_token.txt", TOKEN + "\n"),
    "user and key in the environment": ({"KAGGLE_USERNAME": USER, "KAGGLE_KEY": KEY}, "", ""),
    "kaggle.json": ({}, ".kaggle/kaggle.json", LEGACY),
    "kaggle.json elsewhere": ({"KAGGLE_CONFIG_DIR": "{home}/elsewhere"}, "elsewhere/kaggle.json", LEGACY),
    "kaggle auth login": ({}, ".kaggle/credentials.json", LOGIN),
}


@pytest.mark.parametrize("form", FORMS)
def test_every_form_of_credentials(machine, competition, archive, form):
    machine.describe(competition)
    environment, file, content = FORMS[form]
    home = machine.folder / "home"
    if file:
        put(home / file, content)
    with KaggleServer({"asl.zip": archive}) as server:
        machine.succeeds(server, {key: value.format(home=home) for key, value in environment.items()})
    assert machine.raw() == competition
    assert not (machine.folder / "archives").exists()


def test_no_process_shows_credentials(machine, competition, archive):
    machine.describe(competition)
    seen = []

    def look() -> None:
        for path in Path("/proc").glob("[0-9]*/cmdline"):
            with contextlib.suppress(OSError):
                seen.append(path.read_bytes())

    with KaggleServer({"asl.zip": archive}, before_transfer=look) as server:
        machine.succeeds(server, {"KAGGLE_USERNAME": USER, "KAGGLE_KEY": KEY})
    assert any(b"download.py" in line for line in seen)
    assert not any(secret.encode() in line for line in seen for secret in SECRETS)


def test_no_credentials(machine, competition, archive):
    machine.describe(competition)
    with KaggleServer({"asl.zip": archive}) as server:
        machine.fails(server, "no Kaggle credentials", "https://www.kaggle.com/settings", credentials={})
    assert not server.transfers()


def test_an_unknown_token(machine, competition, archive):
    machine.describe(competition)
    with KaggleServer({"asl.zip": archive}) as server:
        machine.fails(server, "access token in KAGGLE_API_TOKEN", credentials={"KAGGLE_API_TOKEN": "KGAT_old"})


FINAL = {
    401: ("refuses the credentials", "access token in KAGGLE_API_TOKEN", "https://www.kaggle.com/settings"),
    403: ("accept the rules at https://www.kaggle.com/competitions/asl/rules",),
    404: ("no such thing", "correct the dataset file"),
}


@pytest.mark.parametrize("status", FINAL)
def test_answers_that_no_patience_mends(machine, competition, archive, status):
    machine.describe(competition)
    with KaggleServer({"asl.zip": archive}) as server:
        server.api_answers.append(status)
        machine.fails(server, *FINAL[status])
        assert not server.transfers() and not machine.raw()
        machine.succeeds(server)
    assert machine.raw() == competition


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


def test_a_torn_marker_costs_only_time(machine, competition, archive):
    machine.describe(competition, retries=0)
    with KaggleServer({"asl.zip": archive}) as server:
        server.cuts.append(4 * MEBIBYTE + 5)
        machine.fails(server, "run again")
        (machine.folder / "archives/asl.zip.kaggle-partial").write_text("")
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


def test_one_download_at_a_time(machine, competition, archive):
    machine.describe(competition)
    seconds = []
    with KaggleServer({"asl.zip": archive}) as server:
        server.before_transfer = lambda: seconds.append(machine.download(server))
        machine.succeeds(server)
    assert seconds[0].returncode == 2 and "another download" in seconds[0].stderr
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


@pytest.fixture(scope="module")
def prepared(competition) -> dict[str, bytes]:
    """Archives of npy files as the winners publish them, below folders of their own."""
    archives = {}
    for split, folder in (("train", "train_landmarks_npy/"), ("supplemental", "supplemental_landmarks/")):
        files = {f"{folder}inference_args.json": json.dumps({"selected_columns": COLUMNS}).encode()}
        for file_id in file_ids(competition, split):
            for sequence_id in range(3):
                buffer = io.BytesIO()
                np.save(buffer, np.full((20, 390), sequence_id, dtype=np.float32))
                files[f"{folder}{file_id}/{file_id + sequence_id}.npy"] = buffer.getvalue()
        archives[f"winners/{split}.zip"] = zipped(files, zipfile.ZIP_DEFLATED)
    return archives


def describe_prepared(machine: Machine, competition: dict[str, bytes], **source) -> None:
    splits = {
        split: {
            "dataset": f"winners/{split}",
            "archive": {"unpacked_gb": 0.01},
            "file_ids": file_ids(competition, split),
        }
        for split in ("train", "supplemental")
    }
    machine.write({"kind": "kaggle-prepared", "competition": "asl", "retries": 3, "splits": splits, **source})


def test_prepared_arrays_with_the_competitions_tables(machine, competition, prepared):
    describe_prepared(machine, competition)
    packed = {"train.csv": zipped({"train.csv": competition["train.csv"]})}  # Kaggle packs single files as it likes
    plain = {"supplemental_metadata.csv": competition["supplemental_metadata.csv"]}
    with KaggleServer(prepared | packed | plain) as server:
        machine.succeeds(server)
    raw = machine.raw()
    assert raw["train.csv"] == competition["train.csv"]
    assert raw["supplemental_metadata.csv"] == competition["supplemental_metadata.csv"]
    first = file_ids(competition, "train")[0]
    assert np.load(io.BytesIO(raw[f"train_landmarks/{first}/{first + 2}.npy"])).mean() == 2


def test_prepared_arrays_need_no_account_where_the_tables_are_there(machine, competition, prepared):
    tables = machine.folder / "tables"
    tables.mkdir()
    for name in ("train.csv", "supplemental_metadata.csv"):
        (tables / name).write_bytes(competition[name])
    describe_prepared(machine, competition, tables=str(tables))
    with KaggleServer(prepared, is_public=True) as server:
        machine.succeeds(server, {})
    assert machine.raw()["train.csv"] == competition["train.csv"]


def test_tables_that_are_not_there_are_missed_before_anything_starts(machine, competition, prepared):
    describe_prepared(machine, competition, tables=str(machine.folder / "nowhere"))
    with KaggleServer(prepared) as server:
        machine.fails(server, "nowhere/", "does not exist", "source.tables")
    assert not server.log


def test_prepared_arrays_of_other_columns_are_refused(machine, competition, prepared):
    describe_prepared(machine, competition)
    tables = {name: content for name, content in competition.items() if name.endswith(".csv")}
    with zipfile.ZipFile(io.BytesIO(prepared["winners/train.zip"])) as right:
        files = {name: right.read(name) for name in right.namelist()}
    files["train_landmarks_npy/inference_args.json"] = json.dumps({"selected_columns": COLUMNS[1:]}).encode()
    other = zipped(files)
    with KaggleServer(prepared | tables | {"winners/train.zip": other}) as server:
        machine.fails(server, "inference_args.json names other columns")
