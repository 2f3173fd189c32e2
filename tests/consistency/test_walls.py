"""The rooms of the package import only from floors below, and the frameworks stay in their rooms."""

import ast
from pathlib import Path

import pytest

from podium.provenance import PACKAGE

GROUND = {
    "alone", "card", "config", "digests", "drawing", "ending", "errors", "files", "gpu", "kept", "landmarks",
    "launch", "leftovers", "metrics", "normalise", "npy", "origins", "plausibility", "provenance", "reasons",
    "records", "registry", "remarks", "scratch", "source_code", "tables", "text", "timing", "unseen",
    "usage",
}  # fmt: skip
FLOORS = [
    GROUND,
    {"signer", "models", "port", "inference", "oof", "workflow"},
    {"comparison", "data", "ensemble", "importing", "manifest", "report"},
    {"export", "recognizer", "training"},
    {"prediction", "model_info"},
    {"cli"},
]
FLOOR_OF = {room: number for number, rooms in enumerate(FLOORS) for room in rooms}
# A file may name a framework only where its room lives in that framework.
NEITHER = {"signer", "oof", "workflow", "report", "manifest", "comparison", "prediction", "model_info"} | GROUND
WITHOUT_TORCH = {"port", "export"} | NEITHER
WITHOUT_TENSORFLOW = {"models", "data", "ensemble", "training", "inference", "importing", "recognizer"} | NEITHER
STRANGERS = [("data", "models"), ("models", "port"), ("signer", "models"), ("signer", "port"), ("inference", "port")]


def modules() -> list[Path]:
    return sorted(path for path in PACKAGE.rglob("*.py") if path.parent != PACKAGE or path.stem != "__init__")


def room_of(path: Path) -> str:
    """The folder or file right below the package; ``python -m podium`` belongs to the command line's room."""
    room = path.relative_to(PACKAGE).parts[0].removesuffix(".py")
    return "cli" if room == "__main__" else room


def imports(path: Path) -> set[str]:
    """Dotted names of everything that a file imports, inside functions too."""
    names = set()
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            names |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{path}: imports are absolute"
            names |= {f"{node.module}.{alias.name}" for alias in node.names}
    return names


def rooms_imported(path: Path) -> set[str]:
    parts = [name.split(".") for name in imports(path)]
    return {part[1] for part in parts if part[0] == "podium" and len(part) > 1} - {"__version__"}


@pytest.mark.parametrize("path", modules(), ids=lambda path: path.relative_to(PACKAGE).as_posix())
def test_imports_come_from_below(path: Path):
    room = room_of(path)
    assert room in FLOOR_OF, f"the room '{room}' stands on no floor"
    for other in rooms_imported(path) - {room}:
        assert FLOOR_OF[other] < FLOOR_OF[room] or room in GROUND and other in GROUND or _neighbours(room, other), (
            f"{room} (floor {FLOOR_OF[room] + 1}) imports {other} (floor {FLOOR_OF[other] + 1})"
        )
        assert (room, other) not in STRANGERS and (other, room) not in STRANGERS


def _neighbours(room: str, other: str) -> bool:
    """The recogniser stands on the networks' floor and may load them."""
    return room == "inference" and other == "models"


@pytest.mark.parametrize("path", modules(), ids=lambda path: path.relative_to(PACKAGE).as_posix())
def test_frameworks_stay_in_their_rooms(path: Path):
    frameworks = {name.split(".")[0] for name in imports(path)}
    if room_of(path) in WITHOUT_TORCH:
        assert "torch" not in frameworks
    if room_of(path) in WITHOUT_TENSORFLOW:
        assert "tensorflow" not in frameworks
