"""The commands and the Python code that README and pages show."""

import re
from pathlib import Path

from project import ROOT

PAGES = [
    ROOT / "README.md",
    ROOT / "CONTRIBUTING.md",
    ROOT / "examples/README.md",
    *sorted((ROOT / "docs").glob("*.md")),
]
_PROGRAMS = r"(?:snakemake|podium|make|python|tensorboard|pip)"


def fenced(page: Path, language: str) -> list[str]:
    """The blocks of one language on a page, as they stand there."""
    return re.findall(rf"^ *```{language}\n(.*?)^ *```$", page.read_text(encoding="utf-8"), re.MULTILINE | re.DOTALL)


def commands() -> dict[str, str]:
    """Every command in a block of a page, and those within the README's text, without comments → the page's name."""
    found = {}
    for page in PAGES:
        blocks = "\n".join(fenced(page, "sh")).replace("\\\n", " ")
        lines = [re.sub(r"(^|\s+)#\s.*", "", line).strip() for line in blocks.splitlines()]
        if page.name == "README.md":
            lines += re.findall(rf"`({_PROGRAMS} [^`…]+)`", page.read_text(encoding="utf-8"))
        found |= {" ".join(line.split()): page.name for line in lines if line and not line.startswith("#")}
    return found


def unmarked(page: Path) -> list[str]:
    """Lines of a page that are commands and stand in no block that says so."""
    text = re.sub(r"^( *)```\w+\n.*?^ *```$", "", page.read_text(encoding="utf-8"), flags=re.MULTILINE | re.DOTALL)
    return re.findall(rf"^ *{_PROGRAMS} (?:-|[a-z]+ [-\w./]*[./]).*$", text, re.MULTILINE)
