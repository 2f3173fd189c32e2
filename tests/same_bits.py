"""Whether two commits make the same: the tiny chain and the tiny comparison of both, artefact by artefact.

    python tests/same_bits.py BASE [OTHER] [--cores 2]

Each commit runs in a worktree of its own, on this machine, one after the other: bits differ between processors, so no
list of digests can be committed. Must be equal: the corpus, shards, tables, weights, answers, files of all formats,
and what JSON files say. What may differ is left out: logs, times, versions, pictures and pages. Exit code 1 if anything
differs. A commit that changes numbers on purpose says so, with the lines that this prints.
"""

import argparse
import hashlib
import json
import os
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from safetensors.numpy import load_file

ROOT = Path(__file__).parent.parent
RUNS = [("all", "config/test/tiny.yaml"), ("compare", "config/test/tiny_compare.yaml")]
LEFT_OUT = {"logs", "benchmarks", "state", "report", ".provenance"}  # folders: times and pages
MEASURED = {"benchmark.json", "made_from.json"}
VOLATILE = {"podium", "code", "commit", "digest", "device"}  # keys of JSON files: who made it, not what


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("base", help="a commit")
    parser.add_argument("other", nargs="?", default="HEAD", help="the commit to compare with it (HEAD)")
    parser.add_argument("--cores", type=int, default=2)
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        digests = []
        for number, commit in enumerate((arguments.base, arguments.other)):
            with worktree(commit, Path(folder, f"{number}")) as place:
                make(place, arguments.cores)
                digests.append(digests_of(place / "results"))
    lines = list(differences(*digests))
    print("\n".join(lines) or f"{len(digests[0])} artefacts, all equal")
    sys.exit(bool(lines))


class worktree:
    """A checkout of a commit that is removed again."""

    def __init__(self, commit: str, place: Path) -> None:
        self.commit, self.place = commit, place

    def __enter__(self) -> Path:
        subprocess.run(["git", "worktree", "add", "--detach", self.place, self.commit], cwd=ROOT, check=True)
        return self.place

    def __exit__(self, *_: object) -> None:
        subprocess.run(["git", "worktree", "remove", "--force", self.place], cwd=ROOT, check=True)


def make(place: Path, num_cores: int) -> None:
    """Runs both chains in a checkout, with its own package."""
    environment = os.environ | {"PYTHONPATH": str(place / "src"), "TF_CPP_MIN_LOG_LEVEL": "2"}
    for target, config in RUNS:
        command = ["snakemake", target, "--cores", str(num_cores), "--quiet", "all", "--configfile", config]
        subprocess.run(command, cwd=place, env=environment, check=True, stdout=subprocess.DEVNULL)


def digests_of(results: Path) -> dict[str, str]:
    """Digest of each artefact's content below a folder, by its path there; each value of a JSON file, by its keys."""
    found = {}
    for path in sorted(results.rglob("*")):
        inside = path.relative_to(results)
        if not path.is_file() or path.name in MEASURED or LEFT_OUT & set(inside.parts):
            continue
        if path.suffix == ".json":
            found |= dict(_values(json.loads(path.read_text()), inside.as_posix()))
        elif (content := content_of(path)) is not None:
            found[inside.as_posix()] = hashlib.sha256(content).hexdigest()
    return found


def content_of(path: Path) -> bytes | None:
    """What a file says, without what its container adds; None if it is no artefact."""
    if path.suffix in (".tflite", ".csv", ".npy"):
        return path.read_bytes()
    if path.suffix == ".parquet":
        table = pd.read_parquet(path)
        rows = pd.util.hash_pandas_object(table).to_numpy().tobytes()
        return repr([*table.dtypes.items(), table.index.name]).encode() + rows
    if path.suffix == ".safetensors":
        return b"".join(_bytes_of(load_file(path)))
    if path.suffix == ".npz":
        with np.load(path) as arrays:
            return b"".join(_bytes_of(dict(arrays)))
    return None


def differences(base: dict[str, str], other: dict[str, str]) -> Iterator[str]:
    """A line for each artefact, or value of a JSON file, that only one has or that differs."""
    for path in sorted(base.keys() | other.keys()):
        if path not in base or path not in other:
            yield f"only in {'the second' if path not in base else 'the first'}: {path}"
        elif base[path] != other[path]:
            yield f"differs: {path}" + (f": {base[path]:.40} → {other[path]:.40}" if ".json " in path else "")


def _values(content: Any, place: str) -> Iterator[tuple[str, str]]:
    """The values of a JSON file as text, each by the keys that lead to it; without volatile ones."""
    inside = list(content.items()) if isinstance(content, dict) else []
    inside += enumerate(content) if isinstance(content, list) else []
    for key, value in inside:
        if key not in VOLATILE:
            yield from _values(value, f"{place} {key}")
    if not inside:
        yield place, json.dumps(content)


def _bytes_of(arrays: dict[str, np.ndarray]) -> Iterator[bytes]:
    for name, array in sorted(arrays.items()):
        yield f"{name} {array.dtype.str} {array.shape}".encode()
        yield np.ascontiguousarray(array).tobytes()


if __name__ == "__main__":
    main()
