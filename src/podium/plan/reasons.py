"""Why a stage runs again, in words: what its fingerprint was made of then, and now.

The parts of each fingerprint lie under its name in ``.provenance/stages/``, in the folder of the results that have it.
"""

from pathlib import Path
from typing import Any

from podium.errors import UserError
from podium.storage.files import read_json, write_json

FOLDER = ".provenance/stages"
MAX_NOTED = 400  # fingerprints of a folder; a run of everything has about twenty
NUM_TOLD = 5
MADE_ANEW = "is made anew"

Parts = dict[str, Any]


def note_parts(folder: str | Path, parts: dict[str, Parts], stages: dict[str, str]) -> None:
    """Writes what fingerprints are made of, if it is not there yet; the oldest of too many go.

    Args:
        folder: Of results.
        parts: By fingerprint.
        stages: Name → fingerprint.
    """
    place, names = Path(folder, FOLDER), {fingerprint: stage for stage, fingerprint in stages.items()}
    for fingerprint, of_one in parts.items():
        if not (place / f"{fingerprint}.json").is_file():
            write_json(place / f"{fingerprint}.json", {"stage": names.get(fingerprint), "made_of": of_one})
    noted = sorted(place.glob("*.json"), key=lambda path: path.stat().st_mtime_ns, reverse=True)
    for path in noted[MAX_NOTED:]:
        path.unlink(missing_ok=True)


def read_parts(artefact: str | Path, fingerprint: str) -> Parts | None:
    """What a fingerprint of an artefact was made of; None if nothing tells it."""
    for folder in Path(artefact).parents:
        try:
            parts = read_json(folder / FOLDER / f"{fingerprint}.json", "made_of")["made_of"]
        except (UserError, OSError):
            continue
        return parts if isinstance(parts, dict) else None
    return None


def noted_stages(folder: str | Path) -> dict[str, str]:
    """The fingerprints that `note_parts` has noted in a folder → the names of their stages."""
    found = {}
    for path in Path(folder, FOLDER).glob("*.json"):
        try:
            found[path.stem] = str(read_json(path, "stage")["stage"])
        except (UserError, OSError):
            continue
    return found


def reasons(before: Parts, now: Parts) -> list[str]:
    """What differs, a few words each: code first, then values, then earlier stages."""
    code, values, stages = [], [], []
    for key in sorted(before.keys() | now.keys()):
        if before.get(key) == now.get(key) and (key in before) == (key in now):
            continue
        if key.startswith("stage "):
            stages.append(f"{key} {MADE_ANEW}")
        elif key.endswith(".py"):
            code.append(f"{key} {'changed' if key in before and key in now else 'is new' if key in now else 'is gone'}")
        else:
            values.append(f"{key} {before.get(key, 'absent')} → {now.get(key, 'absent')}")
    told = [*code, *values, *stages]
    return [*told[:NUM_TOLD], *([f"{len(told) - NUM_TOLD} more"] if len(told) > NUM_TOLD else [])]
