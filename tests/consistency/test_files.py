"""The project's own files agree with each other."""

import ast
import re
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest
import yaml
from pages import PAGES
from project import ROOT

from podium import systems
from podium.plan.stages import Plan, load_experiment

IMAGE = {"podium.def", "podium.sif"}  # files with a name like that of a module
OTHERS = ("examples", "results")  # folders with a README of their own


def dependencies() -> list[str]:
    return tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]["dependencies"]


@pytest.mark.parametrize("env", sorted((ROOT / "envs").glob("*.yaml")), ids=lambda path: path.name)
def test_envs_agree_with_pyproject(env: Path):
    listed = next(entry["pip"] for entry in yaml.safe_load(env.read_text())["dependencies"] if isinstance(entry, dict))
    assert listed, "an environment without packages"
    for requirement in listed:
        assert requirement in dependencies(), f"{env.name} says '{requirement}', pyproject.toml does not"


def test_every_dependency_is_pinned():
    pinned = {line.split("==")[0].lower().replace("_", "-") for line in (ROOT / "constraints.txt").open()}
    for requirement in dependencies():
        name = requirement.split(";")[0].strip()
        for sign in "=<>":
            name = name.split(sign)[0]
        assert name.lower() in pinned, f"constraints.txt does not pin {name}"


def test_every_config_loads():
    experiments = sorted((ROOT / "config").glob("*.yaml")) + sorted((ROOT / "config/test").glob("*.yaml"))
    assert experiments
    for path in experiments:
        Plan(load_experiment(path))


def test_generated_documentation_is_in_step():
    outcome = subprocess.run([sys.executable, ROOT / "docs/build.py", "--check"], capture_output=True, text=True)
    assert outcome.returncode == 0, f"run `make docs`:\n{outcome.stdout}{outcome.stderr}"


def test_the_configuration_reference_tells_types_and_kinds():
    page = (ROOT / "docs/configuration.md").read_text()
    headings = re.findall("^###? (.*)", page, re.MULTILINE)
    assert len(set(headings)) == len(headings) and "source (kaggle).archive" in headings
    types = dict(re.findall(r"^\| `(\w+)` \| (.*?) \|", page, re.MULTILINE))
    assert types["given"] == "string or list of string or null" and types["kernel_size"] == "integer ≥ 3 or null"
    assert types["betas"] == "list of number ≥ 0 < 1 and number ≥ 0 < 1" and types["labels"] == "section or null"


def test_every_rule_has_its_script():
    scripts = {path.stem for path in (ROOT / "workflow/scripts").glob("*.py")}
    named = set()
    for rules in (ROOT / "workflow/rules").glob("*.smk"):
        named |= {word.split(".py")[0] for word in rules.read_text().split("workflow/scripts/")[1:]}
    assert named == scripts


def test_links_in_the_documentation_lead_somewhere():
    for page in [*ROOT.glob("*.md"), *(ROOT / "docs").glob("*.md"), *(ROOT / name / "README.md" for name in OTHERS)]:
        for target, anchor in re.findall(r"\]\((?!https?:)([^)#]*)#?([^)]*)", page.read_text()):
            place = page.parent / target if target else page
            assert place.exists(), f"{page.name} links to {target}"
            assert not anchor or anchor in anchors(place), f"{page.name} links to {target}#{anchor}"


def test_paths_and_names_in_the_documentation_exist():
    tops = "src|tests|workflow|config|docs|benchmarks|examples|profiles|envs|findings"
    files = [f"/{path.relative_to(ROOT).as_posix()}" for top in tops.split("|") for path in (ROOT / top).rglob("*.py")]
    for page in PAGES:
        text = page.read_text()
        for path in set(re.findall(rf"(?<![\w/.{{}}-])(?:{tops})/[\w./{{}}*…-]*", text)):
            fixed = re.split(r"/(?=[^/]*(?:NAME|SYSTEM|RECIPE|[{*…]))", path)[0]  # up to what a reader fills in
            assert (ROOT / fixed.rstrip(".")).exists(), f"{page.name} names {path}"
        for path in {one for one in re.findall(r"`([\w/]+\.py)`", text) if "NAME" not in one}:
            assert any(file.endswith(f"/{path}") for file in files), f"{page.name} names {path}"
        for name in set(re.findall(r"`(podium(?:\.\w+)+)", text)) - IMAGE:
            assert is_in_package(name.split(".")[1:]), f"{page.name} names {name}"


def test_the_citation_names_whom_every_system_follows():
    citation = yaml.safe_load((ROOT / "CITATION.cff").read_text())
    assert citation["version"] == tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]["version"]
    notes = [one["notes"] for one in citation["references"] if one["type"] == "software"]
    assert sorted(notes) == sorted(f"What the system {system} follows." for system in systems.names())


def test_the_page_on_systems_tells_all_that_is_demanded():
    tree = ast.parse((ROOT / "tests/contract/test_contract.py").read_text())
    (offered,) = (
        ast.literal_eval(node.value)
        for node in tree.body
        if isinstance(node, ast.Assign) and ast.unparse(node.targets[0]) == "OFFERED"
    )
    sections = re.split(r"^## ", (ROOT / "docs/adding_a_system.md").read_text(), flags=re.MULTILINE)
    for module, names in offered.items():
        (section,) = (one for one in sections if one.startswith(f"`{module}`"))
        assert [name for name in names if f"`{name}`" not in section] == []


def is_in_package(names: list[str]) -> bool:
    """Whether there is such a module, or such a name in the source of one."""
    place = ROOT / "src/podium"
    while names and (place / names[0]).is_dir():
        place, names = place / names[0], names[1:]
    is_module = bool(names) and (place / f"{names[0]}.py").is_file()
    source, names = (place / f"{names[0]}.py", names[1:]) if is_module else (place / "__init__.py", names)
    return all(re.search(rf"\b{name}\b", source.read_text()) for name in names)


def anchors(page: Path) -> set[str]:
    """Anchors of a page's headings, as GitHub makes them."""
    headings = re.findall(r"^#+ (.+)$", page.read_text(), re.MULTILINE)
    return {re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-") for heading in headings}
