"""Changes that a user knows to be neutral: what was made before them stays, ``podium keep STAGE``.

The fingerprint after such a change then counts as the one before it. The folder of the results remembers that, the
manifest tells it, and ``podium keep --undo STAGE`` takes it back. A further change runs the stage again as always.
"""

from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any

from podium.errors import UserError
from podium.plan.fingerprints import Fingerprints
from podium.plan.reasons import MADE_ANEW, noted_stages, read_parts, reasons
from podium.plan.records import fingerprints_in
from podium.registry import nearest
from podium.storage.files import read_json, remove, write_json

FILE = ".provenance/kept.json"
Kept = dict[str, dict[str, Any]]


def read_kept(folder: str | Path) -> Kept:
    """What is kept in a folder of results: stage → "fingerprint", "stands_for", "changes" (words)."""
    place = Path(folder, FILE)
    return read_json(place) if place.is_file() else {}


def accepted(folders: Iterable[str | Path]) -> dict[str, str]:
    """Fingerprints → those that they stand for, as `Fingerprints` takes them."""
    entries = [entry for folder in folders for entry in read_kept(folder).values()]
    return {entry["fingerprint"]: entry["stands_for"] for entry in entries}


def changed(fingerprints: Fingerprints, folders: Iterable[str | Path]) -> dict[str, list[str]]:
    """The stages that have changed themselves since their artefacts were made, with what has changed, in words. Those
    behind them are made anew for them, and are not told."""
    found = {}
    for folder in folders:
        used = fingerprints_in(folder)
        for old, stage in noted_stages(folder).items():
            now = fingerprints.by_name().get(stage)
            if old in used and now not in (None, old):
                words = reasons(read_parts(Path(folder, "any"), old) or {}, fingerprints.parts[now])
                if not all(one.endswith(MADE_ANEW) for one in words):
                    found[stage] = words
    return {stage: found[stage] for stage in fingerprints.by_name() if stage in found}


def keep(stage: str, compute: Callable[[], Fingerprints], folders: Iterable[str | Path]) -> list[str]:
    """Takes what was made of a stage for what would be made now.

    Args:
        stage: As the plan names it.
        compute: Today's fingerprints, with what is kept already.
        folders: Of the dataset and of the experiment.

    Returns:
        What has changed, in words.

    Raises:
        UserError: There is no such stage, nothing of it was made, or nothing has changed.
    """
    fingerprints = compute()
    now = _of_stage(fingerprints, stage)
    for folder in folders:
        used = fingerprints_in(folder)
        olds = sorted(old for old, name in noted_stages(folder).items() if name == stage and old in used and old != now)
        if len(olds) > 1:
            raise UserError(f"{folder} has files of {stage} in {len(olds)} states; run the stage, then one is left")
        if olds:
            changes = reasons(read_parts(Path(folder, "any"), olds[0]) or {}, fingerprints.parts[now])
            entry = {"fingerprint": now, "stands_for": olds[0], "changes": changes}
            write_json(Path(folder, FILE), {**read_kept(folder), stage: entry})
            return changes
    raise UserError(f"nothing was made of {stage} that differs from what would be made now; there is nothing to keep")


def undo(stage: str, folders: Iterable[str | Path]) -> None:
    """Forgets that a stage is kept.

    Raises:
        UserError: It is not.
    """
    for folder in folders:
        kept = read_kept(folder)
        if kept.pop(stage, None):
            write_json(Path(folder, FILE), kept) if kept else remove(Path(folder, FILE))
            return
    raise UserError(f"{stage} is not kept; `podium keep` lists what is")


def _of_stage(fingerprints: Fingerprints, stage: str) -> str:
    known = fingerprints.by_name()
    if stage not in known:
        raise UserError(f"unknown stage '{stage}': {nearest(stage, list(known))}")
    return known[stage]
