"""What an experiment was made of and how it went, in one file; and what differs between two of them.

``report/manifest.json`` stands beside a finished experiment. If a run fails, ``manifest.failed.json`` says how far
it came, beside that of the last that was finished.
"""

import importlib.metadata
import os
import platform
from collections import Counter
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import pandas as pd

from podium import __version__
from podium.errors import UserError
from podium.provenance import PACKAGE, code_digest, commit
from podium.recognise.card import NAME as CARD
from podium.runtime.usage import processor
from podium.storage.files import read_json, write_json

FINISHED, FAILED = "manifest.json", "manifest.failed.json"
# Two runs of the same may differ in these.
MEASURED = ("jobs", "machine", "data_jobs")
_ABSENT = "absent"
# What a person looks for first; beginnings of keys, of which the longest that fits counts.
_SUBJECTS = {
    "scores": ("state", "outcome.file.score", "outcome"),
    "dataset": ("dataset",),
    "data": ("data",),
    "recipes": ("recipes",),
    "configuration": ("experiment",),
    "code": ("code",),
    "packages": ("packages",),
    "files": ("outcome.sha256",),
    "stages": ("fingerprints", "kept"),
    "others": ("",),
    "measured": MEASURED,
}
_RANKS = {start: rank for rank, start in enumerate(start for starts in _SUBJECTS.values() for start in starts)}
Difference = tuple[str, Any, Any]


def write_manifest(
    results: Path,
    experiment: dict[str, Any],
    recipes: Mapping[str, dict[str, Any]],
    dataset: dict[str, Any],
    fingerprints: Mapping[str, Any],
    jobs: Mapping[str, str],
    data_jobs: list[str],
    labels: Sequence[str] = (),
    kept: Mapping[str, list[str]] | None = None,
    has_failed: bool = False,
) -> Path:
    """Writes the manifest of an experiment as it stands; a finished one removes that of a failure.

    Args:
        results: The experiment's folder.
        experiment, dataset: The resolved configuration.
        recipes: That of each stage.
        fingerprints: Of all stages, see `podium.plan.fingerprints`.
        jobs: By name of a job, which is also that of its log and benchmark, a file that it makes.
        data_jobs: Names of the dataset's jobs.
        labels: The ways of labels, each a folder with metrics.json and the table.
        kept: Stages that the user has kept → the changes that were taken for neutral.
        has_failed: Whether a run has failed, be it at something beside these jobs.

    Returns:
        The file.
    """
    states = {job: _state(results, job, file) for job, file in jobs.items()}
    is_finished = not has_failed and all(one["state"] == "finished" for one in states.values())
    manifest = {
        "state": "finished" if is_finished else "failed",
        "outcome": _outcome(results, set(jobs.values()), labels),
        "experiment": experiment,
        "recipes": dict(recipes),
        "dataset": dataset,
        "data": _read(Path("results/data", dataset["name"], "manifest.json"), "sha256", "splits", "num_test_sequences"),
        "code": {"podium": __version__, "commit": commit(), "rooms": _rooms()},
        "fingerprints": dict(fingerprints),
        "kept": dict(kept or {}),
        "packages": {one.name: one.version for one in sorted(importlib.metadata.distributions(), key=lambda d: d.name)},
        "machine": {
            "python": platform.python_version(),
            "system": platform.platform(),
            "processor": processor(),
            "num_cores": os.cpu_count(),
        },
        "jobs": states,
        "data_jobs": _sum([_benchmark(Path("results/benchmarks/data", dataset["name"], job)) for job in data_jobs]),
    }
    written = results / "report" / (FINISHED if is_finished else FAILED)
    write_json(written, manifest)
    if is_finished:
        written.with_name(FAILED).unlink(missing_ok=True)
    return written


def _state(results: Path, job: str, file: str) -> dict[str, Any]:
    """Whether a job has made its file, what that cost, and for a training on what and from which seed."""
    log = Path("results/logs", results.name, f"{job}.log")
    if not Path(file).is_file():
        return {"state": "failed or interrupted" if log.is_file() else "not started"}
    is_training = file.endswith("model.safetensors")
    keys = ("seed", "fold", "device", "num_processes")
    account = _read(Path(file).with_name("recipe.json"), *keys) if is_training else {}
    return {"state": "finished", **account, **_benchmark(Path("results/benchmarks", results.name, job))}


def _benchmark(path: Path) -> dict[str, float]:
    """Seconds and peak memory of a job as Snakemake has measured them; empty if it has not."""
    path = path.with_name(f"{path.name}.tsv")
    try:
        row = pd.read_csv(path, sep="\t").iloc[-1]
    except (FileNotFoundError, pd.errors.EmptyDataError):  # the latter of a disk that was full
        return {}
    peak = pd.to_numeric(row["max_rss"], errors="coerce")  # "NA" of jobs that are over at once
    return {"seconds": float(row["s"]), "peak_mb": None if pd.isna(peak) else float(peak)}


def _sum(benchmarks: list[dict[str, float]]) -> dict[str, float]:
    known = [one for one in benchmarks if one]
    return {"num_jobs": len(benchmarks), "seconds": round(sum(one["seconds"] for one in known), 2)}


def _outcome(results: Path, made: set[str], labels: Sequence[str]) -> dict[str, Any]:
    """Scores and proofs, as far as they are there; without files that no job of the experiment makes."""
    files = {
        **{how: (f"{how}/metrics.json", f"{how}/train_with_{how}.parquet", "score") for how in labels},
        "file": ("export/evaluation.json", "export/evaluation.json", "score", "num_sequences", "formats"),
        "parity": ("export/parity.json", "export/parity.json", "passed"),
    }
    outcome = {
        name: _read(results / file, *keys) if str(results / beside) in made else {}
        for name, (file, beside, *keys) in files.items()
    }
    card = _read(results / "export" / CARD, "files")
    return {**outcome, "sha256": {one["file"]: one["sha256"] for one in card.get("files", [])}}


def _read(path: Path, *keys: str) -> dict[str, Any]:
    if not path.is_file():
        return {}
    content = read_json(path)
    return {key: content[key] for key in keys if key in content}


def _rooms() -> dict[str, str]:
    """Digest of every room of the package."""
    rooms = {path.parent.stem for path in PACKAGE.glob("*/*.py")} | {path.stem for path in PACKAGE.glob("*.py")}
    return {room: code_digest(room) for room in sorted(rooms)}


def find_manifest(path: str | Path) -> Path:
    """The manifest that a path means: the file itself, or that of an experiment's folder, or of a name below results/.

    Raises:
        UserError: There is none.
    """
    path = Path(path)
    if path.is_file():
        return path
    for folder in (path, Path("results", path)):
        for name in (FINISHED, FAILED):
            if (folder / "report" / name).is_file():
                return folder / "report" / name
    where = "" if Path("results").is_dir() else "run this in Podium's folder, which has results/, or "
    raise UserError(
        f"there is neither {path}/report/{FINISHED} nor results/{path}/report/{FINISHED}; {where}name a manifest, or an"
        " experiment that has run to its end"
    )


def read_manifest(path: str | Path) -> dict[str, Any]:
    """The content of the manifest that a path means, see `find_manifest`.

    Raises:
        UserError: There is none, or the file is something else.
    """
    path = find_manifest(path)
    content = read_json(path)
    if not isinstance(content, dict) or not {"experiment", "recipes", "code"} <= content.keys():
        raise UserError(f"{path} is not the manifest of an experiment")
    return content


def differences(one: dict[str, Any], other: dict[str, Any], with_measured: bool = False) -> list[Difference]:
    """What differs between two manifests: (dotted key, value here, value there), in the order of the file.

    Args:
        with_measured: Also times, memory and machine, in which two runs of the same may differ.
    """
    kept = [key for key in {**one, **other} if with_measured or key not in MEASURED]
    flat_one, flat_other = (_flat({key: each[key] for key in kept if key in each}) for each in (one, other))
    return [
        (key, flat_one.get(key, _ABSENT), flat_other.get(key, _ABSENT))
        for key in {**flat_one, **flat_other}
        if flat_one.get(key, _ABSENT) != flat_other.get(key, _ABSENT)
    ]


def by_subject(found: list[Difference]) -> dict[str, list[Difference]]:
    """Differences by what they are about, in the order in which a person looks at them: scores first."""
    ranked = sorted(found, key=lambda one: _RANKS[_start(one[0])])
    groups = {subject: [one for one in ranked if _start(one[0]) in starts] for subject, starts in _SUBJECTS.items()}
    return {subject: group for subject, group in groups.items() if group}


def _start(key: str) -> str:
    return max((one for one in _RANKS if not one or f"{key}.".startswith(f"{one}.")), key=len)


def _flat(value: Any, key: str = "") -> dict[str, Any]:
    """Leaves by dotted key.

    Items of a list that have names go by them, so that one more does not shift the others; the list itself becomes that
    of its names, since their order may matter.
    """
    leaves = {}
    if isinstance(value, list) and value and all(map(_has_name, value)):
        leaves[key] = [item["name"] for item in value]
        value = _by_name(value)
    if not isinstance(value, dict) or not value:
        return {key: value}
    for name, item in value.items():
        leaves |= _flat(item, f"{key}.{name}" if key else str(name))
    return leaves


def _has_name(item: Any) -> bool:
    return isinstance(item, dict) and isinstance(item.get("name"), str)


def _by_name(items: list[dict[str, Any]]) -> dict[str, dict[str, Any]]:
    """Items by name; the second of one name as "name#2"."""
    named, numbers = {}, Counter()
    for item in items:
        name = item["name"]
        numbers[name] += 1
        named[name if numbers[name] == 1 else f"{name}#{numbers[name]}"] = item
    return named
