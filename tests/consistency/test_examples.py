"""The examples for phones are whole sentences of their languages. Where a compiler is at hand it does more: the Android
example runs in tests/browser/test_android.py."""

from pathlib import Path

import pytest
from project import ROOT

tree_sitter = pytest.importorskip("tree_sitter", reason="no parsers of Kotlin and Swift (the extra `test` has them)")
SOURCES = [*(ROOT / "examples/android").rglob("*.kt*"), *(ROOT / "examples/ios").glob("*.swift")]


def errors(content: bytes, suffix: str) -> list[str]:
    """What a parser does not understand, and what it misses."""
    import tree_sitter_kotlin
    import tree_sitter_swift

    grammar = tree_sitter_swift if suffix == ".swift" else tree_sitter_kotlin
    waiting = [tree_sitter.Parser(tree_sitter.Language(grammar.language())).parse(content).root_node]
    found = []
    while waiting:
        node = waiting.pop()
        if node.type == "ERROR" or node.is_missing:
            found.append(f"line {node.start_point[0] + 1}: {node.text[:60]}")
        waiting += node.children
    return found


@pytest.mark.parametrize("path", SOURCES, ids=lambda path: path.name)
def test_a_parser_understands_it(path: Path):
    assert errors(path.read_bytes(), path.suffix) == []
    broken = "".join(path.read_text().rpartition("(")[::2]).encode()  # an earlier one may stand in a comment
    assert errors(broken, path.suffix), "the parser would not notice a lost bracket"
