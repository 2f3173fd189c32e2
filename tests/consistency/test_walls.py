"""The rooms of the package import only from floors below, and the frameworks stay in their rooms."""

import ast
import re
from functools import cache
from importlib.metadata import version
from pathlib import Path

import pytest
from project import ROOT

from podium.plan.snakemake_run import SNAKEMAKE
from podium.provenance import PACKAGE
from podium.storage.source_code import reached, read_source
from podium.systems import PARTS, names

# From the ground; a room imports from floors below it, and from itself.
FLOORS = [
    {"errors"},
    {"registry", "storage"},
    {"provenance"},
    {"config", "console", "runtime"},
    {"data"},
    {"audio", "landmarks"},
    {"port", "recognise", "training"},
    {"export"},
    {"systems"},
    {"page", "plan", "report"},
    {"cli"},
]
FLOOR_OF = {room: number for number, rooms in enumerate(FLOORS) for room in rooms}
LOOSE = {"__init__", "__main__", "errors", "provenance", "registry"}  # modules beside the rooms; no more of them
SHARED_SYSTEMS = {"signs"}  # folders of ``systems`` that other systems may import
# Rooms that know neither torch nor TensorFlow, and those that know one of both.
NEITHER = {
    "errors", "registry", "storage", "provenance", "audio", "config", "console", "landmarks", "runtime", "page", "plan",
    "report", "cli",
}  # fmt: skip
WITHOUT_TORCH = {"port", "export"} | NEITHER
WITHOUT_TENSORFLOW = {"data", "recognise", "training"} | NEITHER

# What general files must not say: it is about one system.
TASK = re.compile(r"phrase|character|\b(?:390|130)\b|round_?[12]|dummy|levenshtein", re.IGNORECASE)
TASK_WORDS_ALLOWED = {
    "src/podium/errors.py": "how long a message may be; the exit code of Ctrl-C",
    "src/podium/storage/tables.py": "how long a field may be",
    "src/podium/data/download/credentials.py": "a character of a key is no letter of a text",
    "src/podium/landmarks/mediapipe.py": "130 and 390 are numbers of landmarks of the face",
    "src/podium/landmarks/person/face.py": "130 and 390 are numbers of landmarks of the face",
    "src/podium/landmarks/remarks.py": "what a person is told of a clip without a text",
}
# What the modules of a system may reach, in whatever they import.
FORBIDDEN = {
    "plan": {"torch", "tensorflow"},
    "answers": {"torch", "tensorflow"},
    "samples": {"torch", "tensorflow"},
    "learner": {"tensorflow"},
    "twin": {"torch"},
}


def modules() -> list[Path]:
    return sorted(path for path in PACKAGE.rglob("*.py") if path.parent != PACKAGE or path.stem != "__init__")


def room_of(path: Path) -> str:
    """The folder or file right below the package; ``python -m podium`` belongs to the command line's room."""
    room = path.relative_to(PACKAGE).parts[0].removesuffix(".py")
    return "cli" if room == "__main__" else room


@cache
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


def imported(path: Path) -> set[tuple[str, ...]]:
    """Of the package, without its name: ("storage", "files", "read_json")."""
    parts = [tuple(name.split(".")) for name in imports(path)]
    return {part[1:] for part in parts if part[0] == "podium" and len(part) > 1 and part[1] != "__version__"}


def words_of_the_task(root: Path) -> dict[str, list[str]]:
    """General files of a checkout → the words of one task that they say."""
    package, workflow = root / "src/podium", root / "workflow"
    code = {root / "Snakefile", *package.rglob("*.py"), *workflow.rglob("*.py"), *workflow.rglob("*.smk")}
    general = code - {*(package / "systems").glob("*/**/*.py")}
    told = {file: sorted({word.lower() for word in TASK.findall(file.read_text())}) for file in general}
    return {file.relative_to(root).as_posix(): words for file, words in told.items() if words}


def test_general_files_do_not_know_the_task():
    found = words_of_the_task(ROOT)
    assert found.keys() == TASK_WORDS_ALLOWED.keys(), found
    assert len(TASK_WORDS_ALLOWED) <= 10


def test_a_word_of_the_task_is_found(tmp_path):
    places = ["Snakefile", "workflow/x/y.smk", "workflow/x/y.py", "src/podium/x/y/z.py", "src/podium/systems/x.py"]
    for place in [*places, "src/podium/systems/one/x.py"]:
        (tmp_path / place).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / place).write_text("score_of_Phrase = 390\n")
    assert words_of_the_task(tmp_path) == dict.fromkeys(places, ["390", "phrase"])


@pytest.mark.parametrize("system", names())
@pytest.mark.parametrize("part", PARTS)
def test_the_modules_of_a_system_keep_frameworks_out(system: str, part: str):
    entry = PACKAGE / f"systems/{system}/{part}.py"
    everything = {name for file in entry.parent.rglob("*.py") for name in read_source(file).registered}
    for place in reached(entry, everything):
        frameworks = {name.split(".")[0] for name in imports(PACKAGE / f"{place}.py")}
        assert not frameworks & FORBIDDEN[part], f"{part} reaches {place}"


def test_snakemakes_inside_is_known_in_two_modules_and_in_one_version():
    known = {f"plan/{name}.py" for name in ("records", "snakemake_run")}
    told = {path.relative_to(PACKAGE).as_posix(): imports(path) for path in modules()}
    inside = {file for file, names in told.items() if any(name.startswith("snakemake") for name in names)}
    assert inside - {file for file, names in told.items() if "snakemake.utils.update_config" in names} == known
    assert f"snakemake=={version('snakemake')}\n" in (ROOT / "constraints.txt").read_text()
    assert version("snakemake").startswith(f"{SNAKEMAKE}."), "read these two and console/console.py against it"
    assert f'min_version("{SNAKEMAKE}")' in (ROOT / "Snakefile").read_text()


def test_no_module_lies_loose():
    assert {path.stem for path in PACKAGE.glob("*.py")} == LOOSE


@pytest.mark.parametrize("path", modules(), ids=lambda path: path.relative_to(PACKAGE).as_posix())
def test_imports_come_from_below(path: Path):
    room = room_of(path)
    assert room in FLOOR_OF, f"the room '{room}' stands on no floor"
    for other, *_ in imported(path):
        assert other == room or FLOOR_OF[other] < FLOOR_OF[room], (
            f"{room} (floor {FLOOR_OF[room] + 1}) imports {other} (floor {FLOOR_OF[other] + 1})"
        )


def test_contributors_are_told_the_floors():
    rows = re.findall(r"^\| (\d+) \| (.*?) \|", (ROOT / "CONTRIBUTING.md").read_text(), re.MULTILINE)
    told = {int(floor): set(re.findall(r"`(\w+)`", rooms)) for floor, rooms in rows}
    assert told == dict(enumerate(FLOORS, start=1))


def test_general_files_are_handed_the_modules_of_a_system():
    systems = {("systems", name) for name in names()}
    for path in modules():
        named = {parts[:2] for parts in imported(path)} & systems
        assert named <= {path.relative_to(PACKAGE).parts[:2]}, f"{path} is to get them from podium.systems.part"


@pytest.mark.parametrize("path", sorted((PACKAGE / "systems").rglob("*/*.py")), ids=lambda path: str(path.name))
def test_no_system_imports_another(path: Path):
    system = path.relative_to(PACKAGE / "systems").parts[0]
    others = {parts[1] for parts in imported(path) if parts[0] == "systems" and len(parts) > 1}
    assert others <= {system} | SHARED_SYSTEMS


@pytest.mark.parametrize("path", modules(), ids=lambda path: path.relative_to(PACKAGE).as_posix())
def test_frameworks_stay_in_their_rooms(path: Path):
    frameworks = {name.split(".")[0] for name in imports(path)}
    if room_of(path) in WITHOUT_TORCH:
        assert "torch" not in frameworks
    if room_of(path) in WITHOUT_TENSORFLOW:
        assert "tensorflow" not in frameworks
