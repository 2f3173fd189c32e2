"""Resolves constraints.txt for every machine that is promised, without installing anything: `make check-pins`.

With uv, since pip cannot: `pip install --dry-run --platform …` chooses wheels for the other machine, but reads markers
(`sys_platform`, `platform_machine`, `python_version`) as those of the Python that runs it.
"""

import os
import re
import subprocess
import sys
import tempfile
from pathlib import Path

ROOT = Path(__file__).parent.parent
PYTHONS = ["3.11", "3.12", "3.13"]
# By uv's names; a machine that the newest pins have left behind is shown as well.
MACHINES = {
    "Linux, x86-64": "x86_64-manylinux_2_28",
    "Linux, Arm": "aarch64-manylinux_2_28",
    "macOS 14, Arm": "aarch64-apple-darwin",
    "macOS 14, Intel": "x86_64-apple-darwin",
}
PROMISED = ["Linux, x86-64", "Linux, Arm", "macOS 14, Arm"]
PURE_SOURCE = ["connection-pool"]  # one file of Python that its author offers as source alone


def main() -> None:
    pins = {name(line) for line in (ROOT / "constraints.txt").read_text().splitlines() if line and line[0] != "#"}
    needed, failed = set(), []
    print(f"| machine | {' | '.join(PYTHONS)} |\n|---|{'---|' * len(PYTHONS)}")
    for machine, platform in MACHINES.items():
        answers = []
        for python in PYTHONS:
            packages, error = resolve(platform, python)
            needed |= packages
            answers.append("no" if error else "yes")
            if error and machine in PROMISED:
                failed.append(f"{machine}, Python {python}:\n{error}")
        print(f"| {machine} | {' | '.join(answers)} |", flush=True)
    print("\nneeded and not pinned:", " ".join(sorted(needed - pins)) or "nothing")
    print("pinned and not needed:", " ".join(sorted(pins - needed)) or "nothing")
    sys.exit("\n".join(failed) or None)


def resolve(platform: str, python: str) -> tuple[set[str], str]:
    """What an installation consists of on such a machine, all from wheels; or why there is none."""
    with tempfile.NamedTemporaryFile("r", suffix=".txt") as answer:
        words = ["--constraint", "constraints.txt", "--python-platform", platform, "--python-version", python]
        words += ["--only-binary", ":all:", *(word for one in PURE_SOURCE for word in ("--no-binary", one))]
        command = ["uv", "pip", "compile", "--quiet", "--all-extras", "--no-header", "--no-annotate", *words]
        done = subprocess.run(
            [*command, "--output-file", answer.name, "pyproject.toml"],
            cwd=ROOT, env={**os.environ, "MACOSX_DEPLOYMENT_TARGET": "14.0"}, capture_output=True, text=True,
        )  # fmt: skip
        packages = {name(line) for line in Path(answer.name).read_text().splitlines()}
    return packages, done.stderr if done.returncode else ""


def name(pin: str) -> str:
    """A pin's package, as indexes spell it."""
    return re.sub(r"[-_.]+", "-", pin.split("==")[0].strip()).lower()


if __name__ == "__main__":
    main()
