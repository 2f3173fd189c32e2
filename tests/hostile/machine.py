"""A folder with everything sound, copies of it to spoil, and the process that reads them."""

import json
import os
import select
import shutil
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

from project import ROOT

HEADROOM_MB = 1024  # what a command may take to read what is wrong; the files are of a few megabytes
PATIENCE_S = 120  # a command that takes longer hangs


@dataclass
class Ending:
    """How a command ended.

    Attributes:
        code: Its exit code; or the traceback of what it raised; or how its process died.
    """

    code: int | str
    out: str
    err: str


class Machine:
    """The process of `hostile.worker`; a new one when it has died."""

    def __init__(self, environment: dict[str, str]) -> None:
        source = f"{ROOT / 'src'}:{ROOT / 'tests'}"
        self._environment = {**os.environ, **environment, "PYTHONPATH": source, "OMP_NUM_THREADS": "1"}
        self._process: subprocess.Popen | None = None

    def run(self, words: list[str], folder: Path, headroom_mb: int = HEADROOM_MB) -> Ending:
        """Runs a command in a folder."""
        if self._process is None:
            command = [sys.executable, "-m", "hostile.worker"]
            self._process = subprocess.Popen(
                command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, env=self._environment
            )
        request = {"words": words, "folder": str(folder), "headroom_mb": headroom_mb}
        self._process.stdin.write(json.dumps(request) + "\n")
        self._process.stdin.flush()
        ready, _, _ = select.select([self._process.stdout], [], [], PATIENCE_S)
        if ready and (answer := self._process.stdout.readline()):
            return Ending(**json.loads(answer))
        self._process.kill()
        code = f"died with {self._process.wait()}" if ready else f"still running after {PATIENCE_S} s"
        self._process = None
        return Ending(code, "", "")

    def close(self) -> None:
        """Ends the process."""
        if self._process is not None:
            self._process.stdin.close()
            self._process.wait()
            self._process.stdout.close()


class Place:
    """A copy of the sound folder in hard links: files are replaced, never written into."""

    def __init__(self, sound: Path, folder: Path) -> None:
        self.folder = folder
        shutil.copytree(sound, folder, copy_function=os.link)

    def read(self, name: str) -> bytes:
        """A file's content."""
        return (self.folder / name).read_bytes()

    def write(self, name: str, content: bytes | str) -> None:
        """Puts another file in a file's place."""
        path = self.new(name)
        path.write_bytes(content.encode() if isinstance(content, str) else content)

    def new(self, name: str) -> Path:
        """Makes room for another file."""
        path = self.folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.unlink(missing_ok=True)
        return path

    def listing(self) -> dict[str, tuple[int, int, int]]:
        """Every file with what changes when it is touched."""
        files = (path for path in sorted(self.folder.rglob("*")) if not path.is_dir())
        return {
            str(path.relative_to(self.folder)): ((found := path.lstat()).st_ino, found.st_size, found.st_mtime_ns)
            for path in files
        }
