"""Which code something runs, and whether that code has changed: read from the source, nothing is imported.

Planning asks this of every stage, so it must be quick and must not load torch or TensorFlow.
"""

import ast
import hashlib
import json
from collections.abc import Collection, Iterator
from functools import cache
from json.encoder import encode_basestring_ascii
from pathlib import Path
from typing import Any, NamedTuple

from podium.storage.files import atomic_path

PACKAGE = Path(__file__).parents[1]
MEMORY = Path("results/state/source_code.json")
# These change no number: how a job starts, waits and ends, what is said of it, where records lie, and commands beside
# the workflow. Of the configuration the values count, which fingerprints hold by themselves.
NEUTRAL = {
    "__init__", "__main__", "cli", "config", "data/download", "errors", "landmarks/remarks", "plan", "provenance",
    "recognise/card", "registry", "runtime", "storage/digests", "storage/source_code", "training/events",
}  # fmt: skip


WITH_DOCSTRING = (ast.Module, ast.ClassDef, ast.FunctionDef, ast.AsyncFunctionDef)
TOLD = (ast.Import, ast.ImportFrom, ast.ClassDef, ast.FunctionDef)


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


def remember(memory: Path | None = None) -> None:
    """Keeps what was parsed, so that later plans need not parse it again.

    Args:
        memory: Where; `MEMORY` unless given.

    Raises:
        OSError: It cannot be written.
    """
    files = [*PACKAGE.rglob("*.py"), *(PACKAGE.parents[1] / "workflow/scripts").glob("*.py")]
    parsed = {hashlib.sha256(file.read_bytes()).hexdigest(): read_source(file) for file in files}
    if memory or parsed.keys() - _known().keys():
        with atomic_path(memory or MEMORY) as partial:
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
    imports, registered, told = set(), [], []
    content = _written(tree, told)
    for node in told:
        if isinstance(node, ast.Import):
            imports |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            imports |= {str(node.module), *(f"{node.module}.{alias.name}" for alias in node.names)}
        else:
            registered += [name for decorator in node.decorator_list if (name := _name_given_to_register(decorator))]
    own = (name.removeprefix("podium.") for name in imports if name.startswith("podium."))
    return CodeFile(hashlib.sha256(content.encode()).hexdigest()[:16], tuple(sorted(own)), tuple(registered))


def _name_given_to_register(decorator: ast.expr) -> str | None:
    match decorator:
        case ast.Call(func=ast.Attribute(attr="register"), args=[ast.Constant(value=str(name)), *_]):
            return name
    return None


def _written(node: ast.AST, told: list[ast.AST]) -> str:
    """A syntax tree as JSON, without docstrings and places, and without empty fields, which differ among Pythons.

    The first plan of a clone waits for this, so it makes text at once: lists and dictionaries for `json` take twice
    the time.

    Args:
        node: The tree.
        told: Takes what the tree has of `TOLD`.
    """
    kind = type(node)
    if kind in TOLD:
        told.append(node)
    if kind is ast.Constant:  # "", None, 0 and 0.0 are values of their own
        fields = {"value": _quoted(node.value), "kind": node.kind and _quoted(node.kind)}
        order = ("kind", "value") if node.value in (None, "") else ("value", "kind")
        texts = [f'"{name}": {fields[name]}' for name in order if fields[name]]
    else:
        texts = [f'"{name}": {text}' for name in kind._fields if name != "ctx" and (text := _field(node, name, told))]
    return f'["{kind.__name__}", {{{", ".join(texts)}}}]'


def _field(node: ast.AST, name: str, told: list[ast.AST]) -> str:
    value = getattr(node, name, None)
    if isinstance(value, ast.AST):
        return _written(value, told)
    if isinstance(value, list):
        if name == "body" and type(node) in WITH_DOCSTRING:
            match value:
                case [ast.Expr(value=ast.Constant(value=str())), *rest]:
                    value = rest
        texts = [_written(one, told) if isinstance(one, ast.AST) else _quoted(one) for one in value]
        return f"[{', '.join(texts)}]" if texts else ""
    return "" if value is None or value == "" else _quoted(value)


def _quoted(value: Any) -> str:
    return encode_basestring_ascii(repr(value))


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
            found |= dict.fromkeys(_files().get(tuple(parts[:depth]), ()))
    return list(found)


@cache
def _files() -> dict[tuple[str, ...], list[Path]]:
    """The files of each module or package, by the parts of its name: a plan needs them thousands of times."""
    found: dict[tuple[str, ...], list[Path]] = {}
    for file in sorted(PACKAGE.rglob("*.py"), key=lambda file: file.name == "__init__.py"):
        parts = file.relative_to(PACKAGE).with_suffix("").parts
        found.setdefault(parts[:-1] if file.name == "__init__.py" else parts, []).append(file)
    return found


@cache
def _beside(package: Path) -> list[Path]:
    return sorted(package.glob("*.py"))


@cache
def _place(module: Path) -> str:
    return module.relative_to(PACKAGE).with_suffix("").as_posix()


@cache
def _is_neutral(place: str) -> bool:
    parts = place.split("/")
    is_plan = parts[0] == "systems" and parts[-1] in ("plan", "recipe", "systems")
    return is_plan or any("/".join(parts[:depth]) in NEUTRAL for depth in range(1, len(parts) + 1))
