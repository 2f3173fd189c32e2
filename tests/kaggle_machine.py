"""A user's machine with the real download command, and small archives for it to fetch."""

import contextlib
import io
import json
import os
import subprocess
import sys
import threading
import time
import zipfile
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

import forked
import psutil
import yaml
from kaggle_server import BASIC, KEY, REFRESH_TOKEN, SIGNATURE, TOKEN, KaggleServer

ROOT = Path(__file__).parent.parent
MEBIBYTE = 1 << 20  # the client writes in pieces of this size
CREDENTIALS = {"KAGGLE_API_TOKEN": TOKEN}
SECRETS = (TOKEN.removeprefix("KGAT_"), KEY, BASIC, REFRESH_TOKEN.removeprefix("KGRT_"), SIGNATURE.split("=")[1])
# Waiting between attempts is the command's and the client's business; here it only costs time. And every library says
# all that it can say.
QUICK_AND_TALKATIVE = """
import http.client, logging, time
time.sleep = lambda seconds: None
logging.basicConfig(level=logging.DEBUG)
http.client.HTTPConnection.debuglevel = 1
"""
# A forked process has begun before it learns of its `sitecustomize`.
_AS_A_SCRIPT = """
import runpy, sys
runpy.run_path("quick/sitecustomize.py")
sys.argv = sys.argv[1:]
runpy.run_path(sys.argv[0], run_name="__main__")
"""


def zipped(files: dict[str, bytes], method: int = zipfile.ZIP_STORED) -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", method) as archive:
        for name, content in files.items():
            archive.writestr(name, content)
    return buffer.getvalue()


def watched(
    command: list, folder: Path, environment: dict[str, str]
) -> tuple[subprocess.CompletedProcess[str], set[str]]:
    """Runs a command. Returns how it ended, and the command lines of all processes that it had on the way."""
    lines: set[str] = set()
    pipes = {"stdout": subprocess.PIPE, "stderr": subprocess.PIPE, "text": True}
    process = psutil.Popen(command, cwd=folder, env=environment, **pipes)

    def look() -> None:
        with contextlib.suppress(psutil.Error):
            lines.update(" ".join(one.cmdline()) for one in [process, *process.children(recursive=True)])

    def watch() -> None:
        while process.poll() is None:
            look()
            time.sleep(0.02)

    look()
    watcher = threading.Thread(target=watch)
    watcher.start()
    out, err = process.communicate()
    watcher.join()
    return subprocess.CompletedProcess(command, process.returncode, out, err), lines


def check_for_secrets(texts: Iterable[str], folder: Path, but: set[str]) -> None:
    """None of `SECRETS` stands in the texts or in a file below ``folder``, whatever its encoding.

    Args:
        but: Names right below ``folder`` that are passed over.
    """
    needles = [secret.encode(encoding) for secret in SECRETS for encoding in ("utf-8", "utf-16-le", "utf-16-be")]
    files = [path for path in folder.rglob("*") if path.is_file() and path.relative_to(folder).parts[0] not in but]
    for name, content in [("the output", "\n".join(texts).encode()), *((path, path.read_bytes()) for path in files)]:
        assert not any(needle in content for needle in needles), f"a secret stands in {name}"


def file_ids(competition: dict[str, bytes], split: str) -> list[int]:
    return [int(Path(name).stem) for name in competition if name.startswith(f"{split}_landmarks/")]


@dataclass
class Machine:
    """A user's machine: an empty home, a dataset file, and the real command.

    Attributes:
        is_watched: Whether the command lines of all that runs are searched for secrets; else the command is forked.
    """

    folder: Path
    is_watched: bool = False

    def __post_init__(self) -> None:
        (self.folder / "home/.kaggle").mkdir(parents=True)
        (self.folder / "quick").mkdir()
        (self.folder / "quick/sitecustomize.py").write_text(QUICK_AND_TALKATIVE)

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
            ROOT / "workflow/scripts/download.py", "--system", "fingerspelling",
            "--dataset", "dataset.yaml", "--raw", "raw",
            "--archives", "archives", "--out", "receipt.json",
        ]  # fmt: skip
        if self.is_watched:
            outcome, lines = watched([sys.executable, *command], self.folder, environment)
            assert "download.py" in " ".join(lines)
        else:
            outcome, lines = forked.run(["-c", _AS_A_SCRIPT, *command], self.folder, environment), set()
        check_for_secrets([outcome.stdout, outcome.stderr, *lines], self.folder, but={"home"})
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


def put(path: Path, text: str) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text)
    path.chmod(0o600)
