"""The page's packages of npm: fetched once for each lock file, kept in the user's cache."""

import shutil
import subprocess
import tempfile
from hashlib import sha256
from pathlib import Path

from podium.errors import UserError
from podium.landmarks.pictures.packages import cache_folder

SITE = Path(__file__).parent / "site"
NAME = "node_modules"
# What the page loads of them, and their own words on licences; the rest (maps, types, other runtimes) is 40 MB.
LOADED = (
    "@litertjs/core/dist/index.js",
    "@litertjs/core/wasm/litert_wasm_internal.*",
    "@litertjs/core/wasm/litert_wasm_compat_internal.*",
    "@litertjs/wasm-utils/dist/*.js",
    "@mediapipe/tasks-vision/vision_bundle.mjs",
    "@mediapipe/tasks-vision/wasm/vision_wasm_internal.*",
    "mediabunny/dist/bundles/mediabunny.min.mjs",
)
_WORDS = ("package.json", "README.md", "LICENSE")


def modules() -> Path:
    """The folder ``node_modules`` with what the page loads.

    Raises:
        UserError: npm is not installed, or there is no network to fetch them the first time.
    """
    digest = sha256((SITE / "package-lock.json").read_bytes()).hexdigest()[:12]
    folder = cache_folder() / f"page_{digest}"
    if not folder.is_dir():
        folder.parent.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryDirectory(dir=folder.parent, prefix=".page_") as workplace:
            _fetch(Path(workplace))
            _pick(Path(workplace) / NAME, Path(workplace) / "picked" / NAME)
            if not folder.is_dir():  # another process may have been quicker
                (Path(workplace) / "picked").rename(folder)
    return folder / NAME


def _fetch(workplace: Path) -> None:
    npm = shutil.which("npm")
    if not npm:
        raise UserError("the page needs npm once, to fetch its scripts; install it (Debian, Ubuntu: apt install npm)")
    for name in ("package.json", "package-lock.json"):
        shutil.copy(SITE / name, workplace)
    command = [npm, "ci", "--ignore-scripts", "--no-audit", "--no-fund"]
    result = subprocess.run(command, cwd=workplace, capture_output=True, text=True)
    if result.returncode:
        told = [line.removeprefix("npm error ") for line in result.stderr.splitlines() if line.startswith("npm error")]
        reason = "; ".join(told[:2]) or f"npm ended with {result.returncode}"
        raise UserError(f"the page's scripts cannot be fetched ({reason}); run this once with a network")


def _pick(packages: Path, picked: Path) -> None:
    for pattern in LOADED:
        found = list(packages.glob(pattern))
        if not found:
            raise UserError(f"npm's packages lack {pattern}; report it, or fetch them anew (npm cache clean --force)")
        depth = 2 if pattern.startswith("@") else 1
        package = Path(*Path(pattern).parts[:depth])
        found += [packages / package / word for word in _WORDS if (packages / package / word).is_file()]
        for file in found:
            place = picked / file.relative_to(packages)
            place.parent.mkdir(parents=True, exist_ok=True)
            shutil.copyfile(file, place)
