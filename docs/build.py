"""Writes the generated parts of the documentation; ``--check`` only says whether they are in step.

The configuration reference and the JSON schemas come from the pydantic models, the graph from Snakemake, the meanings
of numbers from `podium.report.metrics` and the systems, the tables of remarks and reasons from
`podium.landmarks.remarks`, those of results and of the comparison from the last runs of `config/config.yaml` and
`config/compare.yaml` (left as they are if there were none).
"""

import argparse
import inspect
import json
import re
import shutil
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import get_args

from pydantic import BaseModel

from podium import config
from podium.landmarks.remarks import MEANINGS, REASONS
from podium.report.metrics import FILES as METRIC_FILES
from podium.report.metrics import METRICS, own_metrics
from podium.storage.files import write_text
from podium.systems import names, part

ROOT = Path(__file__).parent.parent
FIRST = "fingerspelling"  # told whole; of the other systems what is their own
Files = dict[str, type[BaseModel]]


def files_of(system: str) -> Files:
    """The kinds of YAML files and their sections."""
    plan = part(system, "plan")
    return {"experiment": config.Experiment[plan.Settings], "dataset": plan.Dataset, "recipe": plan.Recipe}


FILES = files_of(FIRST)
OTHERS = {system: files_of(system) for system in names() if system != FIRST}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--check", action="store_true", help="write nothing; exit 1 when something is out of step")
    check = parser.parse_args().check
    pages = {
        ROOT / "docs/configuration.md": configuration_page(),
        ROOT / "docs/metrics.md": metrics_page(),
        ROOT / "docs/predict.md": predict_page(),
        ROOT / "README.md": readme(with_results=not check),
    }
    comparison = ROOT / "results/compare/comparison"
    if not check and (comparison / "comparison.md").is_file():
        page, table = ROOT / "docs/comparison.md", (comparison / "comparison.md").read_text(encoding="utf-8")
        pages[page] = fill(page.read_text(encoding="utf-8"), "comparison", table.strip())
        shutil.copyfile(comparison / "comparison.png", ROOT / "docs/pictures/comparison.png")
    schemas = {f"{system}/{name}": one for system, files in OTHERS.items() for name, one in files.items()}
    for name, section in {**FILES, **schemas}.items():
        schema = json.dumps(section.model_json_schema(), indent=2) + "\n"
        pages[ROOT / f"config/schema/{name}.schema.json"] = schema
    stale = [path for path, text in pages.items() if not path.is_file() or path.read_text(encoding="utf-8") != text]
    for path in stale:
        if not check:
            write_text(path, pages[path])
        print(f"{'stale' if check else 'written'} {path.relative_to(ROOT)}")
    sys.exit(1 if check and stale else 0)


def readme(with_results: bool) -> str:
    """README.md with its generated parts made anew; the results only on demand, since every machine has its own."""
    text = (ROOT / "README.md").read_text(encoding="utf-8")
    text = fill(text, "graph", f"```mermaid\n{rule_graph()}\n```")
    results = ROOT / "results/demo/report/results.md"
    if not with_results or not results.is_file():
        return text
    return fill(text, "results", results.read_text(encoding="utf-8").strip())


def metrics_page() -> str:
    """docs/metrics.md: what each number in an experiment's files means."""
    parts = [
        "# What the numbers mean\n\nGenerated from `podium.report.metrics` and the systems by `make docs`.\n",
        meanings_table("file below `results/{experiment}/`", METRIC_FILES),
    ]
    for group, meanings in METRICS.items():
        parts.append(f"\n## {group}\n\n{meanings_table('key', meanings)}")
    for system in names():
        if own := own_metrics(system):
            parts.append(f"\n## Of {system}\n\n{meanings_table('key', own)}")
    return "\n".join(parts) + "\n"


def predict_page() -> str:
    """docs/predict.md with its two tables of what is said of clips."""
    text = (ROOT / "docs/predict.md").read_text(encoding="utf-8")
    for name, header, meanings in (("remarks", "remark", MEANINGS), ("reasons", "reason", REASONS)):
        text = fill(text, name, meanings_table(header, meanings))
    return text


def meanings_table(header: str, meanings: Mapping[str, str]) -> str:
    """Markdown: names and what they mean."""
    rows = "".join(f"\n| `{name}` | {meaning} |" for name, meaning in meanings.items())
    return f"| {header} | meaning |\n|---|---|{rows}"


def fill(text: str, name: str, content: str) -> str:
    """Replaces what stands between the two markers of a generated part."""
    start, end = f"<!-- generated: {name} -->", f"<!-- end: {name} -->"
    before, rest = text.split(start)
    return f"{before}{start}\n{content}\n{end}{rest.split(end)[1]}"


def rule_graph() -> str:
    """The workflow's rules as a Mermaid graph, reduced to the arrows that say something."""
    command = ["snakemake", "--rulegraph", "mermaid-js", "--quiet", "all", "--configfile", "config/config.yaml"]
    output = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=True).stdout
    names = dict(re.findall(r'id(\d+)\["?(\w+)"?\]', output))
    edges = {(names[a], names[b]) for a, b in re.findall(r"id(\d+) --> id(\d+)", output) if names[b] != "all"}
    after = {a: {d for c, d in edges if c == a} for a, _ in edges}

    def leads(start: str, end: str) -> bool:
        return any(step == end or leads(step, end) for step in after.get(start, ()))

    # What follows from other arrows needs none of its own.
    kept = [(a, b) for a, b in edges if not any(leads(step, b) for step in after[a] - {b})]
    return "flowchart LR\n" + "\n".join(f"    {a} --> {b}" for a, b in sorted(kept))


def configuration_page() -> str:
    """docs/configuration.md: every key of every file, with its type, default and meaning."""
    parts = ["# Configuration\n\nGenerated from `podium.config` by `make docs`. An unknown key stops the run.\n"]
    told: set[type[BaseModel]] = set()
    for name, section in FILES.items():
        parts.append(f"## {name.capitalize()} files\n")
        for path, one in sections(section):
            parts.append(f"### {path or name}\n\n{inspect.getdoc(one) or ''}\n\n{key_table(one)}\n")
            told.add(one)
    for system, files in OTHERS.items():
        parts.append(f"## Of {system} alone\n\nAll else is as above.\n")
        for path, one in [found for section in files.values() for found in sections(section) if found[0]]:
            if one not in told and not issubclass(one, config.Export):
                parts.append(f"### {system}: {path}\n\n{inspect.getdoc(one) or ''}\n\n{key_table(one)}\n")
                told.add(one)
    return "\n".join(parts)


def sections(section: type[BaseModel], path: str = "") -> list[tuple[str, type[BaseModel]]]:
    """A section and all that it holds, with their dotted paths; one of a union says its kind or name."""
    for tag in ("kind", "name"):
        if words := path and tag in section.model_fields and get_args(section.model_fields[tag].annotation):
            path += f" ({', '.join(map(str, words))})"
    found = [(path, section)]
    for key, field in section.model_fields.items():
        for inner in [field.annotation, *getattr(field.annotation, "__args__", ())]:
            if isinstance(inner, type) and issubclass(inner, BaseModel):
                found += sections(inner, f"{path}.{key}".strip("."))
    return found


def key_table(section: type[BaseModel]) -> str:
    """Markdown table of a section's keys."""
    rows = ["| key | type | default | meaning |", "|---|---|---|---|"]
    schema = section.model_json_schema(ref_template="{model}")
    for key, value in schema["properties"].items():
        default = "required" if key in schema.get("required", []) else f"`{json.dumps(value.get('default'))}`"
        if "$ref" in value or "discriminator" in value:
            default = "see below"
        rows.append(f"| `{key}` | {kind(value)} | {default} | {value.get('description', '')} |")
    return "\n".join(rows)


def kind(value: dict) -> str:
    """Readable type of a key with its limits."""
    if "enum" in value:
        return " or ".join(f"`{choice}`" for choice in value["enum"])
    if "const" in value:
        return f"`{value['const']}`"
    if "anyOf" in value:
        return " or ".join(kind(choice) for choice in value["anyOf"])
    if "prefixItems" in value:
        return f"list of {' and '.join(kind(item) for item in value['prefixItems'])}"
    if value.get("type") == "array":
        inner = value.get("items") or {}
        return f"list of {kind(inner) or 'values'}"
    limits = [f"{sign} {value[key]}" for key, sign in LIMITS.items() if key in value]
    return " ".join([value.get("type", "section"), *limits])


LIMITS = {"minimum": "≥", "maximum": "≤", "exclusiveMinimum": ">", "exclusiveMaximum": "<"}

if __name__ == "__main__":
    main()
