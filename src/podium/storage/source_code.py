"""Which code something runs, and whether that code has changed: read from the source, nothing is imported.

Planning asks this of every stage, so it must be quick and must not load torch or TensorFlow.
"""

import ast
import hashlib
import json
from collections.abc import Collection, Iterator
from functools import cache
from pathlib import Path
from typing import Any, NamedTuple

from podium.storage.files import atomic_path

PACKAGE = Path(__file__).parents[1]
MEMORY = Path("results/state/source_code.json")
# These change no number: how a job starts, waits and ends, what is said of it, where records lie, and commands beside
# the workflow. Of the configuration the values count, which fingerprints hold by themselves.
NEUTRAL = {
    "__init__", "__main__", "cli", "config", "data/download", "errors", "landmarks/remarks", "plan", "provenance",
    "recognise/card", "registry", "runtime", "storage/digests", "storage/source_code",
}  # fmt: skip


class CodeFile(NamedTuple):
    """A file of source code.

    Attributes:
        digest: 16 hex digits of its syntax tree without docstrings.
        imports: What it imports of the package, inside functions too, dotted and without ``podium``: each may be a
            module, or a name in one.
        registered: Names under which its classes and functions stand in a `podium.registry.Registry`.
    """

    digest: str
    imports: tuple[str, ...]
    registered: tuple[str, ...]


def reached(entry: Path, names: Collection[str] = ()) -> dict[str, str]:
    """The code that a file runs: itself and all modules of the package that it imports, directly or not.

    A package whose files register themselves (networks, augmentations, sources, …) imports all of them; of these, only
    files that register one of some names count, and what other files import by name.

    Args:
        entry: A script, or a module of the package.
        names: Those that a configuration uses.

    Returns:
        Path → digest, in order. Modules go by their place in the package, without suffix; `NEUTRAL` ones are left out.
    """
    found = {entry.stem if PACKAGE not in entry.parents else _place(entry): read_source(entry).digest}
    waiting = [entry]
    while waiting:
        for module in _imported(waiting.pop(), frozenset(names)):
            place = _place(module)
            if place not in found and not _is_neutral(place):
                found[place] = read_source(module).digest
                waiting.append(module)
    return dict(sorted(found.items()))


def defining(module: Path, names: Collection[str]) -> list[Path]:
    """The files in which names that a module offers are defined: those that it imports them from, or itself."""
    found: dict[Path, None] = {}
    for name in names:
        dotted = [one for one in read_source(module).imports if one.endswith(f".{name}")]
        sources = [one.removesuffix(f".{name}") for one in dotted]
        places = [PACKAGE.joinpath(*source.split(".")) for source in sources]
        files = [file for place in places for file in (place.with_suffix(".py"), place / "__init__.py")]
        found |= dict.fromkeys([file for file in files if file.is_file()] or [module])
    return list(found)


@cache
def read_source(path: Path) -> CodeFile:
    """What there is to know of a file, as it was when this process first asked.

    What was parsed once is remembered by content, see `remember`.
    """
    text = path.read_text(encoding="utf-8")
    return _known().get(hashlib.sha256(text.encode()).hexdigest()) or _parse(text)


def remember() -> None:
    """Keeps what was parsed, so that later plans need not parse it again.

    Raises:
        OSError: It cannot be written.
    """
    files = [*PACKAGE.rglob("*.py"), *(PACKAGE.parents[1] / "workflow/scripts").glob("*.py")]
    parsed = {hashlib.sha256(file.read_bytes()).hexdigest(): read_source(file) for file in files}
    if parsed.keys() - _known().keys():
        with atomic_path(MEMORY) as partial:
            partial.write_text(json.dumps(parsed), encoding="utf-8")


@cache
def _known() -> dict[str, CodeFile]:
    try:
        content = json.loads(MEMORY.read_text(encoding="utf-8"))
        return {key: CodeFile(one[0], tuple(one[1]), tuple(one[2])) for key, one in content.items()}
    except (OSError, ValueError, TypeError, LookupError, AttributeError):  # absent or damaged: parsed anew
        return {}


@cache
def _parse(text: str) -> CodeFile:
    tree = ast.parse(text)
    imports, registered = set(), []
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            imports |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            imports |= {str(node.module), *(f"{node.module}.{alias.name}" for alias in node.names)}
        elif isinstance(node, ast.ClassDef | ast.FunctionDef):
            registered += [name for decorator in node.decorator_list if (name := _name_given_to_register(decorator))]
    own = (name.removeprefix("podium.") for name in imports if name.startswith("podium."))
    content = json.dumps(_plain(tree))
    return CodeFile(hashlib.sha256(content.encode()).hexdigest()[:16], tuple(sorted(own)), tuple(registered))


def _name_given_to_register(decorator: ast.expr) -> str | None:
    match decorator:
        case ast.Call(func=ast.Attribute(attr="register"), args=[ast.Constant(value=str(name)), *_]):
            return name
    return None


def _plain(node: Any) -> Any:
    """A syntax tree without docstrings, places and empty fields, as which fields there are differs among Pythons."""
    if isinstance(node, ast.AST):
        fields = dict(ast.iter_fields(node))
        if isinstance(node, ast.Module | ast.ClassDef | ast.FunctionDef | ast.AsyncFunctionDef):
            match fields["body"]:
                case [ast.Expr(value=ast.Constant(value=str())), *rest]:
                    fields["body"] = rest
        told = {name: _plain(value) for name, value in fields.items() if value not in (None, [], "") and name != "ctx"}
        if isinstance(node, ast.Constant):  # "", None, 0 and 0.0 are values of their own
            told["value"] = repr(node.value)
        return [type(node).__name__, told]
    return [_plain(one) for one in node] if isinstance(node, list) else repr(node)


def _imported(file: Path, names: frozenset[str]) -> Iterator[Path]:
    yield from _modules(file)
    if file.name == "__init__.py":
        yield from (one for one in _beside(file.parent) if not names.isdisjoint(read_source(one).registered))


@cache
def _modules(file: Path) -> list[Path]:
    """Modules that a file imports by name, and the packages that run before them."""
    found: dict[Path, None] = {}
    for dotted in read_source(file).imports:
        parts = dotted.split(".")
        for depth in range(1, len(parts) + 1):
            place = PACKAGE.joinpath(*parts[:depth])
            found |= dict.fromkeys(one for one in (place.with_suffix(".py"), place / "__init__.py") if one.is_file())
    return list(found)


@cache
def _beside(package: Path) -> list[Path]:
    return sorted(package.glob("*.py"))


def _place(module: Path) -> str:
    return module.relative_to(PACKAGE).with_suffix("").as_posix()


def _is_neutral(place: str) -> bool:
    parts = place.split("/")
    is_plan = parts[0] == "systems" and parts[-1] in ("plan", "recipe", "systems")
    return is_plan or any("/".join(parts[:depth]) in NEUTRAL for depth in range(1, len(parts) + 1))
