"""What `install.sh` does on machines with other Pythons than this one; programs that it calls are stand-ins."""

import shutil
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest
from project import ROOT

TOOLS = ["cat", "dirname", "env", "grep", "mkdir", "rm", "sh", "touch", "uname"]

# A Python of a version, with or without the modules that make environments; what it is asked for is written down.
PYTHON = """#!/bin/sh
echo "{name} $*" >> "{log}"
case "$1 $2" in
    "-c import ensurepip"*) exit {venv_code} ;;
    "-m venv") mkdir -p "$3/bin" && cat "{folder}/{inner}" > "$3/bin/python" && {chmod} +x "$3/bin/python" ;;
    -c*) exec {real} -c "import sys; sys.version_info = {version}; $2" ;;
    "-m pip") case "$*" in *--dry-run*) echo '{planned}' ;; esac ;;
    "-m uv") exit {uv_code} ;;
esac
"""
UV = """#!/bin/sh
echo "uv $*" >> "{log}"
for word; do folder=$word; done
mkdir -p "$folder/bin" && cat "{folder}/{inner}" > "$folder/bin/python" && {chmod} +x "$folder/bin/python"
"""


class Machine:
    """A folder with the project's files, and a PATH with nothing but what a test puts there."""

    def __init__(self, folder: Path) -> None:
        self.folder, self.bin, self.log = folder, folder / "bin", folder / "log"
        self.bin.mkdir()
        for name in ("install.sh", "pyproject.toml", "constraints.txt"):
            shutil.copy(ROOT / name, folder)
        for tool in TOOLS:
            (self.bin / tool).symlink_to(shutil.which(tool))
        self.add("python-in-venv", "(3, 12, 0)")

    def add(self, name: str, version: str, text: str = PYTHON, has_venv: bool = True, **more: object) -> None:
        values = {"planned": '"install": [{"version": "2.13.0"}]', "uv_code": 0} | more
        program = self.bin / name
        program.write_text(
            text.format(
                name=name, version=version, log=self.log, folder=self.bin, inner="python-in-venv",
                chmod=shutil.which("chmod"), real=sys.executable, venv_code=0 if has_venv else 1, **values,
            )
        )  # fmt: skip
        program.chmod(0o755)

    def install(self, *words: str, **environment: str) -> subprocess.CompletedProcess[str]:
        command = [shutil.which("sh"), self.folder / "install.sh", *words]
        done = subprocess.run(command, env={"PATH": str(self.bin)} | environment, capture_output=True, text=True)
        self.said = self.log.read_text() if self.log.exists() else ""
        return done


@pytest.fixture
def machine(tmp_path) -> Machine:
    return Machine(tmp_path)


@pytest.mark.parametrize(
    ("pythons", "chosen"),
    [
        ({"python3": "(3, 11, 2)"}, "python3"),
        ({"python3": "(3, 14, 0)", "python3.12": "(3, 12, 1)"}, "python3.12"),
        ({"python3": "(3, 9, 0)", "python3.13": "(3, 13, 0)", "python3.11": "(3, 11, 0)"}, "python3.13"),
    ],
)
def test_a_python_that_fits_is_found(machine, pythons, chosen):
    for name, version in pythons.items():
        machine.add(name, version)
    done = machine.install()
    assert done.returncode == 0, done.stderr
    assert f"{chosen} -m venv .venv\n" in machine.said
    assert "--constraint constraints.txt --editable .[test,video]\n" in machine.said
    assert (machine.folder / ".venv/ready").exists()


@pytest.mark.parametrize(
    ("pythons", "environment", "message"),
    [
        ({}, {}, "no Python from 3.11 to 3.13 found; install one (Debian, Ubuntu: apt install python3 python3-venv)"),
        ({"python3": "(3, 14, 0)"}, {}, "no Python from 3.11 to 3.13 found; "),
        ({"python3": "(3, 10, 4)", "python3.12": "(3, 10, 4)"}, {}, "no Python from 3.11 to 3.13 found; "),
        ({"python3": "(3, 12, 0)", "mine": "(3, 14, 0)"}, {"PYTHON": "mine"}, "PYTHON=mine is no Python from 3.11 to"),
        ({"python3": "(3, 12, 0)"}, {"PYTHON": "nowhere"}, "PYTHON=nowhere is no Python from 3.11 to 3.13"),
        ({"python3": "(3, 12, 0)"}, {"TORCH": "gpu"}, "TORCH=gpu is none of auto, cpu, cuda"),
    ],
)
def test_no_python_that_fits_is_one_line(machine, pythons, environment, message):
    for name, version in pythons.items():
        machine.add(name, version)
    done = machine.install(**environment)
    assert done.returncode == 2 and done.stderr.startswith(f"error: {message}") and done.stderr.count("\n") == 1
    assert done.stdout == "" and not (machine.folder / ".venv").exists()


def test_a_python_without_venv_is_one_line(machine):
    machine.add("python3", "(3, 12, 7)", has_venv=False)
    done = machine.install()
    assert done.returncode == 2 and done.stderr.count("\n") == 1
    assert "apt install python3.12-venv" in done.stderr


@pytest.mark.parametrize(
    ("version", "has_venv", "wish"),
    [("(3, 14, 0)", True, ">=3.11,<3.14"), ("(3, 8, 0)", False, ">=3.11,<3.14"), ("(3, 11, 0)", False, "python3")],
)
def test_uv_steps_in(machine, version, has_venv, wish):
    machine.add("python3", version, has_venv=has_venv)
    machine.add("uv", "", UV)
    done = machine.install()
    assert done.returncode == 0, done.stderr
    assert f"uv venv --quiet --seed --python {wish} .venv\n" in machine.said


def test_an_interrupted_installation_is_made_again_and_a_finished_one_is_not(machine):
    machine.add("python3", "(3, 11, 0)")
    half = machine.folder / ".venv/half"
    half.parent.mkdir()
    half.touch()
    assert machine.install().returncode == 0 and not half.exists()
    half.touch()
    assert machine.install().returncode == 0 and half.exists(), "new pins are put into what is there"
    (machine.folder / ".venv/bin/python").unlink()
    assert machine.install().returncode == 0 and not half.exists(), "its Python has gone from the machine"


def test_what_is_installed_is_of_one_place_and_one_python(machine, tmp_path_factory):
    """Scripts in .venv/bin name their Python by its path; `make` asks whether all is as it was."""
    machine.add("python3", "(3, 11, 0)")
    assert machine.install("check").returncode != 0, "nothing is installed"
    assert machine.install().returncode == 0
    calls = machine.said
    assert machine.install("check").returncode == 0 and "pip" not in machine.said.removeprefix(calls)
    for change in ("moved", "python"):
        if change == "moved":
            moved = tmp_path_factory.mktemp("a new place") / "project"
            shutil.move(machine.folder, moved)
            machine.folder, machine.bin, machine.log = moved, moved / "bin", moved / "log"
            for name in ("python3", "python-in-venv"):
                machine.add(name, "(3, 11, 0)")
        else:
            (machine.folder / ".venv/bin/python").unlink()
        (machine.folder / ".venv/old").touch()
        assert machine.install("check").returncode != 0
        assert machine.install().returncode == 0 and not (machine.folder / ".venv/old").exists()
        assert machine.install("check").returncode == 0


def test_the_python_of_an_interrupted_installation_is_no_choice(machine):
    """`make` puts .venv/bin into PATH; what is chosen there would be gone a moment later."""
    machine.add("python3", "(3, 14, 0)")
    machine.add("python3.12", "(3, 12, 0)")
    inside = machine.folder / ".venv/bin"
    inside.mkdir(parents=True)
    machine.add("python-inside", "(3, 13, 0)")
    (machine.bin / "python-inside").rename(inside / "python3")
    done = machine.install(PATH=f"{inside}:{machine.bin}")
    assert done.returncode == 0, done.stderr
    assert "python3.12 -m venv .venv\n" in machine.said


def test_a_chosen_python_may_have_spaces_in_its_path(machine):
    (machine.bin / "my python").mkdir()
    machine.add("my python/python3", "(3, 12, 0)")
    done = machine.install(PYTHON=str(machine.bin / "my python/python3"))
    assert done.returncode == 0, done.stderr
    assert "my python/python3 -m venv .venv\n" in machine.said


SMALL = "--torch-backend cpu torch=="


@pytest.mark.skipif(sys.platform != "linux", reason="torch is small elsewhere")
@pytest.mark.parametrize(
    ("programs", "planned", "wish", "is_small"),
    [
        ([], "2.13.0", "auto", True),
        (["nvidia-smi"], "2.13.0", "auto", False),
        (["sbatch"], "2.13.0", "auto", False),
        ([], "2.13.0+cpu", "auto", False),
        ([], "2.13.0", "cuda", False),
        (["nvidia-smi"], "2.13.0", "cpu", True),
    ],
)
def test_which_torch(machine, programs, planned, wish, is_small):
    machine.add("python-in-venv", "(3, 12, 0)", planned=f'"install": [{{"version": "{planned}"}}]')
    for name in ["python3", *programs]:
        machine.add(name, "(3, 12, 0)")
    done = machine.install(TORCH=wish)
    assert done.returncode == 0, done.stderr
    assert (SMALL in machine.said) == is_small


@pytest.mark.skipif(sys.platform != "linux", reason="torch is small elsewhere")
@pytest.mark.parametrize(("wish", "code"), [("auto", 0), ("cpu", 2)])
def test_the_small_torch_may_be_out_of_reach(machine, wish, code):
    machine.add("python-in-venv", "(3, 12, 0)", uv_code=2)
    machine.add("python3", "(3, 12, 0)")
    done = machine.install(TORCH=wish)
    assert done.returncode == code and "PyTorch's index is out of reach" in done.stderr
    assert (machine.folder / ".venv/ready").exists() == (code == 0)


def test_the_bounds_are_those_of_the_package():
    bounds = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]["requires-python"]
    text = (ROOT / "install.sh").read_text()
    assert bounds == ">=3.11,<3.14" and f"{{python:-{bounds}}}" in text
    assert "(3, 11) <= sys.version_info[:2] < (3, 14)" in text
