"""Environments of every kind agree: pyproject.toml, constraints.txt, envs/ for conda, the images' descriptions.

No engine builds an image in these tests (`make test-image` does), and no conda makes an environment.
"""

import ast
import json
import re
import shutil
import subprocess
import sys
import tomllib
from importlib.metadata import packages_distributions
from pathlib import Path

import pytest
import yaml
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name
from project import ROOT

PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
DOCKERFILE = (ROOT / "Dockerfile").read_text()
APPTAINER = (ROOT / "podium.def").read_text()
INSTALL = "python -m pip install --constraint constraints.txt . && python -m pip check"


def instructions(text: str) -> list[tuple[str, str]]:
    """A Dockerfile's instructions, continued lines joined, comments left out."""
    lines = re.sub(r"\\\n\s*", "", "\n".join(line for line in text.splitlines() if not line.startswith("#")))
    return [tuple(line.split(maxsplit=1)) for line in lines.splitlines() if line.strip()]


def lint(text: str) -> list[str]:
    """Codes of hadolint's rules that a Dockerfile breaks, suggestions too."""
    command = [shutil.which("hadolint", path=Path(sys.executable).parent), "--format", "json", "-"]
    done = subprocess.run(command, input=text, capture_output=True, text=True)
    return [one["code"] for one in json.loads(done.stdout)]


def test_the_dockerfile_passes():
    assert lint(DOCKERFILE) == []
    assert [name for name, _ in instructions(DOCKERFILE)][-3:] == ["USER", "WORKDIR", "CMD"], "nothing runs as root"


@pytest.mark.parametrize(
    ("old", "new", "code"),
    [
        ("python:3.11-slim-bookworm", "python:latest", "DL3007"),
        ("COPY src src", "ADD src src", "DL3020"),
        ("USER 1000", "USER root", "DL3002"),
        ("PIP_NO_CACHE_DIR=1", "PIP_NO_COLOR=1", "DL3042"),
        ("RUN useradd", "RUN apt-get install -y git && useradd", "DL3015"),
        ('CMD ["podium", "--help"]', "CMD podium --help", "DL3025"),
    ],
)
def test_a_worse_dockerfile_does_not_pass(old, new, code):
    assert DOCKERFILE.count(old) == 1
    assert code in lint(DOCKERFILE.replace(old, new))


def test_both_images_are_the_same():
    steps = instructions(DOCKERFILE)
    base = dict(steps)["FROM"]
    assert re.search(r"^From: (.*)$", APPTAINER, re.MULTILINE)[1] == base
    for text in (DOCKERFILE, APPTAINER):
        assert text.count("pip install") == text.count(INSTALL) == 1
    copied = {name for step, value in steps if step == "COPY" for name in value.split()[:-1]}
    section = re.search(r"%files\n(.*?)\n\n", APPTAINER, re.DOTALL)[1]
    pairs = [line.split() for line in section.splitlines()]
    assert {source for source, _ in pairs} == copied
    assert all(target == f"/opt/podium/{source}" for source, target in pairs)
    for variable in dict(steps)["ENV"].split():
        assert variable in APPTAINER or variable.startswith(("HOME=", "USER=")), "Apptainer keeps the caller's"
    system = re.search(r"apt-get install [^&]*", DOCKERFILE)[0]
    assert "g++ git" in system and system in APPTAINER


def test_an_image_has_what_its_build_reads():
    copied = {name for step, value in instructions(DOCKERFILE) if step == "COPY" for name in value.split()[:-1]}
    assert copied == {"pyproject.toml", "constraints.txt", "LICENSE", PROJECT["readme"], "src"}
    assert all((ROOT / name).exists() for name in copied)
    let_in = {line[1:] for line in (ROOT / ".dockerignore").read_text().splitlines() if line.startswith("!")}
    assert let_in == copied
    assert INSTALL.split(" . ")[0].split("install ")[1] in (ROOT / "install.sh").read_text(), "as make installs"


def test_the_image_has_the_python_that_is_promised():
    version = re.search(r"python:(\d+\.\d+)", DOCKERFILE)[1]
    assert PROJECT["requires-python"].startswith(f">={version},"), "the oldest that is promised"
    for file in envs():
        assert f"python {PROJECT['requires-python']}" in yaml.safe_load(file.read_text())["dependencies"]


def test_pins_fit_every_environment():
    pins = {}
    for line in (ROOT / "constraints.txt").read_text().splitlines():
        if line and not line.startswith("#"):
            requirement = Requirement(line)
            pins.setdefault(canonicalize_name(requirement.name), []).append(requirement)
    wanted = [*PROJECT["dependencies"], *(one for file in envs() for one in env_packages(file))]
    wanted += [one for extra in PROJECT["optional-dependencies"].values() for one in extra]
    for text in wanted:
        requirement = Requirement(text)
        (version,) = {str(next(iter(pin.specifier)).version) for pin in pins[canonicalize_name(requirement.name)]}
        assert version in requirement.specifier, f"{text} does not allow the pin {version}"


@pytest.mark.parametrize(
    ("system", "machine", "wanted"),
    [
        ("linux", "x86_64", "tensorflow-cpu"), ("linux", "aarch64", "tensorflow"),
        ("darwin", "arm64", "tensorflow"), ("darwin", "x86_64", "tensorflow"), ("win32", "AMD64", "tensorflow"),
    ],
)  # fmt: skip
def test_every_machine_gets_one_tensorflow(system, machine, wanted):
    pins = (ROOT / "constraints.txt").read_text().splitlines()
    for lines in (PROJECT["dependencies"], pins, env_packages(ROOT / "envs/export.yaml")):
        parsed = [Requirement(line) for line in lines if line.startswith("tensorflow")]
        here = {"sys_platform": system, "platform_machine": machine}
        assert [one.name for one in parsed if one.marker.evaluate(here)] == [wanted]


def envs() -> list[Path]:
    return sorted((ROOT / "envs").glob("*.yaml"))


def env_packages(file: Path) -> list[str]:
    return next(part["pip"] for part in yaml.safe_load(file.read_text())["dependencies"] if isinstance(part, dict))


def scripts_of(env: str) -> set[Path]:
    """Scripts of the rules that name an environment."""
    found = set()
    for file in (ROOT / "workflow/rules").glob("*.smk"):
        for block in re.split(r"^ *rule ", file.read_text(), flags=re.MULTILINE)[1:]:
            script = re.search(r"workflow/scripts/\w+\.py", block)
            if script and f"envs/{env}" in block:
                found.add(ROOT / script[0])
    return found


def imported_names(file: Path, everything: bool) -> set[str]:
    """Dotted names that a file imports; with ``everything`` also inside functions, which may never be called."""
    names, tree = set(), ast.parse(file.read_text())
    for node in ast.walk(tree) if everything else tree.body:
        if isinstance(node, ast.Import):
            names |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            names |= {f"{node.module}.{alias.name}" for alias in node.names}
    return names


def packages_of(script: Path) -> set[str]:
    """Top-level packages that a script imports, by itself or through modules of podium."""
    found, seen = set(), set()
    # A script's own functions are its main; what modules import inside functions depends on what is called, but for the
    # download, which reads its client late on purpose.
    names = imported_names(script, everything=True)
    while names:
        parts = names.pop().split(".")
        found.add(parts[0])
        for length in range(1, len(parts) + 1) if parts[0] == "podium" else ():
            place = ROOT.joinpath("src", *parts[:length])
            for module in {place / "__init__.py", place.with_suffix(".py")} - seen:
                if module.is_file():
                    seen.add(module)
                    names |= imported_names(module, everything="download" in module.parts)
    return found - {"podium"}


@pytest.mark.parametrize("env", envs(), ids=lambda path: path.name)
def test_conda_environments_hold_what_their_scripts_import(env):
    distributions = packages_distributions()
    listed = {canonicalize_name(Requirement(text).name) for text in env_packages(env)}
    scripts = scripts_of(env.name)
    assert scripts
    for script in scripts:
        for name in packages_of(script) & distributions.keys():
            assert listed & {canonicalize_name(one) for one in distributions[name]}, f"{script.name} needs {name}"
